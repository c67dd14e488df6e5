"""Losses of outputs that are each the probability, or the logit, of a class of its own."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from ..validation import per_output, real_number
from .base import Loss, as_list, check_one_each, check_probabilities

Array = NDArray[Any]


class _OfFractions(Loss):
    independent = True

    def check_target(self, target: Array, name: str) -> None:
        check_probabilities(target, name, sums=False)


class BCELoss(_OfFractions):
    """-[d log y + (1 - d) log(1 - y)] of probabilities y, mean over all elements.

    As in PyTorch, the logarithms end at -100. If the network ends in Sigmoid, that layer and this loss are computed
    together, as `BCEWithLogitsLoss`: the gradient by the Sigmoid's input is y - d and never overflows.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.BCELoss()([[0.5]], [[1.0]]), 6)
    0.693147
    """

    dense = "BCELoss"

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]]:
        return "Sigmoid", ("BCEWithLogitsLoss", None)


class BCEWithLogitsLoss(_OfFractions):
    """w d log(1 + e^-u) + (1 - d) log(1 + e^u) of logits u, mean over all elements; exact for any logit.

    Parameters
    ----------
    pos_weight : float or list of float, default 1
        w, the weight of positive targets, or one for each output; at least 0.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.BCEWithLogitsLoss()([[1000.0]], [[0.0]])
    1000.0
    """

    dense = "BCEWithLogitsLoss"

    def __init__(self, pos_weight: float | ArrayLike = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.pos_weight = per_output(pos_weight, "pos_weight", 0)

    @property
    def columns(self) -> list[float]:
        return as_list(self.pos_weight)

    def target_columns(self, outputs: int) -> int:
        check_one_each(self.pos_weight, "BCEWithLogitsLoss", "values of pos_weight", outputs)
        return outputs


class BinaryFocalLoss(_OfFractions):
    """The focal loss of logits u, each output a class of its own, mean over all elements (Lin et al. 2017).

        -alpha d (1 - z)^gamma log z - (1 - alpha) (1 - d) z^gamma log(1 - z),  z = sigmoid(u)

    Samples that the network is sure about count less: it learns from the hard ones.

    Parameters
    ----------
    gamma : float, default 2
        How much less; 0 is half of the binary cross entropy. At least 0.
    alpha : float or list of float, default 0.5
        The share of positive targets in the loss, or one for each output; in [0, 1].
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.BinaryFocalLoss()([[0.0]], [[1.0]]), 6)
    0.086643
    """

    dense = "BinaryFocalLoss"

    def __init__(self, gamma: float = 2.0, alpha: float | ArrayLike = 0.5, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.gamma, self.alpha = real_number(gamma, "gamma", 0), per_output(alpha, "alpha", 0, 1)

    @property
    def arguments(self) -> dict[str, float]:
        return {"gamma": self.gamma}

    @property
    def columns(self) -> list[float]:
        return as_list(self.alpha)

    def target_columns(self, outputs: int) -> int:
        check_one_each(self.alpha, "BinaryFocalLoss", "values of alpha", outputs)
        return outputs


class TverskyLoss(_OfFractions):
    """1 - (S + eps) / (S + alpha P + beta N + eps) of probabilities y, mean over the samples (Salehi et al. 2017).

    S = sum y d are hits, P = sum y (1 - d) false ones, and N = sum (1 - y) d misses, each over a sample's outputs: for
    masks and other sets of labels, of which few are positive.

    Parameters
    ----------
    alpha, beta : float, default 0.5
        Weights of false hits and of misses, at least 0.
    eps : float, default 1e-7
        Keeps the quotient of zeros finite; above 0.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.TverskyLoss()([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]), 6)
    0.333333
    """

    dense = "TverskyLoss"

    def __init__(self, alpha: float = 0.5, beta: float = 0.5, *, eps: float = 1e-7, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.alpha, self.beta = real_number(alpha, "alpha", 0), real_number(beta, "beta", 0)
        self.eps = real_number(eps, "eps", 1e-30)

    @property
    def arguments(self) -> dict[str, float]:
        return {"alpha": self.alpha, "beta": self.beta, "eps": self.eps}


class DiceLoss(_OfFractions):
    """1 - 2 S / (sum y + sum d), S = sum y d, of probabilities y, mean over the samples (Milletari et al. 2016).

    The `TverskyLoss` with alpha = beta = 1/2.

    Parameters
    ----------
    eps : float, default 1e-7
        Keeps the quotient of zeros finite; above 0.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.DiceLoss()([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]), 6)
    0.333333
    """

    dense = "TverskyLoss"  # whose alpha and beta are 1/2 by default

    def __init__(self, *, eps: float = 1e-7, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.eps = real_number(eps, "eps", 1e-30)

    @property
    def arguments(self) -> dict[str, float]:
        return {"eps": self.eps}
