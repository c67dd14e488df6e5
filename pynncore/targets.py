"""Targets and sample weights, from what a user passes to what the core reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .losses import Loss
from .validation import BLOCK, converted, real_number, same_length, values, whole_number

Array = NDArray[Any]
SUM_TOLERANCE = 1e-3  # of a row of probabilities: those rounded to three digits pass


def target_of(y: ArrayLike, name: str, loss: Loss, outputs: int) -> tuple[Array, bool]:
    """The target as the core reads it, and whether it is labels.

    Labels are int32 (n,); everything else is (n, outputs) in the dtype it came in, not copied.

    Raises
    ------
    TypeError
        y does not hold what the loss takes.
    ValueError
        It has the wrong shape, or a label or probability out of range.
    """
    _refuse_text(y, name)
    target = values(y, name)
    dense, labels = loss.names
    kind = type(loss).__name__
    if labels and target.ndim == 1:
        return _labels(target, name, kind, outputs, bool(dense)), True
    if not dense:
        raise ValueError(f"{name} has shape {target.shape}, but {kind} expects integer labels (n,)")
    if target.ndim == 1 and outputs == 1:
        target = target[:, np.newaxis]
    if target.ndim != 2 or target.shape[1] != outputs:
        expected = f"integer labels (n,) or shape (n, {outputs})" if labels else f"shape (n, {outputs})"
        if outputs == 1:
            expected += " or (n,)"
        hint = f"; use {name}.ravel()" if labels and target.shape[1:] == (1,) else ""
        raise ValueError(f"{name} has shape {target.shape}, but {kind} for {outputs} outputs expects {expected}{hint}")
    if loss.takes_probabilities:
        _check_probabilities(target, name, sums=bool(labels))
    return target, False


def _refuse_text(y: Any, name: str) -> None:
    dtype = getattr(y, "dtype", None)
    kind = dtype.kind if isinstance(dtype, np.dtype) else ""
    text = kind in ("U", "S") or (isinstance(y, list | tuple) and any(isinstance(value, str) for value in y))
    if text or (kind == "O" and any(isinstance(value, str) for value in np.asarray(y).ravel()[:100])):
        raise TypeError(
            f"{name} holds text, but integers 0 ... C-1 were expected; use np.unique({name}, return_inverse=True)[1]"
        )


def _labels(target: Array, name: str, kind: str, outputs: int, dense: bool) -> Array:
    if target.dtype.kind not in "biu":
        or_dense = f" or a target of shape (n, {outputs})" if dense else ""
        raise TypeError(
            f"{name} has dtype {target.dtype}, but {kind} takes integer labels (n,){or_dense}; "
            f"if these are class numbers, use {name}.astype(int)"
        )
    wrong = np.flatnonzero((target < 0) | (target >= outputs))
    if len(wrong):
        hint = "; for two classes and one output use BCEWithLogitsLoss" if outputs == 1 else ""
        raise ValueError(
            f"{name} is {target[wrong[0]]} at row {wrong[0]}, but the network has {outputs} outputs, "
            f"so labels must lie in 0 ... {outputs - 1}{hint}"
        )
    return np.array(target, np.int32, order="C")  # a copy: nobody can change a label after it was checked


def _check_probabilities(target: Array, name: str, *, sums: bool) -> None:
    rows = max(1, BLOCK // target.shape[1])
    for start in range(0, len(target), rows):
        block = target[start : start + rows]
        if block.min() < 0 or block.max() > 1:
            row, column = np.argwhere((block < 0) | (block > 1))[0]
            raise ValueError(
                f"{name} is {block[row, column]} at row {start + row}, column {column}, "
                "but the loss takes targets in [0, 1]"
            )
        if sums:
            total = block.sum(axis=1, dtype=np.float64)
            wrong = np.flatnonzero(np.abs(total - 1) > SUM_TOLERANCE)
            if len(wrong):
                raise ValueError(
                    f"row {start + wrong[0]} of {name} sums to {total[wrong[0]]:g}, "
                    "but one-hot or soft labels must sum to 1; for several classes at once use BCEWithLogitsLoss"
                )


def weights_of(
    sample_weight: ArrayLike | None,
    class_weight: Mapping[int, float] | str | None,
    target: Array,
    labels: bool,
    dtype: str,
    rows: Array | None = None,
) -> Array | None:
    """One factor a sample in the network's dtype, or None; "balanced" counts the classes of `rows`."""
    factors = None
    if sample_weight is not None:
        factors = values(sample_weight, "sample_weight")
        if factors.ndim != 1:
            raise ValueError(f"sample_weight has shape {factors.shape}, but (n,) was expected")
        same_length(target, factors, "sample_weight")
        if factors.min() < 0:
            row = int(np.argmin(factors))
            raise ValueError(f"sample_weight is {factors[row]} at row {row}, but must not be negative")
        if factors.max() == 0:
            raise ValueError("sample_weight is 0 for every sample")
    if class_weight is not None:
        by_class = _by_class(class_weight, *_classes(target, labels), rows)
        factors = by_class if factors is None else factors * by_class
    return None if factors is None else converted(factors, dtype, "sample_weight")


def _classes(target: Array, labels: bool) -> tuple[Array, int]:
    """The class of every sample, and an upper limit for them."""
    if labels:
        return target, int(target.max()) + 1
    if target.shape[1] == 1 and np.isin(target, (0, 1)).all():
        return target[:, 0].astype(np.int64), 2
    if target.shape[1] > 1 and np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all():
        return target.argmax(axis=1), target.shape[1]
    raise ValueError("class_weight needs a class for every sample, but the targets are numbers or soft labels")


def _by_class(
    class_weight: Mapping[int, float] | str, classes: Array, count: int, rows: Array | None
) -> NDArray[np.float64]:
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(f"class_weight is {class_weight!r}, but 'balanced' or a dict was expected")
        frequency = np.bincount(classes if rows is None else classes[rows], minlength=count)
        present = frequency > 0
        factors = np.ones(count)
        factors[present] = frequency.sum() / (present.sum() * frequency[present])
        return factors[classes]
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight is {class_weight!r}, but 'balanced' or a dict from class to weight was expected")
    factors = np.ones(count)
    for label, weight in class_weight.items():
        factor = real_number(weight, f"class_weight[{label}]", 0)
        if whole_number(label, "a class in class_weight", 0) < count:
            factors[label] = factor
    if not factors[classes].any():
        raise ValueError(f"class_weight is {class_weight!r}, which gives every sample the weight 0")
    return factors[classes]


def pair_of(data: object, name: str) -> tuple[Any, Any]:
    """(X, y) of validation_data."""
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"{name} is {type(data).__name__}, but a pair (X, y) was expected")
    return data[0], data[1]
