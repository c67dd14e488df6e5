"""Training of `pynncore.sklearn` is scikit-learn's: the same weights and curves, by any way the same bits."""

import copy
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification

import pynncore as nn
from pynncore.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer. Maximum iterations:sklearn.exceptions.ConvergenceWarning"
)

RNG = np.random.default_rng(0)
PIXELS, DIGITS = (part[:230] for part in load_digits(return_X_y=True))
PIXELS = PIXELS / 16
BODIES, DISEASE = (part[:230] for part in load_diabetes(return_X_y=True))
WORDS, TOPICS = make_multilabel_classification(230, random_state=0)
PAIRS = {
    MLPClassifier: neural_network.MLPClassifier,
    MLPRegressor: neural_network.MLPRegressor,
}
DATA = {
    "multiclass": (MLPClassifier, {}, PIXELS, DIGITS),
    "binary": (MLPClassifier, {}, PIXELS, DIGITS > 4),
    "names": (MLPClassifier, {}, PIXELS, np.array(["few", "more", "many"])[DIGITS // 4]),
    "multilabel": (MLPClassifier, {}, WORDS, TOPICS),
    "one target": (MLPRegressor, {}, BODIES, DISEASE),
    "several targets": (MLPRegressor, {}, BODIES, np.column_stack([DISEASE / 10, DISEASE**0.5, 0 * DISEASE + 1])),
    "counts": (MLPRegressor, {"loss": "poisson"}, BODIES, RNG.integers(0, 5, 230) * 1.0),
    "several counts": (MLPRegressor, {"loss": "poisson"}, BODIES, RNG.integers(0, 5, (230, 3)) * 1.0),
}
OPTIONS = {
    "adam": {},
    "betas": {"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3, "learning_rate_init": 0.01},
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.01},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.01},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
    "power_t": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.05, "power_t": 0.2},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.2},
    "identity": {"activation": "identity"},
    "logistic": {"activation": "logistic"},
    "tanh": {"activation": "tanh"},
    "two layers": {"hidden_layer_sizes": (20, 10), "activation": "tanh"},
    "no layer": {"hidden_layer_sizes": ()},
    "smaller last batch": {"batch_size": 64},
    "last batch of one": {"batch_size": 229},
    "one batch": {"batch_size": 230},
    "online": {"batch_size": 1, "max_iter": 2},
    "in order": {"shuffle": False, "batch_size": 32},
}


def pair(kind, options, X, y, weight=None):
    """scikit-learn's estimator and ours, trained alike."""
    options = {"hidden_layer_sizes": (30,), "max_iter": 10, "random_state": 3} | options
    return [estimator(**options).fit(X, y, weight) for estimator in (PAIRS[kind], kind)]


def assert_alike(theirs, ours, rtol=1e-10):
    """Every attribute that scikit-learn has."""
    for name in (
        "n_iter_",
        "t_",
        "n_layers_",
        "n_outputs_",
        "n_features_in_",
        "out_activation_",
        "_no_improvement_count",
    ):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("loss_", "best_loss_", "loss_curve_", "validation_scores_", "best_validation_score_"):
        expected, value = getattr(theirs, name), getattr(ours, name)
        if expected is None:
            assert value is None, name
        else:
            assert np.shape(value) == np.shape(expected), name
            np.testing.assert_allclose(value, expected, rtol=rtol, err_msg=name)
    for name in ("coefs_", "intercepts_"):
        assert len(getattr(ours, name)) == len(getattr(theirs, name)) == theirs.n_layers_ - 1
        for value, expected in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            assert value.shape == expected.shape
            assert value.dtype == expected.dtype
            np.testing.assert_allclose(value, expected, rtol=rtol, atol=rtol, err_msg=name)


