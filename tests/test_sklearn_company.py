"""`pynncore.sklearn` among what scikit-learn's users use: pipelines, searches, ensembles, files, and bad luck."""

import copy
import inspect
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
import sklearn.neural_network
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_digits
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
from pynncore.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer. Maximum iterations:sklearn.exceptions.ConvergenceWarning"
)

PIXELS, DIGITS = (part[:200] for part in load_digits(return_X_y=True))
PIXELS = PIXELS / 16
BODIES, DISEASE = (part[:200] for part in load_diabetes(return_X_y=True))
DISEASE = (DISEASE - 150) / 80
SMALL = {"hidden_layer_sizes": (12,), "max_iter": 15, "random_state": 0, "learning_rate_init": 0.02, "batch_size": 50}


def classifier(**options):
    return MLPClassifier(**SMALL | options)


def regressor(**options):
    return MLPRegressor(**SMALL | options)


def assert_same(one, other):
    for a, b in zip((*one.coefs_, *one.intercepts_), (*other.coefs_, *other.intercepts_), strict=True):
        np.testing.assert_array_equal(a, b)


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


# Parameters.


def test_get_params_set_params_and_clone():
    given = {
        "hidden_layer_sizes": [5, 4],
        "activation": [nn.GELU(), "tanh"],
        "solver": nn.AdamW(nn.StepLR(0.01, 3)),
        "class_weight": "balanced",
        "dropout": [0.1, 0.2],
        "callbacks": [print],
    }
    model = MLPClassifier(**given)
    assert {name: model.get_params()[name] for name in given} == given
    twin = clone(model)
    assert repr(twin) == repr(model)
    assert twin.solver is not model.solver
    assert model.set_params(alpha=3.0, dropout=0.0).alpha == 3.0
    with pytest.raises(ValueError, match="Invalid parameter 'alhpa'"):
        model.set_params(alhpa=3)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_parameters_are_scikit_learns_and_then_ours(kind):
    theirs = getattr(pytest.importorskip("sklearn.neural_network"), kind.__name__)
    expected, own = theirs().get_params(), kind().get_params()
    assert {name: own[name] for name in expected} == expected
    assert set(own) - set(expected) <= {
        "loss",
        "class_weight",
        "dropout",
        "batch_norm",
        "callbacks",
        "dtype",
        "n_threads",
    }
    ours, theirs = list(inspect.signature(kind).parameters.items()), list(inspect.signature(theirs).parameters.items())
    for (name, parameter), (their_name, their_parameter) in zip(ours, theirs, strict=False):
        assert (name, parameter.kind, parameter.default) == (their_name, their_parameter.kind, their_parameter.default)


def test_representations():
    model = classifier(solver=nn.AdamW(0.01), activation=[nn.LeakyReLU(0.2)])
    assert "AdamW(lr=0.01" in repr(model)
    for state in (model, model.fit(PIXELS, DIGITS), make_pipeline(model)):
        html = state._repr_html_()
        assert "MLPClassifier" in html
        assert html.count("<div") == html.count("</div>")


