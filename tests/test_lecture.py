"""The numbers printed in the lecture notes, from nn.functional and from a Sequential with the lecture's weights."""

import json
from pathlib import Path

import numpy as np
import pytest

import pynncore as nn
from pynncore import functional as F

NUMBERS = json.loads((Path(__file__).parent / "data" / "lecture_numbers.json").read_text())
# The notes print eight decimals.
PRINTED = {"rtol": 1e-7, "atol": 1e-8}


def arrays(section):
    return {name: np.array(value, dtype=np.float64) for name, value in section.items() if not isinstance(value, str)}


def network_with(layers, weights):
    network = nn.Sequential(*layers, rng=0, dtype="float64")
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    for layer, (W, b) in zip(linear, weights, strict=True):
        layer.weight, layer.bias = W.T, b
    return network


def test_single_layer_with_sigmoid_by_functional():
    n = arrays(NUMBERS["single_layer_sigmoid"])
    u = n["x"] @ n["W"] + n["b"]
    np.testing.assert_allclose(u, n["u"], **PRINTED)
    np.testing.assert_allclose(F.sigmoid(u), n["z"], **PRINTED)


def test_single_layer_with_sigmoid_by_a_network():
    n = arrays(NUMBERS["single_layer_sigmoid"])
    network = network_with([nn.Linear(4, 3), nn.Sigmoid()], [(n["W"], n["b"])])
    np.testing.assert_allclose(network[0].forward(n["x"][None])[0], n["u"], **PRINTED)
    np.testing.assert_allclose(network(n["x"][None])[0], n["z"], **PRINTED)


def test_relu_and_softmax_by_functional():
    n = arrays(NUMBERS["relu_softmax_3_5_4"])
    u1 = n["x"] @ n["W1"] + n["b1"]
    z1 = F.relu(u1)
    u2 = z1 @ n["W2"] + n["b2"]
    y = F.softmax(u2[None])[0]
    for value, name in ((u1, "u1"), (z1, "z1"), (u2, "u2"), (y, "y")):
        np.testing.assert_allclose(value, n[name], **PRINTED, err_msg=name)


def test_relu_and_softmax_by_a_network():
    n = arrays(NUMBERS["relu_softmax_3_5_4"])
    layers = [nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4), nn.Softmax()]
    network = network_with(layers, [(n["W1"], n["b1"]), (n["W2"], n["b2"])])
    value = n["x"][None]
    for layer, name in zip(network, ("u1", "z1", "u2", "y"), strict=True):
        value = layer.forward(value)
        np.testing.assert_allclose(value[0], n[name], **PRINTED, err_msg=name)
    np.testing.assert_allclose(network(n["x"][None])[0], n["y"], **PRINTED)


@pytest.mark.parametrize("printed", ["printed", "computed"])
def test_cross_entropy_with_1e_7_inside_the_logarithm(printed):
    n = arrays(NUMBERS["relu_softmax_3_5_4"])
    y = n["y"] if printed == "printed" else F.softmax(F.relu(n["x"] @ n["W1"] + n["b1"])[None] @ n["W2"] + n["b2"])[0]
    expected = float(n["cross_entropy_with_1e-7"])
    assert F.cross_entropy_error(n["d"][None], y[None]) == pytest.approx(expected, rel=1e-7)
    loss = nn.CrossEntropyLoss(from_logits=False)
    network = nn.Sequential(nn.Linear(4, 4), rng=0, dtype="float64")
    network[0].weight, network[0].bias = np.eye(4), np.zeros(4)
    measured = network.evaluate(y[None], n["d"][None], loss=loss)["loss"]
    assert measured == pytest.approx(expected, rel=1e-7)
