"""Levenberg and Marquardt's method: least squares by their Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..blocks import Block
from ..layers import Linear
from ..losses import Loss, MSELoss, SquaredError
from ..schedules import Schedule
from ..validation import real_number, whole_number
from .full_batch import FullBatchOptimizer, Method, Samples, Taken, Vector, assign, dot

if TYPE_CHECKING:
    from ..model import Sequential
    from ..objective import Objective

Array = NDArray[Any]
BLOCK = 1 << 25  # bytes of the Jacobian that are there at a time
MATRICES = 3  # J^T J, the damped one, and LAPACK's factors of it


class LevenbergMarquardt(FullBatchOptimizer):
    """Least squares: w <- w - lr p with (J^T J + lambda I) p = J^T e (Levenberg 1944, Marquardt 1963).

    e are the errors y - d of all samples and outputs, J their derivatives by the weights. lambda follows from how well
    J foretold the loss: up to 3 times smaller after a good step, twice, 8 times, 64 times ... larger after one that
    made it worse, which is then tried again (Nielsen 1999). For squared errors and small networks of `Linear` layers
    and activations without parameters. An epoch is an iteration, and takes all samples: `fit` needs batch_size=None.

    Parameters
    ----------
    lr : float or Schedule, default 1
        Length of the step, at least 0.
    damping : float, default 1e-3
        The first lambda, relative to the largest diagonal element of J^T J. Above 0.
    tolerance_change : float, default 1e-9
        Training ends when no weight changes by more. At least 0.
    max_memory : int, default 2**30
        Bytes that the matrices of the equations may take; networks that need more are refused.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
    >>> network = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), rng=0, dtype="float64")
    >>> history = network.fit(X, X**2, loss="mse", optimizer=nn.LevenbergMarquardt(), epochs=20, batch_size=None)
    >>> history["loss"][-1] < 1e-5
    True
    """

    def __init__(
        self,
        lr: float | Schedule = 1.0,
        damping: float = 1e-3,
        tolerance_change: float = 1e-9,
        max_memory: int = 1 << 30,
    ) -> None:
        self.damping = real_number(damping, "damping", 1e-30)
        self.tolerance_change = real_number(tolerance_change, "tolerance_change", 0)
        self.max_memory = whole_number(max_memory, "max_memory", 1)
        super().__init__("LevenbergMarquardt", lr, {})

    def arguments(self) -> dict[str, Any]:
        return {
            "lr": self.rate,
            "damping": self.damping,
            "tolerance_change": self.tolerance_change,
            "max_memory": self.max_memory,
        }

    def check(self, network: Sequential, loss: Loss, samples: int, batch_size: int) -> None:
        super().check(network, loss, samples, batch_size)
        if not isinstance(loss, MSELoss | SquaredError):
            raise ValueError(f"loss is {loss!r}, but LevenbergMarquardt is for squared errors: MSELoss or SquaredError")
        for index, layer in enumerate(network):
            if isinstance(layer, Block) or (layer.parameter_names and not isinstance(layer, Linear)):
                raise ValueError(
                    f"{layer!r} at index {index} has parameters, but LevenbergMarquardt knows the Jacobian of Linear "
                    "layers only; LBFGS takes any layer"
                )
        count = network.parameter_count
        needed = MATRICES * 8 * count * count
        if needed > self.max_memory:
            raise ValueError(
                f"max_memory is {self.max_memory} bytes, but the equations of {count} weights need {needed}; LBFGS "
                "needs a few vectors of that length"
            )

    def method(self, network: Sequential, objective: Objective, samples: Samples, threads: int) -> Method:
        return _Iteration(self, network, objective, samples, threads)


class _Iteration(Method):
    """Iterations on some samples. The memory keeps the next lambda; all sums are over samples and
    outputs, weighted, in float64."""

    def __init__(
        self, rule: LevenbergMarquardt, network: Sequential, objective: Objective, samples: Samples, threads: int
    ) -> None:
        super().__init__(network, objective, samples, threads)
        self._rule, self._memory = rule, rule.core
        self._value_of_squares = 0.5 if objective.name == "SquaredError" else 1.0  # the loss of a sample
        layers, width = list(self.twin), samples.X.shape[1]
        self._layers = []
        for layer in layers:
            self._layers.append((layer, _core.Network([layer.op], width, self.twin.dtype)))
            width = self._layers[-1][1].out_features
        self._rows = max(1, BLOCK // (8 * width * network.parameter_count))

    def step(self, weights: Vector, lr: float) -> Taken:
        rule, kept = self._rule, self._memory.kept
        assign(self.twin, weights)
        with np.errstate(over="ignore", invalid="ignore"):
            squares, gradient, matrix = self._equations()
        total, diagonal = self._value_of_squares * squares, matrix.diagonal()
        if not (np.isfinite(total) and np.isfinite(diagonal).all() and np.isfinite(gradient).all()):
            return Taken(np.inf, None)
        if lr == 0:
            return Taken(total, None)
        largest = float(diagonal.max()) or 1.0
        damping = float(kept["lambda"][0]) if kept else rule.damping * largest
        least = len(weights) * np.finfo(float).eps * largest  # what is less may be lost in the sum
        factor = 2.0
        while True:
            damping = max(damping, least)
            damped = matrix.copy()
            np.fill_diagonal(damped, diagonal + damping)
            p = np.linalg.solve(damped, gradient)
            new = self.rounded(weights - lr * p)
            change = float(np.abs(new - weights).max())
            gain = squares - self._squares_at(new)
            if gain > 0:
                break
            if change <= rule.tolerance_change:
                self._memory.converged = "LevenbergMarquardt: no step lowers the loss"
                return Taken(total, None)
            damping *= factor
            factor *= 2
        foretold = 2 * lr * dot(p, gradient) - lr**2 * (dot(p, gradient) - damping * dot(p, p))
        ratio = gain / foretold if foretold > 0 else 0.0
        kept["lambda"] = [damping * max(1 / 3, 1 - (2 * ratio - 1) ** 3)]
        if change <= rule.tolerance_change:
            self._memory.converged = f"LevenbergMarquardt: no weight changed by more than {rule.tolerance_change:g}"
        return Taken(total, new)

    def _blocks(self) -> Iterator[NDArray[np.int64]]:
        rows = self.samples.rows
        for start in range(0, len(rows), self._rows):
            self.poll()
            yield rows[start : start + self._rows]

    def _equations(self) -> tuple[float, Vector, Array]:
        """The sum of e^2, J^T e and J^T J at the twin's weights."""
        count = self.twin.parameter_count
        squares, gradient, matrix = 0.0, np.zeros(count), np.zeros((count, count))
        for rows in self._blocks():
            y, jacobian = self.jacobian(self.twin.first_input(self.samples.X[rows]))
            errors = self._errors(y, rows)
            squares += float(np.add.reduce(errors**2))
            jacobian *= self._roots(rows, y.shape[1])[:, np.newaxis]
            gradient += jacobian.T @ errors
            matrix += jacobian.T @ jacobian
        return squares, gradient, matrix

    def _squares_at(self, weights: Vector) -> float:
        """The sum of e^2 at other weights; infinite where it is not finite."""
        assign(self.twin, weights)
        squares = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in self._blocks():
                errors = self._errors(self.core.forward(self.samples.X[rows], self.threads), rows)
                squares += float(np.add.reduce(errors**2))
        return squares if np.isfinite(squares) else np.inf

    def _errors(self, y: Array, rows: NDArray[np.int64]) -> Vector:
        """y - d, (rows * outputs,), times the roots of the samples' weights."""
        errors = y.astype(np.float64) - self.samples.target[rows]
        return errors.ravel() * self._roots(rows, y.shape[1])

    def _roots(self, rows: NDArray[np.int64], outputs: int) -> Vector:
        if self.samples.weight is None:
            return np.ones(len(rows) * outputs)
        return np.repeat(np.sqrt(self.samples.weight[rows].astype(np.float64)), outputs)

    def jacobian(self, x: Array) -> tuple[Array, Array]:
        """The outputs (n, outputs) and their derivatives (n * outputs, weights): one backward pass an output."""
        inputs = []
        for _, core in self._layers:
            inputs.append(x)
            x = core.forward(x, self.threads)
        n, outputs = x.shape
        jacobian = np.empty((n, outputs, self.twin.parameter_count))
        for k in range(outputs):
            delta = np.zeros_like(x)
            delta[:, k] = 1
            end = jacobian.shape[2]
            for (layer, core), z in zip(reversed(self._layers), reversed(inputs), strict=True):
                if isinstance(layer, Linear):
                    if layer.has_bias:
                        end -= layer.out_features
                        jacobian[:, k, end : end + layer.out_features] = delta
                    size = layer.in_features * layer.out_features
                    end -= size
                    by_weight = delta[:, :, np.newaxis] * z[:, np.newaxis, :]
                    jacobian[:, k, end : end + size] = by_weight.reshape(n, size)
                below, _ = core.backward(z, delta, self.threads, True)
                assert below is not None
                delta = below
        return x, jacobian.reshape(n * outputs, -1)
