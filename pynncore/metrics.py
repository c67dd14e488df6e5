"""Metrics: one number from all targets and predictions of an epoch or an evaluation.

Where the loss is one of classification, predictions are probabilities, whether or not the network ends in Softmax or
Sigmoid. Sample weights do not enter.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .losses import BCELoss, BCEWithLogitsLoss, BinaryFocalLoss, Loss, ZeroOneLoss
from .validation import by_name, real_number, whole_number

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


class Accuracy(Metric):
    """The share of samples whose largest output is the target's class.

    With one output, which has no largest, it is the share on the target's side of 1/2.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.Accuracy()(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    0.5
    """

    name = "accuracy"

    def check(self, target: Array, outputs: int) -> None:
        if outputs == 1:
            _check_two_classes(self, target)

    def __call__(self, target: Array, prediction: Array) -> float:
        if prediction.shape[1] == 1:
            return BinaryAccuracy()(target, prediction)
        return float(np.mean(prediction.argmax(axis=1) == _labels(target)))


class TopKAccuracy(Metric):
    """The share of samples whose class is among the k largest outputs; of equal outputs the later class is larger.

    Parameters
    ----------
    k : int, default 5
        At least 1.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.TopKAccuracy(2)(np.array([0, 2]), np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]]))
    0.5
    """

    def __init__(self, k: int = 5) -> None:
        self.k = whole_number(k, "k", 1)
        self.name = f"top_{self.k}_accuracy"

    def __call__(self, target: Array, prediction: Array) -> float:
        largest = np.argsort(prediction, axis=1, kind="stable")[:, -self.k :]
        return float(np.mean((largest == _labels(target)[:, np.newaxis]).any(axis=1)))


class BinaryAccuracy(Metric):
    """The share of elements on the target's side of a threshold; targets above 1/2 are positive.

    Parameters
    ----------
    threshold : float, default 0.5
        Predictions above it are positive.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.BinaryAccuracy()(np.array([[1], [0]]), np.array([[0.7], [0.6]]))
    0.5
    """

    name = "binary_accuracy"

    def __init__(self, threshold: float = 0.5) -> None:
        self.threshold = real_number(threshold, "threshold")

    def check(self, target: Array, outputs: int) -> None:
        _check_two_classes(self, target)

    def __call__(self, target: Array, prediction: Array) -> float:
        return float(np.mean((prediction > self.threshold) == (_dense(target, prediction) > 0.5)))


class SignAccuracy(Metric):
    """The share of elements with the target's sign; predictions of 0 have none.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.SignAccuracy()(np.array([[1], [-1]]), np.array([[0.7], [0.6]]))
    0.5
    """

    name = "accuracy"

    def __call__(self, target: Array, prediction: Array) -> float:
        return float(np.mean(prediction * _dense(target, prediction) > 0))


class _ScoreAccuracy(Accuracy):
    """Accuracy of scores: with one output, those above 0 are positive, as `ZeroOneLoss` has it."""

    def check(self, target: Array, outputs: int) -> None:
        pass

    def __call__(self, target: Array, prediction: Array) -> float:
        if prediction.shape[1] > 1:
            return super().__call__(target, prediction)
        return float(np.mean((prediction > 0) == (_dense(target, prediction) > 0)))


def _check_two_classes(metric: Metric, target: Array) -> None:
    if target.min() < 0 or target.max() > 1:
        wrong = target.min() if target.min() < 0 else target.max()
        raise ValueError(
            f"the metric {metric.name!r} needs targets in [0, 1], but one is {wrong:g}; use mae, mse or r2"
        )


class MeanSquaredError(Metric):
    """The mean of (y - d)^2 over all elements.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.MeanSquaredError()(np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]]))
    2.0
    """

    name = "mse"

    def __call__(self, target: Array, prediction: Array) -> float:
        return float(np.mean((_dense(target, prediction) - prediction) ** 2, dtype=np.float64))


class MeanAbsoluteError(Metric):
    """The mean of |y - d| over all elements.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.MeanAbsoluteError()(np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]]))
    1.0
    """

    name = "mae"

    def __call__(self, target: Array, prediction: Array) -> float:
        return float(np.mean(np.abs(_dense(target, prediction) - prediction), dtype=np.float64))


class R2(Metric):
    """1 - sum (y - d)^2 / sum (d - mean d)^2, the mean over the outputs.

    For constant targets it is 1 if they are met and 0 otherwise, as in scikit-learn.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.R2()(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [3.0]]))
    1.0
    """

    name = "r2"

    def __call__(self, target: Array, prediction: Array) -> float:
        d = _dense(target, prediction).astype(np.float64)
        residual = ((d - prediction) ** 2).sum(axis=0)
        spread = ((d - d.mean(axis=0)) ** 2).sum(axis=0)
        score = np.where(residual == 0, 1.0, 0.0)
        varied = spread > 0
        score[varied] = 1 - residual[varied] / spread[varied]
        return float(score.mean())


def _labels(target: Array) -> Array:
    return target if target.ndim == 1 else target.argmax(axis=1)


def _dense(target: Array, prediction: Array) -> Array:
    """The target in the prediction's shape; labels become one-hot rows."""
    if target.ndim == 2:
        return target
    if prediction.shape[1] == 1:
        return target[:, np.newaxis]
    one_hot = np.zeros(prediction.shape, prediction.dtype)
    one_hot[np.arange(len(target)), target] = 1
    return one_hot


BY_NAME: dict[str, type[Metric]] = {
    "accuracy": Accuracy,
    "top_k_accuracy": TopKAccuracy,
    "binary_accuracy": BinaryAccuracy,
    "mse": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "r2": R2,
}


def metrics_of(chosen: object, loss: Loss | None) -> list[Metric]:
    """The metrics that a user's choice of objects and names means.

    "accuracy" with a loss of independent elements (BCELoss, BCEWithLogitsLoss, BinaryFocalLoss; HingeLoss and others of
    signs) is that of each element.
    """
    items = [chosen] if isinstance(chosen, str | Metric) else chosen
    if not isinstance(items, Iterable):
        raise TypeError(f"metrics is {chosen!r}, but a list of names or metrics was expected")
    metrics = [_metric_of(item, loss) for item in items]
    names = [metric.name for metric in metrics]
    for name in names:
        if names.count(name) > 1 or name in ("loss", "lr", "seconds") or name.startswith("val_"):
            raise ValueError(f"metrics has {names}, but names must differ, also from loss, lr, seconds and val_...")
    return metrics


def _metric_of(item: object, loss: Loss | None) -> Metric:
    if isinstance(item, str):
        metric: Metric = by_name("metric", item, BY_NAME)
        if isinstance(metric, Accuracy) and loss is not None and loss.signs:
            return SignAccuracy()
        if isinstance(metric, Accuracy) and isinstance(loss, ZeroOneLoss):
            return _ScoreAccuracy()
        if isinstance(metric, Accuracy) and isinstance(loss, BCELoss | BCEWithLogitsLoss | BinaryFocalLoss):
            metric = BinaryAccuracy()
            metric.name = "accuracy"
        return metric
    if not isinstance(item, Metric):
        hint = f"; did you mean {item.__name__}()?" if isinstance(item, type) else ""
        raise TypeError(f"{item!r} is no metric; names are {', '.join(BY_NAME)}, objects those of nn.metrics{hint}")
    if not isinstance(getattr(item, "name", None), str):
        raise TypeError(f"{type(item).__name__} has no name for the history")
    return item
