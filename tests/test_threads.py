"""Threads and the process around them: forks, callers on several threads, too many threads, floating-point state."""

import ctypes
import os
import platform
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core


def network_and_data(samples=2000):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((samples, 100), dtype=np.float32)
    network = nn.Sequential(nn.Linear(100, 200), nn.Tanh(), nn.Linear(200, 10), rng=0)
    return network, X, rng.integers(0, 10, samples)


def train(network, X, y, threads, epochs=1):
    options = {"loss": nn.CrossEntropyLoss(), "optimizer": nn.SGD(lr=0.01), "epochs": epochs, "batch_size": 256}
    return network.fit(X, y, threads=threads, verbose=False, **options)


def run_script(script, timeout=120, environment=None):
    """Output of a Python program of its own; fails if it hangs."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=os.environ | (environment or {}),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_trains_with_one_thread_and_one_warning():
    script = """
        import os, warnings
        import numpy as np
        import pynncore as nn
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # Python's own about fork beside threads
        X = np.random.default_rng(0).standard_normal((2000, 100))
        y = np.zeros(2000, dtype=np.int64)
        network = nn.Sequential(nn.Linear(100, 200), nn.Tanh(), nn.Linear(200, 10), rng=0)
        options = {"loss": "CrossEntropyLoss", "optimizer": "SGD"}
        def fit():
            network.fit(X, y, **options, epochs=1, batch_size=256, threads=2, verbose=False)
        fit()
        for _ in range(5):
            child = os.fork()
            if child == 0:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    fit()
                    fit()
                    network.predict(X)
                ours = [warning for warning in caught if "fork" in str(warning.message)]
                os._exit(len(ours))
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status))
            fit()
    """
    assert run_script(script).split() == ["1"] * 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_gives_the_same_bits():
    script = """
        import hashlib, os, warnings
        import numpy as np
        import pynncore as nn
        warnings.simplefilter("ignore")
        def digest():
            X = np.random.default_rng(0).standard_normal((2000, 100))
            network = nn.Sequential(nn.Linear(100, 200), nn.Tanh(), nn.Linear(200, 1), rng=0)
            options = {"epochs": 2, "batch_size": 256, "threads": 2, "verbose": False}
            network.fit(X, X[:, :1], loss="MSELoss", optimizer="Adam", **options)
            return hashlib.sha256(network[0].weight.tobytes()).hexdigest()
        print(digest(), flush=True)
        if os.fork() == 0:
            print(digest(), flush=True)
            os._exit(0)
        os.wait()
    """
    assert len(set(run_script(script).split())) == 1


def test_many_python_threads_predict_with_one_network():
    network, X, _ = network_and_data()
    expected = network.predict(X).tobytes()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: network.predict(X).tobytes(), range(200)))
    assert set(results) == {expected}


def test_python_threads_train_networks_of_their_own():
    def digest(threads):
        network, X, y = network_and_data()
        train(network, X, y, threads, epochs=2)
        return network[0].weight.tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(digest, [1, 2, 3, 2]))) == 1


@pytest.mark.parametrize("threads", [64, 200])
def test_far_more_threads_than_processors(threads):
    few, X, y = network_and_data()
    many, _, _ = network_and_data()
    train(few, X, y, 1)
    train(many, X, y, threads)
    assert many[0].weight.tobytes() == few[0].weight.tobytes()


@pytest.mark.parametrize("threads", [0, -1, 2.5, "two"])
def test_a_wrong_number_of_threads_is_refused(threads):
    network, X, y = network_and_data(10)
    before = network[0].weight.tobytes()
    with pytest.raises((ValueError, TypeError), match=str(threads)):
        train(network, X, y, threads)
    assert network[0].weight.tobytes() == before


def floating_point_control():
    """Rounding, flush-to-zero and trap bits of this thread, without the sticky exception flags."""
    environment = (ctypes.c_uint32 * 16)()
    assert ctypes.CDLL(None).fegetenv(environment) == 0
    if platform.machine() in ("x86_64", "AMD64"):
        return environment[0] & 0xFFFF, environment[7] & ~0x3F  # x87 control word; MXCSR, the last of 32 bytes
    return (environment[0],)  # FPCR


def test_the_caller_keeps_floating_point_state_affinity_and_signals():
    def state():
        affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        return floating_point_control(), affinity, signal.pthread_sigmask(signal.SIG_BLOCK, [])

    network, X, y = network_and_data()
    before = state()
    train(network, X, y, 2)
    assert state() == before
    network.predict(X)
    assert state() == before
    network.gradients(X, y, loss=nn.CrossEntropyLoss())
    nn.functional.sigmoid(X)
    assert state() == before
    assert np.float32(1e-40) * np.float32(1) != 0, "subnormal numbers are flushed to zero"


def trainer_and_data(threads):
    """A trainer, and arguments for a run that takes longer than the 50 ms between two calls of `interrupted`."""
    rng = np.random.default_rng(0)
    X, y = (rng.standard_normal((2000, 100), dtype=np.float32) for _ in range(2))
    network = _core.Network([_core.linear(100, 100, True, "float32")], 100, "float32")
    trainer = _core.Trainer(
        network, _core.Loss("MSELoss", [], "mean"), _core.Optimizer("SGD", [1e-6, 0.0]), 50, threads
    )
    order = np.tile(np.arange(2000), 800)
    return trainer, (X, y, order, 0, len(order) // 50, 0, 0)


class Stop(Exception):
    """Ends a run between two steps."""


def test_an_exception_between_steps_leaves_floating_point_state_as_it_was():
    def interrupted():
        raise Stop

    trainer, arguments = trainer_and_data(2)
    before = floating_point_control()
    with pytest.raises(Stop):
        trainer.run(*arguments, interrupted=interrupted)
    assert floating_point_control() == before


def test_a_trainer_refuses_a_second_run_while_it_runs():
    trainer, arguments = trainer_and_data(1)
    errors = []

    def second():
        try:
            trainer.run(*arguments)
        except RuntimeError as error:
            errors.append(str(error))

    def interrupted():
        other = threading.Thread(target=second)
        other.start()
        other.join(30)
        raise Stop

    with pytest.raises(Stop):
        trainer.run(*arguments, interrupted=interrupted)
    assert errors == ["this trainer is already running in another thread"]


@pytest.mark.parametrize("environment", [{"OMP_THREAD_LIMIT": "1"}, {"OMP_THREAD_LIMIT": "3"}, {"OMP_DYNAMIC": "true"}])
def test_fewer_threads_than_asked_for_do_all_the_work(environment):
    script = """
    import numpy as np
    import pynncore as nn

    nn.config.set_threads(4)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 784), dtype=np.float32), rng.integers(0, 10, 40)
    network = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10), rng=0)
    for batch_size in (4, 16, 32):
        network.fit(X, y, loss="cross_entropy", optimizer="SGD", epochs=2, batch_size=batch_size, verbose=False)
    print(network(X[:1]).tobytes().hex(), network(X).tobytes().hex())
    """
    assert run_script(script, environment=environment) == run_script(script)


def test_trainings_at_the_same_time_share_the_threads():
    seen = []

    def fit(callback):
        network = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), rng=0)
        network.fit(np.eye(2), np.ones(2), loss="mse", optimizer="SGD", callbacks=[callback])

    def look(training):
        seen.append(training._settings.threads)

    def fit_another(training):
        look(training)
        fit(look)

    nn.config.set_threads(4)
    try:
        fit(fit_another)
        fit(look)
    finally:
        nn.config.set_threads(None)
    assert seen == [4, 2, 4]
