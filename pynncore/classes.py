"""Class labels of any values: the user's outside, 0 ... C-1 inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .losses import Loss

Array = NDArray[Any]


def class_values(values: ArrayLike) -> Array:
    """Distinct class labels (C,), all of them texts, whole numbers or bools.

    Raises
    ------
    TypeError, ValueError
        They are something else, or one occurs twice.
    """
    array = _plain(np.asarray(values))
    if array.dtype.kind not in "biuU":
        raise TypeError(f"classes is {values!r}, but texts, whole numbers or bools were expected")
    if array.ndim != 1 or len(array) < 2 or len(np.unique(array)) != len(array):
        raise ValueError(f"classes is {values!r}, but at least two different labels were expected")
    return array.copy()


def _plain(y: Array) -> Array:
    """Objects that are all texts, or all bools, as NumPy's own."""
    for kind, dtype in ((str, np.str_), (bool | np.bool_, np.bool_)):
        if y.dtype == object and y.size and all(isinstance(value, kind) for value in y.flat):
            return y.astype(dtype)
    return y


def classes_in(y: ArrayLike, name: str, loss: Loss, outputs: int) -> Array | None:
    """The classes that labels of text or bool bring along, in order; None for every other target.

    Raises
    ------
    ValueError
        There are more or fewer of them than the network tells apart.
    """
    count = _count(loss, outputs)
    labels = _plain(np.asarray(y)) if count else np.empty(0)
    if labels.ndim != 1 or labels.dtype.kind not in "bU":
        return None
    if labels.dtype.kind == "b":
        return np.array([False, True]) if count == 2 else None
    found = np.unique(labels)
    if len(found) != count:
        shown = ", ".join(map(repr, found[:5].tolist())) + ", ..." * (len(found) > 5)
        raise ValueError(
            f"{name} has {len(found)} different labels ({shown}), but the network tells {count} classes apart; "
            "if some do not occur, set network.classes first"
        )
    return found


def _count(loss: Loss, outputs: int) -> int:
    """How many classes a target (n,) of labels has; 0 where the loss takes none."""
    if loss.names[1] is not None and loss.takes_labels_for(outputs):
        return outputs
    return 2 if loss.independent and outputs == 1 else 0


def encoded(y: ArrayLike, classes: Array | None, name: str, loss: Loss, outputs: int) -> Any:
    """Labels (n,) as positions in `classes`; ignored labels, and targets that are no labels, as they are.

    Raises
    ------
    ValueError
        A label is not among the classes, or the network has another number of outputs.
    """
    count = _count(loss, outputs)
    if classes is None or not count:
        return y
    labels = _plain(np.asarray(y))
    if labels.ndim != 1:
        return y
    if len(classes) != count:
        raise ValueError(f"network.classes are {len(classes)}, but the network tells {count} classes apart")
    if (labels.dtype.kind == "U") != (classes.dtype.kind == "U"):
        raise TypeError(f"{name} has dtype {labels.dtype}, but network.classes are {classes.tolist()}")
    order = np.argsort(classes)
    place = np.searchsorted(classes, labels, sorter=order)
    codes = order[np.minimum(place, len(classes) - 1)]
    wrong = classes[codes] != labels
    if loss.ignored is not None and labels.dtype.kind in "iu":
        codes, wrong = np.where(labels == loss.ignored, loss.ignored, codes), wrong & (labels != loss.ignored)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{name} is {labels[row].item()!r} at row {row}, but network.classes are {classes.tolist()}")
    return codes


def encoded_weights(class_weight: Any, classes: Array | None) -> Any:
    """class_weight with the positions of its classes."""
    if classes is None or not isinstance(class_weight, Mapping):
        return class_weight
    position = {label: index for index, label in enumerate(classes.tolist())}
    for label in class_weight:
        if label not in position:
            raise ValueError(f"class_weight has the class {label!r}, but network.classes are {classes.tolist()}")
    return {position[label]: weight for label, weight in class_weight.items()}