WRONG = {
    "hidden_layer_sizes": [0, -1, (3, 0), 2.5, (3, "a"), None],
    "activation": ["rleu", 3, ["relu", "tanh"], nn.Linear, nn.Linear(3, 3)],
    "solver": ["adamm", 3, nn.Adam, None],
    "alpha": [-1, np.nan, "a", None],
    "batch_size": [0, -3, 2.5, "all"],
    "learning_rate": ["constantly", 0.1, None],
    "learning_rate_init": [0, -1, np.nan, np.inf, "fast"],
    "power_t": [-0.5, "a"],
    "max_iter": [0, -1, 2.5, "many"],
    "shuffle": ["yes", 2, None],
    "random_state": ["zero"],
    "tol": [-1, "a", np.nan],
    "verbose": [-1, "loud"],
    "warm_start": ["yes", 2],
    "momentum": [-0.1, 1.5, "a"],
    "nesterovs_momentum": ["yes", None],
    "early_stopping": ["yes", 2],
    "validation_fraction": [-0.1, 1.0, "a"],
    "beta_1": [-0.1, 1.0, "a"],
    "beta_2": [-0.1, 1.0, "a"],
    "epsilon": [0, -1, "a"],
    "n_iter_no_change": [0, -1, 2.5, np.nan],
    "max_fun": [0, 2.5],
    "loss": ["log", 3, nn.CrossEntropyLoss],
    "class_weight": ["balance", 3],
    "dropout": [1.0, -0.1, "a", [0.1, 0.2]],
    "batch_norm": ["yes", 2],
    "callbacks": ["a", 3, [3]],
    "dtype": ["float16", "int", int, 3],
    "n_threads": [0, -1, 1.5, "all"],
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameters_are_refused_and_change_nothing(name):
    assert set(WRONG) == set(MLPClassifier().get_params())
    model = classifier(max_iter=2).fit(PIXELS, DIGITS)
    expected = model.predict_proba(PIXELS)
    for wrong in WRONG[name]:
        twin = copy.deepcopy(model).set_params(**{name: wrong})
        with pytest.raises((ValueError, TypeError)) as error:
            twin.fit(PIXELS[:50, :5], np.arange(50) % 3)
        quoted = repr(wrong[0] if name == "callbacks" and isinstance(wrong, list) else wrong)
        if name == "hidden_layer_sizes":  # scikit-learn's own message
            quoted = str(list(wrong) if isinstance(wrong, tuple) else [wrong])
        assert quoted in str(error.value) or str(wrong) in str(error.value), (wrong, error.value)
        with pytest.raises((ValueError, TypeError)):
            classifier(**{name: wrong}).fit(PIXELS, DIGITS)
        np.testing.assert_array_equal(twin.predict_proba(PIXELS), expected)
        assert twin.set_params(**{name: getattr(model, name)}).n_features_in_ == 64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PIXELS[:, :5] * np.nan, DIGITS), "NaN"),
        ((PIXELS[:, :5] + np.inf, DIGITS), "infinity"),
        ((PIXELS[:, :5], DIGITS[:7]), "inconsistent numbers of samples"),
        ((PIXELS[:, :5], DIGITS % 3, np.ones(7)), r"sample_weight.shape == \(7,\), expected \(200,\)"),
        ((PIXELS[:, :5], DIGITS % 3, np.zeros(200)), "at least one non-zero"),
        ((PIXELS[:, :5], DIGITS % 3, np.full(200, np.nan)), "NaN"),
        ((PIXELS[:, :5], DIGITS + 0.5), "Unknown label type"),
        ((PIXELS[:0], DIGITS[:0]), "0 sample"),
        ((PIXELS[:, :5], DIGITS % 3, None, {"validation_data": (PIXELS, DIGITS)}), "features"),
        ((PIXELS[:, :5], DIGITS % 3, None, {"coef_init": [np.zeros((3, 3))]}), "."),
    ],
    ids=[
        "NaN",
        "infinity",
        "rows",
        "weights",
        "zero weights",
        "NaN weights",
        "fractions",
        "none",
        "validation",
        "initial",
    ],
)
def test_a_refused_fit_changes_nothing(arguments, message):
    *arguments, options = arguments if isinstance(arguments[-1], dict) else (*arguments, {})
    model, unfitted = classifier(max_iter=2).fit(PIXELS, DIGITS), classifier()
    expected = copy.deepcopy(model)
    for refused in (model, unfitted):
        with pytest.raises(ValueError, match=message):
            refused.fit(*arguments, **options)
    np.testing.assert_array_equal(model.predict_proba(PIXELS), expected.predict_proba(PIXELS))
    assert (model.n_features_in_, model.loss_curve_) == (64, expected.loss_curve_)
    np.testing.assert_array_equal(model.classes_, np.arange(10))
    assert_same(model.partial_fit(PIXELS, DIGITS), expected.partial_fit(PIXELS, DIGITS))
    with pytest.raises(NotFittedError):
        check_is_fitted(unfitted)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((PIXELS, DIGITS), {}, "classes must be passed on the first call"),
        ((PIXELS, DIGITS), {"classes": [0, 1]}, r"classes not in `self.classes_`"),
        ((PIXELS * np.nan, DIGITS), {"classes": np.arange(10)}, "NaN"),
        ((PIXELS, DIGITS, np.ones(3)), {"classes": np.arange(10)}, "sample_weight"),
    ],
    ids=["no classes", "too few", "NaN", "weights"],
)
def test_a_refused_partial_fit_changes_nothing(arguments, options, message):
    model = classifier()
    with pytest.raises(ValueError, match=message):
        model.partial_fit(*arguments, **options)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    model.partial_fit(PIXELS[:50], DIGITS[:50] % 3, classes=[0, 1, 2])
    assert list(model.classes_) == [0, 1, 2]


def test_partial_fit_refuses_early_stopping_before_anything_changes():
    model = classifier(early_stopping=True)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        model.partial_fit(PIXELS, DIGITS, classes=np.arange(10))
    with pytest.raises(NotFittedError):
        check_is_fitted(model)


