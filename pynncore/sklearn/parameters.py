"""What the parameters of an estimator mean: layers, optimizer, batch size."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..activations import ACTIVATIONS, Activation, RowFunction
from ..layers import Linear
from ..learned import LearnedActivation
from ..module import Module
from ..normalization import BatchNorm
from ..optimizers import SGD, Adam, Optimizer, optimizer_of
from ..optimizers.full_batch import FullBatchOptimizer
from ..random_units import Dropout, RReLU
from ..schedules import Schedule
from ..validation import by_name, dtype_name, flag, one_of, real_number, whole_number

if TYPE_CHECKING:
    from .base import BaseMLP

ACTIVATIONS_BY_NAME: dict[str, type[Module]] = {"logistic": ACTIVATIONS["Sigmoid"], **ACTIVATIONS}
SCHEDULES = ("constant", "invscaling", "adaptive")


def check_parameters(estimator: BaseMLP) -> None:
    """Raises TypeError or ValueError for a parameter that is wrong."""
    e = estimator
    sizes = hidden_sizes(e.hidden_layer_sizes)
    for activation in activations_of(e.activation, len(sizes)) or [e.activation] * isinstance(e.activation, str):
        activation_layer(activation)
    dropout_rates(e.dropout, len(sizes))
    real_number(e.alpha, "alpha", 0)
    if e.batch_size != "auto":
        whole_number(e.batch_size, "batch_size", 1)
    if not isinstance(e.learning_rate, Schedule):
        one_of(e.learning_rate, "learning_rate", SCHEDULES)
    positive(e.learning_rate_init, "learning_rate_init")
    real_number(e.power_t, "power_t", 0)
    real_number(e.momentum, "momentum", 0, 1)
    real_number(e.beta_1, "beta_1", 0, below=1)
    real_number(e.beta_2, "beta_2", 0, below=1)
    positive(e.epsilon, "epsilon")
    whole_number(e.max_iter, "max_iter", 1)
    whole_number(e.max_fun, "max_fun", 1)
    if e.n_iter_no_change != math.inf:
        whole_number(e.n_iter_no_change, "n_iter_no_change", 1)
    real_number(e.tol, "tol", 0)
    real_number(e.validation_fraction, "validation_fraction", 0, below=1)
    for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping", "batch_norm"):
        flag(getattr(e, name), name)
    if not isinstance(e.verbose, int | np.integer) or e.verbose < 0:
        raise ValueError(f"verbose is {e.verbose!r}, but a bool or a whole number, at least 0, was expected")
    if e.dtype is not None:
        dtype_name(e.dtype)
    if e.n_threads is not None:
        whole_number(e.n_threads, "n_threads", 1)
    if isinstance(e.random_state, int | np.integer) and not 0 <= e.random_state < 1 << 32:
        raise ValueError(f"random_state is {e.random_state!r}, but 0 ... 2^32 - 1 was expected")
    solver_of(e.solver)
    if e.solver == "lbfgs":
        if any(dropout_rates(e.dropout, len(sizes))) or e.batch_norm:
            raise ValueError(
                "solver 'lbfgs' needs a loss that depends on nothing but the weights, but dropout is "
                f"{e.dropout!r} and batch_norm {e.batch_norm!r}"
            )
        if e.callbacks:
            raise ValueError(f"callbacks are for solvers that run epochs, but solver is 'lbfgs': {e.callbacks!r}")


def positive(value: Any, name: str) -> float:
    number = real_number(value, name, 0)
    if not number:
        raise ValueError(f"{name} is {value!r}, but a number above 0 was expected")
    return number


def hidden_sizes(given: Any) -> list[int]:
    """The widths of the hidden layers."""
    sizes = list(given) if isinstance(given, Iterable) else [given]
    if any(not isinstance(size, int | np.integer) or size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be whole numbers > 0, got {given!r}")
    return [int(size) for size in sizes]


def activations_of(given: Any, layers: int) -> list[Any]:
    """The activation of each hidden layer, as it was given."""
    if isinstance(given, str | Module) or not isinstance(given, Sequence):
        return [given] * layers
    if len(given) != layers:
        raise ValueError(f"activation is {given!r}, but there are {layers} hidden layers")
    return list(given)


def activation_layer(given: Any) -> Module:
    """A new layer of that activation."""
    if isinstance(given, str):
        return by_name("activation", given, ACTIVATIONS_BY_NAME)
    known = isinstance(given, Activation | RowFunction | LearnedActivation | RReLU)
    if known or (isinstance(given, Module) and given.in_python):
        return copy.deepcopy(given)  # type: ignore[no-any-return]
    raise TypeError(
        f"activation is {given!r}, but a name or an activation of pynncore, such as nn.GELU(), was expected"
    )


def dropout_rates(given: Any, layers: int) -> list[float]:
    """The probability of each hidden layer's Dropout."""
    rates = list(given) if isinstance(given, Sequence) else [given] * layers
    if len(rates) != layers:
        raise ValueError(f"dropout is {given!r}, but there are {layers} hidden layers")
    return [real_number(rate, "dropout", 0, below=1) for rate in rates]


