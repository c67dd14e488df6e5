"""Metrics against scikit-learn."""

import numpy as np
import pytest

import pynncore as nn
from pynncore import metrics

sklearn = pytest.importorskip("sklearn.metrics")

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 6, 200)
SCORES = rng.dirichlet(np.ones(6), 200)


def test_accuracy_of_labels_and_one_hot():
    expected = sklearn.accuracy_score(LABELS, SCORES.argmax(1))
    assert metrics.Accuracy()(LABELS, SCORES) == expected
    assert metrics.Accuracy()(np.eye(6)[LABELS], SCORES) == expected


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("decimals", [1, 16])
def test_top_k_accuracy_also_with_ties(k, decimals):
    scores = SCORES.round(decimals)
    expected = sklearn.top_k_accuracy_score(LABELS, scores, k=k, labels=range(6))
    assert metrics.TopKAccuracy(k)(LABELS, scores) == expected
    assert metrics.TopKAccuracy(k)(np.eye(6)[LABELS], scores) == expected


def test_binary_accuracy():
    target, prediction = rng.integers(0, 2, (200, 1)), rng.uniform(0, 1, (200, 1))
    for threshold in (0.3, 0.5):
        expected = sklearn.accuracy_score(target, prediction > threshold)
        assert metrics.BinaryAccuracy(threshold)(target, prediction) == expected
    assert metrics.Accuracy()(target, prediction) == sklearn.accuracy_score(target, prediction > 0.5)
    assert metrics.BinaryAccuracy()(target[:, 0], prediction) == sklearn.accuracy_score(target, prediction > 0.5)


@pytest.mark.parametrize("outputs", [1, 3])
def test_errors_of_numbers(outputs):
    target, prediction = rng.standard_normal((2, 200, outputs))
    assert metrics.MeanSquaredError()(target, prediction) == pytest.approx(
        sklearn.mean_squared_error(target, prediction), rel=1e-13
    )
    assert metrics.MeanAbsoluteError()(target, prediction) == pytest.approx(
        sklearn.mean_absolute_error(target, prediction), rel=1e-13
    )
    assert metrics.R2()(target, prediction) == pytest.approx(sklearn.r2_score(target, prediction), rel=1e-12)


def test_r2_of_constant_targets():
    constant = np.ones((5, 2))
    for prediction in (constant, constant + 1, np.array([[1, 2.0]] * 5)):
        assert metrics.R2()(constant, prediction) == sklearn.r2_score(constant, prediction)


def test_mean_squared_error_of_labels_is_that_of_probabilities():
    assert metrics.MeanSquaredError()(LABELS, SCORES) == pytest.approx(((np.eye(6)[LABELS] - SCORES) ** 2).mean())


@pytest.mark.parametrize("last", [[], [nn.Sigmoid()]])
def test_binary_networks_are_judged_by_probabilities(last):
    X, y = rng.standard_normal((100, 3)), rng.integers(0, 2, 100)
    network = nn.Sequential(nn.Linear(3, 1, bias_init=[0.3]), *last, rng=0)
    loss = nn.BCELoss() if last else nn.BCEWithLogitsLoss()
    expected = sklearn.accuracy_score(y, network.predict_proba(X)[:, 1] > 0.5)
    assert network.evaluate(X, y, loss=loss, metrics=["accuracy"])["accuracy"] == expected
    history = network.fit(X, y, loss=loss, optimizer=nn.SGD(lr=0), metrics=["accuracy", "binary_accuracy"])
    assert history["accuracy"] == history["binary_accuracy"] == [expected]


def test_several_independent_classes_count_one_by_one():
    X, y = rng.standard_normal((100, 3)), rng.integers(0, 2, (100, 4))
    network = nn.Sequential(nn.Linear(3, 4), rng=0)
    result = network.evaluate(X, y, loss="bce_with_logits", metrics=["accuracy"])
    assert result["accuracy"] == np.mean((network(X) > 0) == y)


def test_metrics_see_probabilities_for_every_loss_of_classification():
    class Smallest(nn.Metric):
        name = "smallest"

        def __call__(self, target, prediction):
            np.testing.assert_allclose(prediction.sum(1), 1, rtol=1e-6)
            return prediction.min()

    X, y = rng.standard_normal((100, 3)), rng.integers(0, 4, 100)
    losses = {
        nn.CrossEntropyLoss(): [],
        nn.CrossEntropyLoss(from_logits=False): [nn.Softmax()],
        nn.NLLLoss(): [nn.LogSoftmax()],
    }
    values = []
    for loss, last in losses.items():
        network = nn.Sequential(nn.Linear(3, 4), *last, rng=0)
        values.append(network.evaluate(X, y, loss=loss, metrics=[Smallest()])["smallest"])
    assert values == pytest.approx([values[0]] * 3, rel=1e-5)


def test_a_metric_without_call_or_name_says_so():
    class Nameless(nn.Metric):
        def __call__(self, target, prediction):
            return 0.0

    class Named(nn.Metric):
        name = "named"

    network, X = nn.Sequential(nn.Linear(3, 1), rng=0), np.ones((4, 3))
    with pytest.raises(TypeError, match="Nameless has no name"):
        network.evaluate(X, np.ones(4), loss="mse", metrics=Nameless())
    with pytest.raises(TypeError, match="Named is a Metric without __call__"):
        network.evaluate(X, np.ones(4), loss="mse", metrics=Named())
