"""What is learnt about columns, and both directions of it: from a table to numbers for a network, and back.

Numbers      x' = (x - shift) / scale, 0 where scale is 0 (a constant column)
Categories   one output a category: 1 where the text is that category, else 0
Classes      0, 1, 2, ... in the order of the class names
Quantity     y' = (y - mean) / std
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from .table import Table, as_text, listing

Scaling = Literal["standard", "none"]

BLOCK = 4096  # rows converted together: their float64 copy stays small
MOST_CATEGORIES = 1000  # a column with more is a name or an index, and one-hot columns of it would fill the memory


@dataclass(frozen=True)
class Numbers:
    """Numeric features, shifted and scaled."""

    names: tuple[str, ...]
    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.shift) == len(self.scale):
            raise ValueError(f"{len(self.names)} names, {len(self.shift)} shifts and {len(self.scale)} scales")
        if not np.isfinite((*self.shift, *self.scale)).all() or min(self.scale, default=0.0) < 0:
            raise ValueError("shifts and scales were expected to be finite, scales not to be negative")

    @classmethod
    def fit(cls, table: Table, names: tuple[str, ...], rows: NDArray[np.int64], scaling: Scaling) -> Self:
        """Mean and standard deviation over `rows`; images, whatever the scaling, only lose their range."""
        shift, scale = np.zeros(len(names)), np.ones(len(names))
        if table.limit is not None:
            scale *= table.limit
        elif scaling == "standard":
            shift, scale = moments(table.matrix(names), rows)
        for name, finite in zip(names, np.isfinite(shift) & np.isfinite(scale), strict=True):
            if not finite:
                raise ValueError(f"{table.source}: the numbers of column {name!r} are too large to be standardised")
        return cls(names, tuple(shift.tolist()), tuple(scale.tolist()))

    def encode(self, table: Table, out: NDArray[Any]) -> None:
        """Write the transformed columns into out (n, len(names))."""
        values, scale = table.matrix(self.names), np.array(self.scale)
        for start in range(0, len(values), BLOCK):
            block, written = values[start : start + BLOCK].astype(np.float64), out[start : start + BLOCK]
            with np.errstate(over="ignore"):
                written[:] = np.divide(block - self.shift, scale, out=np.zeros_like(block), where=scale != 0)
            if not np.isfinite(written).all():
                row, column = np.argwhere(~np.isfinite(written))[0]
                place = table.where(start + int(row), self.names[column])
                raise ValueError(f"{place}: {block[row, column]} cannot be scaled into {out.dtype}")


def moments(values: NDArray[Any], rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of some rows of values (n, k), in float64, (k,) each; overflow gives inf or nan.

    The second is exactly 0 for a constant column. The mean of equal numbers may be off by a rounding, and the deviation
    from it would then be a tiny number by which everything is divided.
    """
    total, squares = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    low = high = values[rows[0]]
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    with np.errstate(over="ignore", invalid="ignore"):
        for block in blocks:
            chunk = values[block]
            total += chunk.sum(axis=0, dtype=np.float64)
            low, high = np.minimum(low, chunk.min(axis=0)), np.maximum(high, chunk.max(axis=0))
        mean = total / len(rows)
        for block in blocks:
            squares += np.square(values[block] - mean).sum(axis=0)
        return mean, np.where(low == high, 0.0, np.sqrt(squares / len(rows)))


@dataclass(frozen=True)
class Categories:
    """A feature of text."""

    name: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) != len(self.values):
            raise ValueError(f"column {self.name!r}: distinct values were expected, not {listing(self.values)}")

    @classmethod
    def fit(cls, table: Table, name: str) -> Self:
        """The values that occur in the table: numbers in their order, texts alphabetically."""
        column = table.column(name)
        numeric = column.dtype != object
        values = [as_text(value) for value in np.unique(column)] if numeric else sorted(set(column.tolist()))
        if len(values) > MOST_CATEGORIES:
            raise ValueError(
                f"{table.source}: column {name!r} has {len(values)} different values; "
                f"as categories or classes at most {MOST_CATEGORIES} are taken"
            )
        return cls(name, tuple(values))

    def codes(self, table: Table) -> NDArray[np.int64]:
        """(n,) positions in `values`; a text that is not among them raises ValueError."""
        position = {value: code for code, value in enumerate(self.values)}
        texts = table.texts(self.name)
        codes = np.array([position.get(text, -1) for text in texts], dtype=np.int64)
        if (codes < 0).any():
            row = int(np.flatnonzero(codes < 0)[0])
            place = table.where(row, self.name)
            raise ValueError(f"{place}: {texts[row]!r} was not trained with; known are {listing(self.values)}")
        return codes

    def encode(self, table: Table, out: NDArray[Any]) -> None:
        """Write ones and zeros into out (n, len(values))."""
        out[:] = 0
        out[np.arange(len(table)), self.codes(table)] = 1


@dataclass(frozen=True)
class Classes(Categories):
    """A target that is one of several classes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.values) < 2:
            raise ValueError(f"the target {self.name!r} is always {self.values[0]!r}; two classes were expected")

    @classmethod
    def fit(cls, table: Table, name: str) -> Self:
        """The classes that occur in the table; an empty text is none."""
        column = table.column(name)
        if column.dtype == object and "" in (texts := column.tolist()):
            raise ValueError(f"{table.where(texts.index(''), name)}: the class is missing")
        return super().fit(table, name)

    def targets(self, table: Table) -> NDArray[np.int64]:
        """(n,) class numbers."""
        return self.codes(table)

    def restore(self, codes: NDArray[np.int64]) -> list[str]:
        """Class names of class numbers (n,)."""
        return [self.values[code] for code in codes]


@dataclass(frozen=True)
class Quantity:
    """A target that is a number."""

    name: str
    mean: float
    std: float

    def __post_init__(self) -> None:
        if not np.isfinite((self.mean, self.std)).all() or self.std <= 0:
            raise ValueError(f"the target {self.name!r} has mean {self.mean} and standard deviation {self.std}")

    @classmethod
    def fit(cls, table: Table, name: str, rows: NDArray[np.int64], scaling: Scaling) -> Self:
        """Mean and standard deviation over `rows`; a constant is not worth learning."""
        if scaling == "none":
            return cls(name, 0.0, 1.0)
        values = table.matrix([name])
        mean, std = moments(values, rows)
        if std[0] == 0:
            raise ValueError(f"{table.source}: the target {name!r} is always {values[rows[0], 0]}")
        return cls(name, float(mean[0]), float(std[0]))

    def targets(self, table: Table) -> NDArray[np.float64]:
        """(n,) numbers, standardised."""
        standardised: NDArray[np.float64] = (self.values(table) - self.mean) / self.std
        return standardised

    def values(self, table: Table) -> NDArray[np.float64]:
        """(n,) numbers in their own unit."""
        return table.matrix([self.name])[:, 0].astype(np.float64)

    def restore(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Standardised predictions (n,) or (n, 1) in their own unit, (n,)."""
        restored: NDArray[np.float64] = y.reshape(len(y)).astype(np.float64) * self.std + self.mean
        return restored


def few_whole_numbers(values: NDArray[Any], most: int = 20, rows_each: int = 10) -> bool:
    """Whether numbers look like classes: all whole, and either two different ones or a few that occur often."""
    distinct = np.unique(values)
    few = len(distinct) == 2 or len(distinct) <= min(most, len(values) // rows_each)
    return bool(few and (distinct == np.floor(distinct)).all())
