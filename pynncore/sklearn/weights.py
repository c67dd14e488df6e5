"""coefs_ and intercepts_: a network's weights as scikit-learn's lists of arrays, which users may change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layers import Linear
from ..model import Sequential

Array = NDArray[Any]


def linear_layers(network: Sequential) -> list[Linear]:
    """The layers that coefs_ and intercepts_ are of."""
    return [layer for layer in network if isinstance(layer, Linear)]


class Lists:
    """coefs_, (inputs, outputs) each, and intercepts_, (outputs,) each, once somebody has asked for them.

    The network's weights are theirs until one of the arrays changes; `write_back` then takes the change over.
    """

    def __init__(self, network: Sequential) -> None:
        layers = linear_layers(network)
        self.coefs = [np.ascontiguousarray(layer.op.get("weight").T) for layer in layers]
        self.intercepts = [layer.op.get("bias") for layer in layers]
        self._remember()

    def _remember(self) -> None:
        self._before = [array.copy() for array in (*self.coefs, *self.intercepts)]

    def write_back(self, network: Sequential) -> None:
        """Give the network what has changed; raises ValueError if the shapes are others."""
        now = [*self.coefs, *self.intercepts]
        if len(now) == len(self._before) and all(
            np.array_equal(array, before) for array, before in zip(now, self._before, strict=True)
        ):
            return
        layers = linear_layers(network)
        if not len(layers) == len(self.coefs) == len(self.intercepts):
            raise ValueError(
                f"coefs_ has {len(self.coefs)} arrays and intercepts_ {len(self.intercepts)}, but there are "
                f"{len(layers)} layers"
            )
        names = [name for name, layer in network.leaves() if isinstance(layer, Linear)]
        state = network.state_dict()
        for name, coef, intercept in zip(names, self.coefs, self.intercepts, strict=True):
            state |= {f"{name}.weight": np.asarray(coef).T, f"{name}.bias": np.asarray(intercept)}
        network.load_state_dict(state)
        self._remember()
