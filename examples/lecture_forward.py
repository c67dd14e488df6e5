"""The lecture's two forward passes, number by number: a layer of three units, and a 3-5-4 network with its loss."""

import numpy as np

import pynncore as nn
import pynncore.functional as F

np.set_printoptions(precision=8, suppress=True)

print("One layer: u = x W + b, z = sigmoid(u)")
x = np.array([1.0, 5.0, 2.0, -1.0])
W = np.array(
    [
        [0.78448836, 0.5519249, 0.05299646],
        [0.28541838, 0.0874703, 0.19128375],
        [0.75817506, 0.07897251, 0.16248218],
        [0.80977524, 0.13379177, 0.74521453],
    ]
)
b = np.array([0.1, 0.2, 0.3])
u = x @ W + b
print("  u =", u)
print("  z =", F.sigmoid(u))

print("Two layers: ReLU, then softmax, with the cross-entropy of the target d")
x = np.array([1.0, 2.0, 3.0])
W1 = np.array(
    [
        [0.39584932, 0.34003881, 0.95012385, 0.83734055, 0.62053755],
        [0.67485755, 0.12538868, 0.59715302, 0.04805491, 0.04911069],
        [0.46974373, 0.30237175, 0.72931983, 0.88260397, 0.17032201],
    ]
)
W2 = np.array(
    [
        [0.74174043, 0.99298396, 0.93496933, 0.39263016],
        [0.83137794, 0.95624954, 0.68359426, 0.22060711],
        [0.79603207, 0.70925198, 0.49614996, 0.75663965],
        [0.36314909, 0.67968242, 0.36471733, 0.56427986],
        [0.30406935, 0.10250141, 0.54503293, 0.73483335],
    ]
)
d = np.array([[0.0, 0.0, 0.0, 1.0]])

# A layer's weight is (out, in), the transpose of the lecture's W.
network = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4), nn.Softmax(), dtype="float64", rng=0)
network[0].weight, network[0].bias = W1.T, np.array([0.1, 0.2, 0.3, 0.4, 0.5])
network[2].weight, network[2].bias = W2.T, np.array([0.1, 0.2, 0.3, 0.4])

value = x[np.newaxis]
for name, layer in zip(("u1", "z1", "u2", "y "), network, strict=True):
    value = layer.forward(value)
    print(f"  {name} =", value[0])
loss = network.evaluate(x[np.newaxis], d, loss=nn.CrossEntropyLoss(from_logits=False))["loss"]
print(f"  cross-entropy = {loss:.8f}")
