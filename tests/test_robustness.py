"""What once went wrong: several threads at one object, odd first layers, ends of processes, odd files and numbers."""

import copy
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core

numbers = np.random.default_rng(0)
ACTIVATIONS = [info.name for info in _core.activations()]


def in_threads(count, work):
    """Runs work(i) in `count` threads at once; returns what they return, exceptions included."""
    results, start = [None] * count, threading.Barrier(count)

    def run(i):
        start.wait()
        try:
            results[i] = work(i)
        except Exception as error:
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def run_script(script):
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_network_may_begin_with_any_activation(name):
    first = getattr(nn, name)(**({"surrogate": "sigmoid"} if name == "Step" else {}))
    network = nn.Sequential(first, nn.Linear(3, 2), rng=0, dtype="float64")
    X, y = numbers.uniform(0.1, 1, (20, 3)), np.arange(20) % 2
    hidden = getattr(nn.functional, type(first).__name__.lower(), None)
    _, gradients = network.gradients(X, y, loss="cross_entropy")
    alone = nn.Sequential(nn.Linear(3, 2), rng=0, dtype="float64")
    alone.load_state_dict({"0.weight": network[1].weight, "0.bias": network[1].bias})
    Z = network[0].forward(X) if hidden is None else first.forward(X)
    _, expected = alone.gradients(np.asarray(Z, np.float64), y, loss="cross_entropy")
    np.testing.assert_allclose(gradients["1.weight"], expected["0.weight"], rtol=1e-10, atol=1e-14)
    assert np.isfinite(network.fit(X, y, loss="cross_entropy", optimizer=nn.SGD(1e-3), verbose=False)["loss"][0])
    network.train_batch(X, y, loss="cross_entropy", optimizer=nn.Adam())


def test_threads_that_want_gradients_of_one_network_get_the_same():
    X, y = numbers.standard_normal((8, 300), dtype=np.float32), np.arange(8) % 3
    for seed in range(5):
        network = nn.Sequential(
            nn.Linear(300, 700), nn.ReLU(), nn.Linear(700, 700), nn.ReLU(), nn.Linear(700, 3), rng=seed
        )
        results = in_threads(4, lambda _, network=network: network.gradients(X, y, loss="cross_entropy")[1])
        for gradients in results[1:]:
            for name, array in results[0].items():
                np.testing.assert_array_equal(gradients[name], array)


def test_one_optimizer_serves_one_of_two_networks():
    for trial in range(10):
        optimizer = nn.Adam()
        networks = [nn.Sequential(nn.Linear(n, n), nn.ReLU(), nn.Linear(n, 2), rng=trial) for n in (600, 3)]

        def fit(i, networks=networks, optimizer=optimizer):
            X = np.ones((4, networks[i].in_features), np.float32)
            return networks[i].fit(X, np.arange(4) % 2, loss="cross_entropy", optimizer=optimizer, verbose=False)

        refused = [result for result in in_threads(2, fit) if isinstance(result, ValueError)]
        assert len(refused) == 1 and "state of another network" in str(refused[0])


def test_an_optimizer_of_another_network_is_refused_before_callbacks_run():
    optimizer, calls = nn.SGD(), []

    class Recorder(nn.Callback):
        def on_train_begin(self, training):
            calls.append(training)

    one, other = (nn.Sequential(nn.Linear(2, 1), rng=0) for _ in range(2))
    one.fit([[1.0, 2.0]], [1.0], loss="mse", optimizer=optimizer, verbose=False)
    with pytest.raises(ValueError, match="SGD already holds the state of another network"):
        other.fit([[1.0, 2.0]], [1.0], loss="mse", optimizer=optimizer, callbacks=[Recorder()], verbose=False)
    assert calls == []


def test_labels_may_change_while_a_network_trains():
    script = """
import threading, numpy as np, pynncore as nn
X, y = np.zeros((2000, 10), np.float32), np.zeros(2000, np.int32)
network = nn.Sequential(nn.Linear(10, 10), rng=0)
fit = lambda: network.fit(X, y, loss="cross_entropy", optimizer="SGD", epochs=300, verbose=False)
thread = threading.Thread(target=fit)
thread.start()
while thread.is_alive():
    y[:] = 2_000_000_000
    y[:] = 0
print("done")
"""
    done = run_script(script)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_daemon_thread_that_trains_does_not_abort_the_end_of_python():
    script = """
import threading, time, numpy as np, pynncore as nn
X, y = np.zeros((2000, 30), np.float32), np.zeros(2000, np.int32)
network = nn.Sequential(nn.Linear(30, 30), nn.ReLU(), nn.Linear(30, 2), rng=0)
def fit():
    network.fit(X, y, loss="cross_entropy", optimizer="SGD", epochs=10**7, verbose=False)
threading.Thread(target=fit, daemon=True).start()
time.sleep(0.5)
print("done")
"""
    for _ in range(3):
        done = run_script(script)
        assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize("threads", [1025, 2**31, 2**40])
