"""Layers that arrange the columns of the input, and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .codes import Codes
from .module import Module
from .validation import matrix, whole_number

MOST_FEATURES = (1 << 31) - 1
MOST_COLUMNS = 1 << 16  # of a list: they are written into files one by one


class Select(Module):
    """Some columns of the input, in any order.

        z_j = x_(c_j)

    Parameters
    ----------
    columns : list of int or (int, int)
        The columns c, counted from 0, in a list; one may occur several times. A pair (start, stop) means those from
        start up to stop, which is left out.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> x = np.array([[10, 11, 12, 13]])
    >>> nn.Select([3, 0]).forward(x), nn.Select((1, 3)).forward(x)
    (array([[13., 10.]], dtype=float32), array([[11., 12.]], dtype=float32))
    """

    gain = None

    def __init__(self, columns: Sequence[int] | NDArray[Any]) -> None:
        super().__init__()
        own = _range_of(columns) if isinstance(columns, tuple) else _list_of(columns)
        self._columns: Sequence[int] = own
        self._last = own[-1] if isinstance(own, range) else max(own)

    @property
    def columns(self) -> list[int] | tuple[int, int]:
        """The columns, as they were given."""
        own = self._columns
        return (own.start, own.stop) if isinstance(own, range) else list(own)

    def arguments(self) -> dict[str, Any]:
        return {"columns": self.columns}

    def out_features_for(self, in_features: int) -> int:
        if self._last >= in_features:
            raise ValueError(f"Select takes column {self._last}, counted from 0, but gets {in_features} features")
        return len(self._columns)

    def in_features_for(self, out_features: int) -> None:
        return None

    def make_op(self, dtype: str) -> _core.Op:
        own = self._columns
        if isinstance(own, range):
            return _core.select([(own.start, len(own))], dtype)
        ends = [i for i in range(1, len(own)) if own[i] != own[i - 1] + 1]
        runs = zip([0, *ends], [*ends, len(own)], strict=True)
        return _core.select([(own[begin], end - begin) for begin, end in runs], dtype)

    def trace(self, columns: Sequence[int] | None, found: list[Codes]) -> Sequence[int] | None:
        if columns is None:
            return None
        self.out_features_for(len(columns))  # refuses too few
        own = self._columns
        return columns[own.start : own.stop] if isinstance(own, range) else [columns[i] for i in own]


def _range_of(columns: tuple[Any, ...]) -> range:
    if len(columns) != 2:
        raise ValueError(f"columns is {columns!r}, but a list of columns or a pair (start, stop) was expected")
    start = whole_number(columns[0], "the start of columns", 0, MOST_FEATURES - 1)
    return range(start, whole_number(columns[1], "the stop of columns", start + 1, MOST_FEATURES))


def _list_of(columns: Any) -> list[int]:
    if isinstance(columns, np.ndarray):
        columns = columns.tolist()
    if isinstance(columns, str | bytes) or not isinstance(columns, Sequence):
        raise TypeError(f"columns is {columns!r}, but a list of columns or a pair (start, stop) was expected")
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise ValueError(f"columns has {len(columns)} elements, but 1 to {MOST_COLUMNS} were expected")
    return [whole_number(column, f"columns[{i}]", 0, MOST_FEATURES - 1) for i, column in enumerate(columns)]


class Flatten(Module):
    """Samples of any shape as rows: (n, a, b, ...) -> (n, a b ...), the last index the fastest.

    It is the first layer of a network, which then takes such arrays wherever it takes X.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(8 * 8, 10), rng=0)
    >>> network.predict(np.zeros((3, 8, 8))).shape
    (3, 10)
    """

    gain = None

    def make_op(self, dtype: str) -> _core.Op:
        return _core.activation("Identity", [], dtype)  # rows are made where the input is read

    def trace(self, columns: Sequence[int] | None, found: list[Codes]) -> Sequence[int] | None:
        return columns

    def forward(self, x: ArrayLike) -> NDArray[Any]:
        """The samples as rows; see `Module.forward`."""
        z = super().forward(matrix(x, "x", finite=False, flatten=True))
        self._shape = np.shape(x)
        return z

    def backward(self, dz: ArrayLike) -> NDArray[Any]:
        """dLoss/dx in the shape of x; see `Module.backward`."""
        return super().backward(dz).reshape(self._shape)

    __call__ = forward
