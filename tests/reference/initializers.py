"""Standard deviation of initial weights, for fan_in inputs and fan_out outputs of a layer."""

import numpy as np


def glorot(fan_in, fan_out, gain=1.0):
    return gain * np.sqrt(2 / (fan_in + fan_out))


def he(fan_in, fan_out, gain=2**0.5):
    return gain / np.sqrt(fan_in)


def lecun(fan_in, fan_out, gain=1.0):
    return gain / np.sqrt(fan_in)


def uniform_bound(std):
    return np.sqrt(3) * std
