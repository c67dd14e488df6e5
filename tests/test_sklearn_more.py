"""What the estimators of `pynncore.sklearn` do beyond scikit-learn's."""

import copy

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification
from sklearn.metrics import d2_pinball_score, log_loss, mean_poisson_deviance, mean_squared_error
from sklearn.utils.class_weight import compute_sample_weight

import pynncore as nn
from pynncore.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer. Maximum iterations:sklearn.exceptions.ConvergenceWarning"
)

PIXELS, DIGITS = (part[:200] for part in load_digits(return_X_y=True))
PIXELS = PIXELS / 16
BODIES, DISEASE = (part[:200] for part in load_diabetes(return_X_y=True))
DISEASE = (DISEASE - 150) / 80
WORDS, TOPICS = make_multilabel_classification(150, random_state=0)
COLUMNS = np.column_stack([np.array(["even", "odd"])[DIGITS % 2], DIGITS // 4]).astype(object)  # numbers as text
SMALL = {"hidden_layer_sizes": (12,), "max_iter": 5, "random_state": 0, "batch_size": 50}


def classifier(**options):
    return MLPClassifier(**SMALL | options)


def regressor(**options):
    return MLPRegressor(**SMALL | options)


def assert_same(one, other):
    for a, b in zip((*one.coefs_, *one.intercepts_), (*other.coefs_, *other.intercepts_), strict=True):
        np.testing.assert_array_equal(a, b)


def differ(one, other):
    return not np.array_equal(one.coefs_[0], other.coefs_[0])


def softmax(u):
    e = np.exp(u - u.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


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


# Layers.


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"activation": "gelu"}, [nn.Linear, nn.GELU, nn.Linear]),
        ({"activation": nn.LeakyReLU(0.3)}, [nn.Linear, nn.LeakyReLU, nn.Linear]),
        (
            {"hidden_layer_sizes": (9, 7), "activation": ["tanh", nn.SiLU()]},
            [nn.Linear, nn.Tanh, nn.Linear, nn.SiLU, nn.Linear],
        ),
        ({"dropout": 0.2}, [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]),
        ({"batch_norm": True}, [nn.Linear, nn.BatchNorm, nn.ReLU, nn.Linear]),
        (
            {"hidden_layer_sizes": (9, 7), "batch_norm": True, "dropout": [0.0, 0.5]},
            [nn.Linear, nn.BatchNorm, nn.ReLU, nn.Linear, nn.BatchNorm, nn.ReLU, nn.Dropout, nn.Linear],
        ),
        ({"hidden_layer_sizes": (), "dropout": 0.5}, [nn.Linear]),
    ],
    ids=["name", "object", "one per layer", "dropout", "batch_norm", "both", "none"],
)
def test_layers(options, expected):
    model = classifier(**options).fit(PIXELS, DIGITS)
    network = model.to_network()
    assert [type(layer) for layer in network] == [*expected, nn.Softmax]
    assert all(layer.p in (0.2, 0.5) for layer in network if isinstance(layer, nn.Dropout))
    assert all(layer.negative_slope == 0.3 for layer in network if isinstance(layer, nn.LeakyReLU))
    np.testing.assert_array_equal(network.predict(PIXELS), model.predict_proba(PIXELS))
    assert_same(clone(model).fit(PIXELS, DIGITS), model)


@pytest.mark.parametrize("activation", [nn.PReLU(), nn.Softmax()], ids=repr)
def test_an_activation_stays_as_it_was_passed(activation):
    before = repr(activation)
    model = classifier(hidden_layer_sizes=(8, 8), activation=activation).fit(PIXELS, DIGITS)
    assert model.activation is activation
    assert repr(activation) == before
    layers = [layer for layer in model.to_network() if isinstance(layer, type(activation))]
    assert activation not in layers
    assert layers[0] is not layers[1]


def test_dropout_and_batch_norm_train_otherwise_and_predict_alike():
    plain, dropped = classifier().fit(PIXELS, DIGITS), classifier(dropout=0.5).fit(PIXELS, DIGITS)
    assert differ(plain, dropped)
    assert dropped.loss_ > plain.loss_
    np.testing.assert_array_equal(dropped.predict_proba(PIXELS), dropped.predict_proba(PIXELS))
    normed = classifier(batch_norm=True).fit(PIXELS, DIGITS)
    one_by_one = np.concatenate([normed.predict_proba(row[None]) for row in PIXELS[:20]])
    np.testing.assert_allclose(normed.predict_proba(PIXELS[:20]), one_by_one, rtol=1e-12)


