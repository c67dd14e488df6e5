"""Layers on their own and in networks: weights, initial weights, forward and backward by hand, text, copies."""

import copy
import gc
import pickle

import numpy as np
import pytest

import pynncore as nn

rng = np.random.default_rng(0)
ALL_LAYERS = [nn.Linear(4, 4), nn.Maxout(4, 3), *(getattr(nn, name)() for name in nn.activations.__all__)]


def test_weights_are_copies_in_both_directions():
    layer = nn.Linear(3, 2)
    weight = layer.weight
    weight[:] = 7
    assert not (layer.weight == 7).any()
    given = np.arange(6).reshape(3, 2).T
    layer.weight = given
    np.testing.assert_array_equal(layer.weight, given)
    assert layer.weight.dtype == np.float32 and layer.bias.shape == (2,)
    assert nn.Linear(3, 2, bias=False).bias is None


def test_a_layer_keeps_its_weights_when_it_joins_a_network():
    layer = nn.Linear(3, 2)
    layer.weight, layer.bias = np.ones((2, 3)), [1, 2]
    network = nn.Sequential(layer, rng=0, dtype="float64")
    assert network[0] is layer and layer.dtype == "float64"
    np.testing.assert_array_equal(network(np.ones((1, 3))), [[4, 5]])


def test_a_layer_can_join_another_network_when_the_first_is_gone():
    layer = nn.Linear(3, 2)
    network = nn.Sequential(layer)
    with pytest.raises(ValueError, match="another network"):
        nn.Sequential(layer)
    del network
    gc.collect()
    nn.Sequential(layer)


@pytest.mark.parametrize("layer", ALL_LAYERS, ids=repr)
def test_backward_by_hand_equals_the_gradient_of_the_network(layer):
    if isinstance(layer, nn.Step):
        layer = nn.Step(surrogate="tanh")
    x = rng.standard_normal((5, 3))
    network = nn.Sequential(nn.Linear(3, 4), copy.copy(layer), rng=1, dtype="float64")
    u = network[0].forward(x)
    z = network[1](u)
    dz = rng.standard_normal(z.shape)
    np.testing.assert_array_equal(z, network(x))
    network[0].backward(network[1].backward(dz))
    # A squared error whose gradient is dz: its target is z - dz.
    _, gradients = network.gradients(x, z - dz, loss=nn.SquaredError(reduction="sum"))
    for name, value in network[0].grads.items():
        np.testing.assert_allclose(value, gradients[f"0.{name}"], rtol=1e-9, atol=1e-12)


def test_backward_needs_a_forward_and_a_fitting_shape():
    layer = nn.Linear(3, 2)
    with pytest.raises(RuntimeError, match="forward"):
        layer.backward(np.ones((1, 2)))
    layer.forward(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(4, 2\)"):
        layer.backward(np.ones((4, 3)))
    with pytest.raises(ValueError, match="expects 3 features, but gets 2"):
        layer.forward(np.ones((4, 2)))
    with pytest.raises(ValueError, match="surrogate"):
        step = nn.Step()
        step.forward(np.ones((4, 2)))
        step.backward(np.ones((4, 2)))


def test_not_even_nan_is_refused_by_hand():
    assert np.isnan(nn.Tanh().forward([[np.nan, 1.0]])[0, 0])


@pytest.mark.parametrize("layer", ALL_LAYERS, ids=repr)
def test_text_pickle_and_copy_make_the_same_layer(layer):
    x = rng.standard_normal((2, 4))
    expected = layer.forward(x)
    for other in (pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)):
        assert repr(other) == repr(layer) and type(other) is type(layer)
        np.testing.assert_array_equal(other.forward(x), expected)
    namespace = {type(layer).__name__: type(layer)}
    assert repr(eval(repr(layer), namespace)) == repr(layer)


