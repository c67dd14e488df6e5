"""Peak memory of training a large network, measured in a process of its own."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

MEGABYTE = 1 << 20


def peak_of(script):
    """The numbers that a Python program of its own prints, in bytes."""
    preamble = """
        import numpy as np
        import pynncore as nn
        def peak():
            lines = open("/proc/self/status").read().splitlines()
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    """
    code = textwrap.dedent(preamble) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_sgd_needs_at_most_three_times_the_weights_and_one_batch_of_activations():
    width, batch = 3600, 128
    script = f"""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((4 * {batch}, {width}), dtype=np.float32)
        y = rng.integers(0, 10, 4 * {batch})
        small = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2), rng=0)
        small.fit(X[:8, :4], y[:8] % 2, loss="CrossEntropyLoss", optimizer="SGD", epochs=1, batch_size=4, verbose=False)
        before = peak()
        wide = [nn.Linear({width}, {width}), nn.ReLU(), nn.Linear({width}, {width}), nn.ReLU()]
        network = nn.Sequential(*wide, nn.Linear({width}, 10), rng=0)
        weights = sum(layer.weight.nbytes for layer in network if isinstance(layer, nn.Linear))
        network.fit(X, y, loss="CrossEntropyLoss", optimizer="SGD", epochs=2, batch_size={batch}, verbose=False)
        print(before, weights, peak())
    """
    before, weights, after = peak_of(script)
    activations = batch * (width + 2 * (2 * width + 2 * width) + 2 * 10) * 4  # of x, and z and delta of every layer
    assert weights >= 98 * MEGABYTE
    assert after - before <= 3 * weights + activations, f"{(after - before) / weights:.2f} times the weights"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_long_row_needs_no_hundred_copies():
    before, softmax, loss = peak_of("""
        row = np.zeros(2_000_000)
        print(peak())
        nn.functional.softmax(row)
        print(peak())
        nn.functional.mean_squared_error(row, row)
        print(peak())
    """)
    assert loss - before < 12 * 16_000_000, f"{(softmax - before) / 16e6:.1f} and {(loss - before) / 16e6:.1f} rows"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_mapped_file_larger_than_what_may_stay_mapped(tmp_path):
    """400 MB on paper, none on the disk; with a limit of 32 MB in the place of 1 GB."""
    before, after = peak_of(f"""
        path, shape = {str(tmp_path / "holes")!r}, (400_000, 250)
        with open(path, "wb") as file:
            file.truncate(4 * shape[0] * shape[1])
        X = np.memmap(path, np.float32, "r", shape=shape)
        nn.mapped.KEPT = 32 << 20
        network, y = nn.Sequential(nn.Linear(250, 1), rng=0), np.zeros(400_000, np.uint8)
        network.fit(X[:5000], y[:5000], loss="mse", optimizer="sgd", batch_size=5000)
        print(peak())
        network.fit(X, y, loss="mse", optimizer="sgd", batch_size=5000, shuffle=False)
        assert network.predict(X).shape == (400_000, 1)
        assert network.evaluate(X, y, loss="mse")["loss"] >= 0
        print(peak())
    """)
    assert after - before < 100 * MEGABYTE, f"{(after - before) / MEGABYTE:.0f} MB"
