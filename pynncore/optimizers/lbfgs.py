"""L-BFGS: steps from the latest changes of weights and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..schedules import Schedule
from ..validation import real_number, whole_number
from .full_batch import FullBatchOptimizer, Method, Samples, Taken, Vector, assign, dot
from .line_search import Trial, strong_wolfe

if TYPE_CHECKING:
    from ..model import Sequential
    from ..objective import Objective

CURVED = 1e-10  # a pair s, y whose s y is not above this says nothing about the curvature


class LBFGS(FullBatchOptimizer):
    """Limited-memory BFGS: w <- w - t H g, with an inverse Hessian H from the latest steps (Liu and Nocedal 1989).

    For small networks. An epoch is an iteration, and takes all samples: `fit` needs batch_size=None. Training ends
    when a tolerance is met. PyTorch's max_iter is the number of epochs here.

    Parameters
    ----------
    lr : float or Schedule, default 1
        The first t that is tried, at least 0; the first step of all is min(1, 1 / |g|_1) lr.
    max_eval : int, default 25
        Evaluations of the loss in one line search, at least 1; then the best t so far is taken.
    tolerance_grad : float, default 1e-7
        Training ends when no element of the gradient is larger. At least 0.
    tolerance_change : float, default 1e-9
        Training ends when no weight changes by more, or the loss changes by less. At least 0.
    history_size : int, default 100
        How many steps H is made from, at least 1.
    line_search_fn : "strong_wolfe" or None, default "strong_wolfe"
        How t is found; None: it is lr. (PyTorch's default is None.)

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
    >>> network = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), rng=0, dtype="float64")
    >>> history = network.fit(X, X**2, loss="mse", optimizer=nn.LBFGS(), epochs=100, batch_size=None)
    >>> history["loss"][-1] < 1e-5
    True
    """

    def __init__(
        self,
        lr: float | Schedule = 1.0,
        max_eval: int = 25,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = "strong_wolfe",
    ) -> None:
        self.max_eval = whole_number(max_eval, "max_eval", 1)
        self.tolerance_grad = real_number(tolerance_grad, "tolerance_grad", 0)
        self.tolerance_change = real_number(tolerance_change, "tolerance_change", 0)
        self.history_size = whole_number(history_size, "history_size", 1)
        if line_search_fn not in ("strong_wolfe", None):
            raise ValueError(f"line_search_fn is {line_search_fn!r}, but must be 'strong_wolfe' or None")
        self.line_search_fn = line_search_fn
        super().__init__("LBFGS", lr, {})

    def arguments(self) -> dict[str, Any]:
        return {
            "lr": self.rate,
            "max_eval": self.max_eval,
            "tolerance_grad": self.tolerance_grad,
            "tolerance_change": self.tolerance_change,
            "history_size": self.history_size,
            "line_search_fn": self.line_search_fn,
        }

    def method(self, network: Sequential, objective: Objective, samples: Samples, threads: int) -> Method:
        return _Iteration(self, network, objective, samples, threads)


class _Iteration(Method):
    """Iterations of L-BFGS on some samples. The memory keeps s and y, the steps and the changes of the gradient
    along them, oldest first."""

    def __init__(self, rule: LBFGS, network: Sequential, objective: Objective, samples: Samples, threads: int) -> None:
        super().__init__(network, objective, samples, threads)
        self._rule, self._memory = rule, rule.core
        self._gradients = _core.Optimizer("KeepGradient", [])
        self._evaluator = _core.Trainer(self.core, objective.loss, self._gradients, len(samples.rows), threads)
        self._divisor = objective.weight(samples.target, samples.rows)
        self._latest: Trial | None = None  # where the step before ended

    def step(self, weights: Vector, lr: float) -> Taken:
        rule, memory = self._rule, self._memory
        start = self._latest
        if start is None or not np.array_equal(start.weights, weights):
            start = self._at(weights)
        if not np.isfinite(start.total) or lr == 0:
            return Taken(start.total, None)
        steepest = float(np.abs(start.gradient).max())
        if steepest <= rule.tolerance_grad:
            return self._end(start, f"no element of the gradient is above {rule.tolerance_grad:g}")
        direction = self._direction(start.gradient)
        start = start._replace(t=0.0, slope=dot(start.gradient, direction))
        if start.slope > -rule.tolerance_change:
            return self._end(start, f"the loss would change by less than {rule.tolerance_change:g}")
        first = lr if memory.kept else min(1.0, 1.0 / float(np.abs(start.gradient).sum())) * lr

        def at(t: float) -> Trial:
            return self._at(self.rounded(weights + t * direction), t, direction)

        if rule.line_search_fn is None:
            new = at(first)
            if not np.isfinite(new.total):
                return Taken(new.total, None)
        else:
            new = strong_wolfe(start, first, at, rule.tolerance_change / float(np.abs(direction).max()), rule.max_eval)
        step = new.weights - weights
        if not step.any():
            if not memory.kept:
                return self._end(start, "no step down the gradient lowers the loss")
            memory.kept, self._latest = {}, start  # the next direction is the gradient's
            return Taken(start.total, None)
        self._remember(step, new.gradient - start.gradient)
        self._latest = new
        if np.abs(step).max() <= rule.tolerance_change:
            memory.converged = f"LBFGS: no weight changed by more than {rule.tolerance_change:g}"
        elif abs(new.value - start.value) < rule.tolerance_change:
            memory.converged = f"LBFGS: the loss changed by less than {rule.tolerance_change:g}"
        return Taken(start.total, new.weights)

    def _end(self, start: Trial, reason: str) -> Taken:
        self._latest = start
        self._memory.converged = f"LBFGS: {reason}"
        return Taken(start.total, None)

    def _at(self, weights: Vector, t: float = 0.0, direction: Vector | None = None) -> Trial:
        """The loss and its gradient at these weights; the loss is infinite where one of them is not finite."""
        self.poll()
        assign(self.twin, weights)
        samples = self.samples
        stream = 0, 0  # no layer is random
        total, steps = self._evaluator.run(
            samples.X, samples.target, samples.rows, 0, 1, *stream, None, samples.weight, None, None
        )
        state = self._gradients.state(self.core)
        gradient = np.concatenate([array.ravel() for array in state.values()]).astype(np.float64)
        if not steps or not np.isfinite(gradient).all():
            return Trial(t, weights, np.inf, np.inf, gradient, np.inf)
        value = self.objective.value(total, self._divisor) if self._divisor else 0.0
        return Trial(t, weights, total, value, gradient, 0.0 if direction is None else dot(gradient, direction))

    def _direction(self, gradient: Vector) -> Vector:
        """-H g, by the recursion over both ends of the pairs."""
        kept = self._memory.kept
        d = -gradient
        if not kept:
            return d
        pairs = [(s, y, 1.0 / dot(y, s)) for s, y in zip(kept["s"], kept["y"], strict=True)]
        factors = []
        for s, y, rho in reversed(pairs):
            factors.append(dot(s, d) * rho)
            d -= factors[-1] * y
        s, y, rho = pairs[-1]
        d *= dot(y, s) / dot(y, y)
        for s, y, rho in pairs:
            d += (factors.pop() - dot(y, d) * rho) * s
        return d

    def _remember(self, s: Vector, y: Vector) -> None:
        if dot(y, s) <= CURVED:
            return
        kept, most = self._memory.kept, self._rule.history_size
        self._memory.kept = {name: [*kept.get(name, []), new][-most:] for name, new in (("s", s), ("y", y))}
