"""Optimizers: one step of weights w with gradient g at step t = 1, 2, ...; `state` keeps what the next step needs."""

import numpy as np


def velocity(g, state, momentum, dampening):
    return momentum * state["v"] + (1 - dampening) * g if "v" in state else g


def sgd(w, g, state, t, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, rate_in_velocity=False):
    g = g + weight_decay * w
    if momentum == 0:
        return w - lr * g
    if rate_in_velocity:
        state["v"] = momentum * state.get("v", 0) + lr * g
        return w - (momentum * state["v"] + lr * g if nesterov else state["v"])
    state["v"] = velocity(g, state, momentum, dampening)
    return w - lr * (g + momentum * state["v"] if nesterov else state["v"])


def moments(g, state, betas):
    state["m"] = betas[0] * state.get("m", 0) + (1 - betas[0]) * g
    state["v"] = betas[1] * state.get("v", 0) + (1 - betas[1]) * g**2
    return state["m"], state["v"]


def adam(w, g, state, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, epsilon_hat=False):
    m, v = moments(g + weight_decay * w, state, betas)
    if amsgrad:
        v = state["most"] = np.maximum(state.get("most", 0), v)
    if epsilon_hat:
        return w - lr * np.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t) * m / (np.sqrt(v) + eps)
    return w - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)


def adamw(w, g, state, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False):
    return adam(w * (1 - lr * weight_decay), g, state, t, lr, betas, eps, amsgrad=amsgrad)


def nadam(w, g, state, t, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, momentum_decay=4e-3):
    g = g + weight_decay * w
    m, v = moments(g, state, betas)
    mu, following = (betas[0] * (1 - 0.5 * 0.96 ** (k * momentum_decay)) for k in (t, t + 1))
    state["product"] = state.get("product", 1) * mu
    root = np.sqrt(v / (1 - betas[1] ** t)) + eps
    step = (1 - mu) * g / (1 - state["product"]) + following * m / (1 - state["product"] * following)
    return w - lr * step / root


def radam(w, g, state, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    m, v = moments(g + weight_decay * w, state, betas)
    m = m / (1 - betas[0] ** t)
    most = 2 / (1 - betas[1]) - 1
    rho = most - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
    if rho <= 5:
        return w - lr * m
    r = np.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
    return w - lr * m * r * np.sqrt(1 - betas[1] ** t) / (np.sqrt(v) + eps)


def adamax(w, g, state, t, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    m, _ = moments(g + weight_decay * w, state, betas)
    state["u"] = np.maximum(betas[1] * state.get("u", 0), np.abs(g + weight_decay * w) + eps)
    return w - lr / (1 - betas[0] ** t) * m / state["u"]


def adagrad(w, g, state, t, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    g = g + weight_decay * w
    state["s"] = state.get("s", initial_accumulator_value) + g**2
    return w - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(state["s"]) + eps)


def adadelta(w, g, state, t, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0):
    g = g + weight_decay * w
    state["s"] = rho * state.get("s", 0) + (1 - rho) * g**2
    d = np.sqrt(state.get("a", 0) + eps) / np.sqrt(state["s"] + eps) * g
    state["a"] = rho * state.get("a", 0) + (1 - rho) * d**2
    return w - lr * d


def rmsprop(w, g, state, t, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False):
    g = g + weight_decay * w
    state["s"] = alpha * state.get("s", 0) + (1 - alpha) * g**2
    state["a"] = alpha * state.get("a", 0) + (1 - alpha) * g
    d = g / (np.sqrt(state["s"] - (state["a"] ** 2 if centered else 0)) + eps)
    state["b"] = momentum * state.get("b", 0) + d
    return w - lr * (state["b"] if momentum else d)


def rprop(w, g, state, t, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
    change = g * state.get("g", 0)
    factor = np.where(change > 0, etas[1], np.where(change < 0, etas[0], 1))
    state["step"] = np.clip(state.get("step", lr) * factor, *step_sizes)
    state["g"] = np.where(change < 0, 0, g)
    return w - np.sign(state["g"]) * state["step"]


def lion(w, g, state, t, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    m = state.get("m", 0)
    state["m"] = betas[1] * m + (1 - betas[1]) * g
    return w * (1 - lr * weight_decay) - lr * np.sign(betas[0] * m + (1 - betas[0]) * g)
