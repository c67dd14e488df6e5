"""Activations f(u) and their derivatives d_<function>(u), written so that float64 is enough to judge float32.

At infinities the formulas may give NaN; the limits are tested apart.
"""

import math

import numpy as np

erfc = np.frompyfunc(math.erfc, 1, 1)


def identity(u):
    return u


def d_identity(u):
    return np.ones_like(u)


def step(u, threshold=0.0, at_threshold=1.0):
    return np.where(u > threshold, 1.0, np.where(u == threshold, at_threshold, 0.0))


def d_step(u, threshold=0.0, at_threshold=1.0):
    return np.zeros_like(u)


def bent_identity(u):
    return u * u / (np.sqrt(u * u + 1) + 1) / 2 + u


def d_bent_identity(u):
    return u / (2 * np.sqrt(u * u + 1)) + 1


def hardshrink(u, lambd=0.5):
    return np.where(np.abs(u) > lambd, u, 0.0)


def d_hardshrink(u, lambd=0.5):
    return np.where(np.abs(u) > lambd, 1.0, 0.0)


def softshrink(u, lambd=0.5):
    return np.where(u > lambd, u - lambd, np.where(u < -lambd, u + lambd, 0.0))


def d_softshrink(u, lambd=0.5):
    return np.where(np.abs(u) > lambd, 1.0, 0.0)


def threshold(u, threshold=0.0, value=0.0):
    return np.where(u > threshold, u, value)


def d_threshold(u, threshold=0.0, value=0.0):
    return np.where(u > threshold, 1.0, 0.0)


def sigmoid(u):
    return np.exp(-np.logaddexp(0, -u))


def d_sigmoid(u):
    return sigmoid(u) * sigmoid(-u)


def hardsigmoid(u, slope=1 / 6, offset=0.5):
    return np.clip(slope * u + offset, 0, 1)


def d_hardsigmoid(u, slope=1 / 6, offset=0.5):
    return np.where((slope * u > -offset) & (slope * u < 1 - offset), slope, 0.0)


def logsigmoid(u):
    return -np.logaddexp(0, -u)


def d_logsigmoid(u):
    return sigmoid(-u)


def tanh(u):
    return np.tanh(u)


def d_tanh(u):
    return 1 / np.cosh(u) ** 2


def tanhshrink(u):
    series = u**3 * np.polyval([1382 / 155925, -62 / 2835, 17 / 315, -2 / 15, 1 / 3], u * u)
    return np.where(np.abs(u) < 0.05, series, u - np.tanh(u))


def d_tanhshrink(u):
    return np.tanh(u) ** 2


def hardtanh(u, min_val=-1.0, max_val=1.0):
    return np.clip(u, min_val, max_val)


def d_hardtanh(u, min_val=-1.0, max_val=1.0):
    return np.where((u > min_val) & (u < max_val), 1.0, 0.0)


def arctan(u):
    return np.arctan(u)


def d_arctan(u):
    return 1 / (1 + u * u)


def relu(u):
    return np.maximum(u, 0)


def d_relu(u):
    return np.where(u > 0, 1.0, 0.0)


def relu6(u):
    return np.clip(u, 0, 6)


def d_relu6(u):
    return np.where((u > 0) & (u < 6), 1.0, 0.0)


def leaky_relu(u, negative_slope=0.01):
    return np.where(u > 0, u, negative_slope * u)


def d_leaky_relu(u, negative_slope=0.01):
    return np.where(u > 0, 1.0, negative_slope)


def elu(u, alpha=1.0):
    return np.where(u > 0, u, alpha * np.expm1(np.minimum(u, 0)))


def d_elu(u, alpha=1.0):
    return np.where(u > 0, 1.0, alpha * np.exp(np.minimum(u, 0)))


def selu(u):
    return 1.0507009873554805 * elu(u, 1.6732632423543772)


def d_selu(u):
    return 1.0507009873554805 * d_elu(u, 1.6732632423543772)


def celu(u, alpha=1.0):
    return np.where(u > 0, u, alpha * np.expm1(np.minimum(u, 0) / alpha))


def d_celu(u, alpha=1.0):
    return np.where(u > 0, 1.0, np.exp(np.minimum(u, 0) / alpha))


def softplus(u, beta=1.0):
    return np.logaddexp(0, beta * u) / beta


