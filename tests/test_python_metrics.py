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


@pytest.mark.parametrize("outputs", [1, 3])
def test_root_mean_squared_error(outputs):
    target, prediction = rng.standard_normal((2, 200, outputs))
    expected = sklearn.root_mean_squared_error(target, prediction)
    assert metrics.RootMeanSquaredError()(target, prediction) == pytest.approx(expected, rel=1e-13)


COUNTED = {"Precision": "precision_score", "Recall": "recall_score", "F1": "f1_score"}


def counted(name, target, predicted, average):
    score = getattr(sklearn, COUNTED[name])
    return pytest.approx(score(target, predicted, average=average, zero_division=0), rel=1e-14)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("name", COUNTED)
def test_counts_of_many_classes(name, average):
    """Of 6 classes, one is never predicted, one never true, and one neither."""
    scores, labels = SCORES.copy(), np.where(LABELS == 4, 0, LABELS)
    scores[:, 3] = 0
    scores[:, 5], labels[labels == 5] = 0, 1
    metric = getattr(metrics, name)(average)
    expected = counted(name, labels, scores.argmax(1), average)
    assert metric(labels, scores) == metric(np.eye(6)[labels], scores) == expected
    assert metric.name == f"{name.lower()}_{average}"


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("average", ["binary", "macro", "micro", "weighted"])
@pytest.mark.parametrize("name", COUNTED)
def test_counts_of_two_classes(name, average, outputs):
    labels, p = rng.integers(0, 2, 200), rng.uniform(0, 1, (200, 1))
    prediction = p if outputs == 1 else np.hstack([1 - p, p])
    expected = counted(name, labels, p[:, 0] > 0.5, average)
    assert getattr(metrics, name)(average)(labels, prediction) == expected
    if average == "binary":
        assert getattr(metrics, name)()(labels, prediction) == expected
        assert getattr(metrics, name)(threshold=0.2)(labels, p) == counted(name, labels, p[:, 0] > 0.2, average)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("name", COUNTED)
def test_counts_of_independent_classes(name, average):
    target, prediction = rng.integers(0, 2, (200, 4)), rng.uniform(0, 1, (200, 4))
    target[:, 2], prediction[:, 2] = 0, 0
    expected = counted(name, target, prediction > 0.5, average)
    assert getattr(metrics, name)(average, multilabel=True)(target, prediction) == expected


@pytest.mark.parametrize("name", COUNTED)
def test_counts_without_positives_are_0(name):
    assert getattr(metrics, name)()(np.zeros(5, int), np.zeros((5, 1))) == 0


@pytest.mark.parametrize("decimals", [1, 16])
def test_roc_auc_also_with_ties(decimals):
    scores = SCORES.round(decimals)
    binary = LABELS % 2
    assert metrics.ROCAUC()(binary, scores[:, :1]) == pytest.approx(sklearn.roc_auc_score(binary, scores[:, 0]))
    assert metrics.ROCAUC()(2 * binary[:, None] - 1, scores[:, :1]) == metrics.ROCAUC()(binary, scores[:, :1])
    expected = pytest.approx(sklearn.roc_auc_score(np.eye(6)[LABELS], scores, average="macro"))
    assert metrics.ROCAUC()(LABELS, scores) == metrics.ROCAUC()(np.eye(6)[LABELS], scores) == expected
    assert metrics.ROCAUC()(LABELS, SCORES) == pytest.approx(sklearn.roc_auc_score(LABELS, SCORES, multi_class="ovr"))


