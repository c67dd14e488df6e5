"""Callbacks: when they are called, what they see and may do, and EarlyStopping."""

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((50, 3))
y = X @ [1.0, -2.0, 0.5]


def fit(callbacks, network=None, **options):
    network = network or nn.Sequential(nn.Linear(3, 1), rng=0)
    options = {"loss": "mse", "optimizer": nn.SGD(lr=0.05), "batch_size": 8} | options
    return network, network.fit(X, y, callbacks=callbacks, **options)


class Recorder(nn.Callback):
    def __init__(self, every_n_batches=None):
        self.every_n_batches = every_n_batches
        self.calls = []

    def on_train_begin(self, training):
        self.calls.append(("begin", training.epochs, training.steps))

    def on_epoch_begin(self, training):
        self.calls.append(("epoch", training.epoch, dict(training.logs)))

    def on_batch_end(self, training):
        self.calls.append(("batch", training.step, list(training.logs)))

    def on_epoch_end(self, training):
        self.calls.append(("end of epoch", training.epoch, len(training.history)))

    def on_train_end(self, training):
        self.calls.append(("end", training.epoch, len(training.history)))


def test_every_hook_is_called_in_order():
    recorder = Recorder(3)
    fit(recorder, epochs=2)
    epoch = [("batch", 3, ["loss"]), ("batch", 6, ["loss"])]
    assert recorder.calls == [
        ("begin", 2, 7),
        ("epoch", 1, {}), *epoch, ("end of epoch", 1, 1),
        ("epoch", 2, {}), *epoch, ("end of epoch", 2, 2),
        ("end", 2, 2),
    ]  # fmt: skip


def test_batches_of_several_callbacks_change_no_bit():
    several, alone = [Recorder(2), Recorder(3), Recorder(7), Recorder()], Recorder()
    one, history = fit(several, epochs=3)
    other, expected = fit(alone, epochs=3)
    assert one[0].weight.tobytes() == other[0].weight.tobytes()
    assert history["loss"] == pytest.approx(expected["loss"], rel=1e-14)
    batches = [[call[1] for call in recorder.calls if call[0] == "batch"] for recorder in several]
    assert batches == [[2, 4, 6] * 3, [3, 6] * 3, [7] * 3, []]


def test_the_learning_rate_can_be_changed_between_epochs():
    class Warm(nn.Callback):
        def on_epoch_begin(self, training):
            training.optimizer.lr = 0.01 * training.epoch

    assert fit(Warm(), epochs=3)[1]["lr"] == [0.01, 0.02, 0.03]


def test_weights_can_be_changed_between_epochs():
    class Zero(nn.Callback):
        def on_epoch_end(self, training):
            training.network[0].weight = np.zeros((1, 3))

    assert not fit(Zero(), epochs=2)[0][0].weight.any()


def test_stop_ends_training_after_the_epoch():
    class Stop(nn.Callback):
        def on_epoch_begin(self, training):
            if training.epoch == 2:
                training.stop("enough")

    history = fit(Stop(), epochs=5)[1]
    assert len(history) == 2 and history.stopped == "enough"


def test_a_wrong_number_of_batches_is_refused():
    with pytest.raises(ValueError, match=r"Recorder\.every_n_batches is 0"):
        fit(Recorder(0))


class Scripted(nn.Metric):
    """A metric with given values; each epoch asks for training, then for validation."""

    name = "scripted"

    def __init__(self, values):
        self.values, self.asked = values, 0

    def __call__(self, target, prediction):
        self.asked += 1
        return self.values[(self.asked - 1) // 2]


class Weights(nn.Callback):
    def __init__(self):
        self.of_epoch = []

    def on_epoch_end(self, training):
        self.of_epoch.append(training.network[0].weight)


@pytest.mark.parametrize("restore_best", [True, False])
@pytest.mark.parametrize(
    ("values", "options", "epochs", "best"),
    [
        ([5, 4, 3, 3, 4, 9, 9], {"patience": 2}, 5, 3),
        ([5, 4, 3, 3, 2.9, 9, 9], {"patience": 2}, 7, 5),
        ([5, 4.95, 4.9, 4.85, 0, 0, 0], {"patience": 3, "min_delta": 0.2}, 4, 1),
        ([1, 2, 3, 2, 2, 9, 9], {"patience": 2, "mode": "max"}, 5, 3),
        ([7, 6, 5, 4, 3, 2, 1], {"patience": 1}, 7, 7),
        ([1, float("nan"), 2, 3, 4, 5, 6], {"patience": 3}, 4, 1),
        ([float("nan")] * 7, {"patience": 3}, 3, None),
    ],
)
def test_early_stopping(values, options, epochs, best, restore_best):
    stopping, seen = nn.EarlyStopping(monitor="val_scripted", restore_best=restore_best, **options), Weights()
    settings = {"epochs": 7, "metrics": [Scripted(values)], "validation_split": 0.2}
    network, history = fit([seen, stopping], **settings)
    assert len(history) == epochs and stopping.best_epoch == best
    assert stopping.best == (None if best is None else values[best - 1])
    kept = best if restore_best and best else epochs
    np.testing.assert_array_equal(network[0].weight, seen.of_epoch[kept - 1])
    if epochs < 7:
        assert history.stopped == f"val_scripted has not improved for {options['patience']} epochs"


@pytest.mark.parametrize(("monitor", "larger"), [("val_accuracy", True), ("val_r2", True), ("loss", False)])
def test_what_is_better_follows_from_the_name(monitor, larger):
    stopping = nn.EarlyStopping(monitor=monitor)
    stopping.best = 0.5
    assert stopping._improves(0.6) is larger and stopping._improves(0.4) is not larger


@pytest.mark.parametrize(("options", "monitored"), [({}, "loss"), ({"validation_split": 0.2}, "val_loss")])
def test_without_a_name_the_best_loss_there_is_decides(options, monitored):
    stopping = nn.EarlyStopping(patience=1)
    _, history = fit(stopping, epochs=50, **options)
    assert stopping.best == min(history[monitored])


def test_early_stopping_can_be_used_again():
    stopping = nn.EarlyStopping(patience=1, monitor="loss")
    network, _ = fit(stopping, epochs=3)
    first = stopping.best
    fit(stopping, network, epochs=3)
    assert stopping.best < first and stopping.best_epoch == 3


def test_an_unknown_name_is_refused_before_training():
    network = nn.Sequential(nn.Linear(3, 1), rng=0)
    before = network[0].weight
    with pytest.raises(ValueError, match="'accuracy', but there are loss, lr, seconds"):
        fit(nn.EarlyStopping(monitor="accuracy"), network)
    assert (network[0].weight == before).all()
