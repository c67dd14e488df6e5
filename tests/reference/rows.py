"""Functions of a row (n,) of u (rows, n), and d_<function>(u, g): dLoss/du from u and g = dLoss/dz."""

import numpy as np

from reference import activations


def softmax(u):
    return np.exp(u - u.max(1, keepdims=True)) / np.exp(u - u.max(1, keepdims=True)).sum(1, keepdims=True)


def d_softmax(u, g):
    z = softmax(u)
    return z * (g - (g * z).sum(1, keepdims=True))


def softmin(u):
    return softmax(-u)


def d_softmin(u, g):
    return -d_softmax(-u, g)


def log_softmax(u):
    return u - u.max(1, keepdims=True) - np.log(np.exp(u - u.max(1, keepdims=True)).sum(1, keepdims=True))


def d_log_softmax(u, g):
    return g - softmax(u) * g.sum(1, keepdims=True)


def sparsemax(u):
    """By sorting, as Martins and Astudillo write it."""
    falling = -np.sort(-u, axis=1)
    k = np.arange(1, u.shape[1] + 1)
    support = (1 + k * falling > np.cumsum(falling, axis=1)).sum(1, keepdims=True)
    tau = (np.take_along_axis(np.cumsum(falling, axis=1), support - 1, axis=1) - 1) / support
    return np.maximum(0, u - tau)


def d_sparsemax(u, g):
    support = sparsemax(u) > 0
    return support * (g - (support * g).sum(1, keepdims=True) / support.sum(1, keepdims=True))


def _gated(gate, d_gate):
    def f(u):
        a, b = np.split(u, 2, axis=1)
        return a * gate(b)

    def df(u, g):
        a, b = np.split(u, 2, axis=1)
        return np.concatenate([g * gate(b), g * a * d_gate(b)], axis=1)

    return f, df


glu, d_glu = _gated(activations.sigmoid, activations.d_sigmoid)
reglu, d_reglu = _gated(activations.relu, activations.d_relu)
geglu, d_geglu = _gated(activations.gelu, activations.d_gelu)
swiglu, d_swiglu = _gated(activations.silu, activations.d_silu)
bilinear, d_bilinear = _gated(activations.identity, activations.d_identity)