# Optimizers and schedules.

SOLVERS = {
    "AdamW": nn.AdamW(0.01, weight_decay=0.1),
    "RMSprop": nn.RMSprop(0.003),
    "SGD with a schedule": nn.SGD(nn.CosineAnnealingLR(0.1, 5), momentum=0.9),
    "clipped": nn.Adam(0.01, clip_norm=0.5),
    "accumulated": nn.SGD(0.1, accumulate=2),
}


@pytest.mark.parametrize("name", SOLVERS)
def test_optimizers(name):
    """The same steps as the library's own `fit`, from the same weights in the same order."""
    solver = SOLVERS[name]
    before = repr(solver)
    model = classifier(solver=solver, shuffle=False, alpha=0.0).fit(PIXELS, DIGITS)
    assert model.solver is solver
    assert repr(solver) == before
    start = classifier(solver="sgd", learning_rate_init=1e-300, max_iter=1, alpha=0.0).fit(PIXELS, DIGITS)
    network = nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10), dtype="float64", rng=0)
    for layer, coef, intercept in zip((network[0], network[2]), start.coefs_, start.intercepts_, strict=True):
        layer.weight, layer.bias = coef.T, intercept
    optimizer = copy.deepcopy(solver)
    history = network.fit(
        PIXELS, DIGITS, loss="cross_entropy", optimizer=optimizer, epochs=5, batch_size=50, shuffle=False
    )
    np.testing.assert_array_equal(model.coefs_[0], network[0].weight.T)
    np.testing.assert_allclose(model.loss_curve_, history["loss"], rtol=1e-12)
    again = clone(model).fit(PIXELS, DIGITS)
    assert_same(again, model)
    assert_same(model.fit(PIXELS, DIGITS), again)


def test_a_schedule_is_the_rate_of_sgd_and_adam():
    class Rates(nn.Callback):
        def on_epoch_begin(self, training):
            self.seen = [*getattr(self, "seen", []), training.optimizer.lr]

    for solver in ("sgd", "adam"):
        rates = Rates()
        schedule = nn.StepLR(0.1, 2, 0.5)
        model = classifier(solver=solver, learning_rate=schedule, callbacks=[rates.on_epoch_begin])
        model.set_params(callbacks=[rates]).fit(PIXELS, DIGITS)
        np.testing.assert_allclose(rates.seen, [0.1, 0.1, 0.05, 0.05, 0.025])
        assert model.learning_rate is schedule


def test_optimizers_of_all_samples():
    model = regressor(solver=nn.LBFGS(), alpha=0.0, max_iter=40).fit(BODIES, DISEASE)
    assert model.loss_ < regressor(alpha=0.0, max_iter=40).fit(BODIES, DISEASE).loss_
    with pytest.raises(ValueError, match=r"alpha is 0\.0001, but LBFGS"):
        regressor(solver=nn.LBFGS()).fit(BODIES, DISEASE)
    assert not hasattr(model, "partial_fit")


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


# Validation data.


@pytest.mark.parametrize("weighted", [False, True], ids=["even", "weighted"])
def test_validation_of_classes(weighted):
    X, y = PIXELS[150:], DIGITS[150:]
    weight = np.linspace(0, 2, 50) if weighted else None
    given = (X, y, weight) if weighted else (X, y)
    model = classifier(warm_start=True, max_iter=1)
    for epoch in range(4):
        model.fit(PIXELS[:150], DIGITS[:150], validation_data=given)
        p = model.predict_proba(X)
        expected = log_loss(y, p, sample_weight=weight, labels=np.arange(10))
        np.testing.assert_allclose(model.validation_loss_curve_[epoch], expected, rtol=1e-10)
        assert model.validation_scores_[epoch] == pytest.approx(model.score(X, y, weight))
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == len(model.loss_curve_) == 4
    assert_same(model, classifier(max_iter=4).fit(PIXELS[:150], DIGITS[:150]))


