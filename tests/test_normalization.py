"""Layers that normalise: values, gradients, training beside PyTorch, running moments."""

import numpy as np
import pytest

import pynncore as nn
from test_gradients import assert_gradient, numeric_gradient

SIZES = (1, 2, 15, 16, 17, 31, 32, 33, 70)
NORMS = {
    "BatchNorm": lambda n: nn.BatchNorm(n, eps=1e-3, momentum=0.3),
    "BatchNorm without affine": lambda n: nn.BatchNorm(n, affine=False),
    "LayerNorm": lambda n: nn.LayerNorm(n, eps=1e-2),
    "LayerNorm without bias": lambda n: nn.LayerNorm(n, bias=False),
    "LayerNorm without affine": lambda n: nn.LayerNorm(n, elementwise_affine=False),
    "RMSNorm": lambda n: nn.RMSNorm(n, eps=1e-2),
    "RMSNorm without affine": lambda n: nn.RMSNorm(n, elementwise_affine=False),
}


def normalized(kind, layer, u):
    """By the formula, in float64."""
    if kind.startswith("Batch"):
        mean, variance = layer.running_mean, layer.running_var
    elif kind.startswith("Layer"):
        mean, variance = u.mean(axis=1, keepdims=True), u.var(axis=1, keepdims=True)
    else:
        mean, variance = 0.0, (u * u).mean(axis=1, keepdims=True)
    z = (u - mean) / np.sqrt(variance + layer.eps)
    z = z if layer.weight is None else z * layer.weight
    return z if layer.bias is None else z + layer.bias


def with_numbers(layer, rng):
    """The layer in float64, with parameters and moments of its own for each feature."""
    nn.Sequential(layer, dtype="float64", rng=0)
    for name in (*layer.parameter_names, *layer.statistic_names):
        layer.assign(name, rng.uniform(0.5, 1.5, layer.in_features))
    return layer


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", NORMS)
def test_value_and_gradients(isa, kind, n):
    rng = np.random.default_rng(n)
    layer, u = with_numbers(NORMS[kind](n), rng), rng.standard_normal((5, n))
    np.testing.assert_allclose(layer.forward(u), normalized(kind, layer, u), rtol=1e-11, atol=1e-12)
    dz = rng.standard_normal((5, n))
    assert_gradient(layer.backward(dz), numeric_gradient(lambda u: (dz * layer.forward(u)).sum(), u))
    network = nn.Sequential(nn.Linear(3, n), NORMS[kind](n), nn.Tanh(), nn.Linear(n, 2), rng=0)
    assert nn.check_gradients(network, rng.standard_normal((6, 3)), np.arange(6) % 2, loss="cross_entropy").ok


def modules(torch, kind, n):
    if kind.startswith("Batch"):
        affine = "without" not in kind
        return torch.nn.BatchNorm1d(n, eps=1e-3 if affine else 1e-5, momentum=0.3 if affine else 0.1, affine=affine)
    affine, bias = "without affine" not in kind, "without" not in kind
    if kind.startswith("Layer"):
        return torch.nn.LayerNorm(n, eps=1e-2 if bias else 1e-5, elementwise_affine=affine, bias=bias)
    return torch.nn.RMSNorm(n, eps=1e-2 if affine else 1e-6, elementwise_affine=affine)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("n", [7, 33, 100])