def test_roc_auc_leaves_out_classes_that_all_or_none_are():
    assert metrics.ROCAUC()(np.array([0, 1]), np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0]])) == 1
    assert np.isnan(metrics.ROCAUC()(np.array([1, 1]), np.array([[0.9], [0.8]])))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_loss(dtype):
    scores = SCORES.astype(dtype)
    scores[0] = np.eye(6)[(LABELS[0] + 1) % 6]  # certain, and wrong
    expected = pytest.approx(sklearn.log_loss(LABELS, scores), rel=1e-6 if dtype == "float32" else 1e-13)
    assert metrics.LogLoss()(LABELS, scores) == metrics.LogLoss()(np.eye(6)[LABELS], scores) == expected
    binary, p = rng.integers(0, 2, 200), rng.uniform(0, 1, (200, 1)).astype(dtype)
    expected = pytest.approx(sklearn.log_loss(binary, p[:, 0]), rel=1e-6 if dtype == "float32" else 1e-13)
    assert metrics.LogLoss()(binary, p) == expected
    assert metrics.LogLoss(multilabel=True)(np.eye(6)[LABELS], scores) == pytest.approx(
        np.mean([sklearn.log_loss(LABELS == k, scores[:, k]) for k in range(6)]), rel=1e-5
    )


def test_log_loss_refuses_what_is_no_probability():
    with pytest.raises(ValueError, match=r"log_loss needs probabilities, but a prediction is 1\.5"):
        metrics.LogLoss()(np.array([0, 1]), np.array([[0.5], [1.5]]))


NAMES = ["precision", "recall_macro", "f1_micro", "roc_auc", "log_loss"]


@pytest.mark.parametrize("loss", ["cross_entropy", "bce_with_logits", "hinge"])
def test_names_mean_what_suits_the_loss(loss):
    """Probabilities above 1/2, or scores above 0, are class 1; `evaluate` and `fit` agree."""
    X = rng.standard_normal((100, 3))
    labels = (X @ [1.0, 2.0, -1.0] + rng.standard_normal(100) > 0).astype(int)
    network = nn.Sequential(nn.Linear(3, 2 if loss == "cross_entropy" else 1), rng=0)
    target = 2 * labels - 1 if loss == "hinge" else labels
    names = NAMES if loss != "hinge" else NAMES[:-1]
    u = network(X)
    predicted, p = (u[:, -1] > (u[:, 0] if loss == "cross_entropy" else 0)), network.predict_proba(X)
    expected = {
        "precision": sklearn.precision_score(labels, predicted),
        "recall_macro": sklearn.recall_score(labels, predicted, average="macro"),
        "f1_micro": sklearn.f1_score(labels, predicted, average="micro"),
        "roc_auc": sklearn.roc_auc_score(labels, p[:, 1]),
        "log_loss": sklearn.log_loss(labels, p),
    }
    measured = network.evaluate(X, target, loss=loss, metrics=names)
    history = network.fit(X, target, loss=loss, optimizer=nn.SGD(lr=0), metrics=names)
    for name in names:
        assert measured[name] == history[name][0] == pytest.approx(expected[name], rel=1e-6)


def test_names_beside_independent_classes_count_each_one():
    X, y = rng.standard_normal((100, 3)), rng.integers(0, 2, (100, 4))
    network = nn.Sequential(nn.Linear(3, 4), rng=0)
    p = 1 / (1 + np.exp(-network(X).astype(float)))
    expected = {
        "f1_macro": sklearn.f1_score(y, p > 0.5, average="macro"),
        "roc_auc": sklearn.roc_auc_score(y, p, average="macro"),
        "log_loss": np.mean([sklearn.log_loss(d, q) for d, q in zip(y.T, p.T, strict=True)]),
    }
    measured = network.evaluate(X, y, loss="bce_with_logits", metrics=list(expected))
    assert {name: measured[name] for name in expected} == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("metric", "target", "message"),
    [
        ("precision", [0.0, 3.0], "one is 3"),
        ("f1", [[0.5, 2.0, 0.5], [0.0, 0.0, 1.0]], "one is 2"),
        (metrics.F1(), [[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]], "row 1 of the targets sums to 2; say multilabel=True"),
        (metrics.F1("binary"), [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], "'f1_binary' needs two classes, but there are 3"),
        ("roc_auc", [0.0, 3.0], "one is 3"),
        ("log_loss", [0.0, 3.0], "one is 3"),
    ],
)
def test_targets_that_are_no_classes_are_refused_before_training(metric, target, message):
    network = nn.Sequential(nn.Linear(3, np.array(target).reshape(2, -1).shape[1]), rng=0)
    before = network[0].weight
    with pytest.raises(ValueError, match=message):
        network.fit(rng.standard_normal((2, 3)), target, loss="mse", optimizer="sgd", metrics=metric)
    assert (network[0].weight == before).all()


