"""Metrics of predicted probabilities, and of scores by their order."""

import numpy as np
from numpy.typing import NDArray

from ..validation import flag
from .base import Array, Metric, check_classes, dense_of, labels_of

ROUNDING = 1e-5  # by which a probability may lie outside of [0, 1]


class LogLoss(Metric):
    """The mean of -log p, where p is the probability that was given to the target's class.

    p is kept away from 0 and 1 by the dtype's epsilon, as in scikit-learn.

    Parameters
    ----------
    multilabel : bool, default False
        Whether several outputs are classes of their own, any number of which may be true, as BCEWithLogitsLoss has it;
        the mean is over all of them then.

    Raises
    ------
    ValueError
        The targets are no classes, or the predictions no probabilities.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> round(nn.metrics.LogLoss()(np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])), 4)
    1.0397
    """

    name = "log_loss"

    def __init__(self, multilabel: bool = False) -> None:
        self.multilabel = flag(multilabel, "multilabel")

    def check(self, target: Array, outputs: int) -> None:
        check_classes(self, target, outputs, self.multilabel)

    def __call__(self, target: Array, prediction: Array) -> float:
        for p in (prediction.min(), prediction.max()):
            if not -ROUNDING <= p <= 1 + ROUNDING:
                raise ValueError(f"log_loss needs probabilities, but a prediction is {p:g}; use a loss of classes")
        epsilon = np.finfo(prediction.dtype).eps
        p = prediction.astype(np.float64).clip(epsilon, 1 - epsilon)
        if self.multilabel or p.shape[1] == 1:
            d = dense_of(target, prediction)
            d = np.maximum(d, 0)  # of signs
            return float(-np.mean(d * np.log(p) + (1 - d) * np.log1p(-p)))
        if target.ndim == 1:
            return float(-np.log(p[np.arange(len(p)), target]).mean())
        return float(-(target * np.log(p)).sum(axis=1).mean())


class ROCAUC(Metric):
    """The area under the ROC curve: the probability that a sample of a class scores higher than one of the others.

    Equal scores count half. With several outputs it is the mean over the classes, each against the others; classes of
    which all samples are, or none, are left out. If that leaves none, it is NaN.

    Raises
    ------
    ValueError
        The targets are no classes; raised before training.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.ROCAUC()(np.array([0, 0, 1, 1]), np.array([[0.1], [0.4], [0.35], [0.8]]))
    0.75
    """

    name = "roc_auc"

    def check(self, target: Array, outputs: int) -> None:
        check_classes(self, target, outputs, multilabel=True)

    def __call__(self, target: Array, prediction: Array) -> float:
        several, labels = prediction.shape[1] > 1, labels_of(target) if target.ndim == 1 else None
        areas = []
        for k, scores in enumerate(prediction.T):
            positive = labels == k if several and labels is not None else dense_of(target, prediction)[:, k] > 0.5
            positives = int(positive.sum())
            if 0 < positives < len(positive):
                above = ranks(scores)[positive].sum() - positives * (positives + 1) / 2
                areas.append(above / positives / (len(positive) - positives))
        return float(np.mean(areas)) if areas else np.nan


def ranks(scores: Array) -> NDArray[np.float64]:
    """The place of every score in ascending order, counted from 1; equal ones share the mean of their places."""
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    shared: NDArray[np.float64] = (counts.cumsum() - (counts - 1) / 2)[which]
    return shared
