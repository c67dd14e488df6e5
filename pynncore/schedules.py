"""Learning rates that change during training: `nn.SGD(lr=nn.CosineAnnealingLR(0.1, 50))`.

A schedule is a function of the time t, counted in epochs or in steps from 0, as `per` says; the optimizer keeps the
time, from one `fit` to the next. Formulas and names are PyTorch's, whose schedulers are called once an epoch; lr is the
rate that PyTorch's optimizer would have.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .validation import one_of, real_number, whole_number

__all__ = [
    "Chain",
    "Constant",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "InverseTime",
    "LinearWarmup",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Schedule",
    "StepLR",
]


class Schedule:
    """A learning rate as a function of time.

    For a schedule of your own, subclass it and write `at(self, t) -> float`.

    Parameters
    ----------
    lr : float
        The rate to begin with, at least 0.
    per : "epoch" | "step", default "epoch"
        What time is counted in.

    Examples
    --------
    >>> import pynncore as nn
    >>> class Halved(nn.Schedule):
    ...     def at(self, t):
    ...         return self.lr / 2**t
    >>> [Halved(0.1).at(t) for t in range(3)]
    [0.1, 0.05, 0.025]
    """

    def __init__(self, lr: float, *, per: str = "epoch") -> None:
        self.lr = real_number(lr, "lr", 0)
        self.per = one_of(per, "per", ("epoch", "step"))

    def at(self, t: int) -> float:
        """The learning rate at time t = 0, 1, 2, ..."""
        raise TypeError(f"{type(self).__name__} is a Schedule without at(self, t)")

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        """Called after every epoch with its numbers."""

    def __repr__(self) -> str:
        arguments = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"


class Constant(Schedule):
    """lr, always.

    Parameters
    ----------
    lr : float
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [nn.Constant(0.3).at(t) for t in range(3)]
    [0.3, 0.3, 0.3]
    """

    def at(self, t: int) -> float:
        return self.lr


class StepLR(Schedule):
    """lr gamma^floor(t / step_size).

    Parameters
    ----------
    lr : float
    step_size : int
        At least 1.
    gamma : float, default 0.1
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [nn.StepLR(1.0, 2, gamma=0.5).at(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, lr: float, step_size: int, gamma: float = 0.1, *, per: str = "epoch") -> None:
        super().__init__(lr, per=per)
        self.step_size, self.gamma = whole_number(step_size, "step_size", 1), real_number(gamma, "gamma", 0)

    def at(self, t: int) -> float:
        return self.lr * self.gamma ** (t // self.step_size)


class MultiStepLR(Schedule):
    """lr gamma^(how many milestones have passed).

    Parameters
    ----------
    lr : float
    milestones : list of int
    gamma : float, default 0.1
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [nn.MultiStepLR(1.0, [1, 3], gamma=0.5).at(t) for t in range(5)]
    [1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(self, lr: float, milestones: Sequence[int], gamma: float = 0.1, *, per: str = "epoch") -> None:
        super().__init__(lr, per=per)
        self.milestones = sorted(whole_number(time, "a milestone", 0) for time in milestones)
        self.gamma = real_number(gamma, "gamma", 0)

    def at(self, t: int) -> float:
        return self.lr * self.gamma ** bisect.bisect_right(self.milestones, t)


class ExponentialLR(Schedule):
    """lr gamma^t.

    Parameters
    ----------
    lr, gamma : float
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [nn.ExponentialLR(1.0, 0.5).at(t) for t in range(3)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, lr: float, gamma: float, *, per: str = "epoch") -> None:
        super().__init__(lr, per=per)
        self.gamma = real_number(gamma, "gamma", 0)

    def at(self, t: int) -> float:
        return self.lr * self.gamma**t


class InverseTime(Schedule):
    """lr / (1 + gamma t)^power: the lecture's, and with gamma = 1 and power = 1/2 like scikit-learn's "invscaling".

    Parameters
    ----------
    lr : float
    gamma, power : float, default 1
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [nn.InverseTime(1.0).at(t) for t in (0, 1, 3)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, lr: float, gamma: float = 1.0, power: float = 1.0, *, per: str = "epoch") -> None:
        super().__init__(lr, per=per)
        self.gamma, self.power = real_number(gamma, "gamma", 0), real_number(power, "power", 0)

    def at(self, t: int) -> float:
        return self.lr / float((1 + self.gamma * t) ** self.power)


class PolynomialLR(Schedule):
    """lr (1 - t / total_iters)^power, and 0 from total_iters on.

    Parameters
    ----------
    lr : float
    total_iters : int, default 5
        At least 1.
    power : float, default 1
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [nn.PolynomialLR(1.0, 4).at(t) for t in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(self, lr: float, total_iters: int = 5, power: float = 1.0, *, per: str = "epoch") -> None:
        super().__init__(lr, per=per)
        self.total_iters, self.power = whole_number(total_iters, "total_iters", 1), real_number(power, "power", 0)

    def at(self, t: int) -> float:
        return self.lr * float((1 - min(t, self.total_iters) / self.total_iters) ** self.power)


class LinearWarmup(Schedule):
    """lr times a factor that goes from start_factor to end_factor until time total_iters; PyTorch's LinearLR.

    Parameters
    ----------
    lr : float
    start_factor : float, default 1/3
    end_factor : float, default 1
    total_iters : int, default 5
        At least 1.
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [nn.LinearWarmup(1.0, start_factor=0.5, total_iters=2).at(t) for t in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        lr: float,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        *,
        per: str = "epoch",
    ) -> None:
        super().__init__(lr, per=per)
        self.start_factor = real_number(start_factor, "start_factor", 0)
        self.end_factor = real_number(end_factor, "end_factor", 0)
        self.total_iters = whole_number(total_iters, "total_iters", 1)

    def at(self, t: int) -> float:
        done = min(t, self.total_iters) / self.total_iters
        return self.lr * (self.start_factor + (self.end_factor - self.start_factor) * done)


class CosineAnnealingLR(Schedule):
    """eta_min + (lr - eta_min) (1 + cos(pi t / T_max)) / 2 (Loshchilov and Hutter 2017).

    Parameters
    ----------
    lr : float
    T_max : int
        At least 1; after it, the rate rises again.
    eta_min : float, default 0
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [round(nn.CosineAnnealingLR(1.0, 4).at(t), 3) for t in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, lr: float, T_max: int, eta_min: float = 0.0, *, per: str = "epoch") -> None:
        super().__init__(lr, per=per)
        self.T_max, self.eta_min = whole_number(T_max, "T_max", 1), real_number(eta_min, "eta_min", 0)

    def at(self, t: int) -> float:
        return self.eta_min + (self.lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class CosineAnnealingWarmRestarts(Schedule):
    """Cosines from lr to eta_min, each T_mult times as long as the one before (Loshchilov and Hutter 2017).

    Parameters
    ----------
    lr : float
    T_0 : int
        Length of the first, at least 1.
    T_mult : int, default 1
        At least 1.
    eta_min : float, default 0
    per : "epoch" | "step", default "epoch"

    Examples
    --------
    >>> import pynncore as nn
    >>> [round(nn.CosineAnnealingWarmRestarts(1.0, 1, 2).at(t), 3) for t in range(4)]
    [1.0, 1.0, 0.5, 1.0]
    """

    def __init__(self, lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0, *, per: str = "epoch") -> None:
        super().__init__(lr, per=per)
        self.T_0, self.T_mult = whole_number(T_0, "T_0", 1), whole_number(T_mult, "T_mult", 1)
        self.eta_min = real_number(eta_min, "eta_min", 0)

    def at(self, t: int) -> float:
        length = self.T_0
        while t >= length and self.T_mult > 1:
            t, length = t - length, length * self.T_mult
        return self.eta_min + (self.lr - self.eta_min) * (1 + math.cos(math.pi * (t % length) / length)) / 2


class OneCycleLR(Schedule):
    """Up from lr / div_factor to lr and down to almost nothing, along cosines (Smith and Topin 2019).

    Parameters
    ----------
    lr : float
        The greatest rate; PyTorch calls it max_lr.
    total_steps : int
        Length of the cycle, at least 2; after it, the rate stays.
    pct_start : float, default 0.3
        Share of the cycle that goes up, in [0, 1].
    div_factor : float, default 25
        The first rate is lr / div_factor; above 0.
    final_div_factor : float, default 1e4
        The last one is lr / div_factor / final_div_factor; above 0.
    per : "epoch" | "step", default "step"

    Examples
    --------
    >>> import pynncore as nn
    >>> cycle = nn.OneCycleLR(1.0, 11)
    >>> [round(cycle.at(t), 3) for t in (0, 1, 2, 5, 10)]
    [0.04, 0.422, 0.96, 0.726, 0.0]
    """

    def __init__(
        self,
        lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        *,
        per: str = "step",
    ) -> None:
        super().__init__(lr, per=per)
        self.total_steps = whole_number(total_steps, "total_steps", 2)
        self.pct_start = real_number(pct_start, "pct_start", 0, 1)
        self.div_factor = real_number(div_factor, "div_factor", 1e-30)
        self.final_div_factor = real_number(final_div_factor, "final_div_factor", 1e-30)

    def at(self, t: int) -> float:
        top, end = self.pct_start * self.total_steps - 1, self.total_steps - 1
        first = self.lr / self.div_factor
        t = min(t, end)
        if t <= top:
            return _along_cosine(first, self.lr, t / top)
        return _along_cosine(self.lr, first / self.final_div_factor, (t - top) / (end - top))


def _along_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


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
        An improvement is smaller than the best by more than this share of it.
    cooldown : int, default 0
        Epochs after a reduction that do not count.
    min_lr : float, default 0
    monitor : str, default "val_loss"
        The number's name in the history, of which less is better; without validation data, "loss" takes its place.

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
    ) -> None:
        super().__init__(lr)
        self.factor, self.patience = real_number(factor, "factor", 0, 1), whole_number(patience, "patience", 0)
        self.threshold, self.cooldown = real_number(threshold, "threshold", 0), whole_number(cooldown, "cooldown", 0)
        self.min_lr, self.monitor = real_number(min_lr, "min_lr", 0), monitor
        self._now, self._best, self._waited, self._cooling = self.lr, math.inf, 0, 0

    def at(self, t: int) -> float:
        return self._now

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        if self.monitor not in logs and self.monitor != "val_loss":
            raise ValueError(f"monitor is {self.monitor!r}, but the history has {', '.join(logs)}")
        value = logs.get(self.monitor, logs["loss"])
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


def rate_of(lr: Any) -> float | Schedule:
    """What an optimizer's lr means: a number, or a schedule."""
    return lr if isinstance(lr, Schedule) else real_number(lr, "lr", 0)
