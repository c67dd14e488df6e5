"""Whole training steps against NumPy on every ISA level: every loss, optimizer and activation, and edge sizes."""

import numpy as np
import pytest

import pynncore as nn
from problems import PROBLEMS
from reference import network as numpy_network
from reference import optimizers as numpy_optimizers
from twins import ACTIVATIONS, EDGE_SIZES, ROW_FUNCTIONS, twin_of

STEPS = 4
TOLERANCE = {"float64": 1e-11, "float32": 2e-4}
DTYPES = list(TOLERANCE)

OPTIMIZERS = {
    "sgd": (nn.SGD, numpy_optimizers.sgd, {"lr": 0.05}),
    "sgd-decay": (nn.SGD, numpy_optimizers.sgd, {"lr": 0.05, "weight_decay": 0.1}),
    "momentum": (nn.SGD, numpy_optimizers.sgd, {"lr": 0.05, "momentum": 0.9}),
    "dampening": (nn.SGD, numpy_optimizers.sgd, {"lr": 0.05, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    "nesterov": (nn.SGD, numpy_optimizers.sgd, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "rate-in-velocity": (
        nn.SGD,
        numpy_optimizers.sgd,
        {"lr": 0.05, "momentum": 0.9, "nesterov": True, "rate_in_velocity": True, "weight_decay": 0.1},
    ),
    "adam": (nn.Adam, numpy_optimizers.adam, {"lr": 0.01}),
    "adam-decay": (nn.Adam, numpy_optimizers.adam, {"lr": 0.01, "betas": (0.7, 0.9), "eps": 1e-4, "weight_decay": 0.1}),
    "adamw": (nn.AdamW, numpy_optimizers.adamw, {"lr": 0.01, "weight_decay": 0.1}),
    "adam-amsgrad": (nn.Adam, numpy_optimizers.adam, {"lr": 0.01, "betas": (0.7, 0.9), "amsgrad": True}),
    "adam-epsilon-hat": (nn.Adam, numpy_optimizers.adam, {"lr": 0.01, "eps": 1e-3, "epsilon_hat": True}),
    "adamw-amsgrad": (nn.AdamW, numpy_optimizers.adamw, {"lr": 0.01, "betas": (0.7, 0.9), "amsgrad": True}),
    "nadam": (nn.NAdam, numpy_optimizers.nadam, {"lr": 0.01, "weight_decay": 0.1}),
    "radam": (nn.RAdam, numpy_optimizers.radam, {"lr": 0.01, "weight_decay": 0.1}),
    "adamax": (nn.Adamax, numpy_optimizers.adamax, {"lr": 0.01, "weight_decay": 0.1}),
    "adagrad": (
        nn.Adagrad,
        numpy_optimizers.adagrad,
        {"lr": 0.05, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.1},
    ),
    "adadelta": (nn.Adadelta, numpy_optimizers.adadelta, {"weight_decay": 0.1}),
    "rmsprop": (nn.RMSprop, numpy_optimizers.rmsprop, {"lr": 0.01, "alpha": 0.9, "weight_decay": 0.1}),
    "rmsprop-momentum": (nn.RMSprop, numpy_optimizers.rmsprop, {"lr": 0.005, "momentum": 0.8, "eps": 1e-4}),
    "rmsprop-centered": (nn.RMSprop, numpy_optimizers.rmsprop, {"lr": 0.005, "centered": True, "eps": 1e-2}),
    "rmsprop-all": (
        nn.RMSprop,
        numpy_optimizers.rmsprop,
        {"lr": 0.005, "centered": True, "momentum": 0.8, "eps": 1e-2},
    ),
}

# A gradient that is 0 but for rounding may have either sign: for these, one loss whose gradients are not.
BY_SIGN = {
    "lion": (nn.Lion, numpy_optimizers.lion, {"lr": 1e-3, "betas": (0.8, 0.9), "weight_decay": 0.1}),
    "rprop": (nn.Rprop, numpy_optimizers.rprop, {"lr": 1e-3, "etas": (0.6, 1.3), "step_sizes": (1e-4, 0.02)}),
}


def train_both(network, problem, optimizer, batch, seed=0):
    """Trains the network and its NumPy twin on the same batches; returns the twin."""
    ours_of, step, options = (OPTIMIZERS | BY_SIGN)[optimizer]
    twin = twin_of(network)
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    inputs, outputs = linear[0].in_features, linear[-1].out_features
    layers = twin[:-1] if problem.fused_with_last else twin
    rng = np.random.default_rng(seed)
    loss, ours = problem.loss(), ours_of(**options)
    for t in range(1, STEPS + 1):
        x = rng.standard_normal((batch, inputs)).astype(network.dtype)
        target = problem.targets(rng, batch, outputs)
        target = target if target.ndim == 1 else target.astype(network.dtype)
        d = problem.dense(target, outputs).astype(np.float64)
        scale = problem.scale(batch, outputs)
        expected = scale * problem.value(numpy_network.forward(layers, x.astype(np.float64))[-1], d).sum()
        value = network.train_batch(x, target, loss=loss, optimizer=ours)
        assert value == pytest.approx(expected, rel=1e-11 if network.dtype == "float64" else 1e-4, abs=1e-12)
        numpy_network.train_step(layers, x.astype(np.float64), d, problem.d_value, scale, step, t, **options)
    return twin


def largest_difference(network, twin):
    """Of any weight, relative to the largest weight of its array."""
    worst = 0.0
    for layer, other in zip(network, twin, strict=True):
        if isinstance(layer, nn.Linear):
            worst = max(worst, np.abs(layer.weight.T - other.W).max() / np.abs(other.W).max())
            if other.b is not None:
                worst = max(worst, np.abs(layer.bias - other.b).max() / max(np.abs(other.b).max(), 1e-2))
    return worst


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_every_loss_with_every_optimizer(isa, name, optimizer, dtype):
    problem = PROBLEMS[name]
    layers = [nn.Linear(13, 33), nn.Tanh(), nn.Linear(33, 6), *problem.last()]
    network = nn.Sequential(*layers, rng=1, dtype=dtype)
    twin = train_both(network, problem, optimizer, batch=15)
    assert largest_difference(network, twin) <= TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", EDGE_SIZES)
def test_every_edge_size_of_layers_and_batches(isa, batch, dtype):
    sizes = np.random.default_rng(batch).permutation([*EDGE_SIZES, *EDGE_SIZES])
    for inputs, hidden, outputs in zip(sizes[::2], sizes[1::2], sizes[::-2], strict=True):
        layers = [nn.Linear(int(inputs), int(hidden)), nn.Tanh(), nn.Linear(int(hidden), int(outputs), bias=False)]
        network = nn.Sequential(*layers, rng=2, dtype=dtype)
        twin = train_both(network, PROBLEMS["SquaredError"], "momentum", batch)
        assert largest_difference(network, twin) <= TOLERANCE[dtype], (inputs, hidden, outputs)


@pytest.mark.parametrize("optimizer", BY_SIGN)
def test_optimizers_by_sign(isa, optimizer):
    network = nn.Sequential(nn.Linear(9, 35), nn.Tanh(), nn.Linear(35, 3), rng=3, dtype="float64")
    twin = train_both(network, PROBLEMS["SquaredError"], optimizer, batch=15)
    assert largest_difference(network, twin) <= TOLERANCE["float64"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ("Step", "PReLU", "ACON")])
def test_every_activation_inside_a_network(isa, name, dtype):
    layers = [nn.Linear(9, 35), getattr(nn, name)(), nn.Linear(35, 3)]
    network = nn.Sequential(*layers, rng=3, dtype=dtype)
    twin = train_both(network, PROBLEMS["SquaredError"], "sgd", batch=14)
    assert largest_difference(network, twin) <= TOLERANCE[dtype]


@pytest.mark.parametrize("width", [64, 70])
@pytest.mark.parametrize("name", ROW_FUNCTIONS)
def test_every_row_function_inside_a_network(isa, name, width):
    layers = [nn.Linear(9, width), getattr(nn, name)(), nn.Linear(ROW_FUNCTIONS[name].outputs(width), 3)]
    network = nn.Sequential(*layers, rng=3, dtype="float64")
    twin = train_both(network, PROBLEMS["SquaredError"], "sgd", batch=14)
    assert largest_difference(network, twin) <= TOLERANCE["float64"]
