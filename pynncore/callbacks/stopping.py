"""Callbacks that end training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..snapshot import Snapshot
from ..validation import flag, one_of, real_number, whole_number
from .base import Callback
from .monitor import check_monitored, is_better

if TYPE_CHECKING:
    from ..training import Training

PRESENT = "those of the network"  # in a checkpoint: the best weights


class EarlyStopping(Callback):
    """Stops training when a number no longer improves.

    Parameters
    ----------
    patience : int, default 5
        Epochs without improvement after which training stops, at least 1.
    monitor : str or None, default None
        The number's name in the history. None: "val_loss" if there is validation data, else "loss".
    min_delta : float, default 0
        An improvement must be larger than this.
    restore_best : bool, default True
        Whether the network gets the weights of its best epoch back at the end.
    mode : "min" | "max" | "auto", default "auto"
        What is better; "auto": larger for accuracy, precision, recall, F1, AUC, R2 and score, smaller for losses and
        errors. Other names need "min" or "max".

    Attributes
    ----------
    best : float or None
        The best value so far.
    best_epoch : int or None
        Its epoch, counted from 1.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(1, 1, weight_init="zeros"), rng=0)
    >>> stop = nn.EarlyStopping(patience=2)
    >>> options = {"loss": "mse", "optimizer": "SGD", "epochs": 100, "callbacks": [stop]}
    >>> history = network.fit(np.ones((4, 1)), np.zeros(4), **options)
    >>> len(history), history.stopped
    (3, 'loss has not improved for 2 epochs')
    """

    def __init__(
        self,
        patience: int = 5,
        monitor: str | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
        mode: str = "auto",
    ) -> None:
        if not isinstance(monitor, str | None):
            raise TypeError(f"monitor is {monitor!r}, but a name in the history was expected")
        self.patience = whole_number(patience, "patience", 1)
        self.monitor = monitor
        self._monitored = monitor or "loss"
        self.min_delta = real_number(min_delta, "min_delta", 0)
        self.restore_best = flag(restore_best, "restore_best")
        self.mode = one_of(mode, "mode", ("min", "max", "auto"))
        self._mode = self.mode  # not "auto", while training
        self.best: float | None = None
        self.best_epoch: int | None = None
        self._snapshot: Snapshot | None = None
        self._take_soon = False  # the network is about to get the best weights

    def on_train_begin(self, training: Training) -> None:
        known = training.names
        self._monitored = self.monitor or ("val_loss" if "val_loss" in known else "loss")
        self._mode = check_monitored("EarlyStopping", self._monitored, self.mode, known)
        self.best = self.best_epoch = None
        self._take_soon = False
        self._snapshot = Snapshot(training.network) if self.restore_best else None

    def on_epoch_end(self, training: Training) -> None:
        value = training.logs[self._monitored]
        if self._improves(value):
            self.best, self.best_epoch = value, training.epoch
            if self._snapshot is not None:
                self._snapshot.take()
        elif training.epoch - (self.best_epoch or 0) >= self.patience:
            training.stop(f"{self._monitored} has not improved for {self.patience} epochs")

    def on_train_end(self, training: Training) -> None:
        if self._snapshot is not None and self.best_epoch not in (None, training.epoch):
            self._snapshot.restore()
        self._snapshot = None

    def state_dict(self) -> dict[str, Any]:
        weights: object = None
        if self._snapshot is not None:
            weights = PRESENT if self._take_soon or self._snapshot.is_current else self._snapshot.arrays
        return {"monitor": self._monitored, "best": self.best, "best_epoch": self.best_epoch, "weights": weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["monitor"] != self._monitored:
            raise ValueError(f"EarlyStopping monitored {state['monitor']!r}, but now monitors {self._monitored!r}")
        if (state["weights"] is None) == self.restore_best:
            raise ValueError(f"restore_best is {self.restore_best}, but was {not self.restore_best}")
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self._take_soon = state["weights"] == PRESENT
        if self._snapshot is not None and not self._take_soon:
            self._snapshot.arrays = state["weights"]

    def on_checkpoint(self, training: Training) -> None:
        if self._take_soon and self._snapshot is not None:
            self._snapshot.take()
            self._take_soon = False

    def _improves(self, value: float) -> bool:
        return is_better(value, self.best, self._mode, self.min_delta)
