"""The samples that `fit` trains on and evaluates, as the core reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from .losses import Loss
from .targets import pair_of, target_of
from .validation import real_number, same_length

if TYPE_CHECKING:
    from .model import Sequential

Array = NDArray[Any]
SPLIT = 1 << 63  # the "epoch" whose shuffled order decides on validation_split; no epoch of training gets there


@dataclass(frozen=True)
class Data:
    """What is trained on, as the core reads it: the samples `rows` of X, target and weight (None: all)."""

    X: Any  # an array, or `_core.Sparse`
    target: Array
    labels: bool
    weight: Array | None
    rows: Array | None = None
    classes: Array | None = None

    def __len__(self) -> int:
        return len(self.X if self.rows is None else self.rows)

    def of_rows(self, array: Array) -> Array:
        return array if self.rows is None else array[self.rows]


def split_data(data: Data, fraction: object, seed: int) -> tuple[Data, Data | None]:
    """Training and validation data, where validation takes a share of the samples at random, always the same ones."""
    share = real_number(fraction, "validation_split", 0, below=1)
    if share == 0:
        return data, None
    n = len(data.X)
    held_out = max(1, round(n * share))
    if held_out >= n:
        raise ValueError(f"validation_split is {fraction!r}, which leaves none of {n} samples to train on")
    order = _core.shuffle(n, seed, SPLIT).astype(np.int64)
    if data.labels:  # class by class, still at random within each, of which every k-th is then held out
        order = order[np.argsort(data.target[order], kind="stable")]
        first = (2 * np.arange(held_out) + 1) * n // (2 * held_out)
        order = np.concatenate([order[first], np.delete(order, first)])
    rows, training = np.sort(order[:held_out]), np.sort(order[held_out:])
    validation = Data(data.X[rows], data.target[rows], data.labels, None)
    return Data(data.X, data.target, data.labels, None, training, data.classes), validation


def validation_of(network: Sequential, given: object, data: Data, loss: Loss) -> Data:
    """validation_data as the core reads it."""
    X, y = pair_of(given, "validation_data")
    X = network.features(X, "the X of validation_data")
    outputs = network.out_features_for(X.shape[1])
    target, labels = target_of(y, "the y of validation_data", loss, outputs, data.classes)
    same_length(X, target, "its y", "the X of validation_data")
    if labels != data.labels:
        raise ValueError("one of y and the y of validation_data is labels (n,), the other a matrix")
    return Data(X, target, labels, None)