def layers_of(estimator: BaseMLP, features: int, outputs: int) -> list[Module]:
    """The network's layers, new ones; the last gives the values before the output activation."""
    sizes = hidden_sizes(estimator.hidden_layer_sizes)
    activations = activations_of(estimator.activation, len(sizes))
    layers: list[Module] = []
    for size, activation, rate in zip(sizes, activations, dropout_rates(estimator.dropout, len(sizes)), strict=False):
        layers.append(Linear(features, size))
        if estimator.batch_norm:
            layers.append(BatchNorm(size))
        layers.append(activation_layer(activation))
        features = layers[-1].out_features_for(size)
        if rate:
            layers.append(Dropout(rate))
    return [*layers, Linear(features, outputs)]


def layer_parameters(estimator: BaseMLP) -> dict[str, str]:
    """What the network follows from."""
    names = ("hidden_layer_sizes", "activation", "dropout", "batch_norm", "loss", "dtype")
    return {name: repr(getattr(estimator, name)) for name in names}


def optimizer_parameters(estimator: BaseMLP) -> dict[str, str]:
    """What the optimizer follows from, apart from its first learning rate."""
    names = ("solver", "learning_rate", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")
    return {name: repr(getattr(estimator, name)) for name in names}


def solver_of(given: Any) -> str | Optimizer:
    """scikit-learn's name, or an optimizer."""
    if isinstance(given, str) and given in ("lbfgs", "sgd", "adam"):
        return given
    try:
        return optimizer_of(given)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"solver is {given!r}, but 'adam', 'sgd', 'lbfgs', or an optimizer of pynncore, such as nn.AdamW(1e-3), or "
            "its name was expected"
        ) from None


def optimizer_for(estimator: BaseMLP) -> Optimizer:
    """A new optimizer."""
    e, solver = estimator, solver_of(estimator.solver)
    rate = e.learning_rate if isinstance(e.learning_rate, Schedule) else float(e.learning_rate_init)
    if solver == "adam":
        return Adam(copy.deepcopy(rate), (e.beta_1, e.beta_2), float(e.epsilon), epsilon_hat=True)
    if solver == "sgd":
        if not e.momentum:
            return SGD(copy.deepcopy(rate))
        nesterov = bool(e.nesterovs_momentum)
        return SGD(copy.deepcopy(rate), momentum=float(e.momentum), nesterov=nesterov, rate_in_velocity=True)
    assert isinstance(solver, Optimizer)
    if isinstance(solver, FullBatchOptimizer) and e.alpha:
        raise ValueError(f"alpha is {e.alpha!r}, but {solver!r} knows no penalty; use alpha=0, or solver='lbfgs'")
    return copy.deepcopy(solver)


def initial_weights(
    estimator: BaseMLP, layers: Sequence[Module], random_state: np.random.RandomState, dtype: str
) -> None:
    """Draw weights and biases as scikit-learn does: uniformly up to Glorot's bound, or less for "logistic"."""
    linear = [layer for layer in layers if isinstance(layer, Linear)]
    activations = activations_of(estimator.activation, len(linear) - 1)
    of_layers = [*activations, *activations[-1:]] or [estimator.activation]
    for layer, activation in zip(linear, of_layers, strict=True):
        shape = layer.in_features, layer.out_features
        bound = math.sqrt((2 if activation == "logistic" else 6) / sum(shape))
        weight = random_state.uniform(-bound, bound, shape)
        bias = random_state.uniform(-bound, bound, layer.out_features)
        layer.begin_with(weight.T.astype(dtype), bias.astype(dtype))
