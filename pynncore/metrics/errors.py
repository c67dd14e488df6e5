"""Errors of predicted numbers."""

import numpy as np

from .base import Array, Metric, dense_of


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
        return float(np.mean((dense_of(target, prediction) - prediction) ** 2, dtype=np.float64))


class RootMeanSquaredError(Metric):
    """The square root of the mean of (y - d)^2, the mean over the outputs.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.RootMeanSquaredError()(np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]]))
    2.0
    """

    name = "rmse"

    def __call__(self, target: Array, prediction: Array) -> float:
        squares = (dense_of(target, prediction) - prediction) ** 2
        return float(np.sqrt(squares.mean(axis=0, dtype=np.float64)).mean())


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
        return float(np.mean(np.abs(dense_of(target, prediction) - prediction), dtype=np.float64))


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
        d = dense_of(target, prediction).astype(np.float64)
        residual = ((d - prediction) ** 2).sum(axis=0)
        spread = ((d - d.mean(axis=0)) ** 2).sum(axis=0)
        score = np.where(residual == 0, 1.0, 0.0)
        varied = spread > 0
        score[varied] = 1 - residual[varied] / spread[varied]
        return float(score.mean())
