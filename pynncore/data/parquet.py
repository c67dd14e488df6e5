"""Reading of .parquet files through PyArrow, which the extra `data` installs."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import checked
from .table import Table


def read_parquet(path: Path) -> Table:
    """Read a .parquet file: integers, floats, booleans, decimals are numbers; strings, also in dictionaries, are text.

    Raises
    ------
    ImportError
        PyArrow is not installed.
    ValueError
        The file is damaged, a value is missing, or a column has another type; the message names row and column.
    """
    try:
        from pyarrow import ArrowException, types
        from pyarrow.parquet import read_table
    except ImportError:
        raise ImportError(f"{path}: reading .parquet needs PyArrow: pip install 'pynncore[data]'") from None
    try:
        arrow = read_table(path)
    except (ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from None
    numeric: dict[str, NDArray[Any]] = {}
    texts: dict[str, NDArray[Any]] = {}
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        kind = column.type.value_type if types.is_dictionary(column.type) else column.type
        if column.null_count:
            row = column.is_null().to_pylist().index(True)
            raise ValueError(f"{path}, row {row + 1}, column {name!r}: a value is missing")
        if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
            texts[name] = np.array(column.to_pylist(), dtype=object)
        elif types.is_decimal(kind):
            numeric[name] = column.cast("float64").to_numpy()
        elif types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
            numeric[name] = column.to_numpy()
        else:
            raise ValueError(f"{path}, column {name!r} holds {column.type}; numbers or text were expected")
    numbers = np.stack(list(numeric.values()), axis=1) if numeric else np.empty((arrow.num_rows, 0))
    return checked(Table(str(path), tuple(arrow.column_names), numbers, tuple(numeric), texts))
