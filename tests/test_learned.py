"""Layers with parameters of their own beside Linear: learned activations, Maxout."""

import numpy as np
import pytest

import pynncore as nn
from pynncore import _core
from pynncore.snapshot import weights_are_finite
from reference import activations
from test_gradients import assert_gradient, numeric_gradient

LEVELS = [level for level in _core.levels() if level != "scalar"]
LEARNED = {
    "PReLU": (nn.PReLU, lambda n: {"num_parameters": n}),
    "Swish": (nn.Swish, lambda n: {"learnable": True, "num_parameters": n}),
    "ACON": (nn.ACON, lambda n: {"num_parameters": n, "p1": 1.5, "p2": 0.25, "beta": 0.75}),
}


def network_with(name, features, shared, dtype="float64"):
    kind, arguments = LEARNED[name]
    layers = [nn.Linear(5, features), kind(**arguments(1 if shared else features)), nn.Linear(features, 3)]
    network = nn.Sequential(*layers, rng=0, dtype=dtype)
    rng = np.random.default_rng(1)
    for parameter in network[1].parameter_names:  # so that features differ
        value = getattr(network[1], parameter)
        setattr(network[1], parameter, value + rng.uniform(-0.2, 0.2, value.shape))
    return network


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("features", [1, 2, 31, 33, 70])
@pytest.mark.parametrize("name", LEARNED)
def test_value_and_gradients(isa, name, features, shared):
    network = network_with(name, features, shared)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((9, 5)), rng.standard_normal((9, 3))
    layer = network[1]
    parameters = {parameter: getattr(layer, parameter) for parameter in layer.parameter_names}
    u = rng.standard_normal((9, features))
    np.testing.assert_allclose(
        layer.forward(u), getattr(activations, layer.info.function)(u, **parameters), rtol=1e-13, atol=1e-15
    )
    assert nn.check_gradients(network, X, y, loss="mse", elements=40).ok
    dz = rng.standard_normal((9, features))
    dx = layer.backward(dz)
    assert_gradient(dx, numeric_gradient(lambda u: (dz * layer.forward(u)).sum(), u))


@pytest.mark.parametrize("name", LEARNED)
def test_same_bits_for_any_number_of_threads_and_on_every_level(name):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 5)).astype(np.float32), rng.integers(0, 3, 200)
    weights = []
    before = nn.config.isa()
    for level, threads in [(before, 1), (before, 2), (before, 7), *((isa, 2) for isa in LEVELS)]:
        nn.config.set_isa(level)
        for shared in (True, False):
            network = network_with(name, 70, shared, "float32")
            network.fit(X, y, loss="cross_entropy", optimizer=nn.Adam(lr=0.01), epochs=2, threads=threads)
            weights.append((shared, network.state_dict()))
    nn.config.set_isa(before)
    for shared, state in weights[2:]:
        for parameter, value in weights[0 if shared else 1][1].items():
            np.testing.assert_array_equal(state[parameter], value, err_msg=parameter)


def test_parameters_are_like_weights(tmp_path):
    network = network_with("ACON", 4, shared=False)
    assert list(network.state_dict()) == ["0.weight", "0.bias", "1.p1", "1.p2", "1.beta", "2.weight", "2.bias"]
    assert network.parameter_count == 5 * 4 + 4 + 3 * 4 + 4 * 3 + 3
    network.save(tmp_path / "model.safetensors")
    loaded = nn.load(tmp_path / "model.safetensors")
    assert repr(loaded) == repr(network)
    X = np.random.default_rng(0).standard_normal((6, 5))
    np.testing.assert_array_equal(loaded.predict(X), network.predict(X))
    before = network[1].beta
    network.fit(X, np.zeros((6, 3)), loss="mse", optimizer="adam")
    assert (network[1].beta != before).all()
    with pytest.raises(ValueError, match=r"shape \(3,\), but ACON"):
        network[1].beta = np.ones(3)
    with pytest.raises(ValueError, match="PReLU at index 1 expects 3 features, but gets 4"):
        nn.Sequential(nn.Linear(2, 4), nn.PReLU(3))


def test_a_fixed_swish_has_no_parameters():
    layer = nn.Swish(beta=2.0)
    assert (layer.beta, layer.parameter_names, repr(layer)) == (2.0, (), "Swish(beta=2.0)")
    with pytest.raises(AttributeError, match="not learnable"):
        layer.beta = 1.0
    with pytest.raises(ValueError, match="num_parameters is 3"):
        nn.Swish(num_parameters=3)
    assert repr(nn.Swish(learnable=True)) == "Swish(beta=1.0, learnable=True, num_parameters=1)"


def test_prelu_equals_pytorch_step_by_step():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((80, 5)), rng.integers(0, 3, 80)
    for count in (1, 7):
        network = nn.Sequential(nn.Linear(5, 7), nn.PReLU(count), nn.Linear(7, 3), rng=0, dtype="float64")
        T = torch.nn
        twin = T.Sequential(T.Linear(5, 7), T.PReLU(count), T.Linear(7, 3)).double()
        twin.load_state_dict({name: torch.from_numpy(value) for name, value in network.state_dict().items()})
        ours, theirs = nn.Adam(lr=0.01, weight_decay=0.01), torch.optim.Adam(twin.parameters(), 0.01, weight_decay=0.01)
        for start in range(0, 80, 16):
            part = slice(start, start + 16)
            theirs.zero_grad()
            T.functional.cross_entropy(twin(torch.from_numpy(X[part])), torch.from_numpy(y[part])).backward()
            theirs.step()
            network.train_batch(X[part], y[part], loss="cross_entropy", optimizer=ours)
        for name, value in twin.state_dict().items():
            np.testing.assert_allclose(network.state_dict()[name], value.numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("features", "pieces"), [(1, 1), (1, 2), (3, 4), (32, 2), (33, 3), (70, 2)])
