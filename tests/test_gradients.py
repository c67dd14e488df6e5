"""Gradients against central differences in float64, to 1e-7 relative: functions, layers, and random networks."""

from itertools import pairwise

import numpy as np
import pytest

import pynncore as nn
from problems import PROBLEMS
from pynncore import _core
from test_parity_functions import SIGNED
from twins import ACTIVATIONS, ROW_FUNCTIONS, loss_on

RELATIVE = 1e-7


def slope(f, h):
    """f'(0) from four points; its error is h^4 f^(5) / 30 plus rounding of about 1e-16 f / h."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def numeric_gradient(f, x, h=1e-3):
    """df/dx for a scalar f of the array x, which is changed and restored element by element."""
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]

        def along(step, index=index, kept=kept):
            x[index] = kept + step
            return f(x)

        gradient[index] = slope(along, h)
        x[index] = kept
    return gradient


def assert_gradient(analytic, numeric, what=""):
    """Relative to the array's largest element: difference quotients are not relatively exact near zero."""
    scale = max(np.abs(numeric).max(), 1e-3)
    assert np.abs(analytic - numeric).max() <= RELATIVE * scale, what


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "Step"])
def test_activation_derivative_is_the_slope_of_the_function(name):
    info = ACTIVATIONS[name]
    parameters = [parameter.default for parameter in info.parameters]

    def apply(u, derivative):
        out = np.empty_like(u)
        _core.apply(name, derivative, u, parameters, out, 1)
        return out

    # Kinks of the definitions lie at multiples of a tenth; these points stay 0.02 away from them.
    u = np.arange(-80, 80) / 10 + 0.0371
    numeric = slope(lambda step: apply(u + step, False), 1e-3)
    analytic = apply(u, True)
    np.testing.assert_allclose(analytic, numeric, rtol=RELATIVE, atol=1e-11 * max(1.0, np.abs(numeric).max()))


@pytest.mark.parametrize("n", [1, 2, 5, 17, 18])
@pytest.mark.parametrize("name", ROW_FUNCTIONS)
def test_row_function_backward_is_the_gradient(name, n):
    rng = np.random.default_rng(n + 1)
    outputs = ROW_FUNCTIONS[name].outputs(n)
    if not outputs:
        with pytest.raises(ValueError, match=f"cannot take {n} columns"):
            _core.apply_rows(name, np.zeros((3, n)), np.zeros((3, n)), 1)
        return
    u, g = rng.standard_normal((3, n)), rng.standard_normal((3, outputs))

    def apply(u):
        out = np.empty((3, outputs))
        _core.apply_rows(name, u, out, 1)
        return out

    delta = np.empty_like(u)
    _core.apply_rows_backward(name, u, g, delta, 1)
    assert_gradient(delta, numeric_gradient(lambda u: (g * apply(u)).sum(), u))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("info", _core.losses(), ids=lambda info: info.name)
def test_loss_gradient_is_the_slope_of_its_value(info, reduction, weighted):
    rng = np.random.default_rng(6)
    y = rng.uniform(0.1, 0.9, (4, 6))
    loss = _core.Loss(info.name, [parameter.default for parameter in info.parameters], reduction)
    columns = loss.target_columns(6)
    if info.labels:
        target = rng.integers(0, 6, 4).astype(np.int32)
    elif info.name in SIGNED:
        target = rng.choice([-1.0, 1.0], (4, columns))
    else:
        target = rng.dirichlet(np.ones(columns), 4)
    weight = rng.uniform(0.5, 2, 4) if weighted else None
    scale = 1.0 if reduction == "sum" else 1 / (4 * columns if info.per_element else 4)
    _, gradient = loss_on(loss, y, target, weight)
    numeric = numeric_gradient(lambda y: scale * loss_on(loss, y, target, weight)[0].sum(), y)
    assert_gradient(gradient, numeric)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (3, 17), (33, 2), (18, 20)])
