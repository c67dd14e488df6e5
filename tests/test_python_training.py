"""fit and train_batch: history, data handling, weights, divergence, interruption, concurrency, progress."""

import copy
import os
import pickle
import re
import signal
import sys
import threading
import time

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((60, 4)).astype(np.float32)
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def classifier(seed=0, **options):
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), rng=seed, **options)


def fit(network, X=X, y=y, **options):
    return network.fit(X, y, **{"loss": "cross_entropy", "optimizer": "adam", "batch_size": 8} | options)


def weights(network):
    return b"".join(value.tobytes() for value in network.state_dict().values())


def test_the_history_has_one_number_an_epoch_under_every_name():
    history = fit(classifier(), epochs=3, validation_split=0.25, metrics=["accuracy", "mse"])
    names = ["loss", "accuracy", "mse", "val_loss", "val_accuracy", "val_mse", "lr", "seconds"]
    assert list(history.history) == names and {len(values) for values in history.history.values()} == {3}
    assert history["lr"] == [1e-3] * 3 and min(history["seconds"]) > 0 and history.stopped is None
    assert "3 epochs" in repr(history) and len(history) == 3


def test_nothing_is_printed_and_no_warning_raised_without_a_terminal(capfd):
    fit(classifier(), epochs=2, validation_split=0.25)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", nn.MSELoss(reduction="sum"), nn.SquaredError()])
def test_loss_and_metrics_of_an_epoch_are_those_before_each_step(loss):
    """With a learning rate of 0 they are those of the network, whatever the batches."""
    network = classifier(dtype="float64")
    target = y if loss == "cross_entropy" else np.eye(3)[y]
    weight = rng.uniform(0, 2, 60)
    options = {"loss": loss, "metrics": ["accuracy"], "sample_weight": weight}
    history = fit(network, y=target, optimizer=nn.SGD(lr=0), batch_size=7, **options)
    for name, value in network.evaluate(X, target, **options).items():
        assert history[name][0] == pytest.approx(value, rel=1e-12)


def test_fit_is_train_batch_in_a_loop():
    one, other = classifier(), classifier()
    optimizer = nn.Adam()
    order = nn._core.shuffle(60, other.seed, 0)
    for start in range(0, 60, 8):
        rows = order[start : start + 8]
        other.train_batch(X[rows], y[rows], loss="cross_entropy", optimizer=optimizer)
    fit(one)
    assert weights(one) == weights(other) and optimizer.steps == 8


def test_without_shuffling_the_order_is_that_of_the_rows():
    one, other = classifier(), classifier()
    fit(one, shuffle=False, batch_size=20)
    optimizer = nn.Adam()
    for start in range(0, 60, 20):
        other.train_batch(X[start : start + 20], y[start : start + 20], loss="cross_entropy", optimizer=optimizer)
    assert weights(one) == weights(other)


def test_train_batch_with_batches_of_changing_size_and_kind():
    network, optimizer = classifier(), nn.SGD(lr=0.1)
    sizes = (8, 3, 60, 1, 30)
    for n in sizes:
        expected, gradients = network.gradients(X[:n], y[:n], loss="cross_entropy")
        before = network.state_dict()
        value = network.train_batch(X[:n], y[:n], loss="cross_entropy", optimizer=optimizer)
        assert value == pytest.approx(expected, rel=1e-6)
        for name, gradient in gradients.items():
            np.testing.assert_allclose(before[name] - network.state_dict()[name], 0.1 * gradient, atol=1e-7)
    network.train_batch(X, np.eye(3)[y], loss="mse", optimizer=optimizer)
    assert optimizer.steps == len(sizes) + 1


def test_two_fits_with_one_optimizer_are_one_long_fit():
    one, other = classifier(), classifier()
    whole = fit(one, epochs=5, optimizer=nn.Adam())
    optimizer = nn.Adam()
    parts = fit(other, epochs=2, optimizer=optimizer)["loss"] + fit(other, epochs=3, optimizer=optimizer)["loss"]
    assert weights(one) == weights(other) and whole["loss"] == parts and one.epochs == other.epochs == 5
    fit(other, optimizer=nn.Adam())
    fit(one, optimizer="adam")
    assert weights(one) == weights(other)


