"""Losses in training: what targets they take, what they refuse, and what the chapter says about them."""

import numpy as np
import pytest

import pynncore as nn


def separable(rng, n=200):
    """Points in the plane with a bias, at least 0.1 from the line that separates them."""
    X = rng.uniform(-1, 1, (4 * n, 2))
    score = X @ [1.0, -2.0] + 0.3
    X, score = X[np.abs(score) > 0.1][:n], score[np.abs(score) > 0.1][:n]
    return X, np.where(score > 0, 1, -1)


def test_perceptron_is_rosenblatts():
    """w += lr t x for every sample on the wrong side or on the line, sample after sample, until there is none."""
    X, t = separable(np.random.default_rng(0))
    w, b = np.zeros(2), 0.0
    network = nn.Sequential(nn.Linear(2, 1, weight_init="zeros"), rng=0, dtype="float64")
    optimizer, losses = nn.SGD(lr=0.5), []
    for _ in range(30):
        mistakes = 0
        for x, target in zip(X, t, strict=True):
            if target * (x @ w + b) <= 0:
                w, b, mistakes = w + 0.5 * target * x, b + 0.5 * target, mistakes + 1
        history = network.fit(X, t[:, None], loss=nn.PerceptronLoss(), optimizer=optimizer, batch_size=1, shuffle=False)
        losses.append(history["loss"][0])
        np.testing.assert_allclose(network[0].weight[0], w, rtol=0, atol=1e-13)
        np.testing.assert_allclose(network[0].bias[0], b, rtol=0, atol=1e-13)
        if not mistakes:
            break
    assert mistakes == 0
    assert losses[-1] == 0 < losses[0]
    assert network.evaluate(X, t, loss="perceptron", metrics=["accuracy"])["accuracy"] == 1


@pytest.mark.parametrize("use", ["fit", "train_batch", "gradients", "check"])
def test_zero_one_loss_is_refused_for_training_and_names_its_surrogates(use):
    X, y = np.eye(4), [0, 1, 0, 1]
    network = nn.Sequential(nn.Linear(4, 2), rng=0)
    loss = nn.ZeroOneLoss()
    calls = {
        "fit": lambda: network.fit(X, y, loss=loss, optimizer="sgd"),
        "train_batch": lambda: network.train_batch(X, y, loss=loss, optimizer=nn.SGD()),
        "gradients": lambda: network.gradients(X, y, loss=loss),
        "check": lambda: nn.check_gradients(network, X, y, loss=loss),
    }
    with pytest.raises(ValueError, match="CrossEntropyLoss, BCEWithLogitsLoss, HingeLoss, PerceptronLoss"):
        calls[use]()


def test_zero_one_loss_is_one_minus_accuracy():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 4)), rng.integers(0, 3, 50)
    network = nn.Sequential(nn.Linear(4, 3), rng=0)
    result = network.evaluate(X, y, loss="zero_one", metrics=["accuracy"])
    assert result["loss"] == pytest.approx(1 - result["accuracy"])
    one = nn.Sequential(nn.Linear(4, 1), rng=0)
    wrong = np.mean((one.predict(X)[:, 0] > 0) != (y > 0))
    assert one.evaluate(X, y, loss="zero_one")["loss"] == pytest.approx(wrong)


def test_several_quantiles_of_one_target():
    rng = np.random.default_rng(0)
    X, y = np.zeros((4000, 1)), rng.exponential(size=4000)
    quantiles = [0.1, 0.5, 0.9]
    network = nn.Sequential(nn.Linear(1, 3), rng=0)
    loss = nn.QuantileLoss(q=quantiles)
    network.fit(X, y, loss=loss, optimizer=nn.Adam(lr=0.02), epochs=60, batch_size=500)
    np.testing.assert_allclose(network.predict(X[:1])[0], np.quantile(y, quantiles), rtol=0.08)
    with pytest.raises(ValueError, match="3 quantiles, but the network has 2 outputs"):
        nn.Sequential(nn.Linear(1, 2), rng=0).fit(X, y, loss=loss, optimizer="sgd")


