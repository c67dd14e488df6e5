"""`Metric`: what every metric can do, and metrics from functions."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Metric:
    """A function of targets and predictions, with a name for the history.

    For a metric of your own, subclass it, set `name`, and write `__call__(self, target, prediction) -> float`, where
    target is labels (n,) or (n, outputs) as the loss takes them, and prediction (n, outputs).

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> class LargestError(nn.Metric):
    ...     name = "largest_error"
    ...     def __call__(self, target, prediction):
    ...         return float(np.abs(target - prediction).max())
    >>> LargestError()(np.array([[1.0]]), np.array([[3.0]]))
    2.0
    """

    name: str

    def __call__(self, target: Array, prediction: Array) -> float:
        """The metric of targets (n,) or (n, outputs) and predictions (n, outputs)."""
        raise TypeError(f"{type(self).__name__} is a Metric without __call__(self, target, prediction)")

    def check(self, target: Array, outputs: int) -> None:
        """Raises ValueError if these targets have no such metric; called before training."""

    def number(self, target: Array, prediction: Array) -> float:
        """The metric as a float."""
        value = self(target, prediction)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise TypeError(f"the metric {self.name!r} returned {value!r}, but a number was expected") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class FunctionMetric(Metric):
    """A function of target and prediction under its own name."""

    def __init__(self, function: Callable[[Array, Array], float]) -> None:
        self.name = getattr(function, "__name__", type(function).__name__)
        self._function = function

    def __call__(self, target: Array, prediction: Array) -> float:
        return self._function(target, prediction)

    def __repr__(self) -> str:
        return self.name


def labels_of(target: Array) -> Array:
    """The class of every sample; of a row of targets, the largest."""
    return target if target.ndim == 1 else target.argmax(axis=1)


def dense_of(target: Array, prediction: Array) -> Array:
    """The target in the prediction's shape; labels become one-hot rows."""
    if target.ndim == 2:
        return target
    if prediction.shape[1] == 1:
        return target[:, np.newaxis]
    one_hot = np.zeros(prediction.shape, prediction.dtype)
    one_hot[np.arange(len(target)), target] = 1
    return one_hot


def check_two_classes(metric: Metric, target: Array) -> None:
    """Raises ValueError unless all targets lie in [0, 1]."""
    if target.min() < 0 or target.max() > 1:
        wrong = target.min() if target.min() < 0 else target.max()
        raise ValueError(
            f"the metric {metric.name!r} needs targets in [0, 1], but one is {wrong:g}; use mae, mse or r2"
        )


def check_classes(metric: Metric, target: Array, outputs: int, multilabel: bool) -> None:
    """Raises ValueError unless the targets are labels, two classes, one class a sample, or `multilabel` any number."""
    if (target.ndim == 1 and outputs > 1) or (outputs == 1 and (np.abs(target) == 1).all()):
        return
    check_two_classes(metric, target)
    if outputs > 1 and not multilabel:
        wrong = np.flatnonzero(np.abs(target.sum(axis=1) - 1) > 1e-3)
        if len(wrong):
            raise ValueError(
                f"the metric {metric.name!r} is for one class a sample, but row {wrong[0]} of the targets sums to "
                f"{target[wrong[0]].sum():g}; say multilabel=True for classes of their own"
            )
