"""Estimators from networks, and networks from estimators."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, TypeVar

from ..activations import ACTIVATIONS, ROW_FUNCTIONS, Activation, RowFunction
from ..layers import Linear
from ..learned import LearnedActivation
from ..model import Sequential
from ..module import Module
from ..normalization import BatchNorm
from ..random_units import Dropout

if TYPE_CHECKING:
    from .base import BaseMLP

LAST = {"softmax": "Softmax", "logistic": "Sigmoid", "exp": "Exponential"}
E = TypeVar("E", bound="BaseMLP")


def network_of(estimator: BaseMLP) -> Sequential:
    """A copy of an estimator's network, with the output activation."""
    own = estimator._trained_network()
    layers: list[Module] = copy.deepcopy(list(own))
    classes = getattr(estimator, "classes_", None)
    last = LAST.get(estimator.out_activation_)
    if last is not None and not isinstance(classes, list):
        layers.append((ACTIVATIONS | ROW_FUNCTIONS)[last]())
    network: Sequential = Sequential.of_layers(tuple(layers), own.dtype, seed=own.seed, epochs=own.epochs)
    if classes is not None and not isinstance(classes, list):
        network.classes = classes
    return network


def as_plain(network: Sequential) -> Any:
    """A network as text, numbers and arrays, which other serializers than pickle can write; itself if it has parts of
    the user's own."""
    if any(layer.in_python for _, layer in network.leaves()):
        return network
    kept = {name: getattr(network, name) for name in ("seed", "epochs", "batches", "in_features")}
    return {"layers": network.layer_text, "dtype": network.dtype, "weights": network.state_dict(), **kept}


def from_plain(plain: Any) -> Sequential:
    """The network that `as_plain` was of."""
    if isinstance(plain, Sequential):
        return plain
    kept = {name: plain[name] for name in ("seed", "epochs", "batches", "in_features")}
    network: Sequential = Sequential.restored(plain["layers"], plain["dtype"], **kept)
    network.load_state_dict(plain["weights"])
    return network


def estimator_of(kind: type[E], network: Sequential, parameters: dict[str, Any]) -> tuple[E, Sequential, str]:
    """An estimator with the parameters that a network says, a copy of that without its output activation, and this."""
    if not isinstance(network, Sequential):
        raise TypeError(f"network is {network!r}, but a Sequential was expected")
    layers = list(network)
    last = {name: activation for activation, name in LAST.items()}.get(type(layers[-1]).__name__, "identity")
    if last != "identity":
        layers = layers[:-1]
    found = _parameters_of(layers) | {"dtype": network.dtype}
    twice = found.keys() & parameters.keys()
    if twice:
        raise TypeError(f"{', '.join(sorted(twice))} follows from the network, and cannot be given")
    own: Sequential = Sequential.of_layers(
        tuple(copy.deepcopy(layers)), network.dtype, seed=network.seed, epochs=network.epochs
    )
    return kind(**found, **parameters), own, last


def _parameters_of(layers: list[Module]) -> dict[str, Any]:
    """Parameters of an estimator whose network has these layers."""
    sizes, activations, rates, norms = [], [], [], []
    rest = list(layers)
    while len(rest) > 1:
        linear = _taken(rest, Linear)
        sizes.append(linear.out_features)
        norms.append(isinstance(rest[0], BatchNorm) and bool(_taken(rest, BatchNorm)))
        activations.append(copy.deepcopy(_taken(rest, (Activation, RowFunction, LearnedActivation))))
        rates.append(_taken(rest, Dropout).p if rest and isinstance(rest[0], Dropout) else 0.0)
    if len(rest) != 1:
        raise ValueError(f"the network ends in {layers[-1]!r}, but Linear was expected")
    _taken(rest, Linear)
    if len(set(norms)) > 1:
        raise ValueError("some hidden layers have a BatchNorm and others have none")
    return {
        "hidden_layer_sizes": tuple(sizes),
        "activation": activations,
        "dropout": rates,
        "batch_norm": bool(norms and norms[0]),
    }


def _taken(rest: list[Module], kinds: Any) -> Any:
    """The next layer, if it is of these kinds."""
    layer = rest.pop(0) if rest else None
    if not isinstance(layer, kinds) or (isinstance(layer, Linear) and not layer.has_bias):
        raise ValueError(
            f"the network has {layer!r}, but an estimator's is made of Linear with bias, perhaps BatchNorm, an "
            "activation, and perhaps Dropout, again and again, and ends in Linear"
        )
    return layer
