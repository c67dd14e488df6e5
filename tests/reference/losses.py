"""Losses: one value a row for predictions y and targets d, both (rows, n), and d_<loss>, the derivative by y."""

import numpy as np

from reference.rows import d_softmax, log_softmax, softmax


def one_hot(label, n):
    return np.eye(n)[label]


def sigmoid(u):
    return np.exp(-np.logaddexp(0, -u))


def squared_error(y, d):
    return 0.5 * ((y - d) ** 2).sum(1)


def d_squared_error(y, d):
    return y - d


def mean_squared_error(y, d):
    return ((y - d) ** 2).sum(1)


def d_mean_squared_error(y, d):
    return 2 * (y - d)


def l1(y, d):
    return np.abs(y - d).sum(1)


def d_l1(y, d):
    return np.sign(y - d)


def huber(y, d, delta=1.0):
    return np.where(np.abs(y - d) <= delta, 0.5 * (y - d) ** 2, delta * (np.abs(y - d) - 0.5 * delta)).sum(1)


def d_huber(y, d, delta=1.0):
    return np.clip(y - d, -delta, delta)


def binary_cross_entropy(y, d):
    return -(d * np.log(y) + (1 - d) * np.log1p(-y)).sum(1)


def d_binary_cross_entropy(y, d):
    return (y - d) / (y * (1 - y))


def binary_cross_entropy_with_logits(u, d, pos_weight=1.0):
    return (pos_weight * d * np.logaddexp(0, -u) + (1 - d) * np.logaddexp(0, u)).sum(1)


def d_binary_cross_entropy_with_logits(u, d, pos_weight=1.0):
    return (1 - d) * sigmoid(u) - pos_weight * d * sigmoid(-u)


def cross_entropy(u, d, eps=0.0):
    return -(d * (np.log(softmax(u) + eps) if eps else log_softmax(u))).sum(1)


def d_cross_entropy(u, d, eps=0.0):
    return np.exp(log_softmax(u)) * d.sum(1, keepdims=True) - d


def cross_entropy_of_probabilities(y, d, eps=1e-7):
    return -(d * np.log(y + eps)).sum(1)


def d_cross_entropy_of_probabilities(y, d, eps=1e-7):
    return -d / (y + eps)


def negative_log_likelihood(y, d):
    return -(d * y).sum(1)


def d_negative_log_likelihood(y, d):
    return -d


def smooth_l1(y, d, beta=1.0):
    r = np.abs(y - d)
    return np.where(r < beta, 0.5 * r**2 / beta, r - 0.5 * beta).sum(1)


def d_smooth_l1(y, d, beta=1.0):
    return np.where(np.abs(y - d) < beta, (y - d) / beta, np.sign(y - d))


def log_cosh(y, d):
    """log((e^r + e^-r) / 2), for r near 0 by the series r^2 / 2 - r^4 / 12 + r^6 / 45."""
    r = y - d
    near = r**2 / 2 - r**4 / 12 + r**6 / 45
    return np.where(np.abs(r) < 1e-2, near, np.logaddexp(r, -r) - np.log(2)).sum(1)


def d_log_cosh(y, d):
    return np.tanh(y - d)


def quantile(y, d, *, q=0.5):
    return np.where(d > y, q * (d - y), (1 - q) * (y - d)).sum(1)


def d_quantile(y, d, *, q=0.5):
    return np.where(d > y, -q * np.ones_like(y), (1 - q) * (d < y))


def mean_squared_logarithmic(y, d):
    return ((np.log1p(np.maximum(y, 0)) - np.log1p(np.maximum(d, 0))) ** 2).sum(1)


def d_mean_squared_logarithmic(y, d):
    return np.where(y < 0, 0, 2 * (np.log1p(np.maximum(y, 0)) - np.log1p(np.maximum(d, 0))) / (1 + y))


def mean_absolute_percentage(y, d, eps=1e-7):
    return (100 * np.abs((y - d) / np.maximum(np.abs(d), eps))).sum(1)


def d_mean_absolute_percentage(y, d, eps=1e-7):
    return 100 * np.sign(y - d) / np.maximum(np.abs(d), eps)


def poisson_nll(y, d, log_input=1, full=0, eps=1e-8):
    value = np.exp(y) - d * y if log_input else y - d * np.log(y + eps)
    n = np.where(d > 1, d, 1)
    stirling = np.where(d > 1, n * np.log(n) - n + np.log(2 * np.pi * n) / 2, 0)
    return (value + stirling * full).sum(1)


def d_poisson_nll(y, d, log_input=1, full=0, eps=1e-8):
    return np.exp(y) - d if log_input else 1 - d / (y + eps)


def gaussian_nll(y, d, eps=1e-6, full=0):
    m, s = np.split(y, 2, axis=1)
    variance = np.maximum(np.exp(s), eps)
    return (0.5 * (np.log(variance) + (m - d) ** 2 / variance + full * np.log(2 * np.pi))).sum(1)


