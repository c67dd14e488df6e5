"""Losses: one value a row for predictions y and targets d, both (rows, n), and d_<loss>, the derivative by y."""

import numpy as np

from reference.rows import log_softmax, softmax


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
