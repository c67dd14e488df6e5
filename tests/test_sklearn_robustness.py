"""Wrong parameters, little and large data, Ctrl-C, no scikit-learn: what `pynncore.sklearn` does with them."""

import copy
import inspect
import os
import pickle
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

import sklearn.neural_network
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

import pynncore as nn
import sklearn_problems
from pynncore.sklearn import MLPClassifier, MLPRegressor
from sklearn_problems import DIGITS, LONGER, MAY_NOT_CONVERGE, PIXELS, assert_same
from sklearn_problems import longer_classifier as classifier
from sklearn_problems import longer_regressor as regressor

pytestmark = MAY_NOT_CONVERGE

SMALL = sklearn_problems.SMALL | LONGER


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


def test_warnings_say_what_scikit_learns_do():
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
