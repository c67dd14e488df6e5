"""Hidden layers, weights, dtype and networks of the estimators of `pynncore.sklearn`."""

import copy

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone

import pynncore as nn
from pynncore.sklearn import MLPClassifier
from sklearn_problems import (
    BODIES,
    DIGITS,
    DISEASE,
    MAY_NOT_CONVERGE,
    PIXELS,
    TOPICS,
    WORDS,
    assert_same,
    classifier,
    differ,
    regressor,
)

pytestmark = MAY_NOT_CONVERGE


def softmax(u):
    e = np.exp(u - u.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


# What hidden layers make of X.


@pytest.mark.parametrize("options", [{}, {"dropout": 0.3}, {"batch_norm": True}], ids=["plain", "dropout", "norm"])
def test_transform(options):
    model = classifier(hidden_layer_sizes=(9, 7), activation="tanh", **options).fit(PIXELS, DIGITS)
    second = model.transform(PIXELS)
    assert second.shape == (200, 7)
    u = second @ model.coefs_[2] + model.intercepts_[2]
    np.testing.assert_allclose(softmax(u), model.predict_proba(PIXELS), rtol=1e-10)
    first = model.hidden(PIXELS, layer=0)
    np.testing.assert_array_equal(first, model.hidden(PIXELS, layer=-2))
    if options != {"batch_norm": True}:
        np.testing.assert_allclose(first, np.tanh(PIXELS @ model.coefs_[0] + model.intercepts_[0]), rtol=1e-10)
    np.testing.assert_array_equal(model.get_feature_names_out(), [f"mlpclassifier{unit}" for unit in range(7)])
    for layer in (2, -3):
        with pytest.raises(ValueError, match=f"layer is {layer}, but there are 2 hidden layers"):
            model.hidden(PIXELS, layer=layer)


def test_fit_transform_and_precision():
    assert regressor().fit_transform(BODIES, DISEASE).shape == (200, 12)
    assert classifier().fit(PIXELS.astype("f"), DIGITS).transform(PIXELS.astype("f")).dtype == np.float32


# Weights of the user's own.


def drawn(*shapes):
    rng = np.random.default_rng(7)
    return [rng.uniform(-0.3, 0.3, shape) for shape in shapes]


def test_initial_weights():
    coefs, intercepts = drawn((64, 12), (12, 10)), drawn(12, 10)
    model = classifier(solver="sgd", learning_rate_init=1e-300, max_iter=1, alpha=0.0)
    model.fit(PIXELS, DIGITS, coef_init=coefs, intercept_init=intercepts)
    for value, expected in zip((*model.coefs_, *model.intercepts_), (*coefs, *intercepts), strict=True):
        np.testing.assert_array_equal(value, expected)
        assert value is not expected
    plain = clone(model).fit(PIXELS, DIGITS)
    half = clone(model).fit(PIXELS, DIGITS, coef_init=coefs)
    np.testing.assert_array_equal(half.coefs_[0], coefs[0])
    np.testing.assert_array_equal(half.intercepts_[0], plain.intercepts_[0])


@pytest.mark.parametrize(
    "initial",
    [
        {"coef_init": drawn((64, 12))},
        {"coef_init": drawn((12, 64), (12, 10))},
        {"intercept_init": drawn(12, 11)},
        {"coef_init": [np.full((64, 12), np.nan), np.zeros((12, 10))]},
        {"coef_init": [[["a"]], [["b"]]]},
    ],
    ids=["too few", "transposed", "too long", "NaN", "text"],
)
def test_wrong_initial_weights_leave_an_estimator_as_it_was(initial):
    model = classifier()
    with pytest.raises((ValueError, TypeError)):
        model.fit(PIXELS, DIGITS, **initial)
    assert not hasattr(model, "coefs_")
    expected = classifier().fit(PIXELS, DIGITS)
    with pytest.raises((ValueError, TypeError)):
        model.fit(PIXELS, DIGITS).fit(PIXELS, DIGITS, **initial)
    assert_same(model, expected)
    np.testing.assert_array_equal(model.predict_proba(PIXELS), expected.predict_proba(PIXELS))


CHANGES = {
    "in place": lambda model: model.coefs_[0].__imul__(0.5),
    "item": lambda model: model.coefs_.__setitem__(0, model.coefs_[0] * 0.5),
    "whole list": lambda model: setattr(model, "coefs_", [model.coefs_[0] * 0.5, model.coefs_[1]]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_coefs_change_predictions_and_further_training(change):
    model, same = classifier(warm_start=True).fit(PIXELS, DIGITS), classifier(warm_start=True).fit(PIXELS, DIGITS)
    before = model.predict_proba(PIXELS)
    CHANGES[change](model)
    hidden = np.maximum(PIXELS @ model.coefs_[0] + model.intercepts_[0], 0)
    expected = softmax(hidden @ model.coefs_[1] + model.intercepts_[1])
    assert not np.array_equal(before, expected)
    np.testing.assert_allclose(model.predict_proba(PIXELS), expected, rtol=1e-10)
    np.testing.assert_allclose(copy.deepcopy(model).predict_proba(PIXELS), expected, rtol=1e-10)
    np.testing.assert_allclose(model.to_network().predict(PIXELS), expected, rtol=1e-10)
    assert differ(model.fit(PIXELS, DIGITS), same.fit(PIXELS, DIGITS))
    assert model.predict(PIXELS).shape == (200,)


def test_reading_coefs_changes_nothing():
    model, expected = classifier(warm_start=True), classifier(warm_start=True)
    for _ in range(2):
        expected.fit(PIXELS, DIGITS)
        model.fit(PIXELS, DIGITS)
        assert model.coefs_ is model.coefs_
        model.intercepts_[0].copy()
    assert_same(model, expected)


def test_coefs_of_wrong_shapes():
    model = classifier().fit(PIXELS, DIGITS)
    for wrong in (model.coefs_[:1], [np.zeros((3, 3)), model.coefs_[1]]):
        broken = copy.deepcopy(model)
        broken.coefs_ = wrong
        with pytest.raises(ValueError, match=r"coefs_ has 1 arrays|\(3, 3\)|\[3, 3\]"):
            broken.predict(PIXELS)
        broken.coefs_ = model.coefs_
        np.testing.assert_array_equal(broken.predict_proba(PIXELS), model.predict_proba(PIXELS))


# dtype and threads.


@pytest.mark.parametrize("dtype", [None, "float32", "float64"])
@pytest.mark.parametrize("given", ["f4", "f8", "u1"])
def test_dtype(given, dtype):
    X = (PIXELS * 16).astype(given)
    expected = np.dtype(dtype or ("f4" if given == "f4" else "f8"))
    model = classifier(dtype=dtype).fit(X, DIGITS)
    assert {array.dtype for array in (*model.coefs_, *model.intercepts_)} == {expected}
    assert model.predict_proba(X).dtype == ("f4" if given == "f4" else "f8")
    assert regressor(dtype=dtype).fit(X, DIGITS).predict(X).dtype == ("f4" if given == "f4" else "f8")


def test_n_threads_changes_no_bit_and_is_checked():
    assert_same(classifier(n_threads=1).fit(PIXELS, DIGITS), classifier(n_threads=3).fit(PIXELS, DIGITS))
    for wrong in (0, -1, 1.5, "all"):
        with pytest.raises((ValueError, TypeError), match=f"n_threads is {wrong!r}"):
            classifier(n_threads=wrong).fit(PIXELS, DIGITS)


# Networks.

CONVERTED = {
    "classes": (classifier(), PIXELS, DIGITS),
    "binary": (classifier(), PIXELS, np.where(DIGITS > 4, "many", "few")),
    "topics": (classifier(), WORDS, TOPICS),
    "softmax of two": (classifier(loss=nn.CrossEntropyLoss()), PIXELS, DIGITS > 4),
    "number": (regressor(), BODIES, DISEASE),
    "numbers": (regressor(), BODIES, np.column_stack([DISEASE, DISEASE])),
    "counts": (regressor(loss="poisson"), BODIES, np.round(DISEASE + 3)),
    "quantiles": (regressor(loss=nn.QuantileLoss([0.2, 0.8])), BODIES, DISEASE),
    "Gaussian": (regressor(loss=nn.GaussianNLLLoss()), BODIES, DISEASE),
    "single precision": (classifier(dtype="float32"), PIXELS, DIGITS),
    "all layers": (
        classifier(hidden_layer_sizes=(9, 8), batch_norm=True, dropout=[0.1, 0.0], activation=["gelu", nn.ELU(0.5)]),
        PIXELS,
        DIGITS,
    ),
    "no hidden layer": (classifier(hidden_layer_sizes=()), PIXELS, DIGITS),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_to_network_and_back(name, tmp_path):
    model, X, y = CONVERTED[name]
    model = clone(model).fit(X, y)
    network = model.to_network()
    network.save(tmp_path / "model.safetensors")
    loss = {} if model.loss == "log_loss" else {"loss": model.loss}
    back = type(model).from_network(nn.load(tmp_path / "model.safetensors"), **loss)
    np.testing.assert_array_equal(back.predict(X), model.predict(X))
    assert_same(back, model)
    assert (back.n_features_in_, back.n_outputs_, back.n_layers_) == (
        model.n_features_in_,
        model.n_outputs_,
        model.n_layers_,
    )
    assert back.out_activation_ == model.out_activation_
    if hasattr(model, "classes_"):
        np.testing.assert_array_equal(back.classes_, model.classes_)
        np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
        np.testing.assert_array_equal(network.predict_proba(X).shape[0], len(X))
    assert back.score(X, y) == model.score(X, y)
    np.testing.assert_array_equal(back.to_network().predict(X), network.predict(X))
    network[0].weight *= 0  # a copy of the estimator's
    assert_same(back, model)
    assert clone(back).fit(X, y).predict(X).shape == model.predict(X).shape
    before = back.predict(X)
    back.partial_fit(X, y)
    assert back.t_ == len(X)
    assert differ(back, model)
    assert back.predict(X).shape == before.shape


def test_from_a_network_that_ends_in_logits_with_classes():
    network = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 3), rng=0)
    model = MLPClassifier.from_network(network, classes=["a", "b", "c"])
    logits = network(PIXELS)
    np.testing.assert_array_equal(model.predict(PIXELS), np.array(["a", "b", "c"])[logits.argmax(axis=1)])
    np.testing.assert_allclose(model.predict_proba(PIXELS), softmax(logits), rtol=1e-5)
    assert network.classes is None


@pytest.mark.parametrize(
    ("network", "options", "error", "message"),
    [
        ("net", {}, TypeError, "network is 'net', but a Sequential was expected"),
        (nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), {}, ValueError, "Linear"),
        (nn.Sequential(nn.Linear(4, 3), nn.ReLU()), {}, ValueError, "Linear was expected|Linear with bias"),
        (nn.Sequential(nn.Linear(4, 3, bias=False)), {}, ValueError, "Linear with bias"),
        (nn.Sequential(nn.Linear(4, 3)), {"classes": [1, 2]}, ValueError, "3 outputs"),
        (nn.Sequential(nn.Linear(4, 3)), {"activation": "relu"}, TypeError, "activation follows from the network"),
        (nn.Sequential(nn.Linear(4, 3)), {"alpha": -1}, ValueError, "alpha is -1"),
    ],
    ids=["text", "no activation", "no last Linear", "no bias", "classes", "twice", "parameter"],
)
def test_networks_that_are_no_estimators(network, options, error, message):
    with pytest.raises(error, match=message):
        MLPClassifier.from_network(network, **options)
