"""Residual and Concat: networks that are graphs."""

import copy
import hashlib

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core

LEVELS = [level for level in _core.levels() if level != "scalar"]


def graph(dtype="float32"):
    """Blocks in blocks, branches without layers, activations first and last in a branch, all kinds of layers."""
    return nn.Sequential(
        nn.Linear(6, 40),
        nn.BatchNorm(40),
        nn.ReLU(),
        nn.Residual(nn.Linear(40, 50), nn.Tanh(), nn.LayerNorm(50), nn.Dropout(0.2), nn.Linear(50, 40)),
        nn.ReLU(),
        nn.Concat([], [], [nn.Linear(40, 5), nn.BatchNorm(5)], nn.Tanh(), nn.Residual(nn.Sigmoid(), nn.Linear(40, 40))),
        nn.Residual(nn.Residual(nn.Softmax()), nn.Sine()),
        nn.Linear(165, 3),
        rng=0,
        dtype=dtype,
    )


def data(n=90):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 6)), rng.integers(0, 3, n)


def digest(network):
    return hashlib.sha256(b"".join(value.tobytes() for value in network.state_dict().values())).hexdigest()


def test_values_of_a_residual_and_a_concat():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 6))
    block = nn.Residual(nn.Linear(6, 33), nn.Tanh(), nn.Linear(33, 6))
    nn.Sequential(block, rng=0, dtype="float64")
    a, _, b = block.branches[1]
    np.testing.assert_allclose(block.forward(x), x + np.tanh(x @ a.weight.T + a.bias) @ b.weight.T + b.bias, rtol=1e-12)
    concat = nn.Concat(nn.ReLU(), [], [nn.Linear(6, 35), nn.ReLU()])
    nn.Sequential(concat, rng=0, dtype="float64")
    u = x @ concat.branches[2][0].weight.T + concat.branches[2][0].bias
    expected = np.hstack([np.maximum(x, 0), x, np.maximum(u, 0)])
    np.testing.assert_allclose(concat.forward(x), expected, rtol=1e-12, atol=1e-15)


def test_gradients():
    X, y = data(12)
    assert nn.check_gradients(graph(), X, y, loss="cross_entropy", elements=40).ok


def test_input_gradients_of_a_block():
    rng = np.random.default_rng(0)
    block = nn.Concat([], nn.Residual(nn.Tanh(), nn.Linear(3, 3)))
    nn.Sequential(block, rng=0, dtype="float64")
    x, dz, h = rng.standard_normal((2, 3)), rng.standard_normal((2, 6)), 1e-6
    block.forward(x)
    dx = block.backward(dz)
    assert list(block.grads) == ["1.0.1.weight", "1.0.1.bias"]
    for i in np.ndindex(x.shape):
        moved = np.zeros_like(x)
        moved[i] = h
        difference = (dz * (block.forward(x + moved) - block.forward(x - moved))).sum() / (2 * h)
        np.testing.assert_allclose(dx[i], difference, rtol=1e-7, atol=1e-9)


def test_training_is_pytorchs():
    torch = pytest.importorskip("torch")
    X, y = data(40)
    layers = [
        nn.Linear(6, 20),
        nn.Residual(nn.ReLU(), nn.Linear(20, 20)),
        nn.Concat([], [nn.Tanh(), nn.Linear(20, 9)]),
        nn.ReLU(),
        nn.Linear(29, 3),
    ]
    network = nn.Sequential(*layers, rng=0, dtype="float64")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            sizes = {"first": (6, 20), "inner": (20, 20), "side": (20, 9), "last": (29, 3)}
            for name, (n, m) in sizes.items():
                setattr(self, name, torch.nn.Linear(n, m, dtype=torch.float64))

        def forward(self, x):
            x = self.first(x)
            x = x + self.inner(torch.relu(x))
            return self.last(torch.relu(torch.cat([x, self.side(torch.tanh(x))], 1)))

    twin = Twin()
    names = {"0": "first", "1.1": "inner", "2.1.1": "side", "4": "last"}
    state = network.state_dict()
    twin.load_state_dict(
        {
            f"{names[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": torch.from_numpy(v)
            for name, v in state.items()
        }
    )
    rule = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9)
    for _ in range(50):
        rule.zero_grad()
        torch.nn.functional.cross_entropy(twin(torch.from_numpy(X)), torch.from_numpy(y)).backward()
        rule.step()
    network.fit(X, y, loss="cross_entropy", optimizer=nn.SGD(lr=0.1, momentum=0.9), epochs=50, batch_size=None)
    for name, value in network.state_dict().items():
        layer, _, part = name.rpartition(".")
        np.testing.assert_allclose(value, getattr(getattr(twin, names[layer]), part).detach().numpy(), rtol=1e-9)


