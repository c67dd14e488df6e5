"""The training loop with scikit-learn's batches, weights, penalty and loss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..callbacks import Callback
from ..optimizers import Optimizer
from ..resuming import Running
from ..samples import Data
from ..training import Settings, Training
from .outputs import Outputs

if TYPE_CHECKING:
    from ..model import Sequential
    from .base import BaseMLP

Array = NDArray[Any]


class Epochs(Training):
    """Training of an estimator.

    In each batch the samples' weights, which the engine divides by their number, are made to sum to it, because
    scikit-learn divides by their sum; and so is alpha, the factor of the penalty.
    """

    def __init__(
        self,
        estimator: BaseMLP,
        network: Sequential,
        outputs: Outputs,
        data: Data,
        sample_weight: Array | None,
        validation: Data | None,
        optimizer: Optimizer,
        settings: Settings,
        callbacks: list[Callback],
    ) -> None:
        super().__init__(network, data, validation, outputs.loss, optimizer, settings, [], callbacks, False)
        self._estimator, self._as = estimator, outputs
        self._sample_weight = sample_weight  # of all rows of X
        self._constant = outputs.constant(data.target)  # of all rows too
        n, alpha = len(data), float(estimator.alpha)
        sizes = np.full(self.steps, self.samples_of_step, np.float64)
        sizes[-1] = n - (self.steps - 1) * self.samples_of_step
        self._sizes, self._divisors = sizes, sizes  # samples of the steps, and what their losses are divided by
        self._alpha = alpha
        self._weight: Array | None = None  # of the samples of this epoch, in its order
        if sample_weight is None and outputs.factor != 1:
            weight = np.full(len(data.X), outputs.factor, network.dtype)
            self._data = replace(data, weight=weight)

    @property
    def names(self) -> list[str]:
        return ["loss", *(["val_loss", "val_score"] if self._validation is not None else []), "lr", "seconds"]

    def _order(self) -> NDArray[np.int64]:
        order = self._estimator._next_order(len(self._data))
        rows = order if self._data.rows is None else self._data.rows[order]
        if self._sample_weight is not None:
            self._weigh(rows)
        return rows

    def _weigh(self, rows: NDArray[np.int64]) -> None:
        """Weights of this epoch's batches."""
        assert self._sample_weight is not None
        of_batches = self._sample_weight[rows]
        starts = np.arange(self.steps) * self.samples_of_step
        sums = np.add.reduceat(of_batches, starts)
        shares = np.divide(self._sizes, sums, out=np.zeros_like(sums), where=sums != 0)
        self._weight = of_batches * np.repeat(shares, self._sizes.astype(np.int64))
        weight = np.zeros(len(self._data.X), self.network.dtype)
        weight[rows] = self._weight * self._as.factor
        self._data, self._divisors = replace(self._data, weight=weight), sums

    def _penalties(self, first: int, last: int) -> NDArray[np.float64] | None:
        if not self._alpha:
            return None
        divisors = self._divisors[first:last]
        return np.divide(self._alpha, divisors, out=np.zeros_like(divisors), where=divisors != 0)

    def _epoch_loss(self, running: Running, target: Array) -> float:
        of_data = replace(running, total=running.total - running.penalty)
        value = super()._epoch_loss(of_data, target) * self._as.reported + running.penalty / len(self._data)
        if self._constant is None:
            return value
        constant = self._constant[running.order]
        return value + float((constant if self._weight is None else constant * self._weight).mean())

    def _evaluated(self, data: Data) -> dict[str, float]:
        """The loss, without penalty, and the estimator's score."""
        weight = data.weight
        if weight is not None:
            weight = (weight * (len(weight) / weight.sum())).astype(self.network.dtype)
        u = np.empty((len(data.X), self._as.count), self.network.dtype)
        value = self._objective.loss_of(data.X, data.target, weight, self._settings.threads, u)
        value *= self._as.factor * self._as.reported
        constant = self._as.constant(data.target)
        if constant is not None:
            value += float(np.average(constant, weights=weight))
        return {"loss": value, "score": self._estimator._score_of(u, data.target, data.weight)}
