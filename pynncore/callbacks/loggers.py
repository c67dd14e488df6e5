"""Callbacks that write the numbers of every epoch to a text file, one line each."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..validation import flag, path_of, whole_number
from .base import Callback

if TYPE_CHECKING:
    from ..training import Training


class LineLogger(Callback, ABC):
    """A file of lines that reach the system as soon as they are written: a run that is killed keeps them.

    The old content goes when the first line is written: what ends training before that leaves it alone.
    """

    writes_files = True

    def __init__(self, path: str | os.PathLike[str], append: bool = False) -> None:
        self.path = path_of(path)
        self.append = flag(append, "append")
        self._file: io.FileIO | None = None
        self._kept: int | None = None  # bytes of the old content to keep, until the first line is written

    def header(self, training: Training) -> str:
        """What a new file begins with."""
        return ""

    @abstractmethod
    def line(self, training: Training) -> str:
        """The line of the epoch that has ended."""

    def on_train_begin(self, training: Training) -> None:
        self._file = io.FileIO(self.path, "a")
        self._kept = self._complete(self.header(training)) if self.append else 0

    def on_epoch_end(self, training: Training) -> None:
        text, kept = self.line(training), self._kept
        if kept is not None:
            self._truncate(kept)
            text = text if kept else self.header(training) + text
            self._kept = None
        self._write(text)

    def state_dict(self) -> dict[str, Any]:
        """The length of the file: training that goes on from here drops the lines that came later."""
        return {"bytes": self._size() if self._kept is None else self._kept}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on after the lines that were there."""
        self._kept = min(whole_number(state["bytes"], "bytes", 0), self._complete(""))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _complete(self, header: str) -> int:
        """Bytes of the file up to the end of its last complete line; raises ValueError if it begins otherwise."""
        if not self._size():
            return 0
        with open(self.path, "rb") as file:
            old = file.read()
        if not old.startswith(header.encode()):
            first = old.partition(b"\n")[0].decode(errors="replace")
            raise ValueError(f"{self.path} begins with {first!r}, but to append, {header.strip()!r} was expected")
        return old.rfind(b"\n") + 1

    def _size(self) -> int:
        """Bytes of the file; 0 of devices and pipes."""
        return 0 if self._file is None else os.fstat(self._file.fileno()).st_size

    def _truncate(self, size: int) -> None:
        if self._file is not None and self._size() > size:
            self._file.truncate(size)

    def _write(self, text: str) -> None:
        """All of the text, or an exception and nothing."""
        assert self._file is not None
        begin, rest = self._size(), memoryview(text.encode())
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except BaseException as error:
            with contextlib.suppress(OSError):
                self._truncate(begin)
            if isinstance(error, OSError):
                error.filename = self.path
            raise


class CSVLogger(LineLogger):
    """Writes a line of comma-separated numbers after every epoch.

    The first line has the names: "epoch", then those of the history. Numbers are written with all their digits. Lines
    are complete or absent: on a full disk, training ends with the OSError.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    append : bool, default False
        Whether lines go to the end of a file that exists, which must have the same names; else they replace it.

    Raises
    ------
    OSError
        The file cannot be written.
    ValueError
        The file to append to has other names; raised before training.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np, pynncore as nn
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
    >>> network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
    >>> options = {"loss": "mse", "optimizer": nn.SGD(lr=0.25), "epochs": 2, "callbacks": [nn.CSVLogger(path)]}
    >>> history = network.fit(np.ones((4, 1)), np.ones(4), **options)
    >>> for line in path.read_text().splitlines():
    ...     print(line.rpartition(",")[0])
    epoch,loss,lr
    1,1.0,0.25
    2,0.0,0.25
    """

    def header(self, training: Training) -> str:
        """The names, in the order of the columns."""
        return _row(["epoch", *training.names])

    def line(self, training: Training) -> str:
        """The numbers of the epoch that has ended."""
        return _row([training.epoch, *(training.logs[name] for name in training.names)])


class JSONLogger(LineLogger):
    """Writes a JSON object after every epoch, one a line (JSON lines).

    It has "epoch" and the numbers of the history by their names; what is NaN or infinite, for which JSON has no number,
    is null. Lines are complete or absent: on a full disk, training ends with the OSError.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    append : bool, default False
        Whether lines go to the end of a file that exists; else they replace it.

    Raises
    ------
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import json, pathlib, tempfile, numpy as np, pynncore as nn
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "log.jsonl"
    >>> network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
    >>> options = {"loss": "mse", "optimizer": nn.SGD(lr=0.25), "epochs": 2, "callbacks": [nn.JSONLogger(path)]}
    >>> history = network.fit(np.ones((4, 1)), np.ones(4), **options)
    >>> [json.loads(line)["loss"] for line in path.read_text().splitlines()]
    [1.0, 0.0]
    """

    def line(self, training: Training) -> str:
        """The numbers of the epoch that has ended."""
        numbers = {name: value if math.isfinite(value) else None for name, value in training.logs.items()}
        return json.dumps({"epoch": training.epoch, **numbers}) + "\n"


def _row(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
