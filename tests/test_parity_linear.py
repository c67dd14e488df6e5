"""Linear layers against NumPy on every ISA level, for sizes around every tile and panel edge."""

import numpy as np
import pytest

from pynncore import _core
from twins import EDGE_SIZES


def bound(magnitude, terms, dtype):
    """The rounding error of a sum of `terms` products whose absolute values add up to `magnitude`."""
    return (terms + 2) * np.finfo(dtype).eps * magnitude


def agree(value, exact, magnitude, terms):
    return bool((np.abs(value - exact) <= bound(magnitude, terms, value.dtype)).all())


def differences(rng, batch, inputs, outputs, bias, dtype, threads=1):
    """Names of what differs from NumPy for one size."""
    linear = _core.linear(inputs, outputs, bias, dtype)
    network = _core.Network([linear], inputs, dtype)
    shapes = ((batch, inputs), (outputs, inputs), outputs, (batch, outputs))
    x, W, b, g = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    linear.set("weight", W)
    if bias:
        linear.set("bias", b)
    X, V, G, B = (a.astype(np.float64) for a in (x, W, g, b * bias))
    dx, (gradients,) = network.backward(x, g, threads, True)
    checks = {
        "forward": (network.forward(x, threads), X @ V.T + B, np.abs(X) @ np.abs(V.T) + np.abs(B), inputs),
        "dx": (dx, G @ V, np.abs(G) @ np.abs(V), outputs),
        "dW": (gradients["weight"], G.T @ X, np.abs(G.T) @ np.abs(X), batch),
    }
    if bias:
        checks["db"] = (gradients["bias"], G.sum(0), np.abs(G).sum(0), batch)
    return [name for name, check in checks.items() if not agree(*check)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", EDGE_SIZES)
def test_forward_and_backward_equal_numpy(isa, dtype, batch):
    rng = np.random.default_rng(batch)
    wrong = {}
    for inputs in EDGE_SIZES:
        for outputs in EDGE_SIZES:
            names = differences(rng, batch, inputs, outputs, (inputs + outputs) % 3 != 0, dtype)
            if names:
                wrong[inputs, outputs] = names
    assert not wrong


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 3000, 700), (3, 1500, 900), (700, 300, 301), (2500, 33, 65)])
def test_large_products_on_several_threads_equal_numpy(isa, dtype, shape):
    assert not differences(np.random.default_rng(0), *shape, True, dtype, threads=3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_numbers_give_exact_products(isa, dtype):
    rng = np.random.default_rng(1)
    for batch, inputs, outputs in rng.integers(1, 130, (200, 3)):
        linear = _core.linear(inputs, outputs, True, dtype)
        x, W, b = (rng.integers(-8, 9, shape).astype(dtype) for shape in ((batch, inputs), (outputs, inputs), outputs))
        linear.set("weight", W)
        linear.set("bias", b)
        out = _core.Network([linear], inputs, dtype).forward(x, 2)
        np.testing.assert_array_equal(out, x @ W.T + b)


def test_every_row_is_the_same_bits_in_any_batch(isa):
    """Row tiles and short batches are only a matter of speed."""
    rng = np.random.default_rng(2)
    linear = _core.linear(70, 90, True, "float32")
    linear.set("weight", rng.standard_normal((90, 70), dtype=np.float32))
    network = _core.Network([linear], 70, "float32")
    x = rng.standard_normal((100, 70), dtype=np.float32)
    whole = network.forward(x, 1)
    for batch in (1, 2, 3, 7, 13, 14, 15, 33, 99):
        parts = [network.forward(x[i : i + batch], 1) for i in range(0, 100, batch)]
        assert np.concatenate(parts).tobytes() == whole.tobytes(), batch
