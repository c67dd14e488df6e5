"""A network with a loss, as the core computes them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _core, functional
from .config import threads_for
from .errors import DivergedError
from .losses import Loss
from .mapped import Mapped
from .metrics import Metric

if TYPE_CHECKING:
    from .model import Sequential

Array = NDArray[Any]

# What turns the output that a loss is computed from into what metrics see: probabilities, or means.
LINKS: dict[str, Callable[[Array], Array]] = {
    "CrossEntropyLogits": functional.FUNCTIONS["softmax"],
    "CrossEntropyLogitsSoft": functional.FUNCTIONS["softmax"],
    "FocalLoss": functional.FUNCTIONS["softmax"],
    "FocalLossSoft": functional.FUNCTIONS["softmax"],
    "GeneralizedCrossEntropyLoss": functional.FUNCTIONS["softmax"],
    "GeneralizedCrossEntropyLossSoft": functional.FUNCTIONS["softmax"],
    "BCEWithLogitsLoss": functional.FUNCTIONS["sigmoid"],
    "BinaryFocalLoss": functional.FUNCTIONS["sigmoid"],
    "NLLLoss": functional.FUNCTIONS["exponential"],
    "NLLLossSoft": functional.FUNCTIONS["exponential"],
    "KLDivLoss": functional.FUNCTIONS["exponential"],
    "GaussianNLLLoss": lambda y: y[:, : y.shape[1] // 2],  # the means
}
# Last layers that a loss of logits would apply again, or that give no log-probabilities.
TWICE = {
    **dict.fromkeys(
        (
            *("CrossEntropyLogits", "FocalLoss", "GeneralizedCrossEntropyLoss", "NLLLoss"),
            *("CrossEntropyLogitsSoft", "FocalLossSoft", "GeneralizedCrossEntropyLossSoft", "NLLLossSoft"),
        ),
        ("Softmax", "Softmin", "Sparsemax", "Sigmoid"),
    ),
    **dict.fromkeys(("BCEWithLogitsLoss", "BinaryFocalLoss"), ("Sigmoid",)),
    "KLDivLoss": ("Softmax", "Softmin", "Sparsemax", "Sigmoid"),
}
WORK = 5e8  # multiply-adds of one call of the core: signals are seen between two calls
LEAST_ROWS, MOST_ROWS = 64, 1 << 16


class Objective:
    """The core's network and loss for a Sequential, a Loss and a kind of target.

    If the network ends in the layer that the loss is fused with (Softmax with the cross entropy of probabilities,
    LogSoftmax with NLLLoss, Sigmoid with BCELoss), the core gets the network without that layer and the loss of logits:
    their gradient z - d neither overflows nor loses digits.
    """

    def __init__(self, network: Sequential, loss: Loss, labels: bool, in_features: int) -> None:
        fused = loss.fused
        swallow = fused is not None and network[-1].is_a(fused[0])
        names = fused[1] if fused is not None and swallow else loss.names
        name = names[1] if labels else names[0]
        assert name is not None
        if not swallow and network[-1].is_a(*TWICE.get(name, ())):
            warnings.warn(
                f"{type(loss).__name__} takes logits, but the network ends in {network[-1]!r}: leave that layer out, "
                "or use a loss of probabilities (from_logits=False, BCELoss, or NLLLoss after LogSoftmax)",
                UserWarning,
                stacklevel=4,
            )
        self._loss = loss
        self.name, self.takes_labels, self._ignored = type(loss).__name__, labels, loss.ignored
        self._sum, self._weighs_labels = loss.reduction == "sum", labels and loss.weighs_labels
        self.network, self.swallows = network.core(in_features, len(network) - swallow), swallow
        self.loss = loss.core(name, labels)
        self.dtype, self._names = network.dtype, [name for name, _ in network.leaves()]
        self._link = LINKS.get(name)
        self._rows = int(np.clip(WORK / max(1, network.parameter_count), LEAST_ROWS, MOST_ROWS))

    @property
    def multilabel(self) -> bool:
        """Whether each of several outputs is a class of its own."""
        return self._loss.independent and self.network.out_features > 1

    def weight(self, target: Array, rows: Array | None = None) -> float:
        """What the sum of the losses of all samples, or of some rows, is divided by for their mean."""
        count = len(target if rows is None else rows)
        if not self._weighs_labels:
            return self.loss.divisor(count, self.network.out_features, None)
        labels = target if rows is None else target[rows]
        return self.loss.divisor(count, self.network.out_features, labels)

    def value(self, total: float, weight: float) -> float:
        """The loss from the sum of the samples' losses and their weight."""
        if self._sum:
            return total
        return total / weight if weight else np.nan

    def predictions(self, outputs: Array) -> Array:
        """Probabilities where the loss is one of classification, else the network's output."""
        return outputs if self._link is None else self._link(outputs)

    def evaluate(
        self, X: Array, target: Array, weight: Array | None, metrics: list[Metric], threads: int | None = None
    ) -> dict[str, float]:
        """The loss and the metrics of all rows."""
        outputs = np.empty((len(X), self.network.out_features), self.dtype) if metrics else None
        logs = {"loss": self.loss_of(X, target, weight, threads, outputs)}
        return logs if outputs is None else logs | self.measure(metrics, target, outputs)

    def loss_of(
        self, X: Array, target: Array, weight: Array | None, threads: int | None = None, outputs: Array | None = None
    ) -> float:
        """The loss of all rows; their outputs too, (n, outputs), if there is room for them."""
        count, total = threads_for(threads), 0.0
        mapped = Mapped(X)
        rows = mapped.rows_at_once(self._rows)
        for start in range(0, len(X), rows):
            part = slice(start, start + rows)
            y = self.network.forward(X[part], count)
            mapped.read(rows)
            d = target[part] if self.takes_labels else np.ascontiguousarray(target[part], self.dtype)
            values, _ = self.loss.evaluate(y, d, None if weight is None else weight[part], None, count)
            total += float(values.sum())
            if outputs is not None:
                outputs[part] = y
        return self.value(total, self.weight(target))

    def check_metrics(self, metrics: list[Metric], target: Array) -> None:
        """Raises ValueError if these targets have no such metric."""
        counted = self._loss.for_metrics(target)
        if self._ignored is not None and self.takes_labels:
            counted = counted[counted != self._ignored]
        for metric in metrics if len(counted) else ():
            metric.check(counted, self.predictions(np.zeros((1, self.network.out_features), self.dtype)).shape[1])

    def measure(self, metrics: list[Metric], target: Array, outputs: Array) -> dict[str, float]:
        """The metrics of recorded outputs."""
        target = self._loss.for_metrics(target)
        if self._ignored is not None and self.takes_labels:
            counted = target != self._ignored
            target, outputs = target[counted], outputs[counted]
        predictions = self.predictions(outputs)
        return {metric.name: metric.number(target, predictions) for metric in metrics}

    def gradients(
        self, X: Array, target: Array, weight: Array | None, threads: int | None = None
    ) -> tuple[float, dict[str, Array]]:
        """The loss of all rows as one batch, and its gradients by name: "0.weight", ..."""
        total, gradients = _core.gradients(self.network, self.loss, X, target, weight, threads_for(threads))
        if not np.isfinite(total):
            raise DivergedError(f"{self.name}: the loss is NaN or infinite, and so has no gradient", epoch=0, step=0)
        by_name = {
            f"{layer}.{name}": array
            for layer, arrays in zip(self._names, gradients, strict=False)
            for name, array in arrays.items()
        }
        return self.value(total, self.weight(target)), by_name
