"""Layers made of layers: with them, a network is a graph."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from . import _core
from .codes import Codes, trace
from .module import Module


class Block(Module, ABC):
    """Branches side by side on the same input, each layers in a row; one without layers passes the input on.

    Attributes
    ----------
    branches : tuple of tuple of Module
        The layers.
    """

    gain = 1.0
    adds: bool

    def __init__(self, branches: Sequence[Sequence[Module]]) -> None:
        super().__init__()
        self.branches = tuple(tuple(branch) for branch in branches)
        self._parts: list[list[_core.Op]] = []  # the ops that its own consists of
        given: tuple[object, ...] = tuple(self.children())
        for layer in given:
            if not isinstance(layer, Module):
                hint = f"; did you mean {layer.__name__}()?" if isinstance(layer, type) else ""
                raise TypeError(f"{type(self).__name__} is made of layers, but got {layer!r}{hint}")

    def children(self) -> Iterator[Module]:
        """The layers of all branches."""
        for branch in self.branches:
            yield from branch

    @abstractmethod
    def names(self) -> Iterator[tuple[str, Module]]:
        """The layers with their names within the block."""

    def leaves(self, name: str) -> Iterator[tuple[str, Module]]:
        for own, layer in self.names():
            yield from layer.leaves(f"{name}.{own}")

    @property
    def multiply_adds(self) -> int:
        return sum(layer.multiply_adds for layer in self.children())

    @property
    def in_features(self) -> int | None:
        known = (width_into(branch) for branch in self.branches)
        return next((width for width in known if width is not None), None)

    def out_features_for(self, in_features: int) -> int:
        super().out_features_for(in_features)
        return self.join([width_out_of(branch, in_features) for branch in self.branches])

    def in_features_for(self, out_features: int) -> int | None:
        return out_features if self.adds else None

    def trace(self, columns: Sequence[int] | None, found: list[Codes]) -> None:
        for branch in self.branches:
            trace(branch, columns, found)

    @abstractmethod
    def join(self, widths: list[int]) -> int:
        """Features of the output, given those of the branches."""

    def make_op(self, dtype: str) -> _core.Op:
        self._parts = self._ops()
        return _core.branches(self._parts, self.adds, dtype)

    def _ops(self) -> list[list[_core.Op]]:
        """Those of the layers, which must have them; not their property `op`, which would go through blocks again."""
        return [[layer._op for layer in branch if layer._op is not None] for branch in self.branches]

    def materialise(self, dtype: str, rng: np.random.Generator | None, gain: float = 1.0) -> _core.Op:
        for branch in self.branches:
            materialise(branch, dtype, rng, gain)
        if self._op is not None and self._parts != self._ops():
            super().forget()  # a layer has another op since; the layers keep theirs
        return super().materialise(dtype, rng, gain)

    @property
    def op(self) -> _core.Op:
        """The block's op, of its layers as they are now."""
        if self._op is None:
            return super().op
        return self.materialise(self._op.dtype, np.random.default_rng())

    def _network_for(self, in_features: int) -> _core.Network:
        self.materialise(self.op.dtype, None)  # forgets what was made of other ops
        return super()._network_for(in_features)

    def forget(self) -> None:
        super().forget()
        for layer in self.children():
            if isinstance(layer, Block):
                layer.forget()

    @abstractmethod
    def text(self) -> list[str]:
        """The block as lines; see architecture.py."""

    def set_owner(self, network: Any) -> None:
        super().set_owner(network)
        for layer in self.children():
            layer.set_owner(network)

    def check_trainable(self, index: int) -> None:
        for layer in self.children():
            layer.check_trainable(index)


