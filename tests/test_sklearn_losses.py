"""Losses, class weights and several columns of classes in the estimators of `pynncore.sklearn`."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.metrics import d2_pinball_score, log_loss, mean_squared_error
from sklearn.utils.class_weight import compute_sample_weight

import pynncore as nn
from sklearn_problems import (
    BODIES,
    COLUMNS,
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

# class_weight.


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True], ids=["all", "early stopping"])
@pytest.mark.parametrize("class_weight", ["balanced", {3: 5.0, 7: 0.0}], ids=["balanced", "dict"])
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_class_weight_is_sample_weight(class_weight, early_stopping, solver):
    options = {"solver": solver, "early_stopping": early_stopping}
    if isinstance(class_weight, dict):
        class_weight = dict.fromkeys(range(10), 1.0) | class_weight
    own, factors = compute_sample_weight(class_weight, DIGITS), np.linspace(0.5, 1.5, 200)
    by_class = classifier(class_weight=class_weight, **options)
    assert_same(by_class.fit(PIXELS, DIGITS), classifier(**options).fit(PIXELS, DIGITS, own))
    assert_same(by_class.fit(PIXELS, DIGITS, factors), classifier(**options).fit(PIXELS, DIGITS, own * factors))
    assert differ(by_class, classifier(**options).fit(PIXELS, DIGITS, factors))


def test_class_weight_with_names_binary_labels_and_topics():
    names = np.array(["small", "large"])[(DIGITS > 4) * 1]
    heavy = classifier(class_weight={"small": 1.0, "large": 9.0}).fit(PIXELS, names)
    assert_same(heavy, classifier().fit(PIXELS, names, np.where(names == "large", 9.0, 1.0)))
    own = compute_sample_weight("balanced", TOPICS)
    assert_same(classifier(class_weight="balanced").fit(WORDS, TOPICS), classifier().fit(WORDS, TOPICS, own))
    own = compute_sample_weight("balanced", COLUMNS)
    assert_same(classifier(class_weight="balanced").fit(PIXELS, COLUMNS), classifier().fit(PIXELS, COLUMNS, own))


def test_class_weight_in_partial_fit_also_where_a_class_is_missing():
    weight = {0: 3.0, 9: 5.0}
    model = classifier(class_weight=weight).partial_fit(PIXELS, DIGITS, classes=np.arange(10))
    own = np.array([weight.get(digit, 1.0) for digit in DIGITS])
    assert_same(model, classifier().partial_fit(PIXELS, DIGITS, own, classes=np.arange(10)))
    few = DIGITS < 4
    expected = clone(model).set_params(class_weight=None)
    expected.partial_fit(PIXELS, DIGITS, own, classes=np.arange(10)).partial_fit(PIXELS[few], DIGITS[few], own[few])
    assert_same(model.partial_fit(PIXELS[few], DIGITS[few]), expected)
    with pytest.raises(ValueError, match="class_weight 'balanced' is not supported for partial_fit"):
        classifier(class_weight="balanced").partial_fit(PIXELS, DIGITS, classes=np.arange(10))


# Losses.


class Quartic(nn.Loss):
    """sum (y - d)^4 / 4."""

    def forward(self, target, output):
        return ((output - target) ** 4).sum(axis=1) / 4

    def backward(self, target, output):
        return (output - target) ** 3


def huber(d, y):
    r = np.abs(y - d)
    return np.where(r <= 0.5, r * r / 2, 0.5 * (r - 0.25)).mean()


def pinball(d, y):
    r, q = d[:, None] - y, np.array([0.1, 0.5, 0.9])
    return np.maximum(q * r, (q - 1) * r).mean()


REGRESSIONS = {
    "Huber": (nn.HuberLoss(0.5), huber),
    "L1": (nn.L1Loss(), lambda d, y: np.abs(d - y).mean()),
    "MSE": (nn.MSELoss(), mean_squared_error),
    "quantiles": (nn.QuantileLoss([0.1, 0.5, 0.9]), pinball),
    "own": (Quartic(), lambda d, y: ((y - d) ** 4).mean() / 4),
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_losses_of_numbers(name):
    """The curve is of the loss; one full batch an epoch, so that its value is that of the weights before."""
    loss, value = REGRESSIONS[name]
    model = regressor(loss=loss, alpha=0.0, batch_size=200, max_iter=1, warm_start=True, solver="sgd")
    before = None
    for _ in range(4):
        model.fit(BODIES, DISEASE)
        if before is not None:
            np.testing.assert_allclose(model.loss_, before, rtol=1e-10)
        before = value(DISEASE, model.predict(BODIES))
    assert model.loss_curve_ == sorted(model.loss_curve_, reverse=True)
    assert model.loss is loss
    clone(model).fit(BODIES, DISEASE)


@pytest.mark.parametrize("option", ["score", "early stopping", "validation data"])
def test_the_score_of_quantiles_is_that_of_each(option):
    q = [0.1, 0.9]
    model = regressor(loss=nn.QuantileLoss(q), early_stopping=option == "early stopping")
    model.fit(BODIES, DISEASE, validation_data=(BODIES, DISEASE) if option == "validation data" else None)
    columns = model.predict(BODIES).T
    expected = np.mean([d2_pinball_score(DISEASE, y, alpha=alpha) for alpha, y in zip(q, columns, strict=True)])
    assert model.score(BODIES, DISEASE) == pytest.approx(expected)
    if option == "validation data":
        assert model.validation_scores_[-1] == pytest.approx(expected)


def test_quantiles_are_quantiles():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(600, 1))
    y = X[:, 0] + rng.uniform(size=600)
    model = regressor(loss=nn.QuantileLoss([0.1, 0.5, 0.9]), learning_rate_init=0.01, max_iter=60).fit(X, y)
    below = (y[:, None] <= model.predict(X)).mean(axis=0)
    np.testing.assert_allclose(below, [0.1, 0.5, 0.9], atol=0.06)


@pytest.mark.parametrize("targets", [1, 2])
def test_gaussian_nll_predicts_means(targets):
    y = np.column_stack([DISEASE, BODIES[:, 2] * 10])[:, :targets]
    model = regressor(loss=nn.GaussianNLLLoss(), learning_rate_init=0.01, max_iter=60)
    model.fit(BODIES, y[:, 0] if targets == 1 else y)
    assert model.predict(BODIES).shape == ((200,) if targets == 1 else (200, 2))
    assert model.intercepts_[-1].shape == (2 * targets,)
    assert model.score(BODIES, y) > 0.3
    u = model.to_network().predict(BODIES)
    np.testing.assert_array_equal(u[:, :targets], model.predict(BODIES).reshape(200, -1))


@pytest.mark.parametrize(
    ("loss", "problem", "activation"),
    [
        (nn.CrossEntropyLoss(label_smoothing=0.1), DIGITS, "softmax"),
        (nn.CrossEntropyLoss(label_smoothing=0.1), DIGITS > 4, "softmax"),
        (nn.FocalLoss(2.0), DIGITS, "softmax"),
        (nn.BinaryFocalLoss(), DIGITS > 4, "logistic"),
        (nn.BCEWithLogitsLoss(), DIGITS > 4, "logistic"),
        ("cross_entropy", DIGITS, "softmax"),
    ],
    ids=["smoothed", "smoothed binary", "focal", "binary focal", "BCE", "name"],
)
def test_losses_of_classes(loss, problem, activation):
    model = classifier(loss=loss, max_iter=60, learning_rate_init=0.01).fit(PIXELS, problem)
    assert model.out_activation_ == activation
    assert model.score(PIXELS, problem) > 0.95
    p = model.predict_proba(PIXELS)
    assert p.shape == (200, len(model.classes_))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(PIXELS))
    if not isinstance(loss, str | nn.BCEWithLogitsLoss):  # which are scikit-learn's loss
        assert differ(model, clone(model).set_params(loss="log_loss").fit(PIXELS, problem))


def test_a_softmax_loss_of_two_classes_is_the_logistic_one():
    """Of two outputs whose difference is the logit."""
    y = np.where(DIGITS > 4, "large", "few")
    model = classifier(loss=nn.CrossEntropyLoss(), alpha=0.0, max_iter=20).fit(PIXELS, y)
    assert model.score(PIXELS, y) > 0.8
    fresh = classifier(loss=nn.CrossEntropyLoss(), alpha=0.0, max_iter=1, batch_size=200, solver="sgd")
    fresh.set_params(warm_start=True).fit(PIXELS, y)
    expected = log_loss(y, fresh.predict_proba(PIXELS))
    np.testing.assert_allclose(fresh.fit(PIXELS, y).loss_, expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (nn.HuberLoss(), DIGITS, "HuberLoss.*but 'log_loss' or a loss of logits was expected"),
        (nn.BCEWithLogitsLoss(), DIGITS, "for two classes or for several labels a sample, but y has 10 classes"),
        (nn.CrossEntropyLoss(), np.eye(200, 3, dtype=int) + np.eye(200, 3, 1, dtype=int), "one class a sample"),
        (nn.CrossEntropyLoss(), COLUMNS, "several columns of classes takes 'log_loss' alone"),
        ("hubber", DIGITS, "'hubber'"),
    ],
    ids=["of numbers", "two classes", "several labels", "columns", "unknown"],
)
def test_losses_that_do_not_fit_are_refused(loss, y, message):
    with pytest.raises(ValueError, match=message):
        classifier(loss=loss).fit(PIXELS, y)


def test_losses_of_classes_are_refused_for_numbers():
    with pytest.raises(ValueError, match=r"CrossEntropyLoss\(.*\), but a loss of numbers was expected"):
        regressor(loss=nn.CrossEntropyLoss()).fit(BODIES, DISEASE)


# Several columns of classes.


def test_several_columns_of_classes():
    model = classifier(max_iter=80, learning_rate_init=0.01).fit(PIXELS, COLUMNS)
    assert [list(known) for known in model.classes_] == [["even", "odd"], ["0", "1", "2"]]
    assert model.n_outputs_ == 5
    proba = model.predict_proba(PIXELS)
    assert [p.shape for p in proba] == [(200, 2), (200, 3)]
    assert all(np.allclose(p.sum(axis=1), 1) for p in proba)
    predicted = model.predict(PIXELS)
    assert predicted.shape == (200, 2)
    right = (predicted == COLUMNS).all(axis=1)
    assert model.score(PIXELS, COLUMNS) == right.mean() > 0.9
    weight = np.arange(200.0)
    assert model.score(PIXELS, COLUMNS, weight) == pytest.approx(np.average(right, weights=weight))
    for p, logarithm in zip(proba, model.predict_log_proba(PIXELS), strict=True):
        np.testing.assert_allclose(np.exp(logarithm), p)


def test_the_loss_of_several_columns_is_the_sum_of_theirs():
    model = classifier(alpha=0.0, batch_size=200, solver="sgd", max_iter=1, warm_start=True).fit(PIXELS, COLUMNS)
    expected = sum(log_loss(y.astype(str), p) for y, p in zip(COLUMNS.T, model.predict_proba(PIXELS), strict=True))
    np.testing.assert_allclose(model.fit(PIXELS, COLUMNS).loss_, expected, rtol=1e-10)
