"""Layers, losses and optimizers of the library, written a second time in Python."""

import numpy as np

import pynncore as nn

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 5))
Y = np.stack([X[:, 0] * X[:, 1], np.sin(X[:, 2]), X[:, 3] ** 2], axis=1)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


class Linear(nn.Module):
    def __init__(self, in_features, out_features, seed=0):
        super().__init__()
        self.in_features = in_features
        rng = np.random.default_rng(seed)
        self.weight = nn.Parameter(rng.standard_normal((out_features, in_features)) / np.sqrt(in_features))
        self.bias = nn.Parameter(np.zeros(out_features))

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, grad):
        self.grads["weight"] = grad.T @ self.x
        self.grads["bias"] = grad.sum(axis=0)
        return grad @ self.weight


class Tanh(nn.Module):
    def forward(self, x):
        self.z = np.tanh(x)
        return self.z

    def backward(self, grad):
        return grad * (1 - self.z**2)


class Standardize(nn.Module):
    """BatchNorm without scale and shift: mixes the rows of a batch, and keeps running moments."""

    mixes_rows = True

    def __init__(self, features):
        super().__init__()
        self.mean, self.variance = np.zeros(features), np.ones(features)

    def forward(self, x):
        mean, variance = self.mean, self.variance
        if self.training:
            mean, variance = x.mean(axis=0), x.var(axis=0)
            self.mean = 0.9 * self.mean + 0.1 * mean
            self.variance = 0.9 * self.variance + 0.1 * x.var(axis=0, ddof=1)
        self.scale = 1 / np.sqrt(variance + 1e-5)
        self.z = (x - mean) * self.scale
        return self.z

    def backward(self, grad):
        if self.training:
            grad = grad - grad.mean(axis=0) - self.z * (grad * self.z).mean(axis=0)
        return grad * self.scale


class MeanSquares(nn.Loss):
    def forward(self, target, output):
        return ((output - target) ** 2).mean(axis=1)

    def backward(self, target, output):
        return 2 * (output - target) / output.shape[1]


class CrossEntropy(nn.Loss):
    takes_labels = True

    def forward(self, target, output):
        self.p = np.exp(output - output.max(axis=1, keepdims=True))
        self.p /= self.p.sum(axis=1, keepdims=True)
        return -np.log(self.p[np.arange(len(target)), target])

    def backward(self, target, output):
        return self.p - np.eye(output.shape[1])[target]


class Momentum(nn.Optimizer):
    def __init__(self, lr=0.05, mu=0.9, **options):
        super().__init__(lr=lr, **options)
        self.mu, self.velocity = mu, {}

    def step(self, weights, gradients):
        for name, gradient in gradients.items():
            self.velocity[name] = self.mu * self.velocity.get(name, 0) + gradient
            weights[name] -= self.lr * self.velocity[name]


def network(python, dtype="float64", **kinds):
    """Two layers and what is between them, of the library or with those of `kinds` written in Python."""
    linear = kinds.get("linear", Linear) if python else nn.Linear
    first, last = linear(5, 40), linear(40, 3)
    tanh = kinds.get("tanh", nn.Tanh)() if python else nn.Tanh()
    norm = kinds["norm"](python) if "norm" in kinds else nn.Identity()
    made = nn.Sequential(nn.Dropout(0.2), first, norm, tanh, last, rng=3, dtype=dtype)
    first.weight, last.weight = Linear(5, 40, seed=1).weight, Linear(40, 3, seed=2).weight
    made.seed = 7
    return made


def trained(net, threads=1, loss="mse", optimizer=None, y=Y, **options):
    rule = nn.SGD(0.05, momentum=0.9) if optimizer is None else optimizer
    settings = {"epochs": 3, "batch_size": 128, "validation_data": (X[:50], y[:50]), "verbose": False, **options}
    history = net.fit(X, y, loss=loss, optimizer=rule, threads=threads, **settings)
    return {**net.state_dict(), **{name: np.array(history[name]) for name in ("loss", "val_loss")}}
