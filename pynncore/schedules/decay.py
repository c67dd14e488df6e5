"""Rates that rise or fall for good."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from ..validation import real_number, whole_number
from .base import Schedule


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