def test_a_copy_of_an_optimizer_has_its_settings_and_no_state():
    for optimizer in (nn.SGD(0.1, 0.9, 0.0, 0.01, True), nn.SGD(), nn.Adam(betas=(0.5, 0.6)), nn.AdamW(eps=1e-3)):
        optimizer.lr = 0.25
        fit(classifier(), optimizer=optimizer)
        for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
            assert repr(other) == repr(optimizer) and other.steps == 0
            fit(classifier(), optimizer=other)


@pytest.mark.parametrize("batch_size", [None, 60, 61, 1000])
def test_full_batches(batch_size):
    optimizer = nn.SGD()
    fit(classifier(), batch_size=batch_size, epochs=3, optimizer=optimizer)
    assert optimizer.steps == 3


def test_validation_split_keeps_the_same_random_rows_from_training():
    seen = []

    class Rows(nn.Metric):
        name = "rows"

        def __call__(self, target, prediction):
            seen.append(set(target[:, 0].astype(int)))
            return 0.0

    network, numbers = nn.Sequential(nn.Linear(1, 1), rng=0), np.arange(100.0)
    for _ in range(2):
        options = {"loss": "mse", "metrics": [Rows()], "validation_split": 0.2}
        fit(network, numbers[:, None] / 100, numbers, optimizer=nn.SGD(lr=1e-6), epochs=2, **options)
    training, validation = seen[0], seen[1]
    assert len(validation) == 20 and training | validation == set(range(100)) and not training & validation
    assert seen == [training, validation] * 4 and validation != set(range(80, 100))


def test_validation_split_trains_as_on_the_training_rows_alone():
    one, other = classifier(), classifier()
    rows = np.sort(nn._core.shuffle(60, one.seed, nn.samples.SPLIT)[15:])
    targets = np.eye(3)[y]  # of labels, the split takes the same share of every class
    fit(one, y=targets, validation_split=0.25, epochs=2)
    fit(other, X[rows], targets[rows], epochs=2)
    assert weights(one) == weights(other)


def test_validation_data():
    network = classifier()
    history = fit(network, validation_data=(X[:9], y[:9]), metrics=["accuracy"])
    expected = network.evaluate(X[:9], y[:9], loss="cross_entropy", metrics=["accuracy"])
    assert history["val_loss"] == [expected["loss"]] and history["val_accuracy"] == [expected["accuracy"]]


def test_class_weights_are_sample_weights():
    by_class = {0: 2.0, 2: 0.5}
    factors = np.array([2.0, 1.0, 0.5])[y]
    balanced = 60 / (3 * np.bincount(y))[y]
    for given, expected in ((by_class, factors), ("balanced", balanced)):
        for target in (y, np.eye(3)[y]):
            one, other = classifier(), classifier()
            fit(one, y=target, class_weight=given)
            fit(other, y=target, sample_weight=expected)
            assert weights(one) == weights(other)
    one, other = classifier(), classifier()
    fit(one, class_weight=by_class, sample_weight=np.arange(60))
    fit(other, sample_weight=factors * np.arange(60))
    assert weights(one) == weights(other)


def test_class_weights_of_two_classes_and_one_output():
    target = y > 0
    one, other = (nn.Sequential(nn.Linear(4, 1), rng=0) for _ in range(2))
    fit(one, y=target, loss="bce_with_logits", class_weight={1: 3.0})
    fit(other, y=target, loss="bce_with_logits", sample_weight=np.where(target, 3.0, 1.0))
    assert weights(one) == weights(other)


@pytest.mark.parametrize("name", ["SGD", "sgd", "Adam", "AdamW", "adamw"])
@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "cross_entropy", "Cross-Entropy", "crossentropyloss"])
def test_names_of_losses_and_optimizers(name, loss):
    assert np.isfinite(fit(classifier(), loss=loss, optimizer=name)["loss"][0])


