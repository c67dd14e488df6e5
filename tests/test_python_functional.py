"""nn.functional: any shape, dtype and layout, scalars, `out`, axes, and losses against NumPy."""

import inspect

import numpy as np
import pytest

import pynncore as nn
from pynncore import functional as F
from reference import losses, rows

rng = np.random.default_rng(0)
ELEMENTWISE = [info.function for info in nn._core.activations()]


@pytest.mark.parametrize("name", [*ELEMENTWISE, *(f"d_{name}" for name in ELEMENTWISE)])
def test_shape_and_layout_do_not_matter(name):
    f = getattr(F, name)
    u = rng.standard_normal((3, 4, 5))
    expected = f(u)
    assert expected.shape == u.shape and expected.dtype == np.float64
    np.testing.assert_array_equal(f(u.ravel()).reshape(u.shape), expected)
    np.testing.assert_array_equal(f(np.asfortranarray(u)), expected)
    np.testing.assert_array_equal(f(u[::-1, ::2])[::-1], expected[:, ::2])
    np.testing.assert_array_equal(f(u.tolist()), expected)
    assert f(u.astype(np.float32)).dtype == np.float32
    assert f(np.zeros((0, 3))).shape == (0, 3)
    assert np.isnan(f(np.array([np.nan]))).all()
    unaligned = np.zeros(u.nbytes + 1, np.uint8)[1:].view(u.dtype).reshape(u.shape)
    unaligned[...] = u
    np.testing.assert_array_equal(f(unaligned), expected)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("f4", "f4"), ("f8", "f8"), (">f4", "f4"), (">f8", "f8"), ("f2", "f4"), ("g", "f8"), ("?", "f8"), ("i1", "f8"),
     ("i8", "f8"), ("u4", "f8")],
)  # fmt: skip
def test_dtypes(given, kept):
    assert F.relu(np.ones(3, given)).dtype == kept
    assert F.softmax(np.ones(3, given)).dtype == kept


def test_a_scalar_gives_a_scalar():
    assert F.relu(-2) == 0 and isinstance(F.relu(3), np.float64)
    assert F.d_relu(np.float32(3)).dtype == np.float32


def test_out_is_filled_and_returned():
    u = rng.standard_normal((4, 6))
    for f in (F.tanh, F.d_tanh, F.softmax):
        for out in (np.empty((4, 6)), np.empty((4, 6), order="F"), np.empty((8, 6))[::2]):
            assert f(u, out=out) is out
            np.testing.assert_array_equal(out, f(u))
        same = u.copy()
        np.testing.assert_array_equal(f(same, out=same), f(u))
        overlapping = np.concatenate([u.ravel(), [0.0]])
        f(overlapping[:-1].reshape(4, 6), out=overlapping[1:].reshape(4, 6))
        np.testing.assert_array_equal(overlapping[1:].reshape(4, 6), f(u))


