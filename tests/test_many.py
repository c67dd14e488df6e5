"""fit_many: many networks at once give the bits of one after the other, and stop together."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((90, 6))
LABELS = (X[:, 0] * X[:, 1] > 0).astype(int)
PATIENCE = float(os.environ.get("PYNNCORE_PATIENCE", "1"))


def networks(count=5):
    return [nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 2), rng=seed) for seed in range(count)]


def fit_many(of, X=X, y=LABELS, **options):
    return nn.fit_many(of, X, y, **{"loss": "cross_entropy", "optimizer": nn.Adam(0.01), "epochs": 3} | options)


def fit(of, X=X, y=LABELS, **options):
    options = {"loss": "cross_entropy", "optimizer": nn.Adam(0.01), "epochs": 3, "verbose": False} | options
    return of.fit(X, y, **options)


def weights(of):
    return b"".join(array.tobytes() for array in of.state_dict().values())


def numbers(history):
    return {name: values for name, values in history.history.items() if name != "seconds"}


@pytest.mark.parametrize("optimizer", [nn.Adam(0.01), "adam", nn.LBFGS()])
@pytest.mark.parametrize("threads", [None, 1, 2, 9])
def test_the_result_is_that_of_one_fit_after_the_other(threads, optimizer):
    many, one = networks(), networks()
    options = {"metrics": ["accuracy"], "validation_split": 0.2, "batch_size": None, "class_weight": "balanced"}
    histories = fit_many(many, optimizer=optimizer, threads=threads, **options)
    for network, twin, history in zip(many, one, histories, strict=True):
        rule = optimizer if isinstance(optimizer, str) else type(optimizer)(**optimizer.arguments())
        expected = fit(twin, optimizer=rule, **options)
        assert weights(network) == weights(twin) and numbers(history) == numbers(expected)
    assert isinstance(optimizer, str) or optimizer.steps == 0


def test_lists_have_one_for_each_network():
    many, one = networks(3), networks(3)
    inputs, targets = [X, X[:40], 2 * X], [LABELS, LABELS[:40], 1 - LABELS]
    factors = [rng.uniform(0, 1, len(x)) for x in inputs]
    pairs = [(X[:n], LABELS[:n]) for n in (10, 20, 30)]
    rules = [nn.SGD(0.1), nn.Adam(0.1), nn.SGD(0.1, momentum=0.9)]
    options = {"validation_data": pairs, "sample_weight": factors, "optimizer": rules}
    histories = fit_many(many, inputs, targets, **options)
    for i, twin in enumerate(one):
        options = {"validation_data": pairs[i], "sample_weight": factors[i], "optimizer": type(rules[i])}
        options["optimizer"] = type(rules[i])(**rules[i].arguments())
        assert numbers(histories[i]) == numbers(fit(twin, inputs[i], targets[i], **options))
        assert weights(many[i]) == weights(twin) and rules[i].steps > 0


def test_lists_of_numbers_are_arrays_that_all_share():
    many, one = networks(2), networks(1)[0]
    fit_many(many, X[:2].tolist(), [0, 1], validation_data=(tuple(map(tuple, X)), tuple(LABELS)))
    fit(one, X[:2], [0, 1])
    assert weights(many[0]) == weights(one)


def test_a_shared_data_frame_is_converted_once(monkeypatch):
    pandas = pytest.importorskip("pandas")
    frame, one, calls = pandas.DataFrame(X.astype(np.float16)), networks(1)[0], []
    convert = pandas.DataFrame.__array__

    def counted(*args, **options):
        calls.append(1)
        return convert(*args, **options)

    monkeypatch.setattr(pandas.DataFrame, "__array__", counted)
    many = networks()
    fit_many(many, frame)
    assert len(calls) == 1
    fit(one, X.astype(np.float16))
    assert weights(one) == weights(many[0])


meeting = threading.Barrier(2)


class Meet(nn.Callback):
    """Waits for another network to come to the end of the same epoch."""

    def on_epoch_end(self, training):
        meeting.wait(60)


def test_networks_train_at_the_same_time():
    histories = fit_many(networks(2), callbacks=[Meet()], threads=2)
    assert [len(history) for history in histories] == [3, 3]


def test_fits_of_python_threads_run_at_the_same_time():
    with ThreadPoolExecutor(2) as pool:
        histories = list(pool.map(lambda network: fit(network, callbacks=[Meet()], threads=1), networks(2)))
    assert [len(history) for history in histories] == [3, 3]


def test_every_network_has_callbacks_of_its_own_that_may_change_it():
    class Halve(nn.Callback):
        epochs = 0

        def on_epoch_end(self, training):
            self.epochs += 1
            assert self.epochs == training.epoch
            training.optimizer.lr /= 2
            training.network[0].bias = training.network[0].bias / 2

    many, one = networks(), networks()
    stop = nn.EarlyStopping(patience=2)
    options = {"callbacks": [Halve(), stop], "epochs": 40, "validation_split": 0.3, "optimizer": nn.Adam(0.5)}
    histories = fit_many(many, threads=3, **options)
    assert stop.best is None
    for network, twin, history in zip(many, one, histories, strict=True):
        options |= {"callbacks": [Halve(), nn.EarlyStopping(patience=2)], "optimizer": nn.Adam(0.5)}
        assert numbers(history) == numbers(fit(twin, **options)) and weights(network) == weights(twin)
    assert len({len(history) for history in histories}) > 1


class Fail(nn.Callback):
    def on_epoch_end(self, training):
        if training.network.seed == self.seed and training.epoch == 3:
            raise LookupError(f"network {self.seed}")


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_exception_ends_all(threads):
    many = networks(6)
    fail = Fail()
    fail.seed = many[1].seed
    with pytest.raises(LookupError, match=f"network {fail.seed}"):
        fit_many(many, epochs=10**9 if threads == 2 else 4, callbacks=[fail], threads=threads)
    assert many[1].epochs == 3 and all(network.epochs == 0 for network in many[2:])
    assert many[0].epochs == 4 if threads == 1 else many[0].epochs > 0
    fit_many(many)


def test_divergence_is_that_of_fit():
    many, twin = networks(2), networks(2)[1]
    with pytest.raises(nn.DivergedError) as expected:
        fit(twin, optimizer=nn.SGD(1e38), epochs=50)
    with pytest.raises(nn.DivergedError) as found:
        fit_many(many, optimizer=[nn.SGD(), nn.SGD(1e38)], epochs=10**9, threads=2)
    assert str(found.value) == str(expected.value) and weights(many[1]) == weights(twin)


@pytest.mark.parametrize(
    ("optimizer", "repeat", "batch_size"),
    [(nn.SGD(1e-6), 1, 32), (nn.SGD(1e-6), 2000, 32), (nn.LBFGS(tolerance_change=0, tolerance_grad=0), 100, None)],
    ids=["between epochs", "within an epoch", "between evaluations"],
)
def test_ctrl_c_ends_all(optimizer, repeat, batch_size):
    many = networks()
    data, labels, sent = np.tile(X, (repeat, 1)), np.tile(LABELS, repeat), []

    def interrupt():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    alive = threading.active_count()
    timer = threading.Timer(0.4, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            fit_many(many, data, labels, optimizer=optimizer, epochs=10**9, batch_size=batch_size, threads=2)
    delay = time.perf_counter() - sent[0]
    timer.join()
    assert delay < 0.3 * PATIENCE
    while threading.active_count() > alive and time.perf_counter() < sent[0] + 10:
        time.sleep(0.01)  # a thread that had not begun yet ends on its own
    assert threading.active_count() == alive
    fit_many(many)


def test_wrong_arguments_are_refused_before_anything_changes():
    many, free = networks(3), networks(1)
    before = [weights(network) for network in many]
    busy = networks(1)[0]
    rule = nn.SGD()
    cases = [
        (lambda: fit_many(many[0]), TypeError, r"(?s)networks is Sequential.*list of at least one Sequential"),
        (lambda: fit_many([]), TypeError, r"networks is \[\]"),
        (lambda: fit_many([many[0], "net"]), TypeError, r"networks\[1\] is 'net'"),
        (lambda: fit_many([*many, many[1]]), ValueError, r"networks\[3\] is networks\[1\]"),
        (lambda: fit_many(many, [X, X]), ValueError, "X has 2 items, but there are 3 networks"),
        (lambda: fit_many(many, y=[LABELS] * 4), ValueError, "y has 4 items, but there are 3 networks"),
        (lambda: fit_many(many, optimizer=[nn.SGD()]), ValueError, "optimizer has 1 items"),
        (lambda: fit_many(many, optimizer=[rule] * 3), ValueError, "optimizer has one object twice"),
        (lambda: fit_many(many, optimizer=nn.SGD), TypeError, r"did you mean SGD\(\)"),
        (lambda: fit_many(many, [X, X, X[:, :5]]), ValueError, "5 features"),
        (lambda: fit_many(many, threads=0), ValueError, "threads is 0"),
        (lambda: fit_many(many, callbacks=nn.CSVLogger("log.csv")), ValueError, "callbacks has CSVLogger, whose files"),
        (lambda: fit_many([*many, busy]), RuntimeError, "fit_many: this network is already being trained"),
    ]
    with busy.exclusively("a test"):
        for call, error, message in cases:
            with pytest.raises(error, match=message):
                call()
    assert [weights(network) for network in many] == before and [network.epochs for network in many] == [0, 0, 0]
    fit_many([*many, *free, busy])