def assert_predict_alike(theirs, ours, X, rtol=1e-10):
    if isinstance(ours, MLPRegressor):
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=rtol)
        return
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    for name in ("predict_proba", "predict_log_proba"):
        np.testing.assert_allclose(getattr(ours, name)(X), getattr(theirs, name)(X), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("alpha", [0, 1e-4, 1.0])
@pytest.mark.parametrize("problem", DATA)
def test_ten_epochs_of_every_kind_of_target(problem, alpha):
    kind, options, X, y = DATA[problem]
    theirs, ours = pair(kind, {"alpha": alpha, **options}, X, y)
    assert_alike(theirs, ours)
    assert_predict_alike(theirs, ours, X)


@pytest.mark.parametrize("alpha", [0, 1.0])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.filterwarnings("ignore:Got .batch_size. less than 1")
def test_ten_epochs_with_every_option(options, alpha):
    theirs, ours = pair(MLPClassifier, {"alpha": alpha, **OPTIONS[options]}, PIXELS, DIGITS)
    assert_alike(theirs, ours)
    options = {"loss": "squared_error", "alpha": alpha, "learning_rate_init": 1e-3} | OPTIONS[options]
    if options.get("solver") == "sgd":
        options["learning_rate_init"] *= 0.1  # squared errors are larger
    assert_alike(*pair(MLPRegressor, options, BODIES, (DISEASE - 150) / 80))


@pytest.mark.parametrize("alpha", [0, 1.0])
@pytest.mark.parametrize("early_stopping", [False, True], ids=["all", "early stopping"])
@pytest.mark.parametrize("problem", DATA)
def test_sample_weight(problem, early_stopping, alpha):
    """Drawn from an interval, with zeros; the last batch is smaller."""
    kind, options, X, y = DATA[problem]
    weight = np.random.default_rng(1).uniform(0, 3, len(X)) * (np.arange(len(X)) % 5 > 0)
    options = {
        "alpha": alpha,
        "batch_size": 48,
        "early_stopping": early_stopping,
        "validation_fraction": 0.3,
        **options,
    }
    assert_alike(*pair(kind, options, X, y, weight))


@pytest.mark.parametrize("alpha", [0, 1.0])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_rows(form, alpha):
    X = np.where(PIXELS > 0.5, PIXELS, 0)
    dense, ours = (MLPClassifier(alpha=alpha, max_iter=10, random_state=0).fit(given, DIGITS) for given in (X, form(X)))
    theirs = neural_network.MLPClassifier(alpha=alpha, max_iter=10, random_state=0).fit(form(X), DIGITS)
    assert_alike(theirs, ours)
    assert_predict_alike(theirs, ours, form(X))
    np.testing.assert_allclose(ours.predict_proba(X), dense.predict_proba(form(X)), rtol=1e-10)


@pytest.mark.parametrize("alpha", [0, 1.0])
def test_learning_rate_adaptive(alpha):
    """Until it is too small to go on."""
    options = {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.5, "tol": 0.02, "max_iter": 400}
    theirs, ours = pair(MLPClassifier, {**options, "n_iter_no_change": 2, "alpha": alpha}, PIXELS, DIGITS > 4)
    assert_alike(theirs, ours, 1e-9)
    assert ours.n_iter_ < 400
    assert ours._optimizer.lr == theirs._optimizer.learning_rate < 1e-6


@pytest.mark.parametrize("early_stopping", [False, True], ids=["loss", "score"])
def test_training_ends_in_the_same_epoch(early_stopping):
    options = {"alpha": 0, "max_iter": 300, "tol": 0.01, "n_iter_no_change": 3, "early_stopping": early_stopping}
    theirs, ours = pair(MLPClassifier, options, PIXELS, DIGITS)
    assert 3 < ours.n_iter_ < 300
    assert_alike(theirs, ours)


@pytest.mark.parametrize("alpha", [0, 1.0])
@pytest.mark.parametrize("problem", DATA)
def test_single_precision(problem, alpha):
    kind, options, X, y = DATA[problem]
    theirs, ours = pair(kind, {"alpha": alpha, **options}, X.astype(np.float32), y)
    assert_alike(theirs, ours, 1e-4)
    assert ours.coefs_[0].dtype == np.float32
    by_dtype = clone(ours).set_params(dtype="float32").fit(X.astype(np.float32).astype(np.float64), y)
    for value, expected in zip(by_dtype.coefs_, ours.coefs_, strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize(("weighted", "alpha"), [(False, 0), (False, 1.0), (True, 1.0)])
@pytest.mark.parametrize("problem", DATA)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_lbfgs(problem, alpha, weighted):
    kind, options, X, y = DATA[problem]
    weight = np.random.default_rng(1).uniform(0, 3, len(X)) if weighted else None
    options = {"solver": "lbfgs", "max_iter": 8, "alpha": alpha, **options}
    theirs, ours = pair(kind, options, X, y, weight)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-8)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)


@pytest.mark.parametrize("learning_rate", ["invscaling", "constant"])
def test_the_learning_rate_of_a_warm_start(learning_rate):
    """scikit-learn's test_learning_rate_warmstart."""
    X, y = [[3, 2], [1, 6], [5, 6], [-2, -4]], [1, 1, 1, 0]
    options = {"solver": "sgd", "hidden_layer_sizes": 4, "max_iter": 1, "power_t": 0.25, "warm_start": True}
    model = MLPClassifier(**options, learning_rate=learning_rate).fit(X, y)
    before = model._optimizer.lr
    after = model.fit(X, y)._optimizer.lr
    assert after == (before if learning_rate == "constant" else model.learning_rate_init / (8 + 1) ** model.power_t)


def test_the_adaptive_learning_rate_ends_below_its_least():
    """scikit-learn's test_adaptive_learning_rate."""
    model = MLPClassifier(tol=0.5, max_iter=3000, solver="sgd", learning_rate="adaptive").fit([[3, 2], [1, 6]], [1, 0])
    assert model.n_iter_ < model.max_iter
    assert model._optimizer.lr < 1e-6


