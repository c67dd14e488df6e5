"""Schedules made of others, and of what training shows."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..metrics import mode_of
from ..validation import one_of, real_number, whole_number
from .base import Schedule


class Chain(Schedule):
    """One schedule after another: each begins at its own time 0 when its milestone comes.

    Parameters
    ----------
    schedules : list of Schedule
        All of the same `per`.
    milestones : list of int
        When the second, third, ... begins; increasing.

    Examples
    --------
    >>> import pynncore as nn
    >>> chain = nn.Chain([nn.LinearWarmup(1.0, 0.5, total_iters=2), nn.ExponentialLR(1.0, 0.5)], [2])
    >>> [chain.at(t) for t in range(5)]
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(self, schedules: Sequence[Schedule], milestones: Sequence[int]) -> None:
        self.schedules = list(schedules)
        self.milestones = [whole_number(time, "a milestone", 0) for time in milestones]
        if not self.schedules or any(not isinstance(part, Schedule) for part in self.schedules):
            raise TypeError(f"schedules is {schedules!r}, but a list of schedules was expected")
        units = {part.per for part in self.schedules}
        if len(units) > 1:
            raise ValueError("schedules has some per epoch and some per step, but all must be of one kind")
        if len(self.milestones) != len(self.schedules) - 1 or self.milestones != sorted(set(self.milestones)):
            raise ValueError(
                f"milestones is {milestones!r}, but {len(self.schedules) - 1} increasing times were expected, one for "
                "each schedule after the first"
            )
        super().__init__(self.schedules[0].at(0), per=units.pop())

    def at(self, t: int) -> float:
        index = bisect.bisect_right(self.milestones, t)
        return self.schedules[index].at(t - self.milestones[index - 1] if index else t)

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        for part in self.schedules:
            part.end_epoch(logs)

    def state_dict(self) -> dict[str, Any]:
        return {"schedules": [part.state_dict() for part in self.schedules]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for part, of_part in zip(self.schedules, state["schedules"], strict=True):
            part.load_state_dict(of_part)

    def __repr__(self) -> str:
        return f"Chain({self.schedules!r}, {self.milestones!r})"


class ReduceLROnPlateau(Schedule):
    """lr times factor whenever a number has not improved for `patience` epochs.

    Parameters
    ----------
    lr : float
    factor : float, default 0.1
        In [0, 1].
    patience : int, default 10
        Epochs without improvement that are borne.
    threshold : float, default 1e-4
        An improvement is better than the best by more than this share of it.
    cooldown : int, default 0
        Epochs after a reduction that do not count.
    min_lr : float, default 0
    monitor : str, default "val_loss"
        The number's name in the history; without validation data, "loss" takes the place of the default.
    mode : "min" | "max" | "auto", default "auto"
        What is better; "auto": as for `EarlyStopping`.

    Examples
    --------
    >>> import pynncore as nn
    >>> plateau = nn.ReduceLROnPlateau(1.0, factor=0.5, patience=1)
    >>> rates = []
    >>> for loss in (3.0, 2.0, 2.0, 2.0, 2.0):
    ...     plateau.end_epoch({"loss": loss})
    ...     rates.append(plateau.at(0))
    >>> rates
    [1.0, 1.0, 1.0, 0.5, 0.5]
    """

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        monitor: str = "val_loss",
        mode: str = "auto",
    ) -> None:
        super().__init__(lr)
        self.factor, self.patience = real_number(factor, "factor", 0, 1), whole_number(patience, "patience", 0)
        self.threshold, self.cooldown = real_number(threshold, "threshold", 0), whole_number(cooldown, "cooldown", 0)
        self.min_lr, self.monitor = real_number(min_lr, "min_lr", 0), monitor
        self.mode = one_of(mode, "mode", ("min", "max", "auto"))
        self._sign = 1 if mode_of(mode, monitor, "ReduceLROnPlateau") == "min" else -1
        self._now, self._best, self._waited, self._cooling = self.lr, math.inf, 0, 0  # _best times _sign

    def at(self, t: int) -> float:
        return self._now

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        if self.monitor not in logs and self.monitor != "val_loss":
            raise ValueError(f"monitor is {self.monitor!r}, but the history has {', '.join(logs)}")
        value = self._sign * logs.get(self.monitor, logs["loss"])
        if value < self._best * (1 - self.threshold if self._best > 0 else 1 + self.threshold):
            self._best, self._waited = value, 0
        else:
            self._waited += 1
        if self._cooling:
            self._cooling, self._waited = self._cooling - 1, 0
        if self._waited > self.patience:
            self._now, self._waited = max(self._now * self.factor, self.min_lr), 0
            self._cooling = self.cooldown

    def __repr__(self) -> str:
        return super().__repr__().replace(", per='epoch'", "")
