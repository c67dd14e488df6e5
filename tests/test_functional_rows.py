"""Row functions of nn.functional, on rows where they lie: the bits of layers, wherever rows begin and end."""

import numpy as np
import pytest

import pynncore as nn
from pynncore import functional as F
from reference import rows

NAMES = {info.function: info for info in nn._core.row_functions()}
OF_ONE_WIDTH = [name for name, info in NAMES.items() if info.outputs(3)]
WIDTHS = (1, 2, 3, 15, 16, 17, 31, 32, 33, 34, 64, 100, 130)
LARGE = 1100  # rows of 100, more than a thread takes alone


def sample(count, n, dtype, seed=0):
    return np.random.default_rng(seed).normal(0, 2, (count, n)).astype(dtype)


def within(array, before):
    """A copy that begins `before` elements after a cache line, and the memory around it, which holds 7."""
    memory = np.full(array.size + before + 64, 7, array.dtype)
    before += -memory.ctypes.data % 64 // array.itemsize
    part = memory[before : before + array.size].reshape(array.shape)
    part[...] = array
    return part, memory


def assert_rest_kept(part, memory):
    others = np.ones(memory.size, bool)
    first = (part.ctypes.data - memory.ctypes.data) // part.itemsize
    others[first : first + part.size] = False
    np.testing.assert_array_equal(memory[others], 7)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", NAMES)
def test_bits_are_those_of_the_layer(isa, name, dtype):
    f, layer = getattr(F, name), getattr(nn, NAMES[name].name)
    for n in (n for n in WIDTHS if NAMES[name].outputs(n)):
        u = sample(37, n, dtype)
        np.testing.assert_array_equal(f(u), nn.Sequential(layer(), dtype=dtype).predict(u), err_msg=f"width {n}")


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", NAMES)
def test_bits_depend_on_neither_place_nor_neighbours(isa, name, dtype):
    f, df = getattr(F, name), getattr(F, f"d_{name}")
    for n in (n for n in WIDTHS if NAMES[name].outputs(n)):
        u = sample(19, n, dtype)
        g = sample(19, NAMES[name].outputs(n), dtype, seed=1)
        z, delta = f(u), df(u, g)
        for r in (0, 7, 18):
            np.testing.assert_array_equal(f(u[r]), z[r])
            np.testing.assert_array_equal(df(u[r], g[r]), delta[r])
        for before in (0, 1, 5):
            (u_there, _), (g_there, _) = within(u, before), within(g, before)
            for expected, args in ((z, (u_there,)), (delta, (u_there, g_there))):
                out, memory = within(np.zeros_like(expected), before + 2)
                assert (df if len(args) == 2 else f)(*args, out=out) is out
                np.testing.assert_array_equal(out, expected)
                assert_rest_kept(out, memory)


@pytest.mark.parametrize("n", [1, 3, 31, 32, 33, 100])
@pytest.mark.parametrize("name", OF_ONE_WIDTH)
def test_out_may_be_an_input(name, n):
    f, df = getattr(F, name), getattr(F, f"d_{name}")
    u, g = sample(9, n, "f4"), sample(9, n, "f4", seed=1)
    expected = f(u), df(u, g), df(u, g)
    a, b, c, d = u.copy(), u.copy(), u.copy(), g.copy()
    for result, out, value in zip((f(a, out=a), df(b, g, out=b), df(c, d, out=d)), (a, b, d), expected, strict=True):
        assert result is out
        np.testing.assert_array_equal(out, value)
    shifted = np.concatenate([u.ravel(), np.zeros(1, "f4")])
    f(shifted[:-1].reshape(9, n), out=shifted[1:].reshape(9, n))
    np.testing.assert_array_equal(shifted[1:].reshape(9, n), expected[0])


@pytest.mark.parametrize("name", ["glu", "swiglu"])
def test_the_gradient_of_a_gate_may_take_the_place_of_u(name):
    f, df = getattr(F, name), getattr(F, f"d_{name}")
    for n in (2, 6, 32, 34, 100):
        u = sample(9, n, "f4")
        g = f(u)
        expected = df(u, g)
        assert df(u, g, out=u) is u
        np.testing.assert_array_equal(u, expected)


@pytest.mark.parametrize("n", [1, 3, 31, 32, 33, 100])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_a_row_that_is_not_finite_is_alone_with_it(isa, name, n):
    f, df, reference = getattr(F, name), getattr(F, f"d_{name}"), getattr(rows, name)
    u, g = sample(20, n, "f8"), sample(20, n, "f8", seed=1)
    whole, slope = f(u), df(u, g)
    odd = u.copy()
    odd[3, n // 2], odd[5, n - 1], odd[7] = np.nan, np.inf, -np.inf
    others = np.delete(np.arange(20), [3, 5, 7])
    np.testing.assert_array_equal(f(odd)[others], whole[others])
    np.testing.assert_array_equal(df(odd, g)[others], slope[others])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(f(odd), reference(odd), rtol=1e-13, atol=1e-14)
    assert np.isnan(f(odd)[3]).all()


@pytest.mark.parametrize("name", NAMES)
def test_threads_share_rows(name):
    f, df = getattr(F, name), getattr(F, f"d_{name}")
    u = sample(LARGE, 100, "f4")
    g = sample(LARGE, NAMES[name].outputs(100), "f4", seed=1)
    results = []
    for threads in (1, 2, 3):
        nn.config.set_threads(threads)
        results.append((f(u), df(u, g)))
    nn.config.set_threads(None)
    for z, delta in results[1:]:
        np.testing.assert_array_equal(z, results[0][0])
        np.testing.assert_array_equal(delta, results[0][1])
    np.testing.assert_array_equal(f(u[-3:]), results[0][0][-3:])


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
@pytest.mark.parametrize("name", NAMES)
def test_any_axis_and_any_out(name, axis):
    f, df = getattr(F, name), getattr(F, f"d_{name}")
    u = np.random.default_rng(0).normal(size=(4, 6, 2))
    z = f(u, axis)
    g = np.random.default_rng(1).normal(size=z.shape)
    delta = df(u, g, axis)
    for like in (z, delta):
        every_second = np.empty((2 * len(like), *like.shape[1:]))[::2]
        for out in (np.empty(like.shape), np.empty(like.shape, order="F"), every_second):
            assert (f(u, axis, out=out) if like is z else df(u, g, axis, out=out)) is out
            np.testing.assert_array_equal(out, like)