def test_gaussian_nll_learns_mean_and_variance():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (4000, 1))
    y = 2 * X + np.exp(X) * rng.standard_normal((4000, 1))
    network = nn.Sequential(nn.Linear(1, 2), rng=0)
    history = network.fit(
        X, y, loss=nn.GaussianNLLLoss(), optimizer=nn.Adam(lr=0.01), epochs=60, batch_size=100, metrics=["mse"]
    )
    assert history["loss"][-1] < history["loss"][0]
    np.testing.assert_allclose(network[0].weight[:, 0], [2, 2], atol=0.2)
    np.testing.assert_allclose(network[0].bias, [0, 0], atol=0.2)
    with pytest.raises(ValueError, match="3 outputs, but GaussianNLLLoss needs two"):
        nn.Sequential(nn.Linear(1, 3), rng=0).evaluate(X, y, loss=nn.GaussianNLLLoss())


def test_cosine_embedding_takes_directions_with_and_without_signs():
    rng = np.random.default_rng(0)
    X, d = rng.standard_normal((20, 3)), rng.standard_normal((20, 4))
    network = nn.Sequential(nn.Linear(3, 4), rng=0)
    ones = np.concatenate([d, np.ones((20, 1))], axis=1)
    loss = nn.CosineEmbeddingLoss()
    assert network.evaluate(X, d, loss=loss) == network.evaluate(X, ones, loss=loss)
    with pytest.raises(ValueError, match=r"0\.5 at row 0"):
        network.evaluate(X, np.concatenate([d, np.full((20, 1), 0.5)], axis=1), loss=loss)


def test_the_loss_of_an_epoch_is_divided_by_the_weight_of_its_labels():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 4)), rng.integers(0, 3, 50)
    y[:10] = -1
    loss = nn.CrossEntropyLoss(weight=[1, 2, 5], ignore_index=-1)
    network = nn.Sequential(nn.Linear(4, 3), rng=0, dtype="float64")
    expected = loss(network.predict(X), y)
    metrics = {"loss": expected, "accuracy": np.mean(network.predict(X[10:]).argmax(1) == y[10:])}
    assert network.evaluate(X, y, loss=loss, metrics=["accuracy"]) == pytest.approx(metrics)
    history = network.fit(
        X, y, loss=loss, optimizer=nn.SGD(lr=1e-12), batch_size=7, metrics=["accuracy"], class_weight={1: 1.0}
    )
    assert history["loss"][0] == pytest.approx(expected)
    assert history["accuracy"][0] == metrics["accuracy"]


def test_a_batch_of_ignored_labels_changes_nothing():
    network = nn.Sequential(nn.Linear(2, 2), rng=0)
    before = network.state_dict()
    loss = nn.CrossEntropyLoss(ignore_index=7)
    value = network.train_batch(np.ones((3, 2)), [7, 7, 7], loss=loss, optimizer=nn.SGD(lr=1))
    assert np.isnan(value)
    np.testing.assert_array_equal(network[0].weight, before["0.weight"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.CrossEntropyLoss(weight=2), "weight is 2"),
        (lambda: nn.CrossEntropyLoss(weight=[0, 0]), "not all of them 0"),
        (lambda: nn.CrossEntropyLoss(weight=[1, -1]), r"weight\[1\] is -1"),
        (lambda: nn.CrossEntropyLoss(label_smoothing=2), "label_smoothing is 2"),
        (lambda: nn.BCEWithLogitsLoss(pos_weight=[[1]]), "pos_weight is"),
        (lambda: nn.QuantileLoss(q=1.5), "q is 1.5"),
        (lambda: nn.SmoothL1Loss(beta=-1), "beta is -1"),
        (lambda: nn.KLDivLoss(reduction="none"), "'batchmean'"),
        (lambda: nn.FocalLoss(gamma=-1), "gamma is -1"),
        (lambda: nn.GaussianNLLLoss(eps=0), "eps is 0"),
    ],
)
def test_wrong_arguments_are_quoted(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (nn.HingeLoss(), [[0.0, 1.0]], "0.0 at row 0, column 0, but the loss takes targets -1 and 1"),
        (nn.PoissonNLLLoss(), [[1.0, -2.0]], "-2.0 at row 0, column 1, but the loss takes counts"),
        (nn.MeanSquaredLogarithmicError(), [[1.0, -1.0]], "targets that are not negative"),
        (nn.CrossEntropyLoss(weight=[1, 2, 3]), [1], "3 class weights, but the network has 2 outputs"),
        (nn.BCEWithLogitsLoss([1, 2, 3]), [[1.0, 0.0]], "3 values of pos_weight"),
        (nn.CrossEntropyLoss(ignore_index=-1), [[1.0, 0.0]], "needs integer labels"),
        (nn.CrossEntropyLoss(ignore_index=-1), [-2], "y is -2 at row 0"),
        (nn.KLDivLoss(), [[1.0, 3.0]], r"targets in \[0, 1\]"),
    ],
)
def test_wrong_targets_are_quoted(loss, y, message):
    network = nn.Sequential(nn.Linear(2, 2), rng=0)
    with pytest.raises(ValueError, match=message):
        network.evaluate(np.ones((1, 2)), y, loss=loss)


