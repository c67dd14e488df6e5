"""What the last layer of an estimator's network is for: how many outputs it has, and the loss and function of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import functional
from ..losses import (
    BCEWithLogitsLoss,
    BinaryFocalLoss,
    CrossEntropyLoss,
    FocalLoss,
    GaussianNLLLoss,
    GeneralizedCrossEntropyLoss,
    Loss,
    PoissonNLLLoss,
    QuantileLoss,
    SquaredError,
    loss_of,
)

Array = NDArray[Any]

# scikit-learn's names of what makes predictions of the last layer's values.
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda u: u,
    "softmax": functional.FUNCTIONS["softmax"],
    "logistic": functional.FUNCTIONS["sigmoid"],
    "exp": functional.FUNCTIONS["exponential"],
}
OF_SOFTMAX = (CrossEntropyLoss, FocalLoss, GeneralizedCrossEntropyLoss)
OF_LOGISTIC = (BCEWithLogitsLoss, BinaryFocalLoss)


@dataclass(frozen=True)
class Outputs:
    """The last layer's values u, and what is computed from them.

    Attributes
    ----------
    activation : str
        What makes predictions of u: "identity", "softmax", "logistic" or "exp".
    count : int
        Columns of u.
    loss : Loss
        Of u.
    factor : float
        What the library's loss is multiplied by to have scikit-learn's gradient.
    reported : float
        What that is multiplied by to be the loss that scikit-learn reports.
    quantiles : tuple of float or None
        What each output estimates, where they all have the same target.
    """

    activation: str
    count: int
    loss: Loss
    factor: float = 1.0
    reported: float = 1.0
    quantiles: tuple[float, ...] | None = None

    def predictions(self, u: Array) -> Array:
        """Probabilities, counts or numbers."""
        return FUNCTIONS[self.activation](u)

    def constant(self, target: Array) -> Array | None:
        """What scikit-learn's loss of each sample has and the library's has not, because it changes no gradient."""
        if self.activation != "exp" or (self.factor == 1 and self.count != 1):
            return None
        d = np.asarray(target, np.float64)
        logarithms = np.log(d, out=np.zeros_like(d), where=d > 0)
        total: Array = (d * logarithms - d).sum(axis=1)
        return total


def classifier_outputs(loss: object, kind: str, counts: Sequence[int]) -> Outputs:
    """For targets of scikit-learn's kind, with so many classes in each column of y.

    Raises
    ------
    ValueError
        The loss is not for such targets, or gives no probabilities.
    """
    if kind == "multiclass-multioutput":
        if loss != "log_loss":
            raise ValueError(f"loss is {loss!r}, but y with several columns of classes takes 'log_loss' alone")
        return Outputs("softmax", sum(counts), JointCrossEntropy(tuple(counts)))
    several = kind == "multilabel-indicator"
    if loss == "log_loss":
        if kind == "multiclass":
            return Outputs("softmax", counts[0], CrossEntropyLoss())
        count = counts[0] if several else 1
        return Outputs("logistic", count, BCEWithLogitsLoss(), factor=count)
    chosen = loss_of(loss)
    own = chosen.in_python
    if getattr(chosen, "from_logits", True) and (isinstance(chosen, OF_SOFTMAX) or (own and chosen.takes_labels)):
        if several:
            raise ValueError(f"loss is {loss!r}, which is for one class a sample, but y has several labels a sample")
        return Outputs("softmax", counts[0], chosen)
    if isinstance(chosen, OF_LOGISTIC) or (own and not chosen.takes_labels):
        if kind == "multiclass":
            raise ValueError(
                f"loss is {loss!r}, which is for two classes or for several labels a sample, but y has "
                f"{counts[0]} classes"
            )
        return Outputs("logistic", counts[0] if several else 1, chosen)
    expected = ", ".join(kind.__name__ for kind in (*OF_SOFTMAX, *OF_LOGISTIC))
    raise ValueError(
        f"loss is {loss!r}, but 'log_loss' or a loss of logits was expected: {expected}, or one of your own"
    )


def regressor_outputs(loss: object, targets: int) -> Outputs:
    """For so many columns of y.

    Raises
    ------
    ValueError
        The loss is not for numbers.
    """
    if loss == "squared_error":
        return Outputs("identity", targets, SquaredError(), reported=1 / targets)
    if loss == "poisson":
        return Outputs("exp", targets, PoissonNLLLoss(), factor=targets)
    chosen = loss_of(loss)
    if chosen.dense is None and not (chosen.in_python and not chosen.takes_labels):
        raise ValueError(f"loss is {loss!r}, but a loss of numbers was expected")
    if isinstance(chosen, PoissonNLLLoss) and chosen.log_input:
        return Outputs("exp", targets, chosen)
    if isinstance(chosen, GaussianNLLLoss):
        return Outputs("identity", 2 * targets, chosen)
    if isinstance(chosen, QuantileLoss) and isinstance(chosen.q, tuple) and targets == 1:
        return Outputs("identity", len(chosen.q), chosen, quantiles=chosen.q)
    return Outputs("identity", targets, chosen)


class JointCrossEntropy(Loss):
    """The sum of the cross entropies of several columns of labels, each with logits of its own, mean over the samples.

    Parameters
    ----------
    counts : tuple of int
        Classes of each column; the outputs of the first column come first.

    Examples
    --------
    >>> from pynncore.sklearn.outputs import JointCrossEntropy
    >>> round(JointCrossEntropy((2, 4))([[0.0] * 6], [[1, 3]]), 6)  # log 2 + log 4
    2.079442
    """

    def __init__(self, counts: tuple[int, ...]) -> None:
        super().__init__()
        self.counts = counts

    def target_columns(self, outputs: int) -> int:
        return len(self.counts)

    def blocks(self, output: Array) -> list[Array]:
        """The outputs of each column."""
        return np.split(output, np.cumsum(self.counts)[:-1], axis=1)

    def forward(self, target: Array, output: Array) -> ArrayLike:
        rows, total = np.arange(len(output)), np.zeros(len(output))
        for labels, block in zip(target.T, self.blocks(output), strict=True):
            total -= functional.log_softmax(block)[rows, labels.astype(np.int64)]
        return total

    def backward(self, target: Array, output: Array) -> ArrayLike:
        rows, gradients = np.arange(len(output)), []
        for labels, block in zip(target.T, self.blocks(output), strict=True):
            gradient = FUNCTIONS["softmax"](np.ascontiguousarray(block))
            gradient[rows, labels.astype(np.int64)] -= 1
            gradients.append(gradient)
        return np.concatenate(gradients, axis=1)