class Residual(Block):
    """x -> x + f(x), with f the layers in a row, which must give as many features as they take (He et al. 2016).

    Parameters
    ----------
    *layers : Module
        At least one.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> block = nn.Residual(nn.Linear(2, 2, weight_init="zeros"), nn.Sigmoid())
    >>> block.forward(np.array([[1.0, 2.0]]))
    array([[1.5, 2.5]], dtype=float32)
    """

    adds = True

    def __init__(self, *layers: Module) -> None:
        if not layers:
            raise ValueError("Residual needs at least one layer")
        super().__init__([[], layers])

    def names(self) -> Iterator[tuple[str, Module]]:
        for index, layer in enumerate(self.branches[1]):
            yield str(index), layer

    def join(self, widths: list[int]) -> int:
        if widths[0] != widths[1]:
            raise ValueError(f"{self.short()} gets {widths[0]} features, but its layers make {widths[1]} of them")
        return widths[0]

    def text(self) -> list[str]:
        return ["Residual(", *text_of(self.branches[1]), ")"]

    def __repr__(self) -> str:
        return f"Residual({', '.join(map(repr, self.branches[1]))})"

    def __reduce__(self) -> tuple[object, ...]:
        return _copied, (Residual, tuple(map(copy.copy, self.branches[1])), self.dtype)


class Concat(Block):
    """The outputs of several branches on the same input, side by side.

    Parameters
    ----------
    *branches : Module or sequence of Module
        A layer, or layers in a row; [] passes the input on.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.Concat([], nn.ReLU(), [nn.Tanh(), nn.ReLU()]).forward(np.array([[0.0, -1.0]]))
    array([[ 0., -1.,  0.,  0.,  0.,  0.]], dtype=float32)
    """

    adds = False

    def __init__(self, *branches: Module | Sequence[Module]) -> None:
        if not branches:
            raise ValueError("Concat needs at least one branch")
        super().__init__([[branch] if isinstance(branch, Module) else list(branch) for branch in branches])

    def names(self) -> Iterator[tuple[str, Module]]:
        for number, branch in enumerate(self.branches):
            for index, layer in enumerate(branch):
                yield f"{number}.{index}", layer

    def join(self, widths: list[int]) -> int:
        return sum(widths)

    def text(self) -> list[str]:
        return ["Concat(", *(line for branch in self.branches for line in ("[", *text_of(branch), "]")), ")"]

    def __repr__(self) -> str:
        return f"Concat({', '.join(repr(list(branch)) for branch in self.branches)})"

    def __reduce__(self) -> tuple[object, ...]:
        return _copied, (Concat, tuple(tuple(map(copy.copy, branch)) for branch in self.branches), self.dtype)


def _copied(kind: Any, parts: tuple[Any, ...], dtype: str | None) -> Block:
    """A copy of a block, for copy and pickle."""
    block: Block = kind(*parts)
    if dtype is not None:
        block.materialise(dtype, None)
    return block


def materialise(layers: Sequence[Module], dtype: str, rng: np.random.Generator | None, gain: float = 1.0) -> None:
    """Weights for layers in a row; `gain` is that of the first activation after them."""
    for index, layer in enumerate(layers):
        gains = [following.gain for following in layers[index + 1 :] if following.gain is not None]
        layer.materialise(dtype, rng, gains[0] if gains else gain)


def text_of(layers: Sequence[Module]) -> list[str]:
    """Layers in a row as lines: one for a layer, several for a block."""
    return [line for layer in layers for line in (layer.text() if isinstance(layer, Block) else [repr(layer)])]


def width_into(layers: Sequence[Module]) -> int | None:
    """The number of inputs of layers in a row: what the first one that insists on its own means for the input."""
    known = next((index for index, layer in enumerate(layers) if layer.in_features is not None), None)
    if known is None:
        return None
    width = layers[known].in_features
    for layer in reversed(layers[:known]):
        width = None if width is None else layer.in_features_for(width)
    return width


def width_out_of(layers: Sequence[Module], width: int) -> int:
    """The number of outputs of layers in a row, given that of their inputs; raises ValueError where two do not fit."""
    source = 0
    for index, layer in enumerate(layers):
        if layer.in_features not in (None, width):
            raise ValueError(
                f"{layer.short()} at index {index} expects {layer.in_features} features, "
                f"but gets {width} from index {source}"
            )
        before, width = width, layer.out_features_for(width)
        if layer.in_features is not None or width != before:
            source = index
    return width


BLOCKS: dict[str, type[Block]] = {"Residual": Residual, "Concat": Concat}
