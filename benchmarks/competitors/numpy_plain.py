"""NumPy by hand: what somebody writes who follows a textbook and minds allocations a little."""

import numpy as np
from cells import BETAS, EPS, MOMENTUM, Problem
from numpy.typing import NDArray

from competitors import Predict, Rows, Training, Unsupported, timed

VERSION = np.__version__
Array = NDArray[np.float32]


def forward(weights: list[Array], biases: list[Array], X: Array, activation: str) -> list[Array]:
    """The output of every layer, X first."""
    outputs = [X]
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        u = outputs[-1] @ weight
        u += bias
        if i + 1 < len(weights):
            u = np.maximum(u, 0, out=u) if activation == "ReLU" else np.tanh(u, out=u)
        outputs.append(u)
    return outputs


def trainer(problem: Problem) -> Training:
    """Backpropagation in a few lines."""
    cell, lr = problem.cell, np.float32(problem.lr)
    if cell.activation == "GELU":
        raise Unsupported("NumPy has no erf")
    weights = [np.ascontiguousarray(w.T) for w in problem.weights]
    biases = [b.copy() for b in problem.biases]
    parameters = weights + biases
    m, v = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    count, rng = 0, np.random.default_rng(0)

    def update(gradients: list[Array]) -> None:
        nonlocal count
        count += 1
        for p, g, first, second in zip(parameters, gradients, m, v, strict=True):
            if cell.optimizer == "SGD":
                p -= lr * g
            elif cell.optimizer == "momentum":
                first *= np.float32(MOMENTUM)
                first += g
                p -= lr * first
            else:
                first += np.float32(1 - BETAS[0]) * (g - first)
                second += np.float32(1 - BETAS[1]) * (g * g - second)
                rate = np.float32(problem.lr / (1 - BETAS[0] ** count))
                scale = np.float32(1 / (1 - BETAS[1] ** count))
                p -= rate * first / (np.sqrt(second * scale) + np.float32(EPS))

    def step(rows: Rows) -> float:
        X, y = problem.X[rows], problem.y[rows]
        outputs = forward(weights, biases, X, cell.activation)
        n = np.float32(len(X))
        if problem.regression:
            difference = outputs[-1] - y
            loss, delta = float(np.mean(difference * difference)), 2 / n * difference
        else:
            numbers = np.arange(len(X))
            shifted = outputs[-1] - outputs[-1].max(axis=1, keepdims=True)
            delta = np.exp(shifted)
            total = delta.sum(axis=1, keepdims=True)
            loss = float(np.mean(np.log(total[:, 0]) - shifted[numbers, y]))
            delta /= total
            delta[numbers, y] -= 1
            delta /= n
        gradients: list[Array] = [delta] * len(parameters)
        for i in range(len(weights) - 1, -1, -1):
            gradients[i], gradients[len(weights) + i] = outputs[i].T @ delta, delta.sum(axis=0)
            if i:
                delta = delta @ weights[i].T
                delta *= outputs[i] > 0 if cell.activation == "ReLU" else 1 - outputs[i] ** 2
        update(gradients)
        return loss

    def epoch() -> None:
        order = rng.permutation(len(problem.X))
        for start in range(0, len(order), cell.batch):
            step(order[start : start + cell.batch])

    return step, timed(epoch)


def predictor(problem: Problem) -> Predict:
    """The forward pass."""
    weights = [np.ascontiguousarray(w.T) for w in problem.weights]
    return lambda X: forward(weights, problem.biases, X, problem.cell.activation)[-1]