@pytest.mark.parametrize("kind", NORMS)
def test_training_is_pytorchs(kind, n, threads):
    """Weights, running moments and outputs after 40 steps, the last batch of an epoch smaller."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 5)), rng.integers(0, 3, 50)
    network = nn.Sequential(nn.Linear(5, n), NORMS[kind](n), nn.ReLU(), nn.Linear(n, 3), rng=0, dtype="float64")
    twin = torch.nn.Sequential(
        torch.nn.Linear(5, n), modules(torch, kind, n), torch.nn.ReLU(), torch.nn.Linear(n, 3)
    ).double()
    state = {name: torch.from_numpy(value) for name, value in network.state_dict().items()}
    twin.load_state_dict(state, strict=False)
    rule = torch.optim.Adam(twin.parameters(), lr=1e-2)
    for _ in range(10):
        for first in range(0, 50, 13):
            rule.zero_grad()
            xb, yb = torch.from_numpy(X[first : first + 13]), torch.from_numpy(y[first : first + 13])
            torch.nn.functional.cross_entropy(twin(xb), yb).backward()
            rule.step()
    options = {"loss": "cross_entropy", "optimizer": nn.Adam(lr=1e-2), "epochs": 10, "batch_size": 13}
    network.fit(X, y, shuffle=False, threads=threads, **options)
    expected = twin.state_dict()
    for name, value in network.state_dict().items():
        np.testing.assert_allclose(value, expected[name].numpy(), rtol=1e-8, atol=1e-9, err_msg=name)
    twin.eval()
    np.testing.assert_allclose(network.predict(X), twin(torch.from_numpy(X)).detach().numpy(), rtol=1e-7, atol=1e-8)


def test_gradients_of_a_batch_norm_in_training():
    """A step of SGD is -lr times the gradient of the loss that the step before it reports, by finite differences."""
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((9, 4)), rng.standard_normal((9, 2))
    layers = [nn.Linear(4, 35), nn.BatchNorm(35), nn.Tanh(), nn.Linear(35, 6), nn.BatchNorm(6), nn.Linear(6, 2)]
    network = nn.Sequential(*layers, rng=0, dtype="float64")
    before = network.state_dict()

    def loss_at(name, value):
        network.load_state_dict(before | {name: value})
        return network.train_batch(X, y, loss="mse", optimizer=nn.SGD(lr=0.0))

    network.train_batch(X, y, loss="mse", optimizer=nn.SGD(lr=1.0))
    after = network.state_dict()
    for name in ("0.weight", "1.weight", "1.bias", "3.weight", "4.weight", "5.bias"):
        numeric = numeric_gradient(lambda value, name=name: loss_at(name, value), before[name])
        assert_gradient(before[name] - after[name], numeric)


def test_a_diverged_step_leaves_the_running_moments():
    network = nn.Sequential(nn.BatchNorm(1), nn.Linear(1, 1), rng=0)
    X = np.array([[1e30], [-1e30]])
    before = network.state_dict()
    with pytest.raises(nn.DivergedError):
        network.train_batch(X, [3e38, 3e38], loss="mse", optimizer=nn.SGD())
    for name, value in before.items():
        np.testing.assert_array_equal(network.state_dict()[name], value)


def test_single_samples():
    X, y = np.arange(5.0).reshape(-1, 1), np.zeros(5)
    network = nn.Sequential(nn.BatchNorm(1), nn.Linear(1, 1), rng=0)
    with pytest.raises(ValueError, match=r"layer 0, BatchNorm\(1\), needs batches of at least 2"):
        network.fit(X, y, loss="mse", optimizer="sgd", batch_size=1)
    network.fit(X, y, loss="mse", optimizer="sgd", batch_size=4, shuffle=False)  # the last batch has one
    np.testing.assert_allclose(network[0].running_mean, 0.1 * X[:4].mean(), rtol=1e-6)
    np.testing.assert_allclose(network[0].running_var, 0.9 + 0.1 * X[:4].var(ddof=1), rtol=1e-6)


def test_moments_are_saved_and_copied(tmp_path):
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.RMSNorm(4), nn.LayerNorm(4), nn.Linear(4, 2), rng=0)
    X = np.random.default_rng(0).standard_normal((20, 3))
    network.fit(X, X[:, :2], loss="mse", optimizer="adam", epochs=2)
    assert (network[1].running_mean != 0).all()
    network.save(tmp_path / "model.safetensors")
    loaded = nn.load(tmp_path / "model.safetensors")
    assert repr(loaded) == repr(network)
    np.testing.assert_array_equal(loaded.predict(X), network.predict(X))
    assert network.parameter_count == 16 + 8 + 4 + 8 + 10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.BatchNorm(0), "num_features is 0"),
        (lambda: nn.BatchNorm(3, momentum=2), "momentum is 2"),
        (lambda: nn.LayerNorm(3, eps=-1), "eps is -1"),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.RMSNorm(5)), r"RMSNorm\(5\) at index 1 expects 5"),
        (lambda: nn.LayerNorm(3).forward(np.zeros((2, 4))), r"LayerNorm\(3\) expects 3 features, but gets 4"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("rows", [2000, 200_000])
def test_moments_of_many_samples_far_from_zero(rows):
    """To a few units in the last place of float32, though sums of so many have lost digits."""
    X = (1000 + np.random.default_rng(0).standard_normal((rows, 1))).astype(np.float32)
    network = nn.Sequential(nn.BatchNorm(1, momentum=1.0), nn.Linear(1, 1), rng=0)
    network.fit(X, X[:, 0] - 1000, loss="mse", optimizer=nn.SGD(0.0), batch_size=None)
    np.testing.assert_allclose(network[0].running_mean, X.mean(dtype=np.float64), atol=2e-4)
    np.testing.assert_allclose(network[0].running_var, X.var(dtype=np.float64, ddof=1), rtol=1e-4)


def test_momentum_is_fixed():
    with pytest.raises(AttributeError):
        nn.BatchNorm(3).momentum = 1.0


def test_single_samples_in_train_batch():
    network = nn.Sequential(nn.BatchNorm(1), nn.Linear(1, 1), rng=0)
    with pytest.raises(ValueError, match="needs batches of at least 2"):
        network.train_batch([[1.0]], [1.0], loss="mse", optimizer=nn.SGD())
