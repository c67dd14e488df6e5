"""The line search of L-BFGS, on functions of one number."""

import numpy as np
import pytest

from pynncore.optimizers.line_search import C1, C2, Trial, strong_wolfe

LINES = {
    "parabola": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    "narrow": (lambda t: (t - 1e-3) ** 2, lambda t: 2 * (t - 1e-3)),
    "waves": (lambda t: -np.sin(t) + 0.1 * t, lambda t: -np.cos(t) + 0.1),
    "wall": (lambda t: np.inf if t > 1e-2 else -t / (1 - t), lambda t: np.inf if t > 1e-2 else -1 / (1 - t) ** 2),
    "valley": (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
    "steep": (lambda t: np.cosh(5 * t - 4), lambda t: 5 * np.sinh(5 * t - 4)),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("first", [1e-4, 1.0, 90.0])
def test_the_line_search_meets_the_strong_wolfe_conditions(name, first):
    (phi, slope), trials = LINES[name], []

    def at(t):
        trials.append(t)
        return Trial(t, np.array([t]), phi(t), float(phi(t)), np.array([slope(t)]), float(slope(t)))

    start = at(0.0)
    found = strong_wolfe(start, first, at, 1e-9, 25)
    assert trials[1] == first and found.t in trials and len(trials) <= 26
    assert found.value <= start.value + C1 * found.t * start.slope
    assert name == "wall" or abs(found.slope) <= C2 * abs(start.slope)


def test_the_line_search_keeps_to_its_evaluations():
    calls = []

    def at(t):
        calls.append(t)
        return Trial(t, np.array([t]), -t, -t, np.array([-1.0]), -1.0)

    assert strong_wolfe(at(0.0), 1.0, at, 0.0, 7).t == max(calls) and len(calls) == 8
