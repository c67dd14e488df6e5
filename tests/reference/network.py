"""A network of layers in sequence: forward, backward and one training step.

A layer is a `Linear` with arrays W (in, out) and b (out,) or None, an `Elementwise` f with its derivative, or a
`RowWise` f with its backward.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Linear:
    W: np.ndarray
    b: np.ndarray | None
    state: dict = field(default_factory=lambda: {"W": {}, "b": {}})

    def forward(self, x):
        return x @ self.W + (0 if self.b is None else self.b)

    def backward(self, x, delta):
        return delta @ self.W.T

    def gradients(self, x, delta):
        return {"W": x.T @ delta} | ({} if self.b is None else {"b": delta.sum(0)})


@dataclass
class Elementwise:
    f: Callable
    df: Callable

    def forward(self, u):
        return self.f(u)

    def backward(self, u, delta):
        return delta * self.df(u)


@dataclass
class RowWise:
    f: Callable
    backward_of: Callable  # (u, dLoss/dz) -> dLoss/du

    def forward(self, u):
        return self.f(u)

    def backward(self, u, delta):
        return self.backward_of(u, delta)


def forward(layers, x):
    """The input of every layer, then the network's output."""
    values = [x]
    for layer in layers:
        values.append(layer.forward(values[-1]))
    return values


def backward(layers, values, delta):
    """dLoss/dx and one dict of gradients for each layer, from delta = dLoss/dy."""
    gradients = []
    for layer, x in zip(reversed(layers), reversed(values[:-1]), strict=True):
        gradients.append(layer.gradients(x, delta) if isinstance(layer, Linear) else {})
        delta = layer.backward(x, delta)
    return delta, gradients[::-1]


def train_step(layers, x, d, d_loss, scale, optimizer, t, **options):
    """One optimizer step on the batch x, d, where the loss is `scale` times the sum of its rows."""
    values = forward(layers, x)
    _, gradients = backward(layers, values, scale * d_loss(values[-1], d))
    for layer, gradient in zip(layers, gradients, strict=True):
        for name, g in gradient.items():
            setattr(layer, name, optimizer(getattr(layer, name), g, layer.state[name], t, **options))
