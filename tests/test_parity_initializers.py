"""Initial weights against the formulas: standard deviation, bounds, and which gain a layer takes."""

import numpy as np
import pytest

import pynncore as nn
from reference import initializers as reference

IN, OUT = 300, 400
FANS = {"glorot": reference.glorot, "he": reference.he, "lecun": reference.lecun}


def weight_of(initializer, dtype="float32", seed=0):
    layer = nn.Linear(IN, OUT, weight_init=initializer)
    nn.Sequential(layer, rng=seed, dtype=dtype)
    return layer.weight.astype(np.float64)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("family", FANS)
def test_normal_weights_have_the_formulas_deviation(family, dtype):
    W, std = weight_of(f"{family}_normal", dtype), FANS[family](IN, OUT)
    assert W.std() == pytest.approx(std, rel=0.01)
    assert abs(W.mean()) < 0.02 * std
    assert np.mean(np.abs(W) > 2 * std) == pytest.approx(0.0455, abs=0.003)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("family", FANS)
def test_uniform_weights_fill_the_formulas_range(family, dtype):
    W, std = weight_of(f"{family}_uniform", dtype), FANS[family](IN, OUT)
    assert W.std() == pytest.approx(std, rel=0.01)
    assert abs(W.mean()) < 0.02 * std
    bound = reference.uniform_bound(std)
    assert 0.999 * bound < np.abs(W).max() <= bound * (1 + 1e-7)


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (17, 17)])
def test_orthogonal_rows_or_columns(shape):
    layer = nn.Linear(shape[1], shape[0], weight_init=nn.initializers.Orthogonal(gain=2))
    W = nn.Sequential(layer, rng=0, dtype="float64")[0].weight
    product = W @ W.T if shape[0] <= shape[1] else W.T @ W
    np.testing.assert_allclose(product, 4 * np.eye(min(shape)), atol=1e-12)


def test_constants_zeros_and_arrays_of_the_user():
    given = np.arange(6.0).reshape(2, 3)
    layers = [
        nn.Linear(3, 2, weight_init=given, bias_init=nn.initializers.Constant(0.5)),
        nn.Linear(2, 4, weight_init="zeros", bias_init=[1, 2, 3, 4]),
    ]
    network = nn.Sequential(*layers, rng=0)
    np.testing.assert_array_equal(network[0].weight, given)
    np.testing.assert_array_equal(network[0].bias, [0.5, 0.5])
    np.testing.assert_array_equal(network[1].weight, np.zeros((4, 2)))
    np.testing.assert_array_equal(network[1].bias, [1, 2, 3, 4])


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.SELU, nn.Sigmoid])
def test_the_default_follows_the_gain_of_the_next_activation(activation):
    network = nn.Sequential(nn.Linear(IN, OUT), activation(), nn.Linear(OUT, IN), rng=1)
    info = activation.info
    assert network[0].weight.std() == pytest.approx(info.gain / np.sqrt(IN), rel=0.01)
    assert network[2].weight.std() == pytest.approx(1 / np.sqrt(OUT), rel=0.01)
    assert not network[0].bias.any()


@pytest.mark.parametrize("activation", [nn.ReLU, nn.LeakyReLU])
def test_the_default_keeps_the_signal_through_ten_layers(activation):
    """What a gain is for: the mean square after ten layers is the input's, it neither dies nor explodes."""
    layers = [layer for _ in range(10) for layer in (nn.Linear(500, 500), activation())]
    network = nn.Sequential(*layers, rng=2, dtype="float64")
    x = np.random.default_rng(3).standard_normal((200, 500))
    assert np.mean(network(x) ** 2) ** (1 / 10) == pytest.approx(1, abs=0.05)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    assert np.array_equal(weight_of(None, seed=5), weight_of(None, seed=5))
    assert not np.array_equal(weight_of(None, seed=5), weight_of(None, seed=6))
