"""A copy of a network's weights, to go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .layers import Linear

if TYPE_CHECKING:
    from .network import Network


class Snapshot:
    """The weights of a network at one moment; empty until `take`.

    `arrays` has a dict by name for each layer with weights. Arrays are replaced, and never changed.
    """

    def __init__(self, network: Network) -> None:
        self._layers = [layer for _, layer in network.leaves() if layer.parameter_names or layer.statistic_names]
        self.arrays: list[dict[str, NDArray[Any]]] = [{} for _ in self._layers]

    def take(self) -> None:
        """Copy the weights. The old copy goes layer by layer, so that at no time there are two."""
        for layer, arrays in zip(self._layers, self.arrays, strict=True):
            for name in (*layer.parameter_names, *layer.statistic_names):
                arrays.pop(name, None)
                arrays[name] = layer.op.get(name)

    def restore(self) -> None:
        """Copy back what `take` copied."""
        for layer, arrays in zip(self._layers, self.arrays, strict=True):
            for name, array in arrays.items():
                layer.op.set(name, array)


def weights_are_finite(network: Network) -> bool:
    """Whether no weight is NaN or infinite.

    A Linear layer maps zeros to its bias, but to NaN wherever a weight is NaN or infinite. Looking at the weights
    themselves would need a copy of them.
    """
    for _, layer in network.leaves():
        if isinstance(layer, Linear):
            arrays = [layer.output_for_zeros()]
        else:
            arrays = [layer.op.get(name) for name in (*layer.parameter_names, *layer.statistic_names)]
        if not all(np.isfinite(array).all() for array in arrays):
            return False
    return True