class After(nn.Callback):
    """Does something at the end of an epoch; remembers the weights of every epoch."""

    def __init__(self, epoch, action):
        self.epoch, self.action, self.weights = epoch, action, []

    def on_epoch_end(self, training):
        self.weights.append(weights(training.network))
        if training.epoch == self.epoch:
            self.action(training)


def explode(training):
    training.optimizer.lr = 1e30


@pytest.mark.parametrize("batch_size", [8, None])
def test_divergence_leaves_the_weights_of_the_last_completed_epoch(batch_size):
    network, explosion = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), rng=0), After(2, explode)
    options = {"loss": "mse", "optimizer": "sgd", "epochs": 9, "batch_size": batch_size}
    with pytest.raises(nn.DivergedError) as caught:
        fit(network, y=np.eye(3)[y], callbacks=explosion, **options)
    last = network.epochs
    assert last == len(explosion.weights) and last >= 2
    assert (caught.value.epoch, caught.value.step >= 1) == (last + 1, True)
    assert f"epoch {last + 1}, step" in str(caught.value) and f"the weights of epoch {last}" in str(caught.value)
    assert weights(network) == explosion.weights[-1]
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (copied.epoch, copied.step, str(copied)) == (caught.value.epoch, caught.value.step, str(caught.value))


def test_divergence_in_the_first_epoch_leaves_the_initial_weights():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), rng=0)
    before = weights(network)
    with pytest.raises(nn.DivergedError, match="initial weights"):
        fit(network, y=np.eye(3)[y], loss="mse", optimizer=nn.SGD(lr=1e30))
    assert weights(network) == before and issubclass(nn.DivergedError, ArithmeticError)


def test_weights_that_overflow_in_the_last_step_of_an_epoch_are_not_kept():
    """No later loss of the epoch tells."""
    network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
    with pytest.raises(nn.DivergedError, match="a weight became NaN or infinite in epoch 1, step 1 of 1"):
        network.fit([[1e10]], [1e10], loss="mse", optimizer=nn.SGD(lr=1e30))
    assert network[0].weight == 0


def test_a_validation_loss_that_is_infinite_is_divergence():
    network = nn.Sequential(nn.Linear(1, 1), rng=0)
    with pytest.raises(nn.DivergedError, match="the validation loss became inf"):
        network.fit([[1.0]], [1.0], loss="mse", optimizer="sgd", validation_data=([[1e30]], [0.0]))


def test_train_batch_does_not_take_a_step_whose_loss_is_not_finite():
    network, optimizer = nn.Sequential(nn.Linear(1, 1), rng=0), nn.SGD()
    before = weights(network)
    with pytest.raises(nn.DivergedError, match="not taken"):
        network.train_batch([[1e30]], [0.0], loss="mse", optimizer=optimizer)
    assert weights(network) == before and optimizer.steps == 0
    with pytest.raises(nn.DivergedError, match="no gradient"):
        network.gradients([[1e30]], [0.0], loss="mse")


PATIENCE = float(os.environ.get("PYNNCORE_PATIENCE", "1"))  # how much longer than usual things may take


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent in POSIX's way")
@pytest.mark.parametrize("case", ["many steps", "one long epoch", "validation", "tiny"])
def test_ctrl_c_ends_training_within_a_tenth_of_a_second(case):
    cases = {
        "many steps": (1, 20_000, {"batch_size": 1}),
        "one long epoch": (1000, 20_000, {"batch_size": 128}),
        "validation": (300, 1000, {"validation_data": (np.ones((50_000, 20)), np.zeros(50_000, int))}),
        "tiny": (1, 4, {}),
    }
    width, samples, options = cases[case]
    data = rng.standard_normal((samples, 20), dtype=np.float32)
    labels = rng.integers(0, 3, samples)
    network = nn.Sequential(
        nn.Linear(20, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 3), rng=0
    )
    optimizer, sent, before = nn.SGD(), [], weights(network)

    def interrupt():
        time.sleep(0.3)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        fit(network, data, labels, optimizer=optimizer, epochs=10**9, **options)
    delay = time.perf_counter() - sent[0]
    helper.join()
    assert delay < 0.1 * PATIENCE
    after = weights(network)
    assert after != before and np.isfinite(network(data)).all()
    steps = optimizer.steps
    assert steps > 0
    network.train_batch(data, labels, loss="cross_entropy", optimizer=optimizer)
    assert optimizer.steps == steps + 1


