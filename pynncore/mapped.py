"""Memory-mapped arrays larger than memory.

What was read of them stays mapped, and counts as memory of this process, until the system wants it back or the process
lets it go.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

KEPT = 1 << 30  # bytes that may stay mapped
AROUND = 1 << 21  # bytes that the system may map around one that is read: a huge page


class Mapped:
    """Lets go of the pages of a mapped file when many were read; does nothing for other arrays, and for small ones."""

    def __init__(self, array: Any) -> None:
        self._file = _file_of(array) if getattr(array, "nbytes", 0) > KEPT else None
        self._left = KEPT
        self._row = array.nbytes // len(array) if self._file is not None else 0

    def rows_at_once(self, most: int, *, scattered: bool = False) -> int:
        """Rows to read before `read` is told, at most."""
        return most if self._file is None else min(most, max(1, KEPT // self._cost(scattered)))

    def read(self, rows: int, *, scattered: bool = False) -> None:
        """Some rows were read, one after the other or scattered over the file."""
        if self._file is None:
            return
        self._left -= rows * self._cost(scattered)
        if self._left <= 0:
            self._file.madvise(mmap.MADV_DONTNEED)
            self._left = KEPT

    def _cost(self, scattered: bool) -> int:
        return self._row + (AROUND if scattered else 0)


def _file_of(array: Any) -> mmap.mmap | None:
    """The mapping that an array shows, unless it has changes that only this process sees."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap) and array.mode == "c":
            return None
        array = array.base
    return array if isinstance(array, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED") else None
