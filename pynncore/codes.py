"""Codes of categories: which columns of a network's input are such codes, and whether they are right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .mapped import Mapped

if TYPE_CHECKING:
    from .module import Module

ALL: Sequence[int] = range((1 << 31) - 1)  # every column that a network may have
BLOCK = 1 << 18  # elements looked at together


@dataclass(frozen=True)
class Codes:
    """Columns of the input that must hold whole numbers from 0 to count - 1, and the layer that takes them."""

    layer: str
    count: int
    columns: Sequence[int]

    def check(self, array: NDArray[Any], name: str, scale: NDArray[Any] | None) -> None:
        """Raises ValueError for the first value that is no code, or would be none after `input_scale`."""
        own = self.columns
        index = slice(own.start, own.stop) if isinstance(own, range) else list(own)
        if scale is not None and (scale[index] != 1).any():
            column = own[int(np.argmax(scale[index] != 1))]
            raise ValueError(
                f"input_scale is {scale[column]} for column {column}, but {self.layer} takes codes: 1 was expected"
            )
        rows, mapped = max(1, BLOCK // array.shape[1]), Mapped(array)
        for start in range(0, len(array), rows):
            block = array[start : start + rows, index]
            wrong = (block < 0) | (block >= np.float64(self.count))
            if block.dtype.kind == "f":
                wrong |= block != np.floor(block)
            if wrong.any():
                row, column = np.argwhere(wrong)[0].tolist()
                raise ValueError(
                    f"{name} is {block[row, column]} at row {start + row}, column {own[column]}, but {self.layer} "
                    f"takes codes: whole numbers from 0 to {self.count - 1}"
                )
            mapped.read(rows)


def trace(layers: Iterable[Module], columns: Sequence[int] | None, found: list[Codes]) -> None:
    """Follows columns of the input through layers in a row, and notes in `found` those that are codes."""
    for layer in layers:
        columns = layer.trace(columns, found)


def codes_of(layers: Iterable[Module]) -> list[Codes]:
    """The codes among the columns of the input; raises ValueError if a layer gets what cannot be codes."""
    found: list[Codes] = []
    trace(layers, ALL, found)
    return found
