"""Losses of scores: of signs, of the largest output, and of directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..validation import real_number
from .base import Loss, check_signs

Array = NDArray[Any]


class _OfSigns(Loss):
    signs = True

    def check_target(self, target: Array, name: str) -> None:
        check_signs(target, name)


class HingeLoss(_OfSigns):
    """max(0, 1 - t y) for targets t = -1 or 1, mean over all elements: the support vector machine's loss.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.HingeLoss()([[0.5], [-2.0]], [[1], [1]])
    1.75
    """

    dense = "HingeLoss"


class SquaredHinge(_OfSigns):
    """max(0, 1 - t y)^2 for targets t = -1 or 1, mean over all elements.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.SquaredHinge()([[0.5], [-2.0]], [[1], [1]])
    4.625
    """

    dense = "SquaredHinge"


class PerceptronLoss(_OfSigns):
    """max(0, -t y) for targets t = -1 or 1, mean over all elements.

    With one `Linear` layer, batches of 1 and `SGD`, this is Rosenblatt's perceptron (1958): a sample on the wrong side,
    or on the line itself, moves the weights by lr t x, and others by nothing.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.PerceptronLoss()([[0.5], [-2.0]], [[1], [1]])
    1.0
    """

    dense = "PerceptronLoss"


class ZeroOneLoss(Loss):
    """The fraction that is wrong: rows whose largest output is not the target's class.

    With one output, a prediction above 0 means class 1, and so does a target above 0. Its gradient is 0 everywhere: it
    is a loss to report, and `fit` refuses it.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"
        "sum": the number of wrong rows.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.ZeroOneLoss()([[0.1, 2.0], [0.3, 0.1]], [1, 1])
    0.5
    """

    dense = labels = "ZeroOneLoss"
    surrogates = ("CrossEntropyLoss", "BCEWithLogitsLoss", "HingeLoss", "PerceptronLoss")

    def takes_labels_for(self, outputs: int) -> bool:
        return outputs > 1


class CategoricalHingeLoss(Loss):
    """max(0, 1 + max_k (1 - d_k) y_k - y_class), mean over the samples, as in Keras.

    Since the class itself counts as 0 in the maximum, its output should be at least 1 even if all others are negative.

    Targets are integer labels (n,), or one-hot rows.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.CategoricalHingeLoss()([[0.5, 2.0, 0.0]], [1])
    0.0
    """

    dense = labels = "CategoricalHingeLoss"


class CosineEmbeddingLoss(Loss):
    """1 - c for targets that the prediction should be like, max(0, c - margin) for others; c: the angle's cosine.

    The target of a sample is a vector, in whose direction the network's output should point. One more column, t, says
    -1 where it should point elsewhere and 1 where not; without that column all are 1.

    Parameters
    ----------
    margin : float, default 0
        The cosine up to which unlike vectors may be alike, in [-1, 1].
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.CosineEmbeddingLoss()([[3.0, 4.0]], [[1.0, 0.0, 1]]), 6)
    0.4
    """

    dense = "CosineEmbeddingLoss"

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = real_number(margin, "margin", -1, 1)

    @property
    def arguments(self) -> dict[str, float]:
        return {"margin": self.margin}

    def target_columns(self, outputs: int) -> int:
        return outputs + 1

    def as_columns(self, target: Array, outputs: int) -> Array:
        if target.ndim == 2 and target.shape[1] == outputs:
            return np.concatenate([target, np.ones((len(target), 1), target.dtype)], axis=1)
        return target

    def check_target(self, target: Array, name: str) -> None:
        check_signs(target[:, -1:], f"the last column of {name}")

    def for_metrics(self, target: Array) -> Array:
        return target[:, :-1]