def test_parameters_of_activations_can_be_read_but_not_changed():
    assert nn.LeakyReLU(0.2).negative_slope == 0.2
    assert nn.GELU(approximate="tanh").approximate == "tanh"
    with pytest.raises(AttributeError):
        nn.LeakyReLU().negative_slope = 0.3


FANS = (300, 200)
STDS = {
    "glorot_normal": np.sqrt(2 / 500),
    "glorot_uniform": np.sqrt(2 / 500),
    "xavier_normal": np.sqrt(2 / 500),
    "xavier_uniform": np.sqrt(2 / 500),
    "he_normal": np.sqrt(2 / 300),
    "he_uniform": np.sqrt(2 / 300),
    "kaiming_normal": np.sqrt(2 / 300),
    "kaiming_uniform": np.sqrt(2 / 300),
    "lecun_normal": np.sqrt(1 / 300),
    "lecun_uniform": np.sqrt(1 / 300),
}


def initial(rng=0, **options):
    return nn.Sequential(nn.Linear(*FANS, **options), rng=rng, dtype="float64")[0].weight


@pytest.mark.parametrize("name", STDS)
def test_initial_weights_have_the_stated_distribution(name):
    weight, std = initial(weight_init=name), STDS[name]
    assert weight.std() == pytest.approx(std, rel=0.02)
    assert abs(weight.mean()) < 4 * std / np.sqrt(weight.size)
    within = np.mean(np.abs(weight) < std)
    if name.endswith("uniform"):
        assert np.abs(weight).max() <= np.sqrt(3) * std
        assert within == pytest.approx(1 / np.sqrt(3), abs=0.01)
    else:
        assert within == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.SELU, nn.Softmax, nn.GELU])
def test_the_default_is_normal_with_the_gain_of_the_next_activation(activation):
    weight = nn.Sequential(nn.Linear(*FANS), activation(), rng=0)[0].weight
    assert weight.std() == pytest.approx(activation.gain / np.sqrt(FANS[0]), rel=0.02)
    assert initial().std() == pytest.approx(1 / np.sqrt(FANS[0]), rel=0.02)
    assert not nn.Linear(*FANS).bias.any()


@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (1, 5), (7, 7)])
def test_orthogonal_weights(shape):
    out, n = shape
    weight = nn.Sequential(nn.Linear(n, out, weight_init=nn.initializers.Orthogonal(2)), rng=0, dtype="float64")[
        0
    ].weight
    gram = weight @ weight.T if out <= n else weight.T @ weight
    np.testing.assert_allclose(gram, 4 * np.eye(min(shape)), atol=1e-12)


def test_given_and_constant_initial_values():
    array = rng.standard_normal((200, 300))
    np.testing.assert_array_equal(initial(weight_init=array), array)
    np.testing.assert_array_equal(initial(weight_init=nn.initializers.Constant(0.25)), 0.25)
    bias = nn.Linear(3, 2, bias_init=[1, 2]).bias
    np.testing.assert_array_equal(bias, [1, 2])


def test_initial_weights_follow_from_rng_alone():
    assert (initial(5) == initial(5)).all() and (initial(5) != initial(6)).any()
    assert (initial(np.random.default_rng(5)) == initial(5)).all()
    assert (initial(None) != initial(None)).any()


def test_float32_weights_are_the_rounded_float64_ones():
    single, double = (nn.Sequential(nn.Linear(9, 8), nn.ReLU(), nn.Linear(8, 2), rng=3, dtype=d) for d in ("f4", "f8"))
    for name, value in double.state_dict().items():
        np.testing.assert_array_equal(single.state_dict()[name], value.astype(np.float32))
    assert single.seed == double.seed


def test_large_layers_are_drawn_in_blocks_from_one_stream():
    block = nn.initializers.BLOCK
    weight = nn.Sequential(nn.Linear(1, 2 * block + 3, weight_init="lecun_normal"), rng=4, dtype="float64")[0].weight
    np.testing.assert_array_equal(weight.ravel(), np.random.default_rng(4).standard_normal(2 * block + 3))
