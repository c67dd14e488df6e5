"""How the estimators of `pynncore.sklearn` train beyond scikit-learn's: layers, optimizers, validation, callbacks."""

import copy

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error

import pynncore as nn
from sklearn_problems import (
    BODIES,
    DIGITS,
    DISEASE,
    MAY_NOT_CONVERGE,
    PIXELS,
    assert_same,
    classifier,
    differ,
    regressor,
)

pytestmark = MAY_NOT_CONVERGE

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