def test_absurd_numbers_of_threads_are_refused(threads):
    network = nn.Sequential(nn.Linear(2, 2), rng=0)
    with pytest.raises(ValueError, match=f"threads is {threads}, but must be at most 1024"):
        network.fit([[1, 2]], [0], loss="cross_entropy", optimizer="SGD", threads=threads)
    with pytest.raises(ValueError, match="at most 1024"):
        nn.config.set_threads(threads)


def test_numbers_beyond_float32_are_refused():
    network = nn.Sequential(nn.Linear(1, 1), rng=0)
    for X in ([[1e39]], np.array([[-1e39]]), np.array([[1e39, 0]])[:, :1]):
        with pytest.raises(ValueError, match=r"1e.39 at row 0, column 0, which is too large for float32"):
            network.predict(X)
    with pytest.raises(ValueError, match="too large"):
        network.predict([[10**400]])
    assert np.isfinite(nn.Sequential(nn.Linear(1, 1), rng=0, dtype="float64").predict([[1e39]])).all()
    largest = float(np.finfo(np.float32).max)
    nn.Sequential(nn.ReLU(), nn.Linear(1, 1, weight_init="zeros"), rng=0).predict(np.array([[largest]]))
    for init in (nn.initializers.Constant(1e39), nn.initializers.HeNormal(1e300)):
        with pytest.raises(ValueError, match="too large for float32"):
            nn.Sequential(nn.Linear(1, 1, weight_init=init), rng=0)


def test_a_network_that_cannot_be_made_leaves_its_layers_alone():
    one, bad = nn.Linear(2, 2), nn.Linear(2, 2, weight_init=nn.initializers.Constant(1e300))
    with pytest.raises(ValueError, match="too large"):
        nn.Sequential(one, bad, rng=0)
    np.testing.assert_array_equal(nn.Sequential(one, rng=5)[0].weight, nn.Sequential(nn.Linear(2, 2), rng=5)[0].weight)


def test_a_copied_layer_keeps_how_it_begins():
    assert copy.deepcopy(nn.Linear(2, 1, weight_init="zeros")).weight.tolist() == [[0, 0]]


def test_backward_uses_the_x_of_forward():
    layer, x = nn.Linear(1, 1), np.ones((2, 1), np.float32)
    layer.forward(x)
    x[:] = 5
    layer.backward(np.ones((2, 1)))
    assert layer.grads["weight"].tolist() == [[2]]


def test_a_refused_call_does_not_decide_the_number_of_features():
    network = nn.Sequential(nn.ReLU(), nn.Softmax())
    with pytest.raises(ValueError, match="y has shape"):
        network.evaluate(np.ones((3, 5)), np.ones((3, 7)), loss="mse")
    assert network.predict(np.ones((3, 4))).shape == (3, 4)


def test_after_divergence_the_optimizer_begins_anew():
    X = numbers.standard_normal((50, 3))
    y = X @ [1.0, -2.0, 0.5]
    network, optimizer = nn.Sequential(nn.Linear(3, 1), rng=0), nn.SGD(lr=1e4, momentum=0.9)
    with pytest.raises(nn.DivergedError, match="the optimizer no state"):
        network.fit(X, y, loss="mse", optimizer=optimizer, epochs=50, verbose=False)
    assert optimizer.steps == 0
    optimizer.lr = 1e-2
    losses = network.fit(X, y, loss="mse", optimizer=optimizer, epochs=20, verbose=False)["loss"]
    assert losses[-1] < 0.1 * losses[0]


def test_settings_of_an_optimizer_other_than_lr_are_fixed():
    for optimizer, name in ((nn.SGD(0.1), "weight_decay"), (nn.Adam(), "betas"), (nn.SGD(0.1), "momentun")):
        with pytest.raises(AttributeError, match=f"{name} cannot be set"):
            setattr(optimizer, name, 0.5)


def test_networks_that_could_not_be_read_back_are_not_made():
    with pytest.raises(ValueError, match="at most 2048"):
        nn.Sequential(*[nn.ReLU() for _ in range(2049)])
    network = nn.Sequential(nn.Linear(2, 1), rng=0)
    for name, value in (("seed", -1), ("seed", 2**64), ("seed", None), ("epochs", 2.5), ("epochs", True)):
        with pytest.raises((TypeError, ValueError), match=f"{name} is {value}"):
            setattr(network, name, value)
    with pytest.raises(AttributeError):
        network[0].in_features = 7
    network.metadata = None
    with pytest.raises(TypeError, match="metadata is None"):
        network.save("never.safetensors")


@pytest.mark.skipif(os.name != "posix", reason="modes and pipes are POSIX's")
def test_saving_keeps_the_mode_and_writes_into_what_is_no_file(tmp_path):
    network, path = nn.Sequential(nn.Linear(2, 1), rng=0), tmp_path / "m.safetensors"
    network.save(path)
    path.chmod(0o600)
    network.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    pipe, received = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    network.save(pipe)
    reader.join()
    assert received == [path.read_bytes()] and stat.S_ISFIFO(pipe.stat().st_mode)
    network.save(tmp_path / ("n" * 240))
    with pytest.raises(ValueError, match="path is ''"):
        network.save("")
    with pytest.raises(OSError, match=r"nowhere/m\.safetensors"):
        network.save(tmp_path / "nowhere" / "m.safetensors")


