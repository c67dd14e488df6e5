"""The same bits for any number of threads, and for AVX2 and AVX-512: SHA-256 of weights and history."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core

# Sizes, activation, loss, optimizer, batch size, samples (never a multiple of the batch size, unless it is 1).
NETWORKS = {
    "narrow": ((3, 17, 1), nn.Tanh, nn.MSELoss, nn.SGD, 7, 60),
    "online": ((17, 33, 3), nn.ReLU, nn.CrossEntropyLoss, nn.SGD, 1, 50),
    "online-wide": ((100, 500, 10), nn.Sigmoid, nn.CrossEntropyLoss, nn.Adam, 1, 23),
    "odd": ((33, 100, 33, 17), nn.GELU, nn.CrossEntropyLoss, nn.Adam, 32, 333),
    "odd-batch": ((17, 100, 100, 3), nn.ELU, nn.SquaredError, nn.AdamW, 33, 400),
    "large-batch": ((100, 100, 33, 1), nn.Softplus, nn.BCEWithLogitsLoss, nn.SGD, 500, 1203),
    "deep": ((33, 33, 33, 33, 33, 33, 17), nn.Mish, nn.HuberLoss, nn.Adam, 32, 200),
    "wide": ((100, 513, 300, 10), nn.LeakyReLU, nn.CrossEntropyLoss, nn.SGD, 33, 222),
    "one-feature": ((1, 1, 100, 1), nn.Sine, nn.L1Loss, nn.SGD, 500, 750),
    # A transposed copy of these weights is beyond the caches.
    "beyond-caches": ((40, 760, 770, 5), nn.ReLU, nn.CrossEntropyLoss, nn.SGD, 250, 260),
    "divided": ((40, 760, 770, 5), nn.ReLU, nn.CrossEntropyLoss, nn.Adam, 32, 40),
    # On one thread the inputs of a product with 5200 columns are beyond L2 too, and are taken in two parts.
    "deep-products": ((8, 40, 5200, 33, 3), nn.ReLU, nn.CrossEntropyLoss, nn.SGD, 64, 100),
    "few-rows": ((300, 700, 300, 3), nn.Swish, nn.CrossEntropyLoss, nn.Adam, 7, 58),
}


def targets(loss, rng, samples, outputs):
    if loss is nn.CrossEntropyLoss:
        return rng.integers(0, outputs, samples)
    return rng.uniform(0, 1, (samples, outputs)).astype(np.float32)


def digest(name, threads, dtype="float32"):
    sizes, activation, loss, optimizer, batch_size, samples = NETWORKS[name]
    rng = np.random.default_rng(11)
    X = rng.standard_normal((samples, sizes[0])).astype(dtype)
    y = targets(loss, rng, samples, sizes[-1])
    layers = [nn.Linear(sizes[0], sizes[1])]
    for n, m in pairwise(sizes[1:]):
        layers += [activation(), nn.Linear(n, m)]
    network = nn.Sequential(*layers, rng=4, dtype=dtype)
    history = network.fit(
        X, y, loss=loss(), optimizer=optimizer(lr=1e-3), epochs=3, batch_size=batch_size, threads=threads, verbose=False
    )
    state = hashlib.sha256()
    for key, value in network.state_dict().items():
        state.update(key.encode() + value.tobytes())
    state.update(np.array(history.history["loss"]).tobytes())
    nn.config.set_threads(threads)
    for rows in (1, 7, samples):
        state.update(network.predict(X[:rows]).tobytes())
    nn.config.set_threads(None)
    return state.hexdigest()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_any_number_of_threads_gives_the_same_bits(isa, name, dtype):
    digests = {threads: digest(name, threads, dtype) for threads in (1, 2, 3, 4, 8, 16)}
    assert len(set(digests.values())) == 1, digests


def test_the_networks_are_shared_in_every_way():
    """Rows, columns, both, and the columns of the first layer alone, among those who train the networks above."""
    ways = set()
    for sizes, _, _, _, batch_size, _ in NETWORKS.values():
        for threads in (2, 3, 4, 8, 16):
            members, columns, divided = _core.arrange(list(sizes), batch_size, threads, training=True)
            if members == 1 or divided:
                ways.add("divided" if divided else "one")
            else:
                ways.add("rows" if columns == 1 else "columns" if columns == members else "both")
    assert ways == {"one", "divided", "rows", "columns", "both"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_vector_levels_give_the_same_bits(name, dtype):
    before, digests = nn.config.isa(), {}
    for level in _core.levels():
        if level != "scalar":
            nn.config.set_isa(level)
            assert nn.config.isa() == level
            digests[level] = digest(name, 2, dtype)
    nn.config.set_isa(before)
    assert len(set(digests.values())) <= 1, digests


def test_a_second_run_gives_the_same_bits():
    assert digest("odd", 2) == digest("odd", 2)