# Small and large data.


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    ("X", "y"),
    [
        (PIXELS[:1], [3]),
        (PIXELS[:20], np.full(20, "only")),
        (PIXELS[:50, 20:21], DIGITS[:50]),
        (PIXELS[:2], [1, 0]),
        (PIXELS[:3], [[0, 1], [1, 1], [0, 0]]),
        (np.zeros((20, 3)), np.arange(20) % 2),
    ],
    ids=["one sample", "one class", "one feature", "two samples", "two labels", "zeros"],
)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge", "ignore:Got .batch_size. less than 1")
@pytest.mark.filterwarnings("ignore:A single label was found", "ignore:The number of unique classes is greater")
def test_little_data(X, y, solver):
    model = classifier(solver=solver, batch_size="auto").fit(X, y)
    p = model.predict_proba(X)
    assert np.isfinite(p).all()
    assert model.predict(X).shape == np.shape(y)
    theirs = sklearn.neural_network.MLPClassifier(**SMALL | {"solver": solver, "batch_size": "auto"}).fit(X, y)
    assert p.shape == theirs.predict_proba(X).shape
    np.testing.assert_array_equal(model.predict(X), theirs.predict(X))
    regressor(solver=solver, batch_size="auto").fit(X, np.arange(len(X))).predict(X)


def test_forms_of_X():
    expected = classifier().fit(PIXELS, DIGITS).predict_proba(PIXELS)
    read_only = PIXELS.copy()
    read_only.flags.writeable = False
    strided = np.repeat(PIXELS, 2, axis=1)[:, ::2]
    for X in (np.asfortranarray(PIXELS), read_only, strided, PIXELS.tolist(), PIXELS[::-1][::-1]):
        np.testing.assert_array_equal(classifier().fit(X, DIGITS).predict_proba(X), expected)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_sparse_X_is_never_made_dense():
    """200,000 x 2,000 numbers would be 3.2 GB."""
    code = """
import numpy as np, resource, scipy.sparse, warnings
from pynncore.sklearn import MLPClassifier
warnings.simplefilter("ignore")
X = scipy.sparse.random_array((200_000, 2_000), density=5e-4, rng=0, format="csr")
y = np.asarray(X.sum(axis=1)).ravel() > 0.5
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = MLPClassifier((8,), max_iter=1, batch_size=2000, random_state=0, early_stopping=True).fit(X, y)
model.score(X, y)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200  # MB


# Ctrl-C.


def test_ctrl_c_ends_fit_with_a_warning_and_a_model():
    def interrupt(training):
        if training.epoch == 4:
            os.kill(os.getpid(), signal.SIGINT)

    model = classifier(max_iter=10**5, callbacks=[interrupt], tol=0, n_iter_no_change=np.inf)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        assert model.fit(PIXELS, DIGITS) is model
    assert 4 <= model.n_iter_ == len(model.loss_curve_) <= 10
    expected = classifier(max_iter=model.n_iter_).fit(PIXELS, DIGITS)
    assert model.score(PIXELS, DIGITS) == pytest.approx(expected.score(PIXELS, DIGITS), abs=0.1)
    pickle.loads(pickle.dumps(model.set_params(callbacks=None))).partial_fit(PIXELS, DIGITS)


def test_ctrl_c_with_early_stopping_keeps_the_best_weights():
    def interrupt(training):
        if training.epoch == 9:
            raise KeyboardInterrupt

    model = classifier(max_iter=100, callbacks=[interrupt], early_stopping=True)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(PIXELS, DIGITS, validation_data=(PIXELS, DIGITS))
    assert model.score(PIXELS, DIGITS) == max(model.validation_scores_)


def test_warnings_point_to_the_line_that_called_fit():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        classifier(max_iter=2, batch_size=500).fit(PIXELS, DIGITS)
    assert [str(warning.message)[:4] for warning in seen] == ["Got ", "Stoc"]
    assert "batch" in str(seen[0].message)


# Without scikit-learn.


def test_a_missing_scikit_learn_is_an_import_error_that_names_the_extra():
    code = """
import sys
sys.modules["sklearn"] = None
import pynncore
try:
    import pynncore.sklearn
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "pynncore.sklearn needs scikit-learn: pip install 'pynncore[sklearn]'\n"


def test_importing_pynncore_imports_no_scikit_learn():
    code = "import sys, pynncore; print([name for name in sys.modules if name.split('.')[0] in ('sklearn', 'scipy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