def test_same_bits_for_any_number_of_threads_and_on_every_level():
    X, y = data(200)
    found, before = set(), nn.config.isa()
    for level, threads, batch in [(before, t, 64) for t in (1, 2, 3, 7)] + [(level, 2, 64) for level in LEVELS]:
        nn.config.set_isa(level)
        network = graph()
        network.fit(X, y, loss="cross_entropy", optimizer=nn.Adam(), epochs=2, batch_size=batch, threads=threads)
        found.add((digest(network), network.predict(X).tobytes()))
    nn.config.set_isa(before)
    assert len(found) == 1


def test_columns_are_shared_in_graphs_too():
    """Few rows and wide layers, where members share columns."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((4, 300)), rng.standard_normal((4, 300))
    found = set()
    for threads in (1, 2, 3):
        layers = [nn.Linear(300, 500), nn.Residual(nn.ReLU(), nn.Linear(500, 500)), nn.Concat(nn.ReLU(), [])]
        network = nn.Sequential(*layers, nn.Linear(1000, 300), rng=0)
        network.fit(X, y, loss="mse", optimizer="adam", epochs=3, batch_size=4, threads=threads)
        found.add(digest(network))
    assert len(found) == 1


def test_files_copies_and_text(tmp_path):
    X, y = data()
    network = graph()
    network.fit(X, y, loss="cross_entropy", optimizer="adam")
    network.save(tmp_path / "model.safetensors")
    for twin in (nn.load(tmp_path / "model.safetensors"), copy.deepcopy(network)):
        assert repr(twin) == repr(network)
        assert digest(twin) == digest(network)
        np.testing.assert_array_equal(twin.predict(X), network.predict(X))
    assert "    (0): Linear(in_features=40, out_features=50, bias=True)\n" in repr(network)
    assert {"3.0.weight", "5.2.0.bias", "5.4.0.1.weight"} <= set(network.state_dict())
    block = copy.copy(network[3])
    np.testing.assert_array_equal(
        block.forward(X[:, :1] @ np.ones((1, 40))), network[3].forward(X[:, :1] @ np.ones((1, 40)))
    )


def test_blocks_in_health_summary_and_activations(capsys):
    X, y = data()
    network = graph()
    health = network.health(X, y, "cross_entropy", nn.SGD())
    assert [layer.name.partition(":")[0] for layer in health.layers] == ["0", "3", "5", "7"]
    assert all(layer.gradient > 0 and layer.update > 0 for layer in health.layers)
    network.summary()
    assert "5  Concat" in capsys.readouterr().out
    assert network.activations(X)[-1].z.tobytes() == network.predict(X).tobytes()


@pytest.mark.parametrize(
    "text",
    [
        "Residual(",
        "Residual(\n)",
        "Concat(\nReLU()\n)",
        "Concat(\n[\nReLU()\n)",
        "Concat(\n)",
        "]",
        ")",
        "Residual(\n" * 70 + "ReLU()\n" + ")\n" * 70,
        "Residual(\nLinear(in_features=2, out_features=2, bias=True)",
    ],
)
def test_damaged_architectures_are_refused(text):
    from pynncore.architecture import layers_of

    with pytest.raises(ValueError, match=r"is no layer|lacks its|needs at least|in no branch|nested"):
        layers_of(text)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Residual(), ValueError, "at least one layer"),
        (lambda: nn.Concat(), ValueError, "at least one branch"),
        (lambda: nn.Residual(nn.ReLU), TypeError, r"did you mean ReLU\(\)"),
        (lambda: nn.Concat([nn.ReLU(), 3]), TypeError, "got 3"),
        (lambda: nn.Sequential(nn.Residual(nn.Linear(3, 4))), ValueError, "gets 3 features, but its layers make 4"),
        (lambda: nn.Sequential(nn.Concat(nn.Linear(3, 4), nn.Linear(2, 4))), ValueError, "expects 2 features"),
        (lambda: twice(nn.ReLU()), ValueError, r"at index 0\.1, ReLU\(\), occurs twice"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def twice(layer):
    return nn.Sequential(nn.Residual(layer, layer))


def test_a_copied_block_is_independent():
    network = nn.Sequential(nn.Residual(nn.Linear(3, 3)), rng=0)
    block = copy.copy(network[0])
    block.branches[1][0].weight = np.zeros((3, 3))
    assert network[0].branches[1][0].weight.any()
    nn.Sequential(block)  # its layers belong to no network


def test_a_block_follows_its_layers():
    layer = nn.Linear(3, 3)
    block = nn.Residual(layer)
    block.forward(np.eye(3))
    layer.materialise("float64", None)
    layer.weight = np.zeros((3, 3))
    np.testing.assert_array_equal(block.forward(np.eye(3)), np.eye(3))


def test_what_is_too_deep_for_a_file_is_refused():
    layer = nn.ReLU()
    for _ in range(62):
        layer = nn.Residual(layer)
    network = nn.Sequential(layer)
    assert repr(copy.deepcopy(network)) == repr(network)
    with pytest.raises(ValueError, match="nested more than 62 deep"):
        nn.Sequential(nn.Residual(copy.deepcopy(layer)))