def test_a_call_takes_targets_as_evaluate_does():
    assert [nn.ZeroOneLoss()([[0.3]], [label]) for label in (0, 1)] == [1, 0]
    assert nn.CosineEmbeddingLoss()([[3.0, 4.0]], [[1.0, 0.0]]) == pytest.approx(0.4)
    assert nn.QuantileLoss(q=[0.1, 0.9])([[0.0, 0.0]], [[1.0]]) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="d is 0 at row 0, column 0, but the loss takes targets -1 and 1"):
        nn.HingeLoss()([[0.5]], [[0]])
    assert nn.MSELoss().gradient(np.float16([[1]]), [[0.0]]).dtype == np.float32
    assert nn.MSELoss().gradient(np.array([[1]], ">f4"), [[0.0]]).tolist() == [[2.0]]


@pytest.mark.parametrize("ignored", [-100, 255])
def test_ignored_labels_count_in_no_class_weight_metric_or_check(ignored):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 3)), np.repeat([0, 1, ignored, ignored], 10)
    loss = nn.CrossEntropyLoss(ignore_index=ignored)
    losses = []
    for part, weight in ((slice(None), "balanced"), (slice(None), None), (slice(20), None)):
        network = nn.Sequential(nn.Linear(3, 2), rng=0)
        options = {"loss": loss, "optimizer": nn.SGD(lr=0.1), "batch_size": None, "class_weight": weight}
        metrics = ["accuracy", "binary_accuracy"]
        losses.append(network.fit(X[part], y[part], metrics=metrics, **options).history)
    for name in ("loss", "accuracy", "binary_accuracy"):
        assert losses[0][name] == pytest.approx(losses[2][name]) == losses[1][name]


def test_validation_without_a_label_that_counts_is_no_divergence():
    network = nn.Sequential(nn.Linear(2, 2), rng=0)
    loss, X = nn.CrossEntropyLoss(ignore_index=-1), np.ones((4, 2))
    history = network.fit(X, [0, 1, 0, 1], loss=loss, optimizer="sgd", validation_data=(X, [-1] * 4))
    assert np.isnan(history["val_loss"][0])


def test_metrics_beside_cosine_embedding_and_zero_one_loss():
    rng = np.random.default_rng(0)
    X, d = rng.standard_normal((20, 3)), rng.standard_normal((20, 2))
    network = nn.Sequential(nn.Linear(3, 2), rng=0)
    with_signs = np.concatenate([d, np.ones((20, 1))], axis=1)
    mse = network.evaluate(X, d, loss="mse", metrics=[])["loss"]
    assert network.evaluate(X, with_signs, loss=nn.CosineEmbeddingLoss(), metrics=["mse"])["mse"] == pytest.approx(mse)
    one = nn.Sequential(nn.Linear(3, 1), rng=0)
    for y in (rng.integers(0, 2, 20), rng.choice([-1, 1], 20)):
        result = one.evaluate(X, y, loss="zero_one", metrics=["accuracy"])
        assert result["accuracy"] == pytest.approx(1 - result["loss"])


def test_a_variance_below_the_least_can_grow_again():
    gradient = nn.GaussianNLLLoss(reduction="sum").gradient([[0.0, -20.0]], [[5.0]])
    assert gradient[0, 1] == pytest.approx(0.5 * (1 - 25 / 1e-6))