@pytest.mark.parametrize(
    ("options", "y", "value"),
    [
        ({}, DISEASE, lambda d, y: mean_squared_error(d, y) / 2),
        ({}, np.column_stack([DISEASE, BODIES[:, 0]]), lambda d, y: mean_squared_error(d, y) / 2),
        ({"loss": "poisson"}, np.round(DISEASE + 3), lambda d, y: mean_poisson_deviance(d, y) / 2),
        ({"loss": nn.L1Loss()}, DISEASE, lambda d, y: np.abs(d - y).mean()),
    ],
    ids=["one", "two", "counts", "L1"],
)
def test_validation_of_numbers(options, y, value):
    model = regressor(**options).fit(BODIES[:150], y[:150], validation_data=[BODIES[150:], y[150:]])
    expected = value(y[150:], model.predict(BODIES[150:]))
    np.testing.assert_allclose(model.validation_loss_curve_[-1], expected, rtol=1e-10)
    np.testing.assert_allclose(model.validation_scores_[-1], model.score(BODIES[150:], y[150:]), rtol=1e-10)
    assert len(model.validation_scores_) == 5


def test_early_stopping_on_given_validation_data_keeps_the_best_weights():
    X, y = PIXELS[150:], DIGITS[150:]
    model = classifier(early_stopping=True, max_iter=300, n_iter_no_change=3, learning_rate_init=0.03)
    model.fit(PIXELS[:150], DIGITS[:150], validation_data=(X, y))
    assert model.n_iter_ < 300
    assert model.best_validation_score_ == max(model.validation_scores_) == model.score(X, y)
    assert model.t_ == 150 * model.n_iter_  # nothing was held out


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ((PIXELS,), TypeError, r"\(X, y\) or \(X, y, sample_weight\) was expected"),
        ("ab", TypeError, "validation_data is str"),
        ((PIXELS[:, :3], DIGITS), ValueError, "X has 3 features"),
        ((PIXELS, DIGITS + 1), ValueError, "10"),
        ((PIXELS, DIGITS[:5]), ValueError, r"inconsistent numbers of samples: \[200, 5\]"),
        ((PIXELS * np.nan, DIGITS), ValueError, "NaN"),
    ],
    ids=["one array", "text", "features", "class", "rows", "NaN"],
)
def test_wrong_validation_data(given, error, message):
    with pytest.raises(error, match=message):
        classifier().fit(PIXELS, DIGITS, validation_data=given)


# Callbacks.


def test_callbacks_of_the_library():
    epochs = []
    validation = PIXELS[150:], DIGITS[150:]
    options = {"max_iter": 300, "learning_rate_init": 0.03, "n_iter_no_change": np.inf}
    stop = nn.EarlyStopping(patience=3)
    model = classifier(callbacks=[stop, lambda training: epochs.append(training.epoch)], **options)
    model.fit(PIXELS[:150], DIGITS[:150], validation_data=validation)
    assert epochs == list(range(1, model.n_iter_ + 1))
    assert 3 < model.n_iter_ < 300
    assert stop.best_epoch == model.n_iter_ - 3 == 1 + np.argmin(model.validation_loss_curve_)
    p = model.predict_proba(validation[0])
    np.testing.assert_allclose(log_loss(validation[1], p, labels=np.arange(10)), min(model.validation_loss_curve_))


def test_terminate_on_time_ends_training():
    model = classifier(callbacks=[nn.TerminateOnTime(0.05)], max_iter=10**6, n_iter_no_change=np.inf, tol=0)
    assert model.fit(PIXELS, DIGITS).n_iter_ < 10**6


def test_a_checkpoint_of_an_estimator_is_a_model(tmp_path):
    path = tmp_path / "run.checkpoint"
    model = classifier(callbacks=[nn.ModelCheckpoint(path)]).fit(PIXELS, DIGITS)
    network = nn.load(path)
    np.testing.assert_array_equal(network[0].weight, model.coefs_[0].T)


def test_what_a_callback_raises_reaches_the_caller_of_fit():
    class Broken(Exception):
        pass

    def callback(training):
        if training.epoch == 3:
            raise Broken

    model = classifier(callbacks=[callback])
    with pytest.raises(Broken):
        model.fit(PIXELS, DIGITS)
    assert len(model.loss_curve_) == 3
    assert np.isfinite(model.predict_proba(PIXELS)).all()
    model.set_params(callbacks=None).fit(PIXELS, DIGITS)
    assert_same(model, classifier().fit(PIXELS, DIGITS))


