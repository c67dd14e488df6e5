"""A table: named columns as they came from a file, before any preprocessing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["number", "text"]


@dataclass(frozen=True)
class Table:
    """Rows of named columns.

    Numbers share one matrix in the type the file stores them in, because 784 pixels are one thing and not 784;
    columns of text, and labels stored apart from the numbers, stand beside it.
    """

    source: str  # what messages call it
    names: tuple[str, ...]  # every column of the file, in its order, also those that were not read
    numbers: NDArray[Any]  # (n, len(number_names)), any real type
    number_names: tuple[str, ...]
    others: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # name: (n,), numbers or str objects
    lines: NDArray[np.int64] | None = None  # (n,) line at which each row begins, for text files
    limit: float | None = None  # numbers are intensities between 0 and this
    test: "Table | None" = None  # the test set that came with the data

    def __post_init__(self) -> None:
        if self.test is not None and len(self.test.number_names) != len(self.number_names):
            widths = f"{len(self.test.number_names)} numbers, but those to train {len(self.number_names)}"
            raise ValueError(f"{self.source}: the rows to test have {widths}")

    def __len__(self) -> int:
        return len(self.numbers)

    def __contains__(self, name: str) -> bool:
        return name in self.number_names or name in self.others

    def where(self, row: int, name: str) -> str:
        """The place of a cell, for messages; lines and columns count from 1."""
        if self.lines is None:
            return f"{self.source}, row {row + 1}, column {name!r}"
        return f"{self.source}, line {self.lines[row]}, column {self.names.index(name) + 1} ({name!r})"

    def column(self, name: str) -> NDArray[Any]:
        """(n,) values of one column.

        Raises
        ------
        ValueError
            There is no such column.
        """
        if name in self.others:
            return self.others[name]
        if name not in self.number_names:
            present = [known for known in self.names if known in self]
            raise ValueError(f"{self.source} has no column {name!r}; it has {listing(present)}")
        values: NDArray[Any] = self.numbers[:, self.number_names.index(name)]
        return values

    def matrix(self, names: Sequence[str]) -> NDArray[Any]:
        """(n, len(names)) numbers of several columns; the table's own matrix, not copied, if these are its columns.

        Raises
        ------
        ValueError
            A column is missing or holds text.
        """
        if tuple(names) == self.number_names:
            return self.numbers
        position = {name: index for index, name in enumerate(self.number_names)}
        if all(name in position for name in names):
            chosen: NDArray[Any] = self.numbers[:, [position[name] for name in names]]
            return chosen
        columns = [self.column(name) for name in names]
        for name, values in zip(names, columns, strict=True):
            if values.dtype.kind not in "biuf":
                raise ValueError(f"{self.where(0, name)}: {values[0]!r} is not a number")
        return np.stack(columns, axis=1)

    def texts(self, name: str) -> NDArray[np.object_]:
        """(n,) strings of one column; numbers are written as `as_text` writes them."""
        values = self.column(name)
        if values.dtype == object:
            return values
        distinct, codes = np.unique(values, return_inverse=True)
        return np.array([as_text(value) for value in distinct], dtype=object)[codes]

    def select(self, *, text: Collection[str] = (), drop: Collection[str] = ()) -> "Table":
        """The table with some columns, a single one also as str, turned into text and some left out.

        Raises
        ------
        ValueError
            A column named does not exist.
        """
        text, drop = as_names(text), as_names(drop)
        for name in (*text, *drop):
            self.column(name)
        others = {name: values for name, values in self.others.items() if name not in drop}
        others |= {name: self.texts(name) for name in text}
        kept = tuple(name for name in self.number_names if name not in drop and name not in text)
        test = None if self.test is None else self.test.select(text=text, drop=drop)
        return replace(self, numbers=self.matrix(kept), number_names=kept, others=others, test=test)


def as_text(value: Any) -> str:
    """A number as a class or category name: 3.0 is "3"."""
    number = value.item() if isinstance(value, np.generic) else value
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)


def listing(names: Collection[str], most: int = 8) -> str:
    """Some names in one line."""
    shown = ", ".join(repr(name) for name in list(names)[:most])
    return shown if len(names) <= most else f"{shown}, ... ({len(names)} in all)"


def as_names(names: Collection[str]) -> Collection[str]:
    """Some names. A str alone is one name, not a collection of characters."""
    return (names,) if isinstance(names, str) else names


def numbered(count: int, word: str = "column") -> tuple[str, ...]:
    """Names for columns that have none: column_1, column_2, ..."""
    return tuple(f"{word}_{index}" for index in range(1, count + 1))


def check_unique(source: str, names: Sequence[str]) -> None:
    """Raise ValueError if a name occurs twice."""
    seen: set[str] = set()
    for position, name in enumerate(names, 1):
        if name in seen:
            raise ValueError(f"{source}, column {position}: the name {name!r} occurs twice")
        seen.add(name)
