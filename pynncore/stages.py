"""What flows through a network, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from . import _core
from .module import Module


class Stage(NamedTuple):
    """A `Linear` or `Maxout` and what follows it: its name, pre-activation u and output z, both (n, outputs)."""

    name: str
    u: NDArray[Any]
    z: NDArray[Any]


def stages_of(layers: Sequence[Module], x: Any, threads: int) -> list[Stage]:
    """Every stage of the layers for the input x, in their dtype."""
    stages: list[Stage] = []
    for index, layer in enumerate(layers):
        begins = not stages or layer.multiply_adds
        before = x
        x = _core.Network([layer.op], x.shape[1], layer.op.dtype).forward(x, threads)
        kind = type(layer).__name__
        if begins:
            stages.append(Stage(f"{index}: {kind}", x if layer.multiply_adds else before, x))
        else:
            stages[-1] = Stage(f"{stages[-1].name}, {kind}", stages[-1].u, x)
    return stages