def test_linear_backward_is_the_gradient(inputs, outputs, bias):
    rng = np.random.default_rng(inputs)
    layer = nn.Sequential(nn.Linear(inputs, outputs, bias=bias), rng=0, dtype="float64")[0]
    x, dz = rng.standard_normal((6, inputs)), rng.standard_normal((6, outputs))
    layer.forward(x)
    dx = layer.backward(dz)
    assert_gradient(dx, numeric_gradient(lambda x: (dz * layer.forward(x)).sum(), x), "dx")

    def with_parameter(name):
        def loss(value):
            setattr(layer, name, value)
            return (dz * layer.forward(x)).sum()

        return loss

    for name in ["weight", "bias"] if bias else ["weight"]:
        value, analytic = getattr(layer, name).copy(), layer.grads[name].copy()
        assert_gradient(analytic, numeric_gradient(with_parameter(name), value), name)


def random_network(seed):
    """Smooth activations of any kind, one to four layers, any loss, and data for it."""
    rng = np.random.default_rng(seed)
    smooth = ("Sigmoid", "Tanh", "GELU", "Softplus", "Swish", "Mish", "Sine", "ArcTan", "LiSHT", "TanhExp", "Gaussian")
    problem = list(PROBLEMS.values())[seed % len(PROBLEMS)]
    sizes = [int(n) for n in rng.integers(1, 8, rng.integers(2, 6))]
    layers = [nn.Linear(sizes[0], sizes[1])]
    for n, m in pairwise(sizes[1:]):
        layers += [getattr(nn, rng.choice(smooth))(), nn.Linear(n, m, bias=bool(rng.integers(2)))]
    network = nn.Sequential(*layers, *problem.last(), rng=seed, dtype="float64")
    batch = int(rng.integers(1, 20))
    return network, problem, rng.standard_normal((batch, sizes[0])), problem.targets(rng, batch, sizes[-1])


@pytest.mark.parametrize("seed", range(22))
def test_random_network(seed):
    network, problem, X, y = random_network(seed)
    loss = problem.loss()
    _, gradients = network.gradients(X, y, loss=loss)
    state = {name: value.copy() for name, value in network.state_dict().items()}
    assert gradients.keys() == state.keys()
    for name, value in state.items():

        def loss_at(changed, name=name):
            network.load_state_dict({**state, name: changed})
            return network.gradients(X, y, loss=loss)[0]

        assert_gradient(gradients[name], numeric_gradient(loss_at, value), name)
        network.load_state_dict(state)


def test_check_gradients_agrees_and_finds_a_gradient_that_is_none():
    X, y = np.random.default_rng(0).standard_normal((5, 4)), np.zeros((5, 2))
    right = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2), rng=0)
    # Training through a step uses the derivative of a sigmoid, which is not the slope of the loss.
    wrong = nn.Sequential(nn.Linear(4, 3), nn.Step(surrogate="sigmoid"), nn.Linear(3, 2), rng=0)
    assert nn.check_gradients(right, X, y, loss=nn.MSELoss()).ok
    report = nn.check_gradients(wrong, X, y, loss=nn.MSELoss())
    assert not report.ok
    assert report.errors["0.weight"] > report.tolerance >= report.errors["2.weight"]


@pytest.mark.parametrize("kind", [*ROW_FUNCTIONS, "Maxout"])
def test_of_an_activation_after_a_layer_that_needs_its_output(kind):
    layer = nn.Maxout(6, 6, 2) if kind == "Maxout" else getattr(nn, kind)()
    between = layer.out_features_for(6)
    network = nn.Sequential(nn.Linear(3, 6), layer, nn.Tanh(), nn.Linear(between, 2), rng=0)
    X = np.random.default_rng(0).standard_normal((6, 3))
    assert nn.check_gradients(network, X, np.arange(6) % 2, loss="cross_entropy").ok
