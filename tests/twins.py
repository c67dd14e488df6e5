"""The NumPy twin of a pynncore network, with the same weights in float64."""

import numpy as np

import pynncore as nn
from pynncore import _core
from reference import activations, network, rows

EDGE_SIZES = (1, 2, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 31, 32, 33, 34, 63, 64, 65, 100)
ACTIVATIONS = {info.name: info for info in _core.activations()}
ROW_FUNCTIONS = {info.name: info for info in _core.row_functions()}


def loss_on(loss, y, target, weight=None, threads=1):
    """The values and the gradient of the core's loss."""
    gradient = np.empty_like(y)
    values, _ = loss.evaluate(y, target, weight, gradient, threads)
    return values, gradient


def values_of(layer, info):
    """The parameters of an activation, in the order of its definition, as the kernels take them."""
    values = [(getattr(layer, parameter.name), parameter.choices) for parameter in info.parameters]
    return [choices.index(value) if choices else value for value, choices in values]


def quiet(f, parameters):
    """f(u) with its parameters; what overflows on the way to a finite limit is no concern."""

    def of(u):
        with np.errstate(all="ignore"):
            return f(u, *parameters)

    return of


def twin_of_layer(layer):
    name = type(layer).__name__
    if isinstance(layer, nn.Linear):
        bias = None if layer.bias is None else layer.bias.astype(np.float64)
        return network.Linear(layer.weight.T.astype(np.float64), bias)
    if name in ROW_FUNCTIONS:
        function = ROW_FUNCTIONS[name].function
        return network.RowWise(getattr(rows, function), getattr(rows, f"d_{function}"))
    info = ACTIVATIONS[name]
    f, df = getattr(activations, info.function), getattr(activations, f"d_{info.function}")
    parameters = values_of(layer, info)
    return network.Elementwise(quiet(f, parameters), quiet(df, parameters))


def twin_of(sequential):
    return [twin_of_layer(layer) for layer in sequential]
