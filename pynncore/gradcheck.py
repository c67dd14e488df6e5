"""`check_gradients`: backpropagation against difference quotients."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .losses import CrossEntropyLoss, Loss, loss_of
from .model import Sequential
from .objective import Objective
from .preparing import check_trainable
from .targets import target_of, weights_of
from .validation import real_number, same_length, whole_number

Array = NDArray[Any]
ABSOLUTE = 1e-9  # what the quotients of a loss of size 1 cannot resolve


@dataclass(frozen=True)
class GradientReport:
    """How far analytic and numeric gradients are apart.

    Attributes
    ----------
    errors : dict of str to float
        By parameter: the largest difference, relative to the largest element of the parameter's gradient.
    checked : dict of str to int
        How many elements of each parameter were compared.
    tolerance : float
        The largest error that is `ok`.
    """

    errors: dict[str, float]
    checked: dict[str, int]
    tolerance: float

    @property
    def max_relative_error(self) -> float:
        """The largest of all errors."""
        return max(self.errors.values())

    @property
    def ok(self) -> bool:
        """Whether all errors are within the tolerance."""
        return self.max_relative_error <= self.tolerance

    def __str__(self) -> str:
        width = max(map(len, self.errors))
        lines = [
            f"{name:{width}}  {error:.1e}  ({self.checked[name]} elements)" + "  <-- wrong" * (error > self.tolerance)
            for name, error in self.errors.items()
        ]
        return "\n".join([*lines, f"{'ok' if self.ok else 'not ok'}: at most {self.tolerance:.1e} was expected"])


def check_gradients(
    network: Sequential,
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: Loss | str,
    sample_weight: ArrayLike | None = None,
    tolerance: float = 1e-7,
    elements: int | None = 200,
    step: float = 1e-4,
) -> GradientReport:
    """Compare the gradients of backpropagation with central differences, in float64 on a copy of the network.

        dL/dw ~ [8 (L(w + h) - L(w - h)) - (L(w + 2h) - L(w - 2h))] / (12 h)

    Where a ReLU or another function with a kink changes sides within 2h of a weight, the quotient is wrong, not the
    gradient: an element that differs is tried again with h / 10 and h / 100. The cross entropies of logits, and of
    probabilities after a Softmax, are checked with eps=0, whose gradient y - d training uses.

    Parameters
    ----------
    network : Sequential
        Of any dtype; it is not changed.
    X, y, loss, sample_weight
        As for `Sequential.fit`; a few samples suffice.
    tolerance : float, default 1e-7
        The largest error that is `ok`, relative to the largest element of a parameter's gradient.
    elements : int or None, default 200
        How many elements of each parameter to check, drawn at random, always the same; None: all.
    step : float, default 1e-4
        h, above 0; where the two gradients differ, smaller ones are tried as well.

    Returns
    -------
    GradientReport

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), rng=0)
    >>> nn.check_gradients(network, np.eye(3), [0, 1, 0], loss="cross_entropy").ok
    True
    """
    if not isinstance(network, Sequential):
        raise TypeError(f"network is {network!r}, but a Sequential was expected")
    check_trainable(network)
    tolerance, h = real_number(tolerance, "tolerance", 0), real_number(step, "step", 1e-12)
    limit = None if elements is None else whole_number(elements, "elements", 1)
    chosen = loss_of(loss)
    chosen.check_trainable()
    double = as_double(network)
    features = double.features(X, "X")
    target, labels = target_of(y, "y", chosen, network.out_features_for(features.shape[1]), network.classes)
    same_length(features, target, "y")
    weight = weights_of(sample_weight, None, target, labels, "float64")
    objective = Objective(double, _as_differentiated(chosen, double), labels, features.shape[1])
    _, gradients = objective.gradients(features, target, weight)

    def value() -> float:
        return objective.evaluate(features, target, weight, [])["loss"]

    errors, checked = {}, {}
    for layer_name, layer, name in double.parameters():
        full = f"{layer_name}.{name}"
        analytic = gradients[full]
        positions = _some(analytic.size, limit)
        expected = analytic.reshape(-1)[positions]
        numeric = _quotients(layer, name, positions, h, value)
        scale = max(
            float(np.abs(analytic).max()), float(np.abs(numeric).max()), ABSOLUTE / tolerance if tolerance else 0
        )
        difference = np.abs(expected - numeric)
        for smaller in (h / 10, h / 100):
            doubtful = np.flatnonzero(~(difference <= tolerance * scale))
            again = np.abs(expected[doubtful] - _quotients(layer, name, positions[doubtful], smaller, value))
            difference[doubtful] = np.fmin(difference[doubtful], again)
        worst = float(difference.max())
        errors[full] = worst / scale if scale and np.isfinite(worst / scale) else math.inf * (worst != 0)
        checked[full] = len(positions)
    return GradientReport(errors, checked, tolerance)


def as_double(network: Sequential) -> Sequential:
    """A float64 copy of a network."""
    double: Sequential = Sequential.of_layers(
        copy.deepcopy(tuple(network)),
        "float64",
        seed=network.seed,
        input_scale=network.input_scale,
        classes=network.classes,
    )
    return double


def _as_differentiated(loss: Loss, network: Sequential) -> Loss:
    """The loss whose gradient training uses: the cross entropy of logits leaves eps out."""
    if not isinstance(loss, CrossEntropyLoss):
        return loss
    if not loss.from_logits and not network[-1].is_a("Softmax"):
        return loss
    exact = copy.copy(loss)
    exact.eps = 0.0
    return exact


def _some(size: int, limit: int | None) -> NDArray[np.int64]:
    """Positions 0 ... size-1, or as many of them as `limit` says."""
    if limit is None or size <= limit:
        return np.arange(size)
    return np.sort(np.random.default_rng(0).choice(size, limit, replace=False))


def _quotients(layer: Any, name: str, positions: NDArray[np.int64], h: float, value: Any) -> Array:
    """Numeric derivatives of value() by some elements of a parameter."""
    weights = layer.op.get(name)
    flat, numeric = weights.reshape(-1), np.empty(len(positions))

    def at(position: int, moved: float) -> float:
        kept, flat[position] = flat[position], moved
        layer.op.set(name, weights)
        flat[position] = kept
        return float(value())

    for i, position in enumerate(positions):
        w = flat[position]
        near, far = at(position, w + h) - at(position, w - h), at(position, w + 2 * h) - at(position, w - 2 * h)
        numeric[i] = (8 * near - far) / (12 * h)
    layer.op.set(name, weights)
    return numeric
