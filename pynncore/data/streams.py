"""Streams: data sets larger than memory, chunk by chunk, as `Sequential.fit` takes them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..validation import whole_number
from .parquet import read_batches
from .preprocessing import Preprocessing


class ParquetStream:
    """The rows of .parquet files, some at a time, in the order of the files. Each epoch reads them anew.

    Parameters
    ----------
    path : str, Path or sequence of them
        One file or several with the same columns.
    target : str
        The column of y; numbers, or texts that are classes of the network.
    columns : sequence of str or None, default None
        The columns of X, which hold numbers; None: all but the target. Only these are read.
    preprocessing : Preprocessing or None, default None
        What makes X and y of the columns instead: text as one-hot columns, standardised numbers.
    rows : int, default 65536
        Of a chunk, at most.

    Raises
    ------
    ImportError
        PyArrow is not installed.
    ValueError
        Both `columns` and `preprocessing` are given; or, when it is read, a column is missing, holds something else, or
        lacks a value. The message names file, row and column.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np, pandas, pynncore as nn
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "line.parquet"
    >>> x = np.linspace(-1, 1, 1000)
    >>> pandas.DataFrame({"x": x, "y": 3 * x}).to_parquet(path)
    >>> stream = nn.data.ParquetStream(path, "y", rows=300)
    >>> [X.shape for X, y in stream]
    [(300, 1), (300, 1), (300, 1), (100, 1)]
    >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
    >>> history = network.fit(stream, loss="mse", optimizer=nn.SGD(lr=0.1), epochs=20)
    >>> network.predict([[2.0]]).round(3).tolist()
    [[6.0]]
    """

    def __init__(
        self,
        path: str | Path | Sequence[str | Path],
        target: str,
        *,
        columns: Sequence[str] | None = None,
        preprocessing: Preprocessing | None = None,
        rows: int = 1 << 16,
    ) -> None:
        if columns is not None and preprocessing is not None:
            raise ValueError("columns and preprocessing were both given; one of them was expected")
        if columns is not None and (isinstance(columns, str) or target in columns or not columns):
            raise ValueError(f"columns is {columns!r}, but names of columns beside the target {target!r} were expected")
        self._paths = [Path(path)] if isinstance(path, str | Path) else [Path(each) for each in path]
        self._target, self._preprocessing = target, preprocessing
        self._columns = None if columns is None else list(columns)
        self._rows = whole_number(rows, "rows", 1)

    def __iter__(self) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Chunks (X, y)."""
        read = self._columns if self._preprocessing is None else list(self._preprocessing.kinds)
        for path in self._paths:
            for table in read_batches(path, self._rows, read, self._target):
                if self._preprocessing is not None:
                    yield self._preprocessing.features(table, "float32"), self._preprocessing.targets(table)
                    continue
                names = self._columns or [name for name in table.names if name != self._target]
                yield table.matrix(names), table.column(self._target)

    def __repr__(self) -> str:
        return f"ParquetStream({', '.join(map(str, self._paths))}, target={self._target!r}, rows={self._rows})"
