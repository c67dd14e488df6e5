"""Precision, recall and F1: fractions of how often each class is predicted and how often it is true."""

import numpy as np

from ..validation import flag, one_of, real_number
from .base import Array, Metric, check_classes, dense_of, labels_of


class CountMetric(Metric):
    """A fraction of counts for every class, and a mean of them.

    The predicted class is that of the largest output, or, with one output, 1 where it is above the threshold. A class
    whose denominator is 0 has the fraction 0.

    Parameters
    ----------
    average : "binary" | "macro" | "micro" | "weighted" or None, default None
        "binary": of class 1 of two. "macro": the mean over the classes that are predicted or true at least once.
        "weighted": the same, each class counting by its number of samples. "micro": of the counts of all classes
        together. None: "binary" for two classes, else "macro".
    threshold : float, default 0.5
        With one output, or `multilabel`, predictions above it are positive.
    multilabel : bool, default False
        Whether several outputs are classes of their own, any number of which may be true, as BCEWithLogitsLoss has it.

    Raises
    ------
    ValueError
        The targets are no classes, or more than two for "binary"; raised before training.
    """

    def __init__(self, average: str | None = None, threshold: float = 0.5, multilabel: bool = False) -> None:
        self.average = average
        if average is not None:
            self.average = one_of(average, "average", ("binary", "macro", "micro", "weighted"))
        self.threshold = real_number(threshold, "threshold")
        self.multilabel = flag(multilabel, "multilabel")

    @property
    def name(self) -> str:  # type: ignore[override]
        """The class's name, and the average that was asked for."""
        return "_".join(filter(None, [type(self).__name__.lower(), self.average]))

    def fraction(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        """Numerator and denominator from how often each class is predicted rightly, predicted, and true."""
        raise TypeError(f"{type(self).__name__} is a CountMetric without fraction(self, right, predicted, true)")

    def check(self, target: Array, outputs: int) -> None:
        check_classes(self, target, outputs, self.multilabel)
        if self.average == "binary" and (outputs > 2 or (self.multilabel and outputs > 1)):
            raise ValueError(f"the metric {self.name!r} needs two classes, but there are {outputs}; use macro or micro")

    def __call__(self, target: Array, prediction: Array) -> float:
        outputs = prediction.shape[1]
        multilabel = self.multilabel and outputs > 1
        average = self.average or ("macro" if outputs > 2 or multilabel else "binary")
        right, predicted, true = self._counts(target, prediction, multilabel)
        above, below = self.fraction(right, predicted, true)
        if average == "micro":
            return float(above.sum() / max(1, below.sum()))
        fractions = above / np.maximum(1, below)
        if average == "binary":
            return float(fractions[1])
        if average == "weighted":
            return float(fractions @ true / max(1, true.sum()))
        return float(fractions.mean() if multilabel else fractions[predicted + true > 0].mean())

    def _counts(self, target: Array, prediction: Array, multilabel: bool) -> tuple[Array, Array, Array]:
        """How often each class is predicted rightly, predicted, and true."""
        if multilabel:
            positive, d = prediction > self.threshold, dense_of(target, prediction) > 0.5
            return (positive & d).sum(axis=0), positive.sum(axis=0), d.sum(axis=0)
        if prediction.shape[1] == 1:
            said = (prediction[:, 0] > self.threshold).astype(int)
            true = (dense_of(target, prediction)[:, 0] > 0.5).astype(int)
        else:
            said, true = prediction.argmax(axis=1), labels_of(target)
        classes = max(2, prediction.shape[1])
        right, predicted, count = (np.bincount(each, minlength=classes) for each in (true[said == true], said, true))
        return right, predicted, count


class Precision(CountMetric):
    """The share of the samples predicted to be of a class that are.

    It takes the parameters of `CountMetric`; `Precision("macro")` is called "precision_macro".

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.Precision()(np.array([0, 0, 0, 1]), np.array([[0.2], [0.3], [0.6], [0.9]]))
    0.5
    """

    def fraction(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        """right / predicted"""
        return right, predicted


class Recall(CountMetric):
    """The share of the samples of a class that are predicted to be of it.

    It takes the parameters of `CountMetric`; `Recall("macro")` is called "recall_macro".

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.Recall()(np.array([0, 0, 1, 1]), np.array([[0.2], [0.6], [0.4], [0.9]]))
    0.5
    """

    def fraction(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        """right / true"""
        return right, true


class F1(CountMetric):
    """2 / (1 / precision + 1 / recall), the harmonic mean of both.

    It takes the parameters of `CountMetric`; `F1("macro")` is called "f1_macro".

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.metrics.F1()(np.array([0, 0, 1, 1]), np.array([[0.2], [0.6], [0.4], [0.9]]))
    0.5
    """

    def fraction(self, right: Array, predicted: Array, true: Array) -> tuple[Array, Array]:
        """2 right / (predicted + true)"""
        return 2 * right, predicted + true
