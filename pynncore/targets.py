"""Targets and sample weights, from what a user passes to what the core reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .classes import encoded
from .losses import Loss
from .validation import converted, real_number, same_length, values, whole_number

Array = NDArray[Any]


def target_of(y: ArrayLike, name: str, loss: Loss, outputs: int, classes: Array | None = None) -> tuple[Array, bool]:
    """The target as the core reads it, and whether it is labels.

    Labels are int32 (n,), positions in `classes` if there are some; everything else is (n, outputs) in the dtype it
    came in, not copied.

    Raises
    ------
    TypeError
        y does not hold what the loss takes.
    ValueError
        It has the wrong shape, or a label or probability out of range.
    """
    y = encoded(y, classes, name, loss, outputs)
    _refuse_text(y, name)
    target = values(y, name)
    dense, labels = loss.names
    kind = type(loss).__name__
    if labels and target.ndim == 1 and loss.takes_labels_for(outputs):
        loss.target_columns(outputs)
        return _labels(target, name, loss, outputs), True
    if not dense:
        raise ValueError(f"{name} has shape {target.shape}, but {kind} expects integer labels (n,)")
    columns = loss.target_columns(outputs)
    target = loss.as_columns(target, outputs)
    if target.ndim != 2 or target.shape[1] != columns:
        expected = f"integer labels (n,) or shape (n, {columns})" if labels else f"shape (n, {columns})"
        if columns == 1:
            expected += " or (n,)"
        hint = f"; use {name}.ravel()" if labels and target.shape[1:] == (1,) else ""
        raise ValueError(f"{name} has shape {target.shape}, but {kind} for {outputs} outputs expects {expected}{hint}")
    loss.check_target(target, name)
    return target, False


def _refuse_text(y: Any, name: str) -> None:
    dtype = getattr(y, "dtype", None)
    kind = dtype.kind if isinstance(dtype, np.dtype) else ""
    text = kind in ("U", "S") or (isinstance(y, list | tuple) and any(isinstance(value, str) for value in y))
    if text or (kind == "O" and any(isinstance(value, str) for value in np.asarray(y).ravel()[:100])):
        raise TypeError(
            f"{name} holds text, but numbers were expected; text is for `fit` with a loss of classes, or after "
            f"network.classes was set; np.unique({name}, return_inverse=True)[1] gives integers 0 ... C-1"
        )


def _labels(target: Array, name: str, loss: Loss, outputs: int) -> Array:
    if target.dtype.kind not in "biu":
        or_dense = f" or a target of shape (n, {outputs})" if loss.names[0] else ""
        raise TypeError(
            f"{name} has dtype {target.dtype}, but {type(loss).__name__} takes integer labels (n,){or_dense}; "
            f"if these are class numbers, use {name}.astype(int)"
        )
    outside = (target < 0) | (target >= outputs)
    if loss.ignored is not None:
        outside &= target != loss.ignored
    wrong = np.flatnonzero(outside)
    if len(wrong):
        hint = "; for two classes and one output use BCEWithLogitsLoss" if outputs == 1 else ""
        raise ValueError(
            f"{name} is {target[wrong[0]]} at row {wrong[0]}, but the network has {outputs} outputs, "
            f"so labels must lie in 0 ... {outputs - 1}, or network.classes be set{hint}"
        )
    return np.array(target, np.int32, order="C")  # a copy: nobody can change a label after it was checked


def weights_of(
    sample_weight: ArrayLike | None,
    class_weight: Mapping[int, float] | str | None,
    target: Array,
    labels: bool,
    dtype: str,
    rows: Array | None = None,
    ignored: int | None = None,
) -> Array | None:
    """One factor a sample in the network's dtype, or None; "balanced" counts the classes of `rows`, not `ignored`."""
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
        if labels and ignored is not None:
            target = np.where(target == ignored, -1, target)
        by_class = _by_class(class_weight, *_classes(target, labels), rows)
        factors = by_class if factors is None else factors * by_class
    return None if factors is None else converted(factors, dtype, "sample_weight")


def _classes(target: Array, labels: bool) -> tuple[Array, int]:
    """The class of every sample, and an upper limit for them."""
    if labels:
        return target, max(0, int(target.max()) + 1)
    if target.shape[1] == 1 and (np.isin(target, (0, 1)).all() or np.isin(target, (-1, 1)).all()):
        return (target[:, 0] > 0).astype(np.int64), 2
    if target.shape[1] > 1 and np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all():
        return target.argmax(axis=1), target.shape[1]
    raise ValueError("class_weight needs a class for every sample, but the targets are numbers or soft labels")


def _by_class(
    class_weight: Mapping[int, float] | str, classes: Array, count: int, rows: Array | None
) -> NDArray[np.float64]:
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(f"class_weight is {class_weight!r}, but 'balanced' or a dict was expected")
        counted = classes if rows is None else classes[rows]
        frequency = np.bincount(counted[counted >= 0], minlength=count)
        present = frequency > 0
        factors = np.ones(count)
        factors[present] = frequency.sum() / (present.sum() * frequency[present])
        return _looked_up(factors, classes)
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight is {class_weight!r}, but 'balanced' or a dict from class to weight was expected")
    factors = np.ones(count)
    for label, weight in class_weight.items():
        factor = real_number(weight, f"class_weight[{label}]", 0)
        if whole_number(label, "a class in class_weight", 0) < count:
            factors[label] = factor
    looked_up = _looked_up(factors, classes)
    if not looked_up.any():
        raise ValueError(f"class_weight is {class_weight!r}, which gives every sample the weight 0")
    return looked_up


def _looked_up(factors: NDArray[np.float64], classes: Array) -> NDArray[np.float64]:
    """The factor of every sample's class; 1 for labels below 0, which a loss ignores."""
    return np.append(factors, 1.0)[np.where(classes < 0, len(factors), classes)]


def pair_of(data: object, name: str) -> tuple[Any, Any]:
    """(X, y) of validation_data."""
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"{name} is {type(data).__name__}, but a pair (X, y) was expected")
    return data[0], data[1]