def test_log_sigmoid_gives_probabilities_once():
    network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), nn.LogSigmoid(), rng=0)
    np.testing.assert_allclose(network.predict_proba([[1.0]]), [[0.5, 0.5]], rtol=1e-6)


def test_check_gradients_does_not_take_nan_for_right():
    network = nn.Sequential(nn.Linear(1, 1), nn.Exponential(), rng=0, dtype="float64")
    network[0].weight, network[0].bias = [[1.0]], [709.7827128]
    report = nn.check_gradients(network, [[0.0]], [0.0], loss="mae")
    assert not report.ok and report.max_relative_error == np.inf


def test_check_gradients_copes_with_kinks():
    train, _ = nn.data.load("digits").split(test=0.2, rng=0)
    network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), rng=0)
    network.fit(train.X, train.y, loss="cross_entropy", optimizer="Adam", verbose=False)
    report = nn.check_gradients(network, train.X[:50], train.y[:50], loss="cross_entropy")
    assert report.ok, report


@pytest.mark.parametrize(
    ("last", "loss"), [(nn.Softmax, "cross_entropy"), (nn.Sigmoid, "bce_with_logits"), (nn.Softmax, "nll")]
)
def test_probabilities_for_a_loss_of_logits_are_warned_of(last, loss):
    network = nn.Sequential(nn.Linear(2, 2), last(), rng=0)
    y = np.eye(2) if loss == "bce_with_logits" else np.array([0, 1])
    with pytest.warns(UserWarning, match="takes logits, but the network ends in"):
        network.evaluate(np.eye(2), y, loss=loss)


def test_accuracy_of_quantities_is_refused_before_training():
    network = nn.Sequential(nn.Linear(2, 1), rng=0)
    before = network[0].weight
    for metric in ("accuracy", "binary_accuracy"):
        with pytest.raises(ValueError, match=r"needs targets in \[0, 1\], but one is 20"):
            network.fit(np.eye(2), [20.0, 3.0], loss="mse", optimizer="SGD", metrics=[metric])
    np.testing.assert_array_equal(network[0].weight, before)


def test_a_metric_that_returns_no_number_is_named():
    class Odd(nn.Metric):
        name = "odd"

        def __call__(self, target, prediction):
            return "a"

    with pytest.raises(TypeError, match="the metric 'odd' returned 'a'"):
        nn.Sequential(nn.Linear(2, 1), rng=0).evaluate(np.eye(2), [1.0, 2.0], loss="mse", metrics=[Odd()])


def test_predict_can_be_interrupted():
    script = """
import _thread, threading, time, numpy as np, pynncore as nn
network = nn.Sequential(nn.Linear(300, 1500), nn.ReLU(), nn.Linear(1500, 1500), nn.ReLU(), nn.Linear(1500, 3), rng=0)
X = np.zeros((300_000, 300), np.float32)
sent = []
def interrupt():
    time.sleep(0.2)
    sent.append(time.perf_counter())
    _thread.interrupt_main()
threading.Thread(target=interrupt).start()
try:
    network.predict(X)
except KeyboardInterrupt:
    print(time.perf_counter() - sent[0])
"""
    done = run_script(script)
    assert float(done.stdout) < 0.5 * float(os.environ.get("PYNNCORE_PATIENCE", "1")), done.stderr


def test_the_source_folder_says_what_it_is(tmp_path):
    shutil.copytree(
        Path(__file__).parent.parent / "pynncore", tmp_path / "pynncore", ignore=shutil.ignore_patterns("*.so")
    )
    packages = Path(np.__file__).parent.parent
    script = f"import sys; sys.path[:0] = ['.']; sys.path.append({str(packages)!r}); import pynncore"
    command = [sys.executable, "-S", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "is pynncore's source, not the installed package" in done.stderr, done.stderr


def test_training_every_batch_with_a_callback_costs_the_same_in_a_long_epoch():
    class Nothing(nn.Callback):
        every_n_batches = 1

    def seconds_per_step(samples):
        X, y = np.zeros((samples, 2), np.float32), np.zeros(samples, int)
        network = nn.Sequential(nn.Linear(2, 2), rng=0)
        start = time.perf_counter()
        network.fit(X, y, loss="cross_entropy", optimizer="SGD", batch_size=50, callbacks=[Nothing()], verbose=False)
        return (time.perf_counter() - start) / (samples / 50)

    seconds_per_step(1000)
    assert min(seconds_per_step(200_000) for _ in range(3)) < 3 * min(seconds_per_step(10_000) for _ in range(3))


@pytest.mark.parametrize(("rng", "kind"), [(-1, ValueError), ("a", TypeError), (1.5, TypeError)])
def test_an_odd_rng_is_quoted(rng, kind):
    with pytest.raises(kind, match=f"rng is {rng!r}, but a whole number"):
        nn.Sequential(nn.Linear(2, 1), rng=rng)
