"""Shares of predictions that are right."""

import numpy as np

from ..validation import real_number, whole_number
from .base import Array, Metric, check_two_classes, dense_of, labels_of


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
            check_two_classes(self, target)

    def __call__(self, target: Array, prediction: Array) -> float:
        if prediction.shape[1] == 1:
            return BinaryAccuracy()(target, prediction)
        return float(np.mean(prediction.argmax(axis=1) == labels_of(target)))


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
        return float(np.mean((largest == labels_of(target)[:, np.newaxis]).any(axis=1)))


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
        check_two_classes(self, target)

    def __call__(self, target: Array, prediction: Array) -> float:
        return float(np.mean((prediction > self.threshold) == (dense_of(target, prediction) > 0.5)))


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
        return float(np.mean(prediction * dense_of(target, prediction) > 0))


class ScoreAccuracy(Accuracy):
    """Accuracy of scores: with one output, those above 0 are positive, as `ZeroOneLoss` has it."""

    def check(self, target: Array, outputs: int) -> None:
        pass

    def __call__(self, target: Array, prediction: Array) -> float:
        if prediction.shape[1] > 1:
            return super().__call__(target, prediction)
        return float(np.mean((prediction > 0) == (dense_of(target, prediction) > 0)))
