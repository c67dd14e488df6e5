"""A network with a loss, as the core computes them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _core, functional
from .config import threads_for
from .errors import DivergedError
from .losses import INFOS, Loss
from .metrics import Metric

if TYPE_CHECKING:
    from .model import Sequential

Array = NDArray[Any]

# What turns the output that a loss is computed from into probabilities, which metrics see.
LINKS = {
    "CrossEntropyLogits": functional.FUNCTIONS["softmax"],
    "CrossEntropyLogitsSoft": functional.FUNCTIONS["softmax"],
    "BCEWithLogitsLoss": functional.FUNCTIONS["sigmoid"],
    "NLLLoss": functional.FUNCTIONS["exponential"],
}
# Last layers that a loss of logits would apply again, or that give no log-probabilities.
TWICE = {
    "CrossEntropyLogits": ("Softmax", "Softmin", "Sigmoid"),
    "CrossEntropyLogitsSoft": ("Softmax", "Softmin", "Sigmoid"),
    "BCEWithLogitsLoss": ("Sigmoid",),
    "NLLLoss": ("Softmax", "Softmin", "Sigmoid"),
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
        swallow = fused is not None and type(network[-1]).__name__ == fused[0]
        names = fused[1] if fused is not None and swallow else loss.names
        name = names[1] if labels else names[0]
        assert name is not None
        if not swallow and type(network[-1]).__name__ in TWICE.get(name, ()):
            warnings.warn(
                f"{type(loss).__name__} takes logits, but the network ends in {network[-1]!r}: leave that layer out, "
                "or use a loss of probabilities (from_logits=False, BCELoss, or NLLLoss after LogSoftmax)",
                UserWarning,
                stacklevel=4,
            )
        self.info, self.name, self._loss = INFOS[name], type(loss).__name__, loss
        self.network = network.core(in_features, len(network) - swallow)
        self.loss = _core.Loss(name, loss.parameters_for(name), loss.reduction)
        self.dtype = network.dtype
        self._link = LINKS.get(name)
        self._rows = int(np.clip(WORK / max(1, network.parameter_count), LEAST_ROWS, MOST_ROWS))

    def value(self, total: float, rows: int) -> float:
        """The loss from the sum of the samples' losses."""
        if self._loss.reduction == "sum":
            return total
        return total / (rows * self.network.out_features if self.info.per_element else rows)

    def predictions(self, outputs: Array) -> Array:
        """Probabilities where the loss is one of classification, else the network's output."""
        return outputs if self._link is None else self._link(outputs)

    def evaluate(
        self, X: Array, target: Array, weight: Array | None, metrics: list[Metric], threads: int | None = None
    ) -> dict[str, float]:
        """The loss and the metrics of all rows."""
        count, total = threads_for(threads), 0.0
        outputs = np.empty((len(X), self.network.out_features), self.dtype) if metrics else None
        for start in range(0, len(X), self._rows):
            part = slice(start, start + self._rows)
            y = self.network.forward(X[part], count)
            d = target[part] if self.info.labels else np.ascontiguousarray(target[part], self.dtype)
            values, _ = self.loss.evaluate(y, d, None if weight is None else weight[part])
            total += float(values.sum())
            if outputs is not None:
                outputs[part] = y
        logs = {"loss": self.value(total, len(X))}
        return logs if outputs is None else logs | self.measure(metrics, target, outputs)

    def measure(self, metrics: list[Metric], target: Array, outputs: Array) -> dict[str, float]:
        """The metrics of recorded outputs."""
        predictions = self.predictions(outputs)
        return {metric.name: metric.number(target, predictions) for metric in metrics}

    def gradients(
        self, X: Array, target: Array, weight: Array | None, threads: int | None = None
    ) -> tuple[float, list[dict[str, Array]]]:
        """The loss of all rows as one batch, and its gradients, one dict a layer."""
        total, gradients = _core.gradients(self.network, self.loss, X, target, weight, threads_for(threads))
        if not np.isfinite(total):
            raise DivergedError(f"{self.name}: the loss is NaN or infinite, and so has no gradient", epoch=0, step=0)
        return self.value(total, len(X)), gradients
