"""Losses of one class a sample, by its probabilities."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from .. import _core
from ..validation import flag, one_of, per_output, real_number, whole_number
from .base import Loss, check_one_each, check_probabilities

Array = NDArray[Any]
INT32 = -(1 << 31), (1 << 31) - 1


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
