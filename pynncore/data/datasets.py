"""`load`: a data set ready to be learnt from, in one call."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..validation import dtype_name, generator_of, real_number
from .preprocessing import Preprocessing, Task
from .reading import read_table, target_of


@dataclass(frozen=True)
class Dataset:
    """Samples, their targets, and what both are called."""

    name: str
    X: NDArray[Any] = field(repr=False)  # (n, features)
    y: NDArray[Any] = field(repr=False)  # (n,) class numbers, int64, or quantities, float64
    feature_names: tuple[str, ...] = field(repr=False)
    class_names: tuple[str, ...]  # empty: y is a quantity
    test: Self | None = None  # the test set that the data came with

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: NDArray[Any]) -> "Dataset":
        """The samples of some rows, given by numbers or by a boolean mask."""
        return replace(self, X=self.X[rows], y=self.y[rows], test=None)

    def split(
        self, test: float | None = None, rng: int | np.random.Generator | None = None
    ) -> "tuple[Dataset, Dataset]":
        """Training and test samples, drawn at random without replacement.

        Parameters
        ----------
        test : float or None, default None
            Share of the samples that become the test set, strictly between 0 and 1. None: the test set that came with
            the data, else 0.2.
        rng : int, numpy.random.Generator or None, default None
            The same number gives the same split.

        Raises
        ------
        TypeError, ValueError
            `test` is out of range, or leaves one of the two without a sample; `rng` is something else.

        Examples
        --------
        >>> import pynncore as nn
        >>> train, test = nn.data.load("digits").split(test=0.2, rng=0)
        >>> train.X.shape, test.X.shape
        ((1437, 64), (360, 64))
        """
        if test is None and self.test is not None:
            return replace(self, test=None), self.test
        first, second = split_rows(len(self), 0.2 if test is None else test, rng)
        return self.take(first), self.take(second)


def split_rows(
    n: int, test: float, rng: int | np.random.Generator | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers 0 ... n-1 in random order, cut in two; the second part holds the share `test`, rounded up.

    Raises
    ------
    TypeError, ValueError
        `test` is not between 0 and 1, or a part would be empty; `rng` is something else.
    """
    share = real_number(test, "test")
    if not 0 < share < 1:
        raise ValueError(f"test is {test!r}, but a number between 0 and 1 was expected")
    held_out = int(np.ceil(n * share))
    if held_out >= n:
        raise ValueError(f"{n} samples cannot be split: a share of {share} for the test leaves none for training")
    order = generator_of(rng).permutation(n)
    return order[held_out:], order[:held_out]


def load(
    source: Any, *, target: str | None = None, task: Task | None = None, dtype: DTypeLike | None = None
) -> Dataset:
    """Load a data set: numbers as they are, images scaled to 0 ... 1, text one-hot encoded.

    Parameters
    ----------
    source : str, Path or data frame
        "digits" (1797 images of 8x8 pixels, 10 classes), "iris" (150 flowers, 4 lengths, 3 classes), "diabetes"
        (442 patients, 10 measurements, a quantity); a .csv, .tsv, .npz, .npy or .parquet file; "idx:FOLDER" with the
        four files of MNIST; a DataFrame of pandas or Polars.
    target : str or None, default None
        The target column. None: the only one called target, label, class or y.
    task : "classification", "regression" or None, default None
        What the target is. None: text, booleans and few different whole numbers are classes, other numbers a quantity.
    dtype : "float32", "float64" or None, default None
        Of X, also as NumPy's dtype. None: float32 for images, float64 for everything else.

    Returns
    -------
    Dataset
        X (n, features), y (n,), names, and for idx folders the test set.

    Raises
    ------
    ValueError
        The content is wrong; the message names file, line and column. Or `dtype` is another.
    OSError
        The file cannot be read.
    ImportError
        .parquet without PyArrow.

    Examples
    --------
    >>> import pynncore as nn
    >>> iris = nn.data.load("iris")
    >>> iris.X.shape, iris.class_names
    ((150, 4), ('setosa', 'versicolor', 'virginica'))
    >>> iris.feature_names
    ('sepal_length_cm', 'sepal_width_cm', 'petal_length_cm', 'petal_width_cm')
    """
    dtype = None if dtype is None else dtype_name(dtype)
    table = read_table(source)
    preprocessing = Preprocessing.fit(table, target_of(source, table, target), task=task, scaling="none")
    dtype = dtype or (np.float64 if table.limit is None else np.float32)
    sets = [
        Dataset(
            table.source,
            preprocessing.features(part, dtype),
            preprocessing.targets(part),
            preprocessing.feature_names,
            preprocessing.class_names,
        )
        for part in (table, table.test)
        if part is not None
    ]
    return replace(sets[0], test=sets[1]) if len(sets) == 2 else sets[0]
