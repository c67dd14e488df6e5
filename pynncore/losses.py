"""Losses.

d is the target, y the prediction (the network's output), N the number of samples, C the number of outputs. With
reduction "mean" a loss is divided by N, or where each element counts on its own by N C; with "sum" it is not divided.
`sample_weight` multiplies each sample's loss before that.
"""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import ArrayLike, NDArray

from . import _core
from .functional import loss_on_arrays
from .validation import by_name, flag, one_of, real_number

INFOS = {info.name: info for info in _core.losses()}


class Loss:
    """A loss: call it with prediction and target for its value, `gradient` gives the derivative by the prediction.

    Losses are made by the library; `nn.losses` lists them.
    """

    dense: ClassVar[str | None] = None  # the core's loss for targets (n, outputs)
    labels: ClassVar[str | None] = None  # the core's loss for integer labels (n,)
    takes_probabilities: ClassVar[bool] = False  # targets are probabilities, which must lie in [0, 1]

    def __init__(self, *, reduction: str = "mean") -> None:
        self.reduction = one_of(reduction, "reduction", ("mean", "sum"))

    @property
    def names(self) -> tuple[str | None, str | None]:
        """The core's losses for dense targets and for labels."""
        return self.dense, self.labels

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]] | None:
        """The last layer that this loss swallows, and the core's losses of that layer's input."""
        return None

    @property
    def arguments(self) -> dict[str, float]:
        """Numbers by the names that the core's losses give them."""
        return {}

    def parameters_for(self, name: str) -> list[float]:
        """What the core's loss of that name takes: its own defaults for what this loss does not say."""
        return [self.arguments.get(parameter.name, parameter.default) for parameter in INFOS[name].parameters]

    def __call__(self, y: ArrayLike, d: ArrayLike) -> float:
        """The loss of predictions y for targets d.

        Parameters
        ----------
        y : array-like of float (n, outputs)
            Prediction.
        d : array-like (n, outputs), or of int (n,) where the loss takes labels
            Target.
        """
        return self._on_arrays(y, d)[0]

    def gradient(self, y: ArrayLike, d: ArrayLike) -> NDArray[Any]:
        """dLoss/dy, of y's shape; parameters as in a call."""
        return self._on_arrays(y, d)[1]

    def _on_arrays(self, y: ArrayLike, d: ArrayLike) -> tuple[float, NDArray[Any]]:
        infos = [INFOS[name] for name in self.names if name]
        return loss_on_arrays(infos, self.parameters_for(infos[0].name), self.reduction, d, y)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


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


class BCELoss(Loss):
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
    takes_probabilities = True

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]]:
        return "Sigmoid", ("BCEWithLogitsLoss", None)


class BCEWithLogitsLoss(Loss):
    """w d log(1 + e^-u) + (1 - d) log(1 + e^u) of logits u, mean over all elements; exact for any logit.

    Parameters
    ----------
    pos_weight : float, default 1
        w, the weight of positive targets; at least 0.
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.BCEWithLogitsLoss()([[1000.0]], [[0.0]])
    1000.0
    """

    dense = "BCEWithLogitsLoss"
    takes_probabilities = True

    def __init__(self, pos_weight: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.pos_weight = real_number(pos_weight, "pos_weight", 0)

    @property
    def arguments(self) -> dict[str, float]:
        return {"pos_weight": self.pos_weight}


class CrossEntropyLoss(Loss):
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
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> round(nn.CrossEntropyLoss()([[0.0, 0.0]], [1]), 6)
    0.693147
    """

    takes_probabilities = True

    def __init__(self, from_logits: bool = True, eps: float | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.from_logits = flag(from_logits, "from_logits")
        self.eps = (0.0 if from_logits else 1e-7) if eps is None else real_number(eps, "eps", 0, 1)

    @property
    def names(self) -> tuple[str, str]:
        kind = "Logits" if self.from_logits else "Probabilities"
        return f"CrossEntropy{kind}Soft", f"CrossEntropy{kind}"

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]] | None:
        return None if self.from_logits else ("Softmax", ("CrossEntropyLogitsSoft", "CrossEntropyLogits"))

    @property
    def arguments(self) -> dict[str, float]:
        return {"eps": self.eps}


class NLLLoss(Loss):
    """-y[label] of log-probabilities y, mean over the samples; targets are integer labels (n,).

    If the network ends in LogSoftmax, that layer and this loss are computed together.

    Parameters
    ----------
    reduction : "mean" | "sum", default "mean"

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.NLLLoss()([[-0.5, -2.0]], [1])
    2.0
    """

    labels = "NLLLoss"

    @property
    def fused(self) -> tuple[str, tuple[str | None, str | None]]:
        return "LogSoftmax", (None, "CrossEntropyLogits")


LOSSES = (
    SquaredError,
    MSELoss,
    L1Loss,
    HuberLoss,
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    NLLLoss,
)
BY_NAME = {
    **{kind.__name__: kind for kind in LOSSES},
    "cross_entropy": CrossEntropyLoss,
    "mse": MSELoss,
    "mae": L1Loss,
    "l1": L1Loss,
    "huber": HuberLoss,
    "bce": BCELoss,
    "bce_with_logits": BCEWithLogitsLoss,
    "nll": NLLLoss,
}


def loss_of(chosen: object) -> Loss:
    """The loss that a user's choice, an object or a name, means."""
    if isinstance(chosen, str):
        return by_name("loss", chosen, BY_NAME)
    if type(chosen) not in LOSSES:
        hint = f"; did you mean {chosen.__name__}()?" if isinstance(chosen, type) else ""
        raise TypeError(
            f"loss is {chosen!r}, but a loss of pynncore or its name was expected: {', '.join(BY_NAME)}{hint}"
        )
    assert isinstance(chosen, Loss)
    return chosen
