"""`pynncore.sklearn` among what scikit-learn's users use: pipelines, searches, ensembles, files, and bad luck."""

import copy
import pickle
import threading

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
import sklearn.neural_network
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingRegressor,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, learning_curve
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

import pynncore as nn
from pynncore.sklearn import MLPClassifier
from sklearn_problems import BODIES, DIGITS, DISEASE, MAY_NOT_CONVERGE, PIXELS, assert_same
from sklearn_problems import longer_classifier as classifier
from sklearn_problems import longer_regressor as regressor

pytestmark = MAY_NOT_CONVERGE

# Inside other estimators.

META = {
    "pipeline": lambda: make_pipeline(StandardScaler(), SelectKBest(k=50), classifier()),
    "first of a pipeline": lambda: make_pipeline(classifier(), LogisticRegression(max_iter=500)),
    "voting": lambda: VotingClassifier([("a", classifier()), ("b", classifier(random_state=1))], voting="soft"),
    "stacking": lambda: StackingClassifier([("a", classifier()), ("b", LogisticRegression(max_iter=500))], cv=2),
    "calibrated": lambda: CalibratedClassifierCV(classifier(), cv=2),
    "one vs rest": lambda: OneVsRestClassifier(classifier()),
}


@pytest.mark.parametrize("name", META)
@pytest.mark.filterwarnings("ignore:Features .* are constant", "ignore:invalid value encountered in divide")
@pytest.mark.filterwarnings("ignore:The default value of .force_alpha", "ignore:The least populated class")
def test_in_other_classifiers(name):
    model = META[name]().fit(PIXELS, DIGITS)
    assert model.score(PIXELS, DIGITS) > 0.9
    assert model.predict_proba(PIXELS).shape == (200, 10)
    np.testing.assert_array_equal(clone(model).fit(PIXELS, DIGITS).predict(PIXELS), model.predict(PIXELS))


def test_in_other_regressors():
    for model in (BaggingRegressor(regressor(), n_estimators=3), VotingRegressor([("a", regressor())])):
        assert model.fit(BODIES, DISEASE).score(BODIES, DISEASE) > 0.4


@pytest.mark.parametrize("kind", [MultiOutputClassifier, ClassifierChain])
def test_several_columns_of_labels(kind):
    y = np.column_stack([DIGITS % 2, DIGITS > 4]).astype(int)
    model = kind(classifier()).fit(PIXELS, y)
    assert (model.predict(PIXELS) == y).mean() > 0.9
    if kind is MultiOutputClassifier:
        model.partial_fit(PIXELS, y)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_search_in_parallel_is_the_one_in_turn(backend):
    grid = {"alpha": [0.0, 0.1], "hidden_layer_sizes": [(4,), (16, 8)], "activation": ["relu", nn.GELU()]}
    in_turn = GridSearchCV(classifier(), grid, cv=2).fit(PIXELS, DIGITS)
    with joblib.parallel_backend(backend):
        search = GridSearchCV(classifier(), grid, cv=2, n_jobs=2).fit(PIXELS, DIGITS)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], in_turn.cv_results_["mean_test_score"])
    assert search.best_score_ > 0.7
    assert_same(search.best_estimator_, in_turn.best_estimator_)


def test_one_estimator_in_several_threads():
    """Predictions may run at the same time; they change nothing."""
    model = classifier().fit(PIXELS, DIGITS)
    expected, seen = model.predict_proba(PIXELS), []

    def predict():
        seen.extend(model.predict_proba(PIXELS) for _ in range(20))

    threads = [threading.Thread(target=predict) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 80
    assert all(np.array_equal(p, expected) for p in seen)


def test_cross_validation_and_curves():
    scores = cross_val_score(classifier(), PIXELS, DIGITS, cv=3)
    assert scores.min() > 0.6
    assert cross_val_predict(classifier(), PIXELS, DIGITS, cv=2, method="predict_proba").shape == (200, 10)
    _, training, validation = learning_curve(classifier(), PIXELS, DIGITS, cv=2, train_sizes=[0.5, 1.0])
    assert training.shape == validation.shape == (2, 2)
    _, training, validation = learning_curve(
        classifier(), PIXELS, DIGITS, cv=2, train_sizes=[0.5, 1.0], exploit_incremental_learning=True
    )
    assert np.isfinite(training).all()


def test_inspection():
    model = regressor(max_iter=60).fit(BODIES, DISEASE)
    importances = permutation_importance(model, BODIES, DISEASE, n_repeats=3, random_state=0).importances_mean
    assert set(np.argsort(importances)[-2:]) <= {2, 3, 8, 4}  # body mass index and blood values, as one knows
    assert np.isfinite(partial_dependence(model, BODIES, [2])["average"]).all()


# Frames and metadata.


def test_set_output_and_feature_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(BODIES, columns=[f"c{column}" for column in range(10)], index=range(500, 700))
    model = regressor(hidden_layer_sizes=(5, 3)).set_output(transform="pandas").fit(frame, DISEASE)
    made = model.transform(frame)
    assert list(made.columns) == ["mlpregressor0", "mlpregressor1", "mlpregressor2"]
    assert list(made.index) == list(frame.index)
    assert model.hidden(frame, layer=0).shape == (200, 5)
    np.testing.assert_array_equal(model.feature_names_in_, frame.columns)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(BODIES)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[frame.columns[::-1]])
    np.testing.assert_array_equal(
        model.predict(frame), regressor(hidden_layer_sizes=(5, 3)).fit(BODIES, DISEASE).predict(BODIES)
    )