def d_softplus(u, beta=1.0):
    return sigmoid(beta * u)


def softsign(u):
    return u / (1 + np.abs(u))


def d_softsign(u):
    return 1 / (1 + np.abs(u)) ** 2


def prelu(u, weight=0.25):
    return np.where(u > 0, u, weight * u)


def d_prelu(u, weight=0.25):
    return np.where(u > 0, 1.0, weight)


def acon(u, p1=1.0, p2=0.0, beta=1.0):
    d = p1 - p2
    return d * u * sigmoid(beta * d * u) + p2 * u


def d_acon(u, p1=1.0, p2=0.0, beta=1.0):
    d = p1 - p2
    t = beta * d * u
    return d * (sigmoid(t) + t * sigmoid(t) * sigmoid(-t)) + p2


def swish(u, beta=1.0):
    return u * sigmoid(beta * u)


def d_swish(u, beta=1.0):
    return sigmoid(beta * u) + beta * u * sigmoid(beta * u) * sigmoid(-beta * u)


def silu(u):
    return swish(u)


def d_silu(u):
    return d_swish(u)


def hardswish(u):
    return u * np.clip(u + 3, 0, 6) / 6


def d_hardswish(u):
    return np.where(u <= -3, 0.0, np.where(u >= 3, 1.0, (2 * u + 3) / 6))


def mish(u):
    return u * np.tanh(softplus(u))


def d_mish(u):
    return np.tanh(softplus(u)) + u * sigmoid(u) / np.cosh(softplus(np.minimum(u, 300))) ** 2


def tanh_exp(u):
    return u * np.tanh(np.exp(np.minimum(u, 30)))


def d_tanh_exp(u):
    x = np.exp(np.minimum(u, 6))
    return np.tanh(x) + u * x / np.cosh(x) ** 2


def gelu(u, approximate=0):
    return u * (normal_distribution(u) if approximate == 0 else sigmoid(gelu_gate(u)))


def d_gelu(u, approximate=0):
    if approximate == 0:
        return normal_distribution(u) + u * np.exp(-u * u / 2) / np.sqrt(2 * np.pi)
    slope = np.sqrt(8 / np.pi) * (1 + 3 * 0.044715 * u * u)
    return sigmoid(gelu_gate(u)) + u * sigmoid(gelu_gate(u)) * sigmoid(-gelu_gate(u)) * slope


def normal_distribution(u):
    return 0.5 * erfc(-u / np.sqrt(2)).astype(np.float64)


def gelu_gate(u):
    return np.sqrt(8 / np.pi) * (u + 0.044715 * u**3)


def exponential(u):
    return np.exp(u)


def d_exponential(u):
    return np.exp(u)


def sine(u, omega=1.0):
    return np.sin(omega * u)


def d_sine(u, omega=1.0):
    return omega * np.cos(omega * u)


def gaussian(u):
    return np.exp(-u * u)


def d_gaussian(u):
    return -2 * u * np.exp(-u * u)


def squared_relu(u):
    return np.maximum(u, 0) ** 2


def d_squared_relu(u):
    return 2 * np.maximum(u, 0)


def lisht(u):
    return u * np.tanh(u)


def d_lisht(u):
    return np.tanh(u) + u / np.cosh(u) ** 2


def isru(u, alpha=1.0):
    return np.copysign(1 / np.sqrt(alpha + 1 / (u * u)), u)


def d_isru(u, alpha=1.0):
    return (1 + alpha * u * u) ** -1.5


def squareplus(u, b=4.0):
    r = np.sqrt(u * u + b)
    return np.where(u > 0, u + r, b / (r + np.abs(u))) / 2


def d_squareplus(u, b=4.0):
    return squareplus(u, b) / np.sqrt(u * u + b)


def sparse_plus(u):
    return np.where(u <= -1, 0.0, np.where(u >= 1, u, (u + 1) ** 2 / 4))


def d_sparse_plus(u):
    return sparse_sigmoid(u)


def sparse_sigmoid(u):
    return np.clip((u + 1) / 2, 0, 1)


def d_sparse_sigmoid(u):
    return np.where(np.abs(u) < 1, 0.5, 0.0)


def snake(u, alpha=1.0):
    return u + np.sin(alpha * u) ** 2 / alpha


def d_snake(u, alpha=1.0):
    return 1 + np.sin(2 * alpha * u)
