"""Data frames as tables: whatever has named columns that turn into arrays, such as those of pandas and Polars."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import checked
from .table import Table


def is_frame(source: object) -> bool:
    """Whether a source of data is a data frame, and no name of a file."""
    return hasattr(source, "columns") and hasattr(source, "__getitem__") and not isinstance(source, np.ndarray)


def read_frame(frame: Any) -> Table:
    """The columns of a data frame: numbers and bools, and texts, also categories of them.

    Raises
    ------
    ValueError
        There are no rows, a value is missing, or a column holds something else; the message names row and column.
    """
    source, names = f"the {type(frame).__name__}", tuple(map(str, frame.columns))
    columns = {str(name): _column(source, str(name), np.asarray(frame[name])) for name in frame.columns}
    numeric = {name: values for name, values in columns.items() if values.dtype != object}
    others = {name: values for name, values in columns.items() if values.dtype == object}
    numbers = np.stack(list(numeric.values()), axis=1) if numeric else np.empty((len(frame), 0))
    return checked(Table(source, names, numbers, tuple(numeric), others))


def _column(source: str, name: str, values: NDArray[Any]) -> NDArray[Any]:
    """(n,) numbers, or str objects."""
    if values.ndim != 1:
        raise ValueError(f"{source} has several columns {name!r}")
    if values.dtype.kind in "biuf":
        return values
    texts = values.astype(object)
    for row, value in enumerate(texts):
        if not isinstance(value, str):
            missing = value is None or type(value).__name__ in ("NAType", "NaTType") or value != value
            what = "a value is missing" if missing else f"{value!r} is neither a number nor text"
            raise ValueError(f"{source}, row {row + 1}, column {name!r}: {what}")
    return texts