def test_targets_of_frames():
    pandas = pytest.importorskip("pandas")
    labels = pandas.Series(np.array(["low", "high"])[(DIGITS > 4) * 1], dtype="category")
    model = classifier().fit(PIXELS, labels)
    assert list(model.classes_) == ["high", "low"]
    assert model.score(PIXELS, labels) > 0.9
    targets = pandas.DataFrame({"a": DISEASE, "b": -DISEASE})
    assert regressor().fit(BODIES, targets).predict(BODIES).shape == (200, 2)


def test_metadata_routing():
    weight = np.linspace(0, 2, 200)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = classifier().set_fit_request(sample_weight=True, validation_data=True)
        scaler = StandardScaler(with_mean=False, with_std=False).set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, inner)
        pipeline.fit(PIXELS, DIGITS, sample_weight=weight, validation_data=(PIXELS, DIGITS))
        expected = classifier().fit(PIXELS, DIGITS, weight, validation_data=(PIXELS, DIGITS))
        assert_same(pipeline[-1], expected)
        assert pipeline[-1].validation_scores_ == expected.validation_scores_
        search = GridSearchCV(inner.set_score_request(sample_weight=True), {"alpha": [0.0]}, cv=2)
        assert np.isfinite(search.fit(PIXELS, DIGITS, sample_weight=weight).best_score_)
        partial = classifier().set_partial_fit_request(sample_weight=True, classes=True)
        partial.partial_fit(PIXELS, DIGITS, sample_weight=weight, classes=np.arange(10))


# Copies and files.


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", nn.AdamW(0.01)], ids=["adam", "sgd", "lbfgs", "object"])
@pytest.mark.parametrize("way", ["pickle", "joblib", "deepcopy"])
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_copies_and_files(way, solver, tmp_path):
    model = classifier(solver=solver, early_stopping=True, warm_start=True).fit(PIXELS, DIGITS)
    if way == "joblib":
        joblib.dump(model, tmp_path / "model.joblib")
        twin = joblib.load(tmp_path / "model.joblib")
    else:
        twin = copy.deepcopy(model) if way == "deepcopy" else pickle.loads(pickle.dumps(model))
    assert_same(twin, model)
    np.testing.assert_array_equal(twin.predict_proba(PIXELS), model.predict_proba(PIXELS))
    assert vars(twin).keys() == vars(model).keys()
    assert repr(twin) == repr(model)
    assert_same(twin.fit(PIXELS, DIGITS), model.fit(PIXELS, DIGITS))


def test_a_file_holds_what_the_latest_fit_left():
    """Not the optimizer's state of a fit before; and writing it changes nothing."""
    model = classifier().fit(PIXELS, DIGITS)
    before = set(vars(model))
    pickle.dumps(model)
    assert set(vars(model)) == before
    model.set_params(solver="lbfgs", tol=0.1).fit(PIXELS, DIGITS)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(PIXELS), model.predict(PIXELS))


def test_files_of_models_that_are_not_fitted():
    twin = pickle.loads(pickle.dumps(classifier()))
    with pytest.raises(NotFittedError):
        check_is_fitted(twin)
    assert_same(twin.fit(PIXELS, DIGITS), classifier().fit(PIXELS, DIGITS))


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_skops(tmp_path):
    skops = pytest.importorskip("skops.io")
    for model in (classifier(), classifier(solver="lbfgs"), regressor(loss="poisson").set_params(max_iter=2)):
        X, y = (PIXELS, DIGITS) if isinstance(model, MLPClassifier) else (BODIES, np.round(DISEASE + 3))
        model.fit(X, y)
        skops.dump(model, tmp_path / "model.skops")
        unknown = skops.get_untrusted_types(file=tmp_path / "model.skops")
        assert all(name.startswith("pynncore.") for name in unknown), unknown
        twin = skops.load(tmp_path / "model.skops", trusted=unknown)
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))


def test_optuna():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial):
        units = trial.suggest_int("units", 4, 32, log=True)
        activation = trial.suggest_categorical("activation", ["relu", "tanh", "gelu"])
        model = classifier(hidden_layer_sizes=(units,), activation=activation)
        for epoch in range(6):
            model.partial_fit(PIXELS[:150], DIGITS[:150], classes=np.arange(10))
            trial.report(model.score(PIXELS[150:], DIGITS[150:]), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return model.score(PIXELS[150:], DIGITS[150:])

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=6)
    assert study.best_value > 0.5
