"""Rates along cosines."""

from __future__ import annotations

import math

from ..validation import real_number, whole_number
from .base import Schedule


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