def test_an_exception_in_a_callback_leaves_a_usable_network():
    def fail(training):
        raise LookupError("mine")

    network, twin = classifier(), classifier()
    with pytest.raises(LookupError, match="mine"):
        fit(network, callbacks=[After(2, fail)], epochs=5)
    fit(twin, epochs=2)
    assert weights(network) == weights(twin)
    fit(network)


def test_a_second_training_of_the_same_network_is_refused():
    errors = []

    def again(training):
        for call in (
            lambda: fit(training.network),
            lambda: training.network.train_batch(X, y, loss="mse", optimizer=nn.SGD()),
        ):
            with pytest.raises(RuntimeError, match="already being trained"):
                call()
        thread = threading.Thread(target=from_another_thread)
        thread.start()
        thread.join()

    def from_another_thread():
        network.predict(X)
        for call in (
            lambda: fit(network),
            lambda: setattr(network[0], "bias", np.zeros(8)),
            lambda: network.load_state_dict(network.state_dict()),
        ):
            try:
                call()
            except RuntimeError as error:
                errors.append(str(error))

    network = classifier()
    fit(network, callbacks=[After(1, again)])
    assert len(errors) == 3 and all("being trained" in error for error in errors)
    fit(network)


def test_predictions_during_training_are_finite():
    network, results = classifier(), []

    def predict():
        while not done.is_set():
            results.append(np.isfinite(network.predict(X)).all())

    done = threading.Event()
    thread = threading.Thread(target=predict)
    thread.start()
    fit(network, epochs=300)
    done.set()
    thread.join()
    assert results and all(results)


def test_verbose_shows_a_bar_or_lines(capfd, monkeypatch):
    pytest.importorskip("tqdm")
    fit(classifier(), epochs=2, verbose=True)
    captured = capfd.readouterr()
    assert captured.out == "" and "epoch 2/2 100%" in captured.err and "loss" in captured.err
    assert re.search(r"00:0\d<00:0\d, [\d.]+[kM]? samples/s, loss [\d.]+", captured.err)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    fit(classifier(), epochs=2, verbose=True, metrics=["accuracy"])
    captured = capfd.readouterr()
    lines = captured.out.splitlines()
    assert captured.err == "" and len(lines) == 2
    line = r"epoch 1/2  loss [\d.]+  accuracy [\d.]+  [\d.]+ s  [\d,]+ samples/s  0:00:0\d left"
    assert re.fullmatch(line, lines[0]) and lines[1].endswith(" 0:00:00 left")


def test_auto_shows_a_bar_on_a_terminal(monkeypatch):
    pytest.importorskip("tqdm")
    shown = []

    class Terminal:
        encoding = "utf-8"

        def isatty(self):
            return True

        def write(self, text):
            shown.append(text)

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stderr", Terminal())
    fit(classifier(), epochs=2)
    assert "100%" in "".join(shown)
    shown.clear()
    fit(classifier(), epochs=2, verbose=False)
    assert not shown


def test_progress_within_long_epochs_changes_no_bit(monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(nn.training, "LONG", 0.0)
    one, other = classifier(), classifier()
    shown, silent = fit(one, epochs=3, batch_size=1, verbose=True), fit(other, epochs=3, batch_size=1)
    assert weights(one) == weights(other) and shown["loss"] == pytest.approx(silent["loss"], rel=1e-14)
