"""How far to go along a direction: the strong Wolfe conditions (Nocedal and Wright 2006, section 3.5).

With phi(t) the loss at x + t d, a step t is taken when it lowers the loss enough and leaves little of the slope:

    phi(t) <= phi(0) + c1 t phi'(0),  |phi'(t)| <= c2 |phi'(0)|

Constants, bounds and the order of the tests are those of PyTorch's L-BFGS, so that both take the same steps.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

C1, C2 = 1e-4, 0.9
LEAST, MOST = 0.01, 10.0  # how far beyond a point the next one is looked for, by the last stretch and by the point
MARGIN = 0.1  # of a bracket: a point nearer to its ends is moved inside if the one before was as near


class Trial(NamedTuple):
    """A point of the line: t, the weights there, the sum of the losses, the loss, its gradient, and the slope."""

    t: float
    weights: NDArray[np.float64]
    total: float
    value: float
    gradient: NDArray[np.float64]
    slope: float


def strong_wolfe(start: Trial, first: float, at: Callable[[float], Trial], least: float, most: int) -> Trial:
    """A step that meets the conditions, or the best one found; `first` is tried first.

    The search ends when the bracket is shorter than `least`, and after `most` trials.
    """

    def falls(trial: Trial) -> bool:
        return trial.value <= start.value + C1 * trial.t * start.slope

    def is_flat(trial: Trial) -> bool:
        return abs(trial.slope) <= -C2 * start.slope

    before, trial, trials = start, at(first), 1
    while falls(trial) and not (trials > 2 and trial.value >= before.value):
        if is_flat(trial):
            return trial
        if trial.slope >= 0:
            break
        if trials == most:
            return min(start, trial, key=lambda one: one.value)
        t = _minimum(before, trial, trial.t + LEAST * (trial.t - before.t), MOST * trial.t)
        before, trial, trials = trial, at(t), trials + 1

    low, high = (before, trial) if before.value <= trial.value else (trial, before)
    near_an_end = False
    while trials < most and abs(high.t - low.t) >= least:
        left, right = min(low.t, high.t), max(low.t, high.t)
        t, margin = _minimum(low, high, left, right), MARGIN * (right - left)
        if min(right - t, t - left) >= margin:
            near_an_end = False
        elif near_an_end or t >= right or t <= left:
            t, near_an_end = (right - margin if abs(t - right) < abs(t - left) else left + margin), False
        else:
            near_an_end = True
        new, trials = at(t), trials + 1
        if not falls(new) or new.value >= low.value:
            high = new
            if high.value < low.value:
                low, high = high, low
        elif is_flat(new):
            return new
        else:
            if new.slope * (high.t - low.t) >= 0:
                high = low
            low = new
    return low


def _minimum(a: Trial, b: Trial, low: float, high: float) -> float:
    """Where the cubic through both values and slopes is least, within [low, high]; the middle if it has no minimum."""
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    middle = (low + high) / 2
    if not math.isfinite(square) or square < 0:
        return middle
    if a.t > b.t:
        a, b = b, a
    d2 = math.sqrt(square)
    curvature = b.slope - a.slope + 2 * d2
    if curvature == 0:
        return middle
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / curvature), low), high)
