"""Functions of a row (n,) of u (rows, n), and d_<function>(z, g): dLoss/du from the output z and g = dLoss/dz."""

import numpy as np


def softmax(u):
    return np.exp(u - u.max(1, keepdims=True)) / np.exp(u - u.max(1, keepdims=True)).sum(1, keepdims=True)


def d_softmax(z, g):
    return z * (g - (g * z).sum(1, keepdims=True))


def softmin(u):
    return softmax(-u)


def d_softmin(z, g):
    return -d_softmax(z, g)


def log_softmax(u):
    return u - u.max(1, keepdims=True) - np.log(np.exp(u - u.max(1, keepdims=True)).sum(1, keepdims=True))


def d_log_softmax(z, g):
    return g - np.exp(z) * g.sum(1, keepdims=True)
