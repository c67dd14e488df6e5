"""A copy of a network's weights, to go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from .network import Network

Array = NDArray[Any]


class Snapshot:
    """The weights of a network at one moment; empty until `take`.

    They are copied as they lie in the core's memory, to memory that is allocated once.
    """

    def __init__(self, network: Network) -> None:
        self._layers = [layer for _, layer in network.leaves() if layer.parameter_names or layer.statistic_names]
        self._copies: list[Array] = []  # of the layers' ops
        self._arrays: list[dict[str, Array]] | None = None

    def take(self) -> None:
        """Copy the weights."""
        self._arrays = None
        if self._copies:
            for layer, copy in zip(self._layers, self._copies, strict=True):
                layer.op.save(copy)
        else:
            self._copies = [layer.op.save() for layer in self._layers]

    def restore(self) -> None:
        """Copy back what `take` copied."""
        for layer, copy in zip(self._layers, self._copies, strict=bool(self._copies)):
            layer.op.restore(copy)

    @property
    def is_current(self) -> bool:
        """Whether the network has these weights, bit by bit."""
        return bool(self._copies) and all(
            layer.op.equals(copy) for layer, copy in zip(self._layers, self._copies, strict=True)
        )

    @property
    def arrays(self) -> list[dict[str, Array]]:
        """A dict by name for each layer with weights. Arrays are replaced, and never changed."""
        if not self._copies:
            return [{} for _ in self._layers]
        if self._arrays is None:
            self._arrays = [
                {name: layer.op.get(name, copy) for name in (*layer.parameter_names, *layer.statistic_names)}
                for layer, copy in zip(self._layers, self._copies, strict=True)
            ]
        return self._arrays

    @arrays.setter
    def arrays(self, arrays: list[dict[str, Array]]) -> None:
        self._copies, self._arrays = [], None
        if not any(arrays):
            return
        copies = [layer.op.save() for layer in self._layers]
        for layer, copy, values in zip(self._layers, copies, arrays, strict=True):
            for name, array in values.items():
                layer.op.set(name, array, copy)
        self._copies = copies


def weights_are_finite(network: Network) -> bool:
    """Whether no weight is NaN or infinite."""
    return all(layer.op.is_finite() for _, layer in network.leaves())
