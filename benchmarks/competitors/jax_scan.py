"""JAX: one jit per epoch, lax.scan over the minibatches, donated buffers."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from cells import BETAS, EPS, MOMENTUM, Problem

from competitors import Predict, Rows, Training, timed

VERSION = jax.__version__
State = Any  # parameters, first and second moments, number of steps


def forward(parameters: Any, X: jax.Array, activation: str) -> jax.Array:
    """The network's output."""
    functions = {"ReLU": jax.nn.relu, "Tanh": jnp.tanh, "GELU": lambda u: jax.nn.gelu(u, approximate=False)}
    for i, (weight, bias) in enumerate(parameters):
        X = X @ weight + bias
        if i + 1 < len(parameters):
            X = functions[activation](X)
    return X


def parameters_of(problem: Problem) -> Any:
    """Weights as (in, out), which XLA multiplies without transposing."""
    return [(jnp.array(w.T), jnp.array(b)) for w, b in zip(problem.weights, problem.biases, strict=True)]


def trainer(problem: Problem) -> Training:
    """The epoch is one call of XLA."""
    cell, lr = problem.cell, problem.lr

    def loss_of(parameters: Any, X: jax.Array, y: jax.Array) -> jax.Array:
        output = forward(parameters, X, cell.activation)
        if problem.regression:
            return jnp.mean((output - y) ** 2)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(output), y[:, None], axis=1))

    def train(state: State, X: jax.Array, y: jax.Array) -> tuple[State, jax.Array]:
        parameters, m, v, count = state
        loss, g = jax.value_and_grad(loss_of)(parameters, X, y)
        tree, count = jax.tree.map, count + 1
        if cell.optimizer == "SGD":
            parameters = tree(lambda p, g: p - lr * g, parameters, g)
        elif cell.optimizer == "momentum":
            m = tree(lambda m, g: MOMENTUM * m + g, m, g)
            parameters = tree(lambda p, m: p - lr * m, parameters, m)
        else:
            m = tree(lambda m, g: BETAS[0] * m + (1 - BETAS[0]) * g, m, g)
            v = tree(lambda v, g: BETAS[1] * v + (1 - BETAS[1]) * g * g, v, g)
            rate, scale = lr / (1 - BETAS[0] ** count), 1 / (1 - BETAS[1] ** count)
            parameters = tree(lambda p, m, v: p - rate * m / (jnp.sqrt(v * scale) + EPS), parameters, m, v)
        return (parameters, m, v, count), loss

    def train_epoch(state: State, X: jax.Array, y: jax.Array, rows: jax.Array) -> tuple[State, jax.Array]:
        state, losses = jax.lax.scan(lambda s, r: train(s, X[r], y[r]), state, rows)
        return state, losses.mean()

    one = jax.jit(lambda state, X, y, rows: train(state, X[rows], y[rows]), donate_argnums=0)
    whole = jax.jit(train_epoch, donate_argnums=0)
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)
    rng = np.random.default_rng(0)
    zeros = jax.tree.map(jnp.zeros_like, parameters_of(problem))
    moments = zeros if cell.optimizer != "SGD" else None
    state: State = (
        parameters_of(problem),
        moments,
        jax.tree.map(jnp.zeros_like, moments) if cell.optimizer == "Adam" else None,
        jnp.zeros((), jnp.float32),
    )

    def step(rows: Rows) -> float:
        nonlocal state
        state, loss = one(state, X, y, rows.astype(np.int32))
        return float(loss)

    def epoch() -> None:
        nonlocal state
        rows = rng.permutation(len(X)).astype(np.int32).reshape(-1, cell.batch)
        state, loss = whole(state, X, y, rows)
        float(loss)
        jax.block_until_ready(state)

    return step, timed(epoch)


def predictor(problem: Problem) -> Predict:
    """A jitted call."""
    parameters = parameters_of(problem)
    compiled = jax.jit(lambda X: forward(parameters, X, problem.cell.activation))
    return lambda X: np.asarray(compiled(X))