@pytest.mark.parametrize(
    ("out", "error"),
    [(np.empty(2), ValueError), (np.empty(3, "f4"), ValueError), ([0, 0, 0], TypeError),
     (np.frombuffer(bytes(24)), ValueError)],
)  # fmt: skip
def test_a_wrong_out_is_refused(out, error):
    with pytest.raises(error, match="out"):
        F.relu(np.ones(3), out=out)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.relu("a"), TypeError, "<U1"),
        (lambda: F.relu(1j), TypeError, "complex"),
        (lambda: F.relu([[1], [1, 2]]), ValueError, "rectangular"),
        (lambda: F.leaky_relu(1.0, -1), ValueError, "negative_slope is -1"),
        (lambda: F.leaky_relu(1.0, slope=1), TypeError, "leaky_relu has no argument 'slope'"),
        (lambda: F.gelu(1.0, approximate="erf"), ValueError, "'erf'"),
        (lambda: F.softmax(3.0), ValueError, "single number"),
        (lambda: F.softmax(np.ones((2, 2)), axis=2), ValueError, "axis is 2"),
        (lambda: F.softmax(np.ones((2, 2)), axis=-3), ValueError, "axis is -3"),
        (lambda: F.softmax(np.ones((2, 2)), axis=0.5), TypeError, "axis is 0.5"),
        (lambda: F.leaky_relu(1.0, np.ones(3)), TypeError, "negative_slope is array"),
        (lambda: F.d_softmax(np.ones(3), np.ones(4)), ValueError, r"g has shape \(4,\)"),
        (lambda: F.mean_squared_error([1.0], [1.0, 2.0]), ValueError, r"\(1,\)"),
        (lambda: F.mean_squared_error([], []), ValueError, "empty"),
        (lambda: F.cross_entropy([0, 3], np.ones((2, 3))), ValueError, "label 3"),
        (lambda: F.nll_loss(np.ones((2, 2)), np.ones((2, 3))), ValueError, "integer labels"),
        (lambda: F.squared_error([1.0], [1.0], reduction="none"), ValueError, "'none'"),
    ],
)
def test_wrong_arguments_are_quoted(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_parameters_by_position_and_by_name():
    u = np.array([-2.0, 3.0])
    np.testing.assert_allclose(F.leaky_relu(u, 0.1), [-0.2, 3])
    np.testing.assert_allclose(F.leaky_relu(u, negative_slope=0.1), [-0.2, 3])
    np.testing.assert_allclose(F.d_leaky_relu(u, 0.1), [0.1, 1])
    exact, tanh = F.gelu(u), F.gelu(u, approximate="tanh")
    assert (exact != tanh).any() and np.abs(exact - tanh).max() < 1e-3
    assert str(inspect.signature(F.leaky_relu)) == "(u, negative_slope=0.01, *, out=None)"
    assert str(inspect.signature(F.d_softmax)) == "(u, g, axis=-1, *, out=None)"
    assert str(inspect.signature(nn.LeakyReLU)) == "(negative_slope=0.01)"
    assert str(inspect.signature(nn.Step)) == "(threshold=0.0, at_threshold=1.0, *, surrogate=None)"


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
@pytest.mark.parametrize("name", [info.function for info in nn._core.row_functions()])
def test_row_functions_along_any_axis(name, axis):
    u = rng.standard_normal((2, 4, 6))
    z_shape = getattr(F, name)(u, axis).shape
    g = rng.standard_normal(z_shape)
    moved = [np.moveaxis(a, axis, -1).reshape(-1, a.shape[axis]) for a in (u, g)]
    z, delta = getattr(rows, name)(moved[0]), getattr(rows, f"d_{name}")(*moved)
    expected = [(getattr(F, name)(u, axis), z, g), (getattr(F, f"d_{name}")(u, g, axis=axis), delta, u)]
    for value, flat, like in expected:
        assert value.flags.c_contiguous
        shape = np.moveaxis(like, axis, -1).shape
        np.testing.assert_allclose(value, np.moveaxis(flat.reshape(shape), -1, axis), rtol=1e-13, atol=1e-15)


def test_gates_need_an_even_axis():
    with pytest.raises(ValueError, match="halves axis 1, whose length must be even"):
        F.glu(np.zeros((4, 3)), axis=1)


def test_row_functions_of_nothing_and_into_an_array():
    assert F.softmax(np.zeros((0, 3))).shape == F.d_softmax(*np.zeros((2, 3, 0))).shape[::-1] == (0, 3)
    u, g = rng.standard_normal((2, 3, 4))
    out = np.empty((3, 4))
    assert F.d_softmax(u, g, out=out) is out
    np.testing.assert_array_equal(out, F.d_softmax(u, g))


DENSE = {
    "squared_error": (losses.squared_error, losses.d_squared_error, False),
    "mean_squared_error": (losses.mean_squared_error, losses.d_mean_squared_error, True),
    "l1_loss": (losses.l1, losses.d_l1, True),
    "huber_loss": (losses.huber, losses.d_huber, True),
    "binary_cross_entropy": (losses.binary_cross_entropy, losses.d_binary_cross_entropy, True),
    "binary_cross_entropy_with_logits": (
        losses.binary_cross_entropy_with_logits,
        losses.d_binary_cross_entropy_with_logits,
        True,
    ),
    "cross_entropy": (losses.cross_entropy, losses.d_cross_entropy, False),
    "cross_entropy_error": (losses.cross_entropy_of_probabilities, losses.d_cross_entropy_of_probabilities, False),
}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", DENSE)
def test_losses_equal_numpy(name, reduction):
    value, gradient, per_element = DENSE[name]
    y, d = rng.uniform(0.05, 0.95, (2, 7, 4))
    scale = 1 if reduction == "sum" else 1 / (y.size if per_element else len(y))
    assert getattr(F, name)(d, y, reduction=reduction) == pytest.approx(scale * value(y, d).sum(), rel=1e-13)
    got = getattr(F, f"d_{name}")(d, y, reduction=reduction)
    np.testing.assert_allclose(got, scale * gradient(y, d), rtol=1e-12)


@pytest.mark.parametrize("name", ["cross_entropy", "cross_entropy_error"])
def test_labels_and_one_hot_targets_are_the_same(name):
    y = rng.dirichlet(np.ones(4), 7)
    labels = rng.integers(0, 4, 7)
    for f in (getattr(F, name), getattr(F, f"d_{name}")):
        np.testing.assert_allclose(f(labels, y), f(np.eye(4)[labels], y), rtol=1e-14)


def test_one_sample_without_batch_axis():
    y, d = np.array([0.1, 0.7, 0.2]), np.array([0, 1, 0])
    assert F.cross_entropy_error(d, y) == pytest.approx(-np.log(0.7 + 1e-7))
    assert F.cross_entropy_error(1, y) == pytest.approx(-np.log(0.7 + 1e-7))
    assert F.squared_error(d, y) == pytest.approx(0.5 * (0.1**2 + 0.3**2 + 0.2**2))
    assert F.d_squared_error(d, y).shape == (3,)
    assert F.mean_squared_error(2.0, 3.0) == 1


def test_loss_objects_are_the_same_functions_with_the_prediction_first():
    y, d = rng.uniform(0.05, 0.95, (2, 7, 4))
    assert nn.HuberLoss(0.3)(y, d) == F.huber_loss(d, y, 0.3)
    np.testing.assert_array_equal(nn.HuberLoss(0.3).gradient(y, d), F.d_huber_loss(d, y, delta=0.3))
    assert nn.CrossEntropyLoss(from_logits=False)(y, [0] * 7) == F.cross_entropy_error([0] * 7, y)
