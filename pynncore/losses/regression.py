"""Losses of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..validation import flag, per_output, real_number
from .base import Loss, as_list, check_one_each, check_range

Array = NDArray[Any]


class SquaredError(Loss):
    """1/2 sum_j (y_j - d_j)^2, mean over the samples: the lecture's squared error, whose gradient is (y - d) / N.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.SquaredError()([[1.0, 2.0]], [[0.0, 0.0]])
    2.5
    """

    dense = "SquaredError"


class MSELoss(Loss):
    """(y - d)^2, mean over all elements, as in PyTorch.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.MSELoss()([[1.0, 2.0]], [[0.0, 0.0]])
    2.5
    """

    dense = "MSELoss"


class L1Loss(Loss):
    """|y - d|, mean over all elements; the gradient at 0 is 0.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.L1Loss()([[1.0, 2.0]], [[0.0, 0.0]])
    1.5
    """

    dense = "L1Loss"


class HuberLoss(Loss):
    """r^2 / 2 if |r| <= delta else delta (|r| - delta / 2), where r = y - d; mean over all elements (Huber 1964).

    Parameters
    ----------
    delta : float, default 1
        Where the parabola becomes a line; above 0.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.HuberLoss(delta=1)([[3.0]], [[0.0]])
    2.5
    """

    dense = "HuberLoss"

    def __init__(self, delta: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.delta = real_number(delta, "delta", 1e-30)

    @property
    def arguments(self) -> dict[str, float]:
        return {"delta": self.delta}


class SmoothL1Loss(Loss):
    """r^2 / (2 beta) if |r| < beta else |r| - beta / 2, where r = y - d; mean over all elements (Girshick 2015).

    The `HuberLoss` divided by its delta.

    Parameters
    ----------
    beta : float, default 1
        Where the parabola becomes a line; 0: nowhere, which is the `L1Loss`.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.SmoothL1Loss(beta=2)([[3.0]], [[0.0]])
    2.0
    """

    dense = "SmoothL1Loss"

    def __init__(self, beta: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.beta = real_number(beta, "beta", 0)

    @property
    def arguments(self) -> dict[str, float]:
        return {"beta": self.beta}


class LogCoshLoss(Loss):
    """log cosh(y - d), mean over all elements: r^2 / 2 for small errors r, |r| - log 2 for large ones.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.LogCoshLoss()([[1.0]], [[0.0]]), 6)
    0.433781
    """

    dense = "LogCoshLoss"


class QuantileLoss(Loss):
    """q r if r > 0 else (q - 1) r, where r = d - y; mean over all elements (Koenker and Bassett 1978).

    Its minimum is the q-quantile of the targets. With several quantiles, output j of the network estimates q[j], and
    one column of targets serves them all.

    Parameters
    ----------
    q : float or list of float, default 0.5
        The quantile, or one for each output; in [0, 1].
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.QuantileLoss(q=[0.1, 0.9])([[0.0, 0.0]], [[1.0, 1.0]])
    0.5
    """

    dense = "QuantileLoss"

    def __init__(self, q: float | ArrayLike = 0.5, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.q = per_output(q, "q", 0, 1)

    @property
    def columns(self) -> list[float]:
        return as_list(self.q)

    def target_columns(self, outputs: int) -> int:
        check_one_each(self.q, "QuantileLoss", "quantiles", outputs)
        return outputs

    def as_columns(self, target: Array, outputs: int) -> Array:
        column = target[:, np.newaxis] if target.ndim == 1 else target
        if isinstance(self.q, tuple) and column.ndim == 2 and column.shape[1] == 1:
            return np.broadcast_to(column, (len(column), self.target_columns(outputs)))
        return super().as_columns(target, outputs)


class MeanSquaredLogarithmicError(Loss):
    """(log(1 + y) - log(1 + d))^2, mean over all elements, as in Keras: relative errors of counts and sizes.

    Predictions below 0 count as 0, and so have no gradient: end the network in `Softplus` or `Exponential`.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.MeanSquaredLogarithmicError()([[3.0]], [[3.0]])
    0.0
    """

    dense = "MeanSquaredLogarithmicError"

    def check_target(self, target: Array, name: str) -> None:
        check_range(target, name, 0, np.inf, "targets that are not negative")


class MeanAbsolutePercentageError(Loss):
    """100 |y - d| / max(eps, |d|), mean over all elements, as in Keras.

    Parameters
    ----------
    eps : float, default 1e-7
        What a target nearer to 0 is replaced by; above 0.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.MeanAbsolutePercentageError()([[3.0]], [[4.0]])
    25.0
    """

    dense = "MeanAbsolutePercentageError"

    def __init__(self, eps: float = 1e-7, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.eps = real_number(eps, "eps", 1e-30)

    @property
    def arguments(self) -> dict[str, float]:
        return {"eps": self.eps}


class PoissonNLLLoss(Loss):
    """e^y - d y, mean over all elements: the negative log-likelihood of Poisson counts d, without log d!.

    The network's output y is the logarithm of the expected count; with log_input=False it is the count itself, and the
    loss y - d log(y + eps).

    Parameters
    ----------
    log_input : bool, default True
        Whether y is the logarithm of the expected count.
    full : bool, default False
        Whether to add Stirling's approximation of log d!, which changes no gradient.
    eps : float, default 1e-8
        Added inside the logarithm, in [0, 1].
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.PoissonNLLLoss()([[0.0]], [[3.0]])
    1.0
    """

    dense = "PoissonNLLLoss"

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input, self.full = flag(log_input, "log_input"), flag(full, "full")
        self.eps = real_number(eps, "eps", 0, 1)

    @property
    def arguments(self) -> dict[str, float]:
        return {"log_input": self.log_input, "full": self.full, "eps": self.eps}

    def check_target(self, target: Array, name: str) -> None:
        check_range(target, name, 0, np.inf, "counts, which are not negative")


class GaussianNLLLoss(Loss):
    """1/2 (s + (m - d)^2 e^-s), mean over all targets: a mean m with its own uncertainty (Nix and Weigend 1994).

    A network for C targets has 2 C outputs: first the means m, then the logarithms s of the variances, so that every
    output is a possible one. (PyTorch's takes the variance.)

    Parameters
    ----------
    full : bool, default False
        Whether to add the constant log(2 pi) / 2.
    eps : float, default 1e-6
        The least variance; above 0.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.GaussianNLLLoss()([[3.0, 0.0]], [[1.0]])  # mean 3, variance 1
    2.0
    """

    dense = "GaussianNLLLoss"

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = flag(full, "full"), real_number(eps, "eps", 1e-30)

    @property
    def arguments(self) -> dict[str, float]:
        return {"full": self.full, "eps": self.eps}

    def target_columns(self, outputs: int) -> int:
        if outputs % 2:
            raise ValueError(
                f"the network has {outputs} outputs, but GaussianNLLLoss needs two for each target: its mean and the "
                "logarithm of its variance"
            )
        return outputs // 2
