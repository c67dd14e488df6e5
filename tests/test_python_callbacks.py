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
    assert history["loss"] == expected["loss"]
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
    stopping, seen = (
        nn.EarlyStopping(monitor="val_scripted", restore_best=restore_best, **{"mode": "min"} | options),
        Weights(),
    )
    settings = {"epochs": 7, "metrics": [Scripted(values)], "validation_split": 0.2}
    network, history = fit([seen, stopping], **settings)
    assert len(history) == epochs and stopping.best_epoch == best
    assert stopping.best == (None if best is None else values[best - 1])
    kept = best if restore_best and best else epochs
    np.testing.assert_array_equal(network[0].weight, seen.of_epoch[kept - 1])
    if epochs < 7:
        assert history.stopped == f"val_scripted has not improved for {options['patience']} epochs"


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


def test_a_function_is_called_after_each_epoch():
    seen = []
    fit([lambda training: seen.append((training.epoch, training.logs["loss"]))], epochs=3)
    _, history = fit(lambda training: seen.append(len(training.history)), epochs=2)
    assert [epoch for epoch, _ in seen[:3]] == [1, 2, 3] and seen[3:] == [1, 2]
    assert [loss for _, loss in seen[:2]] == history["loss"]


@pytest.mark.parametrize("chosen", [nn.EarlyStopping, [nn.EarlyStopping]])
def test_a_class_is_refused(chosen):
    with pytest.raises(TypeError, match=r"did you mean EarlyStopping\(\)\?"):
        fit(chosen)


class Closed(Recorder):
    def close(self):
        self.calls.append("closed")


class Failing(Closed):
    """Raises in one hook, in the second epoch or at step 3 of it if there is a choice."""

    def __init__(self, hook):
        super().__init__(3)
        self.hook = hook

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        if name != super().__getattribute__("hook"):
            return method

        def fails(training):
            if training.epoch != 1:
                raise LookupError(name)

        return fails


STEPS = {"on_train_begin": 0, "on_epoch_begin": 7, "on_batch_end": 10, "on_epoch_end": 14, "on_train_end": 21}


@pytest.mark.parametrize("hook", STEPS)
def test_a_callback_that_raises_leaves_the_state_of_the_last_step(hook):
    """Steps of the same order, taken by hand, end in the same bits, and so does a fit that follows."""
    network, twin = (nn.Sequential(nn.Linear(3, 1), rng=0) for _ in range(2))
    optimizer, rule = nn.Adam(lr=0.01), nn.Adam(lr=0.01)
    before, after = Closed(), Closed()
    with pytest.raises(LookupError, match=hook):
        fit([before, Failing(hook), after], network, optimizer=optimizer, epochs=3)
    for epoch in range(1 + STEPS[hook] // 7):
        order = nn._core.shuffle(50, twin.seed, epoch)
        for step in range(min(7, STEPS[hook] - 7 * epoch)):
            rows = order[8 * step : 8 * step + 8]
            twin.train_batch(X[rows], y[rows], loss="mse", optimizer=rule)
    twin.epochs = rule.epochs = STEPS[hook] // 7
    assert network[0].weight.tobytes() == twin[0].weight.tobytes()
    assert (optimizer.steps, optimizer.epochs, network.epochs) == (rule.steps, rule.epochs, twin.epochs)
    assert before.calls[-1] == "closed" and before.calls.count("closed") == 1
    assert ("end", 3, 3) in before.calls if hook == "on_train_end" else ("end", 3, 3) not in before.calls
    assert after.calls == [] if hook == "on_train_begin" else after.calls[-1] == "closed"
    pairs = ((network, optimizer), (twin, rule))
    losses = [fit([], one, optimizer=its_rule, epochs=2)[1]["loss"] for one, its_rule in pairs]
    assert losses[0] == losses[1] and network[0].weight.tobytes() == twin[0].weight.tobytes()


def test_every_callback_is_closed_although_one_cannot():
    class Stuck(Closed):
        def close(self):
            raise OSError("stuck")

    first, last = Closed(), Closed()
    with pytest.raises(OSError, match="stuck"):
        fit([first, Stuck(), last])
    assert first.calls[-1] == last.calls[-1] == "closed" and ("end", 1, 1) in last.calls


def test_callbacks_are_closed_when_training_diverges():
    closed = Closed()
    with pytest.raises(nn.DivergedError):
        fit(closed, optimizer=nn.SGD(lr=1e30), epochs=9)
    assert closed.calls[-1] == "closed"


class StopNow(nn.Callback):
    every_n_batches = 3

    def __init__(self, hook):
        setattr(self, hook, lambda training: training.epoch == 2 and training.stop("now", now=True))


@pytest.mark.parametrize(("hook", "steps"), [("on_epoch_begin", 7), ("on_batch_end", 10), ("on_epoch_end", 14)])
def test_stop_now_takes_no_further_step(hook, steps):
    optimizer, stopping = nn.SGD(lr=0.05), nn.EarlyStopping(monitor="loss")
    network, history = fit([StopNow(hook), stopping], optimizer=optimizer, epochs=5)
    assert optimizer.steps == steps and history.stopped == "now"
    assert network.epochs == len(history) == steps // 7
    _, whole = fit([], epochs=2)
    assert history["loss"] == pytest.approx(whole["loss"][: len(history)], rel=1e-14)
    kept, _ = fit([], epochs=steps // 7)
    assert (network[0].weight == kept[0].weight).all()  # of the best epoch, which is the last complete one


def test_stop_now_at_the_last_step_completes_the_epoch():
    class AtTheEnd(nn.Callback):
        every_n_batches = 7

        def on_batch_end(self, training):
            training.stop("now", now=True)

    assert len(fit(AtTheEnd(), epochs=3)[1]) == 1


@pytest.mark.parametrize(("every", "epochs", "steps"), [(None, 3, 21), (2, 2, 18), (7, 3, 21)])
def test_terminate_on_time(monkeypatch, every, epochs, steps):
    """A clock that every look at it advances by one step's time says when to stop."""
    optimizer = nn.SGD(lr=0.05)
    monkeypatch.setattr(nn.callbacks.timing, "perf_counter", lambda: optimizer.steps)
    limit = nn.TerminateOnTime(18, every)
    _, history = fit(limit, optimizer=optimizer, epochs=9)
    assert (len(history), optimizer.steps, history.stopped) == (epochs, steps, "18 seconds were over")
    optimizer = nn.SGD(lr=0.05)
    _, history = fit(limit, optimizer=optimizer, epochs=3 if every != 2 else 2)
    assert history.stopped is None  # all epochs were done in time, or just then


def test_the_loss_of_single_steps():
    class Losses(nn.Callback):
        every_n_batches = 1

        def __init__(self):
            self.losses = []

        def on_batch_end(self, training):
            self.losses.append(training.batch_loss)

    recorder, twin = Losses(), nn.Sequential(nn.Linear(3, 1), rng=0)
    fit(recorder)
    order, rule = nn._core.shuffle(50, twin.seed, 0), nn.SGD(lr=0.05)
    batches = [order[i : i + 8] for i in range(0, 50, 8)]
    expected = [twin.train_batch(X[rows], y[rows], loss="mse", optimizer=rule) for rows in batches]
    assert recorder.losses == pytest.approx(expected, rel=1e-14)
