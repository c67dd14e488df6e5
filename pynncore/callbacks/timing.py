"""Callbacks that watch the clock."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from ..validation import real_number, whole_number
from .base import Callback

if TYPE_CHECKING:
    from ..training import Training


class TerminateOnTime(Callback):
    """Stops training when its time is over.

    The running epoch is completed, or, with `every_n_batches`, only the running group of steps. An epoch that stays
    incomplete keeps its steps in the weights, but has no line in the history.

    Parameters
    ----------
    seconds : float
        After which to stop, at least 0, counted from the beginning of `fit`.
    every_n_batches : int or None, default None
        How often to look at the clock within an epoch; None: only after epochs.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
    >>> options = {"loss": "mse", "optimizer": "SGD", "epochs": 10**9, "callbacks": [nn.TerminateOnTime(0.01)]}
    >>> history = network.fit(np.ones((4, 1)), np.ones(4), **options)
    >>> len(history) < 10**9, history.stopped
    (True, '0.01 seconds were over')
    """

    def __init__(self, seconds: float, every_n_batches: int | None = None) -> None:
        self.seconds = real_number(seconds, "seconds", 0)
        self.every_n_batches = None
        if every_n_batches is not None:
            self.every_n_batches = whole_number(every_n_batches, "every_n_batches", 1)
        self._end = 0.0

    def on_train_begin(self, training: Training) -> None:
        self._end = perf_counter() + self.seconds
        if training.history.stopped == self._reason:  # training goes on from a checkpoint of that moment
            training.history.stopped = None

    def on_batch_end(self, training: Training) -> None:
        self._look(training, now=True)

    def on_epoch_end(self, training: Training) -> None:
        self._look(training, now=False)

    def _look(self, training: Training, *, now: bool) -> None:
        left = training.epoch < training.epochs or training.step < training.steps
        if left and perf_counter() >= self._end:
            training.stop(self._reason, now=now)

    @property
    def _reason(self) -> str:
        return f"{self.seconds:g} seconds were over"
