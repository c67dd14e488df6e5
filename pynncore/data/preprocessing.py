"""Everything between a table and a network: fitted to training rows, kept in the model file, applied to later rows."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..validation import dtype_name
from .columns import Categories, Classes, Numbers, Quantity, Scaling, few_whole_numbers
from .table import Kind, Table

Task = Literal["classification", "regression"]

NUMBERS: dict[str, type] = {"names": str, "shift": float, "scale": float}  # as stored, in the order of its fields


@dataclass(frozen=True)
class Preprocessing:
    """How the columns of a table become a network's inputs and targets.

    Examples
    --------
    >>> from pynncore.data import Preprocessing, read_table
    >>> table = read_table("iris")
    >>> preprocessing = Preprocessing.fit(table, "species")
    >>> bool(abs(preprocessing.features(table).mean(axis=0)).max() < 1e-12)
    True
    >>> preprocessing.target.values
    ('setosa', 'versicolor', 'virginica')
    >>> Preprocessing.from_json(preprocessing.to_json()) == preprocessing
    True
    """

    numbers: Numbers
    categories: tuple[Categories, ...]
    target: Classes | Quantity

    @classmethod
    def fit(
        cls,
        table: Table,
        target: str,
        *,
        task: Task | None = None,
        rows: NDArray[np.int64] | None = None,
        scaling: Scaling = "standard",
    ) -> "Preprocessing":
        """Learn the preprocessing of a table.

        Text and booleans are classes. Whole numbers are classes if there are two different ones, or at most 20 that
        occur at least ten times on average; all other numbers are a quantity. Means and standard deviations are those
        of `rows`, in float64; classes and categories are those of the whole table, so that a rare one may occur in test
        rows alone.

        Parameters
        ----------
        table : Table
            All rows.
        target : str
            Name of the target column; all other columns are features.
        task : "classification", "regression" or None, default None
            What the target is; None: find out as said above.
        rows : ndarray of int or None, default None
            Training rows; None: all.
        scaling : "standard" or "none", default "standard"
            Whether features and a quantity are standardised. Images are divided by their range instead, in both cases.

        Raises
        ------
        ValueError
            The target or a feature cannot be used; the message says which and why.
        """
        if task not in (None, "classification", "regression"):
            raise ValueError(f"task is {task!r}; 'classification', 'regression' or None was expected")
        rows = np.arange(len(table)) if rows is None else rows
        values = table.column(target)
        if task is None:
            classes = values.dtype == object or values.dtype == bool or few_whole_numbers(values)
            task = "classification" if classes else "regression"
        texts = [name for name, column in table.others.items() if column.dtype == object and name != target]
        names = (*table.number_names, *(name for name in table.others if name not in texts))
        names = tuple(name for name in names if name != target)
        if not names and not texts:
            raise ValueError(f"{table.source} has no column beside the target {target!r}")
        return cls(
            Numbers.fit(table, names, rows, scaling),
            tuple(Categories.fit(table, name) for name in texts),
            Classes.fit(table, target) if task == "classification" else Quantity.fit(table, target, rows, scaling),
        )

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the network's inputs; those of a text column are "column=category"."""
        return (*self.numbers.names, *(f"{c.name}={value}" for c in self.categories for value in c.values))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; empty if the target is a number."""
        return self.target.values if isinstance(self.target, Classes) else ()

    @property
    def kinds(self) -> dict[str, Kind]:
        """The feature columns, for `read_table`."""
        kinds: dict[str, Kind] = {name: "number" for name in self.numbers.names}
        kinds.update({column.name: "text" for column in self.categories})
        return kinds

    def features(self, table: Table, dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """(n, len(feature_names)) inputs. Columns are found by name, their order does not matter.

        Raises
        ------
        ValueError
            A column is missing, or a cell holds a category that was not trained with or a number too large for `dtype`,
            which is neither float32 nor float64.
        """
        dtype = dtype_name(dtype)
        for name in self.kinds:
            if name not in table:
                raise ValueError(f"{table.source} has no column {name!r}, which the model was trained with")
        X = np.empty((len(table), len(self.feature_names)), dtype)
        first = len(self.numbers.names)
        self.numbers.encode(table, X[:, :first])
        for column in self.categories:
            column.encode(table, X[:, first : first + len(column.values)])
            first += len(column.values)
        return X

    def targets(self, table: Table) -> NDArray[Any]:
        """(n,) class numbers, or standardised numbers."""
        return self.target.targets(table)

    def to_json(self) -> str:
        """The preprocessing as text, every float to the last bit."""
        return json.dumps(asdict(self), allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Preprocessing":
        """The preprocessing that `to_json` wrote.

        Raises
        ------
        ValueError
            The text is not of that form.
        """
        try:
            tree = json.loads(text)
            numbers, target = tree["numbers"], tree["target"]
            return cls(
                Numbers(*(_tuple(numbers[key], kind) for key, kind in NUMBERS.items())),
                tuple(Categories(_one(c["name"], str), _tuple(c["values"], str)) for c in tree["categories"]),
                Classes(_one(target["name"], str), _tuple(target["values"], str))
                if "values" in target
                else Quantity(_one(target["name"], str), _one(target["mean"], float), _one(target["std"], float)),
            )
        except KeyError as error:
            raise ValueError(f"the stored preprocessing has no {error}") from None
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"the stored preprocessing is damaged: {error}") from None


def _one(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{value!r} is not of type {kind.__name__}")
    return value


def _tuple(values: Any, kind: type) -> tuple[Any, ...]:
    return tuple(_one(value, kind) for value in values)
