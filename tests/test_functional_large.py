"""nn.functional on arrays larger than the caches: the bits of small ones, and nothing written beside the result."""

import numpy as np
import pytest

from pynncore import functional as F

BYTES = 34 << 20  # more than the last cache that most machines have
PLACES = (0, 1, 7, 15)  # elements after an aligned address


def aligned(n, dtype):
    """n elements from a cache line on."""
    memory = np.zeros(n * np.dtype(dtype).itemsize + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + n * np.dtype(dtype).itemsize].view(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", ["relu", "d_relu", "sigmoid", "d_tanh", "gelu"])
def test_bits_depend_on_neither_size_nor_place(name, dtype):
    f, n = getattr(F, name), BYTES // np.dtype(dtype).itemsize + 3
    few = np.random.default_rng(0).normal(0, 5, 1009).astype(dtype)
    few[:5] = [np.nan, np.inf, -np.inf, -0.0, 1e-40]
    u, expected = np.resize(few, n), np.resize(f(few), n)
    memory = aligned(n + 32, dtype)
    for place in PLACES:
        memory[:] = 7
        out = memory[place + 1 : place + 1 + n]
        assert f(u, out=out) is out
        np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(memory[: place + 1], 7)
        np.testing.assert_array_equal(memory[place + 1 + n :], 7)
    np.testing.assert_array_equal(f(u), expected)
    np.testing.assert_array_equal(f(u[::-1]), expected[::-1])
    assert f(u, out=u) is u
    np.testing.assert_array_equal(u, expected)
