"""Solver "lbfgs": scipy's L-BFGS-B on the loss of all samples, in float64."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from ..errors import DivergedError
from ..model import Sequential
from ..objective import Objective
from .outputs import Outputs
from .weights import linear_layers

Array = NDArray[Any]
Vector = NDArray[np.float64]


class Problem:
    """The loss of all samples with its penalty, as a function of one vector: the weights, then the biases."""

    def __init__(
        self,
        network: Sequential,
        outputs: Outputs,
        X: Any,
        target: Array,
        labels: bool,
        weight: Array | None,
        alpha: float,
    ) -> None:
        self._twin = Sequential.of_layers(tuple(copy.deepcopy(list(network))), "float64", seed=network.seed)
        self._layers, self._outputs, self._target = linear_layers(self._twin), outputs, target
        self._X = self._twin.features(X, "X")
        self._objective = Objective(self._twin, outputs.loss, labels, X.shape[1])
        n = len(target)
        self._divisor = float(n) if weight is None else float(weight.sum())
        self._alpha = alpha
        self._weight: Array | None = None
        if weight is not None or outputs.factor != 1:
            self._weight = np.full(n, outputs.factor) * (1.0 if weight is None else weight * (n / self._divisor))
        constant = outputs.constant(target)
        self._constant = 0.0 if constant is None else float(np.average(constant, weights=weight))
        names = [name for name, layer in self._twin.leaves() if layer in self._layers]
        self._keys = [f"{name}.weight" for name in names] + [f"{name}.bias" for name in names]

    def minimize(self, *, max_iter: int, max_fun: int, tol: float, threads: int) -> Any:
        """scipy's result."""
        weights = [layer.op.get("weight").T.ravel() for layer in self._layers]
        begin = np.concatenate(weights + [layer.op.get("bias") for layer in self._layers])
        options = {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
        return scipy.optimize.minimize(
            self._loss_and_gradient, begin, args=(threads,), method="L-BFGS-B", jac=True, options=options
        )

    def _loss_and_gradient(self, x: Vector, threads: int) -> tuple[float, Vector]:
        try:
            self.assign(self._twin, x)
            value, by_name = self._objective.gradients(self._X, self._target, self._weight, threads)
        except (DivergedError, ValueError):  # weights or loss beyond all bounds
            return np.inf, np.zeros_like(x)
        gradients = [by_name[key] for key in self._keys]
        flat = np.concatenate([gradient.T.ravel() for gradient in gradients])
        weights = sum(by_name[key].size for key in self._keys[: len(self._layers)])
        flat[:weights] += self._alpha / self._divisor * x[:weights]
        penalty = 0.5 * self._alpha * float(x[:weights] @ x[:weights]) / self._divisor
        return value * self._outputs.reported + self._constant + penalty, flat

    def assign(self, network: Sequential, x: Vector) -> None:
        """Copy the vector into a network's layers."""
        end = 0
        layers = linear_layers(network)
        for layer in layers:
            rows, columns = layer.shape_of("weight")
            begin, end = end, end + rows * columns
            layer.assign("weight", x[begin:end].reshape(columns, rows).T)
        for layer in layers:
            begin, end = end, end + layer.shape_of("bias")[0]
            layer.assign("bias", x[begin:end])