def test_maxout(isa, features, pieces):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((9, 5)), rng.standard_normal((9, 2))
    network = nn.Sequential(nn.Maxout(5, features, pieces), nn.Linear(features, 2), rng=0, dtype="float64")
    layer = network[0]
    layer.bias = rng.standard_normal(pieces * features)
    u = (X @ layer.weight.T + layer.bias).reshape(9, pieces, features)
    np.testing.assert_allclose(layer.forward(X), u.max(1), rtol=1e-12, atol=1e-14)
    assert nn.check_gradients(network, X, y, loss="mse", elements=60).ok
    dz = rng.standard_normal((9, features))
    winner = np.eye(pieces)[u.argmax(1)].transpose(0, 2, 1) * dz[:, np.newaxis]
    np.testing.assert_allclose(layer.backward(dz), winner.reshape(9, -1) @ layer.weight, rtol=1e-12, atol=1e-13)
    assert list(network.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_of_equal_pieces_the_first_gets_the_gradient():
    layer = nn.Sequential(nn.Maxout(1, 1, 3, weight_init=nn.initializers.Constant(1)), dtype="float64")[0]
    layer.forward([[2.0]])
    layer.backward([[1.0]])
    assert layer.grads["weight"].tolist() == [[2.0], [0.0], [0.0]]
    assert layer.grads["bias"].tolist() == [1.0, 0.0, 0.0]


def test_maxout_learns_what_no_line_separates(tmp_path):
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    network = nn.Sequential(nn.Maxout(2, 6, 2), nn.Linear(6, 2), rng=1)
    network.fit(X, y, loss="cross_entropy", optimizer=nn.Adam(lr=0.05), epochs=150)
    assert network.predict(X).argmax(axis=1).tolist() == y.tolist()
    network.save(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(nn.load(tmp_path / "m.safetensors").predict(X), network.predict(X))


def test_gated_units_halve_the_features():
    network = nn.Sequential(nn.GLU(), nn.Linear(3, 8), nn.SwiGLU(), nn.Linear(4, 2), rng=0)
    assert network.in_features == 6
    assert network.predict(np.ones((2, 6))).shape == (2, 2)
    with pytest.raises(ValueError, match="Linear\\(3, 2\\) at index 2 expects 3 features, but gets 4"):
        nn.Sequential(nn.Linear(3, 8), nn.GEGLU(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match=r"ReGLU.. halves its features, but gets 7"):
        nn.Sequential(nn.Linear(3, 7), nn.ReGLU())


def test_sparsemax_is_a_projection_on_the_simplex():
    u = np.random.default_rng(0).standard_normal((50, 200)) * 3
    z = nn.functional.sparsemax(u)
    np.testing.assert_allclose(z.sum(1), 1, rtol=1e-13)
    assert (z >= 0).all() and (z == 0).mean() > 0.9
    np.testing.assert_allclose(nn.functional.sparsemax(u + 100), z, rtol=0, atol=1e-13)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("piece", [0, 1, 2])
def test_maxout_hides_no_weight_that_is_not_finite(isa, piece, bad):
    layer = nn.Sequential(nn.Maxout(2, 1, 3, weight_init="zeros"), dtype="float32")[0]
    layer.op.set("weight", np.array([[bad if k == piece else 1.0] * 2 for k in range(3)], np.float32))
    network = nn.Sequential(nn.Maxout(2, 1, 3), rng=0)
    network[0].op.set("weight", layer.op.get("weight"))
    assert not weights_are_finite(network)
    x = np.zeros((1, 2), np.float32)
    assert np.isnan(layer.forward(x)[0, 0])  # 0 times infinity
    network[0].op.set("weight", np.ones((3, 2), np.float32))
    with pytest.raises(nn.DivergedError):
        network.fit([[3.0, 3.0]], [-1.0], loss="l1", optimizer=nn.SGD(lr=3e38))
    assert weights_are_finite(network)


def test_a_width_that_was_refused_is_forgotten():
    network = nn.Sequential(nn.GLU(), nn.PReLU(), rng=0)
    with pytest.raises(ValueError, match="5"):
        network.predict(np.ones((2, 5)))
    assert network.predict(np.ones((2, 4))).shape == (2, 2)


def test_sparsemax_gives_probabilities():
    network = nn.Sequential(nn.Linear(4, 3), nn.Sparsemax(), rng=0)
    X = np.random.default_rng(0).standard_normal((5, 4))
    np.testing.assert_array_equal(network.predict_proba(X), network.predict(X))
    with pytest.warns(UserWarning, match="takes logits, but the network ends in Sparsemax"):
        network.evaluate(X, [0, 1, 2, 0, 1], loss="cross_entropy")
