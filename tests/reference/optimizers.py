"""Optimizers: one step of weights w with gradient g at step t = 1, 2, ...; `state` keeps what the next step needs."""

import numpy as np


def velocity(g, state, momentum, dampening):
    return momentum * state["v"] + (1 - dampening) * g if "v" in state else g


def sgd(w, g, state, t, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    g = g + weight_decay * w
    if momentum == 0:
        return w - lr * g
    state["v"] = velocity(g, state, momentum, dampening)
    return w - lr * (g + momentum * state["v"] if nesterov else state["v"])


def adam(w, g, state, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    g = g + weight_decay * w
    state["m"] = betas[0] * state.get("m", 0) + (1 - betas[0]) * g
    state["v"] = betas[1] * state.get("v", 0) + (1 - betas[1]) * g**2
    return w - lr * (state["m"] / (1 - betas[0] ** t)) / (np.sqrt(state["v"] / (1 - betas[1] ** t)) + eps)


def adamw(w, g, state, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
    return adam(w * (1 - lr * weight_decay), g, state, t, lr, betas, eps)
