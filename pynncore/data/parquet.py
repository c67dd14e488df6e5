"""Reading of .parquet files through PyArrow, which the extra `data` installs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import checked
from .table import Table, listing


@contextmanager
def _arrow(path: Path) -> Iterator[Any]:
    """PyArrow's module for .parquet; its errors as those of this package."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise ImportError(f"{path}: reading .parquet needs PyArrow: pip install 'pynncore[data]'") from None
    try:
        yield parquet
    except (ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from None


def read_parquet(path: Path) -> Table:
    """Read a .parquet file: integers, floats, booleans, decimals are numbers; strings, also in dictionaries, are text.

    Raises
    ------
    ImportError
        PyArrow is not installed.
    ValueError
        The file is damaged, a value is missing, or a column has another type; the message names row and column.
    """
    with _arrow(path) as parquet:
        arrow = parquet.read_table(path)
    return _table(path, arrow)


def read_batches(path: Path, rows: int, names: Sequence[str] | None, target: str) -> Iterator[Table]:
    """Read a .parquet file as tables of at most some rows, with the columns `names`, None: all.

    The target stands apart from the numbers, in its own type.

    Raises
    ------
    ImportError, ValueError
        As for `read_parquet`; or a column is missing.
    """
    with _arrow(path) as parquet:
        file = parquet.ParquetFile(path)
    with file:
        present = file.schema_arrow.names
        for name in (*(names or ()), target):
            if name not in present:
                raise ValueError(f"{path} has no column {name!r}; it has {listing(present)}")
        batches, first = file.iter_batches(batch_size=rows, columns=None if names is None else [*names, target]), 0
        while True:
            with _arrow(path):
                batch = next(batches, None)
            if batch is None:
                return
            yield _table(path, batch, first, target)
            first += batch.num_rows


def _table(path: Path, arrow: Any, first: int = 0, apart: str | None = None) -> Table:
    """Arrow's table or batch, which begins at row `first` of the file; the column `apart` keeps its own type."""
    from pyarrow import types

    numeric: dict[str, NDArray[Any]] = {}
    others: dict[str, NDArray[Any]] = {}
    for name, column in zip(arrow.schema.names, arrow.columns, strict=True):
        kind = column.type.value_type if types.is_dictionary(column.type) else column.type
        if column.null_count:
            row = first + column.is_null().to_pylist().index(True)
            raise ValueError(f"{path}, row {row + 1}, column {name!r}: a value is missing")
        if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
            others[name] = np.array(column.to_pylist(), dtype=object)
        elif types.is_decimal(kind):
            numeric[name] = _numpy(column.cast("float64"))
        elif types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
            numeric[name] = _numpy(column)
        else:
            raise ValueError(f"{path}, column {name!r} holds {column.type}; numbers or text were expected")
    others |= {name: numeric.pop(name) for name in (apart,) if name in numeric}
    numbers = np.stack(list(numeric.values()), axis=1) if numeric else np.empty((arrow.num_rows, 0))
    return checked(Table(str(path), tuple(arrow.schema.names), numbers, tuple(numeric), others), first)


def _numpy(column: Any) -> NDArray[Any]:
    """Arrow's chunks are copied into one array anyway; an array of bits must be."""
    array: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return array