@pytest.mark.parametrize("given", ["EarlyStopping", [3], 5, [nn.EarlyStopping]], ids=["name", "number", "int", "class"])
def test_what_is_no_callback_is_refused(given):
    with pytest.raises(TypeError, match=r"callback|is a class"):
        classifier(callbacks=given).fit(PIXELS, DIGITS)


def test_lbfgs_refuses_what_it_cannot_do():
    for option in ({"callbacks": [print]}, {"dropout": 0.5}, {"batch_norm": True}):
        with pytest.raises(ValueError, match="lbfgs"):
            classifier(solver="lbfgs", **option).fit(PIXELS, DIGITS)


class TestCallbacksOfScikitLearn:
    """Its protocol, which came with 1.9, and its own helpers for tests of it."""

    helpers = None

    @pytest.fixture(autouse=True)
    def _helpers(self):
        self.helpers = pytest.importorskip("sklearn.callback.tests._utils")

    def test_every_epoch_is_a_task(self):
        recorder = self.helpers.RecordingCallback()
        weight = np.ones(200)
        model = classifier().set_callbacks(recorder).fit(PIXELS, DIGITS, weight)
        names = [record["name"] for record in recorder.record]
        assert names == [
            "setup",
            "on_fit_task_begin",
            *["on_fit_task_begin", "on_fit_task_end"] * 5,
            "on_fit_task_end",
            "teardown",
        ]
        for record in recorder.record[1:-1]:
            assert record["estimator"] is model
            assert record["kwargs"]["X"].shape == PIXELS.shape
            assert record["kwargs"]["metadata"]["sample_weight"] is not None
        assert recorder.record[0]["context"].max_subtasks == 5

    def test_each_epoch_has_a_fitted_estimator_of_its_own(self):
        recorder = self.helpers.RecordingCallback()
        model = classifier().set_callbacks(recorder).fit(PIXELS, DIGITS)
        fitted = [r["kwargs"]["fitted_estimator"] for r in recorder.record if r["name"] == "on_fit_task_end"]
        for epochs, estimator in enumerate(fitted[:-1], start=1):
            expected = classifier(max_iter=epochs).fit(PIXELS, DIGITS)
            np.testing.assert_array_equal(estimator.predict_proba(PIXELS), expected.predict_proba(PIXELS))
        assert_same(fitted[-1], model)

    def test_a_callback_may_end_training(self):
        recorder = self.helpers.StopFitCallback()
        model = classifier().set_callbacks(recorder).fit(PIXELS, DIGITS)
        assert model.n_iter_ == 1
        assert recorder.count_hooks("teardown") == 1

    def test_a_failing_callback(self):
        for place in ("setup", "on_fit_task_begin", "on_fit_task_end", "teardown"):
            failing = self.helpers.FailingCallback(fail_at=place)
            with pytest.raises(ValueError, match=f"Failing callback failed at {place}"):
                classifier().set_callbacks(failing).fit(PIXELS, DIGITS)
            assert failing.count_hooks("teardown") == 1

    def test_scoring_monitor(self):
        callbacks = pytest.importorskip("sklearn.callback")
        monitor = callbacks.ScoringMonitor(scoring="accuracy")
        model = classifier().set_callbacks(monitor).fit(PIXELS, DIGITS)
        scores = monitor.get_logs(select="most_recent")
        table = scores[0] if isinstance(scores, list) else scores
        data = table.data if hasattr(table, "data") else table
        accuracies = [row["accuracy"] for row in data]
        assert len(accuracies) == 6  # of the epochs, and of the fit
        assert model.score(PIXELS, DIGITS) in accuracies

    def test_lbfgs_is_one_task(self):
        recorder = self.helpers.RecordingCallback()
        regressor(solver="lbfgs", max_iter=500, tol=1e-2).set_callbacks(recorder).fit(BODIES, DISEASE)
        assert [r["name"] for r in recorder.record] == ["setup", "on_fit_task_begin", "on_fit_task_end", "teardown"]


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
