"""Losses of classes by their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from ..validation import BLOCK, flag, one_of, per_output, real_number, whole_number
from .base import Loss, as_list, check_range

Array = NDArray[Any]
INT32 = -(1 << 31), (1 << 31) - 1
SUM_TOLERANCE = 1e-3  # of a row of probabilities: those rounded to three digits pass


class _OfFractions(Loss):
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


class _OfClasses(Loss):
    """Losses of one class a sample: by labels, or by rows of probabilities."""

    label_smoothing = 0.0

    def __init__(self, *, weight: ArrayLike | None, ignore_index: int | None, reduction: str) -> None:
        super().__init__(reduction=reduction)
        self.weight = None if weight is None else _class_weights(weight)
        self.ignore_index = None if ignore_index is None else whole_number(ignore_index, "ignore_index", *INT32)

    @property
    def plain(self) -> bool:
        """Whether classes are taken as they come: labels are looked up, and need not become rows."""
        return self.weight is None and self.ignore_index is None and self.label_smoothing == 0

    @property
    def weighs_labels(self) -> bool:
        return self.weight is not None or self.ignore_index is not None

    @property
    def ignored(self) -> int | None:
        return self.ignore_index

    def classes_for(self, name: str, labels: bool) -> _core.Classes | None:
        if self.plain:
            return super().classes_for(name, labels)
        smooth = self.label_smoothing
        return _core.Classes(labels, 1 - smooth, smooth, list(self.weight or ()), self.ignore_index)

    def target_columns(self, outputs: int) -> int:
        if self.weight is not None:
            check_one_each(self.weight, type(self).__name__, "class weights", outputs)
        return outputs

    def check_target(self, target: Array, name: str) -> None:
        if self.ignore_index is not None:
            raise ValueError(f"{type(self).__name__} has ignore_index={self.ignore_index}, which needs integer labels")
        check_probabilities(target, name, sums=True)


class CrossEntropyLoss(_OfClasses):
    """-sum_k d_k log softmax(u)_k of logits u, mean over the samples.

    Targets are integer labels (n,), or one-hot or soft labels (n, C). With from_logits=False the network's output y is
    probabilities and the loss is -sum_k d_k log(y_k + eps), as in the lecture. If the network then ends in Softmax,
    that layer and this loss are computed together: the gradient by the Softmax's input is exactly y - d.

    Parameters
    ----------
    from_logits : bool, default True
        Whether the network's output is logits; False: probabilities.
    eps : float or None, default None
        Added inside the logarithm, in [0, 1]. None: 0 for logits, which need none, and 1e-7 for probabilities.
    weight : array-like of float (C,) or None, default None
        Factors of the classes, at least 0. As in PyTorch, the mean over samples with labels is then divided by the sum
        of their weights. (The class_weight of `fit` leaves the division by n.)
    ignore_index : int or None, default None
        A label of samples that do not count, -100 by PyTorch's custom; metrics leave them out too.
    label_smoothing : float, default 0
        The share of each sample's target that is spread over all classes, in [0, 1].
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.CrossEntropyLoss()([[0.0, 0.0]], [1]), 6)
    0.693147
    >>> nn.CrossEntropyLoss(weight=[1, 3])([[0.0, 100.0], [0.0, 100.0]], [0, 1])
    25.0
    """

    def __init__(
        self,
        from_logits: bool = True,
        eps: float | None = None,
        *,
        weight: ArrayLike | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, ignore_index=ignore_index, reduction=reduction)
        self.label_smoothing = real_number(label_smoothing, "label_smoothing", 0, 1)
        self.from_logits = flag(from_logits, "from_logits")
        self.eps = (0.0 if from_logits else 1e-7) if eps is None else real_number(eps, "eps", 0, 1)

    @property
    def names(self) -> tuple[str, str]:
        return self._names("Logits" if self.from_logits else "Probabilities")

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]] | None:
        return None if self.from_logits else ("Softmax", self._names("Logits"))

    def _names(self, kind: str) -> tuple[str, str]:
        return f"CrossEntropy{kind}Soft", f"CrossEntropy{kind}" + "Soft" * (not self.plain)

    @property
    def arguments(self) -> dict[str, float]:
        return {"eps": self.eps}


class NLLLoss(_OfClasses):
    """-y[label] of log-probabilities y, mean over the samples; targets are integer labels (n,).

    If the network ends in LogSoftmax, that layer and this loss are computed together.

    Parameters
    ----------
    weight, ignore_index
        As for `CrossEntropyLoss`.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.NLLLoss()([[-0.5, -2.0]], [1])
    2.0
    """

    def __init__(
        self, *, weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(weight=weight, ignore_index=ignore_index, reduction=reduction)

    @property
    def names(self) -> tuple[None, str]:
        return None, "NLLLoss" if self.plain else "NLLLossSoft"

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]]:
        return "LogSoftmax", (None, "CrossEntropyLogits" if self.plain else "CrossEntropyLogitsSoft")


class FocalLoss(_OfClasses):
    """-sum_k d_k (1 - z_k)^gamma log z_k, z = softmax(u) of logits u, mean over the samples (Lin et al. 2017).

    The cross entropy in which samples that the network is sure about count less. Targets are as for `CrossEntropyLoss`;
    for classes that do not exclude each other there is `BinaryFocalLoss`.

    Parameters
    ----------
    gamma : float, default 2
        How much less; 0 is the cross entropy. At least 0.
    weight, ignore_index, label_smoothing
        As for `CrossEntropyLoss`.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.FocalLoss(gamma=2)([[0.0, 0.0]], [1]), 6)
    0.173287
    """

    def __init__(
        self,
        gamma: float = 2.0,
        *,
        weight: ArrayLike | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, ignore_index=ignore_index, reduction=reduction)
        self.label_smoothing = real_number(label_smoothing, "label_smoothing", 0, 1)
        self.gamma = real_number(gamma, "gamma", 0)

    @property
    def names(self) -> tuple[str, str]:
        return "FocalLossSoft", "FocalLoss" if self.plain else "FocalLossSoft"

    @property
    def arguments(self) -> dict[str, float]:
        return {"gamma": self.gamma}


class GeneralizedCrossEntropyLoss(_OfClasses):
    """sum_k d_k (1 - z_k^q) / q, z = softmax(u) of logits u, mean over the samples (Zhang and Sabuncu 2018).

    For data with wrong labels: a sample whose class looks unlikely counts less than in the cross entropy. Targets are
    as for `CrossEntropyLoss`.

    Parameters
    ----------
    q : float, default 0.5
        In (0, 1]: 1 is the absolute error of the class's probability; towards 0 it becomes the cross entropy.
    weight, ignore_index
        As for `CrossEntropyLoss`.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.GeneralizedCrossEntropyLoss(q=1)([[0.0, 0.0]], [1])
    0.5
    """

    def __init__(
        self,
        q: float = 0.5,
        *,
        weight: ArrayLike | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, ignore_index=ignore_index, reduction=reduction)
        self.q = real_number(q, "q", 1e-30, 1)

    @property
    def names(self) -> tuple[str, str]:
        soft = "GeneralizedCrossEntropyLossSoft"
        return soft, "GeneralizedCrossEntropyLoss" if self.plain else soft

    @property
    def arguments(self) -> dict[str, float]:
        return {"q": self.q}


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


class KLDivLoss(Loss):
    """d (log d - y) of log-probabilities y, mean over all elements as in PyTorch (Kullback and Leibler 1951).

    Parameters
    ----------
    log_target : bool, default False
        Whether the targets are logarithms too.
    reduction : "mean" | "batchmean" | "sum", default "mean"
        "batchmean" divides by the samples alone, which is the mathematical divergence.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> round(nn.KLDivLoss(reduction="batchmean")(np.log([[0.5, 0.5]]), [[1.0, 0.0]]), 6)
    0.693147
    """

    dense = "KLDivLoss"

    def __init__(self, *, log_target: bool = False, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = one_of(reduction, "reduction", ("mean", "batchmean", "sum"))
        self.log_target = flag(log_target, "log_target")

    @property
    def arguments(self) -> dict[str, float]:
        return {"log_target": self.log_target}

    def check_target(self, target: Array, name: str) -> None:
        if not self.log_target:
            check_probabilities(target, name, sums=False)


def _class_weights(weight: ArrayLike) -> tuple[float, ...]:
    weights = per_output(weight, "weight", 0)
    if not isinstance(weights, tuple) or not any(weights):
        raise ValueError(f"weight is {weight!r}, but one number for each class, not all of them 0, was expected")
    return weights


def check_one_each(value: float | tuple[float, ...], kind: str, what: str, outputs: int) -> None:
    """Raises ValueError unless there is one value for all outputs or one for each."""
    if isinstance(value, tuple) and len(value) != outputs:
        raise ValueError(f"{kind} has {len(value)} {what}, but the network has {outputs} outputs")


def check_probabilities(target: Array, name: str, *, sums: bool) -> None:
    """Raises ValueError unless all elements lie in [0, 1] and, if `sums`, all rows sum to 1."""
    check_range(target, name, 0, 1, "targets in [0, 1]")
    if not sums:
        return
    rows = max(1, BLOCK // target.shape[1])
    for start in range(0, len(target), rows):
        total = target[start : start + rows].sum(axis=1, dtype=np.float64)
        wrong = np.flatnonzero(np.abs(total - 1) > SUM_TOLERANCE)
        if len(wrong):
            raise ValueError(
                f"row {start + wrong[0]} of {name} sums to {total[wrong[0]]:g}, "
                "but one-hot or soft labels must sum to 1; for several classes at once use BCEWithLogitsLoss"
            )
