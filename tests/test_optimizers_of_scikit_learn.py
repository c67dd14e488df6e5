"""`Adam(epsilon_hat=True)` and `SGD(rate_in_velocity=True)` are scikit-learn's optimizers, step by step."""

import numpy as np
import pytest

import pynncore as nn
from reference import losses
from reference import network as numpy_network
from twins import twin_of

theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")

RNG = np.random.default_rng(0)
X, LABELS = RNG.standard_normal((24, 7)), RNG.integers(0, 3, 24)
ADAM = {"betas": (0.8, 0.95), "eps": 1e-2, "epsilon_hat": True}
OPTIMIZERS = {
    "adam": (
        lambda: nn.Adam(0.01, **ADAM),
        lambda parameters: theirs.AdamOptimizer(parameters, 0.01, 0.8, 0.95, 1e-2),
    ),
    "momentum": (
        lambda: nn.SGD(0.05, momentum=0.9, rate_in_velocity=True),
        lambda parameters: theirs.SGDOptimizer(parameters, 0.05, momentum=0.9, nesterov=False),
    ),
    "nesterov": (
        lambda: nn.SGD(0.05, momentum=0.9, nesterov=True, rate_in_velocity=True),
        lambda parameters: theirs.SGDOptimizer(parameters, 0.05, momentum=0.9, nesterov=True),
    ),
}


def network_of():
    return nn.Sequential(nn.Linear(7, 35), nn.Tanh(), nn.Linear(35, 3), rng=0, dtype="float64")


def train(network, rule, rates=None, steps=100):
    for step in range(steps):
        if rates is not None:
            rule.lr = rates[step]
        network.train_batch(X, LABELS, loss="cross_entropy", optimizer=rule)


def trained_by_scikit_learn(make, rates=None, steps=100):
    """The weights of a NumPy twin."""
    layers = twin_of(network_of())
    linear = [layers[0], layers[2]]
    parameters = [layer.W for layer in linear] + [layer.b for layer in linear]
    rule, d = make(parameters), losses.one_hot(LABELS, 3)
    for step in range(steps):
        if rates is not None:
            rule.learning_rate = rates[step]
        values = numpy_network.forward(layers, X)
        _, gradients = numpy_network.backward(layers, values, losses.d_cross_entropy(values[-1], d) / len(X))
        own = [gradients[0], gradients[2]]
        rule.update_params(parameters, [g["W"] for g in own] + [g["b"] for g in own])
    return {"0.weight": linear[0].W.T, "0.bias": linear[0].b, "2.weight": linear[1].W.T, "2.bias": linear[1].b}


def assert_same(network, expected):
    for name, value in network.state_dict().items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hundred_steps(name):
    ours, scikit_learns = OPTIMIZERS[name]
    network = network_of()
    train(network, ours())
    assert_same(network, trained_by_scikit_learn(scikit_learns))


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_steps_on_their_way_keep_their_rate(name):
    """Rates that fall between steps, which PyTorch's velocity would apply to earlier gradients too."""
    ours, scikit_learns = OPTIMIZERS[name]
    rates = 0.2 / np.sqrt(1 + np.arange(100))
    expected = trained_by_scikit_learn(scikit_learns, rates)
    network, other = network_of(), network_of()
    train(network, ours(), rates)
    assert_same(network, expected)
    train(other, nn.SGD(0.2, momentum=0.9, nesterov=name == "nesterov"), rates)
    assert np.abs(other[0].weight - expected["0.weight"]).max() > 1e-3


def test_the_flags_are_for_groups_and_with_amsgrad_too():
    grouped, whole = network_of(), network_of()
    train(whole, nn.Adam(0.01, amsgrad=True, **ADAM), steps=10)
    flag = {"epsilon_hat": True}
    train(grouped, nn.Adam(0.01, amsgrad=True, **ADAM | {"epsilon_hat": False}, groups={"*": flag}), steps=10)
    for name, value in whole.state_dict().items():
        np.testing.assert_array_equal(grouped.state_dict()[name], value)
    other = network_of()
    train(other, nn.Adam(0.01, amsgrad=True, betas=(0.8, 0.95), eps=1e-2), steps=10)
    assert np.abs(other[0].weight - whole[0].weight).max() > 1e-4