def d_gaussian_nll(y, d, eps=1e-6, full=0):
    m, s = np.split(y, 2, axis=1)
    variance = np.maximum(np.exp(s), eps)
    return np.concatenate([(m - d) / variance, 0.5 - 0.5 * (m - d) ** 2 / variance], axis=1)


def binary_focal(u, d, gamma=2.0, *, alpha=0.5):
    z, q = sigmoid(u), sigmoid(-u)
    return -(alpha * d * q**gamma * np.log(z) + (1 - alpha) * (1 - d) * z**gamma * np.log(q)).sum(1)


def d_binary_focal(u, d, gamma=2.0, *, alpha=0.5):
    z, q = sigmoid(u), sigmoid(-u)
    positive = -(q**gamma) * (q - gamma * z * np.log(z))
    negative = z**gamma * (z - gamma * q * np.log(q))
    return alpha * d * positive + (1 - alpha) * (1 - d) * negative


def focal(u, d, gamma=2.0):
    return -(d * (1 - softmax(u)) ** gamma * log_softmax(u)).sum(1)


def d_focal(u, d, gamma=2.0):
    """By the chain rule through each probability: dz_k/du_i = z_k ([i = k] - z_i)."""
    z, log_z = softmax(u), log_softmax(u)
    rest = 1 - z
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(rest > 0, gamma * rest ** (gamma - 1) * log_z, 0) - rest**gamma / z
    by_z = d * slope
    return z * (by_z - (by_z * z).sum(1, keepdims=True))


def kl_div(y, d, log_target=0):
    if log_target:
        return (np.exp(d) * (d - y)).sum(1)
    return np.where(d > 0, d * (np.log(np.where(d > 0, d, 1)) - y), 0).sum(1)


def d_kl_div(y, d, log_target=0):
    return -np.exp(d) if log_target else -d


def hinge(y, t):
    return np.maximum(0, 1 - t * y).sum(1)


def d_hinge(y, t):
    return np.where(t * y < 1, -t, 0)


def squared_hinge(y, t):
    return (np.maximum(0, 1 - t * y) ** 2).sum(1)


def d_squared_hinge(y, t):
    return -2 * t * np.maximum(0, 1 - t * y)


def perceptron(y, t):
    return np.maximum(0, -t * y).sum(1)


def d_perceptron(y, t):
    return np.where(t * y <= 0, -t, 0)


def zero_one(y, d):
    if y.shape[1] == 1:
        return ((y > 0) != (d > 0)).sum(1) * 1.0
    return (y.argmax(1) != d.argmax(1)) * 1.0


def d_zero_one(y, d):
    return np.zeros_like(y)


def categorical_hinge(y, d):
    return np.maximum(0, 1 + ((1 - d) * y).max(1) - (d * y).sum(1))


def d_categorical_hinge(y, d):
    others = (1 - d) * y
    at = np.eye(y.shape[1])[others.argmax(1)]
    return (at * (1 - d) - d) * (categorical_hinge(y, d) > 0)[:, None]


def cosine_embedding(y, d, margin=0.0):
    v, t = d[:, :-1], d[:, -1]
    cosine = (y * v).sum(1) / np.sqrt(((y**2).sum(1) + 1e-12) * ((v**2).sum(1) + 1e-12))
    return np.where(t > 0, 1 - cosine, np.maximum(0, cosine - margin))


def d_cosine_embedding(y, d, margin=0.0):
    v, t = d[:, :-1], d[:, -1:]
    y2, v2 = (y**2).sum(1, keepdims=True) + 1e-12, (v**2).sum(1, keepdims=True) + 1e-12
    cosine = (y * v).sum(1, keepdims=True) / np.sqrt(y2 * v2)
    by_cosine = np.where(t > 0, -1, cosine > margin)
    return by_cosine * (v / np.sqrt(y2 * v2) - cosine * y / y2)


def generalized_cross_entropy(u, d, q=0.5):
    return (d * (1 - softmax(u) ** q) / q).sum(1)


def d_generalized_cross_entropy(u, d, q=0.5):
    by_z = -d * softmax(u) ** (q - 1)
    return d_softmax(u, by_z)


def tversky(y, d, alpha=0.5, beta=0.5, eps=1e-7):
    hits = (y * d).sum(1) + eps
    return 1 - hits / (hits + alpha * (y * (1 - d)).sum(1) + beta * ((1 - y) * d).sum(1))


def d_tversky(y, d, alpha=0.5, beta=0.5, eps=1e-7):
    hits = (y * d).sum(1, keepdims=True) + eps
    total = hits + alpha * (y * (1 - d)).sum(1, keepdims=True) + beta * ((1 - y) * d).sum(1, keepdims=True)
    return -d / total + hits / total**2 * (d + alpha * (1 - d) - beta * d)