class Quartic(nn.Loss):
    """sum (y - d)^4 / 4."""

    def forward(self, target, output):
        return ((output - target) ** 4).sum(axis=1) / 4

    def backward(self, target, output):
        return (output - target) ** 3


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu", "gelu"])
def test_gradients_of_the_network_by_differences(activation):
    X, y = np.random.default_rng(0).uniform(size=(5, 10)), np.arange(15.0).reshape(5, 3) / 15
    model = MLPRegressor(loss=Quartic(), hidden_layer_sizes=10, activation=activation, max_iter=1, random_state=1)
    model.fit(X, y)
    assert nn.check_gradients(model.to_network(), X, y, loss=Quartic()).ok


# The same bits.

BIT_OPTIONS = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.01},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "tol": 0.1,
        "n_iter_no_change": 1,
        "learning_rate_init": 0.2,
    },
    "dropout": {"dropout": 0.3},
    "batch_norm": {"batch_norm": True},
    "penalty": {"alpha": 1.0},
    "single precision": {"dtype": "float32", "batch_size": 33},
    "schedule": {"solver": nn.AdamW(nn.CosineAnnealingLR(0.01, 8))},
    "averages": {"solver": nn.SGD(0.1, average=0.9)},
    "in order": {"shuffle": False},
}


def bits(model):
    curve = model.loss_curve_, model.validation_scores_, model.n_iter_ and model.t_
    arrays = [array.tobytes() for array in (*model.coefs_, *model.intercepts_, model.predict_proba(PIXELS[:50]))]
    return pickle.dumps((*map(repr, curve), arrays))


def classifier(**options):
    options = {"hidden_layer_sizes": (20, 12), "max_iter": 8, "random_state": 5, "n_iter_no_change": 100} | options
    return MLPClassifier(**options)


@pytest.mark.parametrize("options", [*BIT_OPTIONS, "early stopping"])
def test_any_number_of_threads_gives_the_same_bits(options):
    options = BIT_OPTIONS.get(options, {"early_stopping": True})
    one, *others = (classifier(**options, n_threads=n).fit(PIXELS, DIGITS) for n in (1, 2, 3, 7))
    assert all(bits(other) == bits(one) for other in others)


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_any_number_of_threads_gives_the_same_bits_with_lbfgs():
    one, *others = (classifier(solver="lbfgs", n_threads=n).fit(PIXELS, DIGITS) for n in (1, 2, 3, 7))
    for other in others:
        for value, expected in zip(other.coefs_, one.coefs_, strict=True):
            np.testing.assert_array_equal(value, expected)


GOING_ON = {
    "the same object": lambda model: model,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("between", GOING_ON)
@pytest.mark.parametrize("options", BIT_OPTIONS)
def test_two_warm_fits_are_one_of_twice_the_epochs(options, between):
    twice = classifier(**BIT_OPTIONS[options], warm_start=True).set_params(max_iter=4).fit(PIXELS, DIGITS)
    twice = GOING_ON[between](twice).fit(PIXELS, DIGITS)
    assert bits(twice) == bits(classifier(**BIT_OPTIONS[options]).fit(PIXELS, DIGITS))


@pytest.mark.parametrize("options", BIT_OPTIONS)
def test_calls_of_partial_fit_are_the_epochs_of_fit(options):
    model = classifier(**BIT_OPTIONS[options])
    for _ in range(8):
        model.partial_fit(PIXELS, DIGITS, classes=np.arange(10))
        model = pickle.loads(pickle.dumps(model))
    assert bits(model) == bits(classifier(**BIT_OPTIONS[options]).fit(PIXELS, DIGITS))


def test_partial_fit_goes_on_from_fit_and_fit_begins_anew():
    whole, model = classifier().fit(PIXELS, DIGITS), classifier(max_iter=7).fit(PIXELS, DIGITS)
    assert bits(model.partial_fit(PIXELS, DIGITS)) == bits(whole)
    assert bits(model.set_params(max_iter=8).fit(PIXELS, DIGITS)) == bits(whole)


def test_copies_go_on_independently():
    model = classifier(warm_start=True, dropout=0.2, max_iter=4).fit(PIXELS, DIGITS)
    before, twin = bits(model), copy.deepcopy(model)
    after = bits(twin.fit(PIXELS, DIGITS))
    assert bits(model) == before != after
    twin.coefs_[0][:] = 0
    twin.partial_fit(PIXELS, DIGITS)
    assert bits(model) == before
    assert bits(model.fit(PIXELS, DIGITS)) == after


def test_partial_fit_with_weights_and_new_samples_is_scikit_learns():
    weight = np.random.default_rng(2).uniform(0.5, 2, 230)
    models = [kind(alpha=0, random_state=1) for kind in (neural_network.MLPClassifier, MLPClassifier)]
    for part in np.array_split(np.arange(230), 4):
        for model in models:
            model.partial_fit(PIXELS[part], DIGITS[part], classes=np.arange(10), sample_weight=weight[part])
    assert_alike(*models)