def test_functions_are_metrics():
    def worst(target, prediction):
        assert target.shape == prediction.shape == (50, 1)
        return np.abs(target - prediction).max()

    X = rng.standard_normal((50, 3))
    network = nn.Sequential(nn.Linear(3, 1), rng=0)
    expected = float(np.abs(network(X)).max())
    for chosen in (worst, [worst, "mae"]):
        assert network.evaluate(X, np.zeros(50), loss="mse", metrics=chosen)["worst"] == expected
    assert network.fit(X, np.zeros(50), loss="mse", optimizer=nn.SGD(lr=0), metrics=worst)["worst"] == [expected]
    with pytest.raises(TypeError, match="'worst' returned 'much'"):
        worst_in_words = lambda target, prediction: "much"  # noqa: E731
        worst_in_words.__name__ = "worst"
        network.evaluate(X, np.zeros(50), loss="mse", metrics=worst_in_words)
    with pytest.raises(TypeError, match=r"MSELoss\(reduction='mean'\) is no metric"):
        network.evaluate(X, np.zeros(50), loss="mse", metrics=nn.MSELoss())
    with pytest.raises(ValueError, match=r"metrics has \['<lambda>', '<lambda>'\], but names must differ"):
        network.evaluate(X, np.zeros(50), loss="mse", metrics=[lambda d, y: 0, lambda d, y: 1])


def test_which_numbers_are_better_when_they_grow():
    larger = ["val_accuracy", "top_5_accuracy", "precision", "val_recall_micro", "f1_macro", "val_roc_auc", "r2"]
    assert all(metrics.larger_is_better(name) is True for name in [*larger, "val_score"])
    smaller = ["loss", "val_loss", "log_loss", "val_rmse", "mae", "lr", "zero_one_loss", "max_error"]
    assert all(metrics.larger_is_better(name) is False for name in smaller)
    assert metrics.larger_is_better("val_gain") is None
    assert all(metrics.larger_is_better(name) is not None for name in metrics.BY_NAME)


def gain(target, output):
    """A metric of one's own."""
    return float(np.mean(target * output))


def test_what_watches_a_number_asks_what_is_better():
    X, y = rng.standard_normal((50, 3)), rng.standard_normal(50)
    options = {"loss": "mse", "optimizer": "sgd", "metrics": gain, "epochs": 3}
    for callback in (nn.EarlyStopping(monitor="gain"), nn.ModelCheckpoint("no.checkpoint", monitor="gain")):
        network = nn.Sequential(nn.Linear(3, 1), rng=0)
        with pytest.raises(ValueError, match="monitors 'gain', which does not say whether more is better: give mode"):
            network.fit(X, y, callbacks=callback, **options)
        assert network.epochs == 0
    stopping = nn.EarlyStopping(monitor="gain", mode="max")
    history = nn.Sequential(nn.Linear(3, 1), rng=0).fit(X, y, callbacks=stopping, **options)
    assert stopping.best == max(history["gain"])
    with pytest.raises(ValueError, match="ReduceLROnPlateau monitors 'gain'"):
        nn.ReduceLROnPlateau(0.1, monitor="gain")


def test_a_rate_follows_numbers_of_which_more_is_better():
    scores = (0.2, 0.5, 0.9, 0.9, 0.8, 0.95, 0.95)
    for options in ({"monitor": "val_accuracy"}, {"monitor": "val_gain", "mode": "max"}):
        plateau, rates = nn.ReduceLROnPlateau(1.0, factor=0.5, patience=1, **options), []
        for score in scores:
            plateau.end_epoch({"loss": 1.0, options["monitor"]: score})
            rates.append(plateau.at(0))
        assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5]
    falling = nn.ReduceLROnPlateau(1.0, factor=0.5, patience=0, monitor="val_gain", mode="min")
    falling.end_epoch({"loss": 1.0, "val_gain": -1.0})
    falling.end_epoch({"loss": 1.0, "val_gain": -2.0})
    assert falling.at(0) == 1


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
