"""scikit-learn's own checks of estimators, which every one of its estimators has to pass."""

import unittest

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

from pynncore.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore")  # scikit-learn's own conftest does so

WEIGHTED = ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data")
PARTIAL = ("check_fit_score_takes_y", "check_n_features_in_after_fitting", "check_estimators_partial_fit_n_features")
AGAIN = (
    "check_pipeline_consistency",
    "check_supervised_y_2d",
    "check_classifiers_multilabel_representation_invariance",
    "check_transformer_data_not_an_array",
    "check_transformer_general",
)
CONFIGURATIONS = [
    {"learning_rate_init": 0.01},
    {"solver": "sgd", "max_iter": 200, "hidden_layer_sizes": (50,)},
    {"solver": "lbfgs", "max_iter": 15},
    {"solver": "lbfgs", "max_iter": 15, "dtype": "float32"},
    {"learning_rate_init": 0.01, "dtype": "float32"},
    {"learning_rate_init": 0.01, "warm_start": True},
    {"learning_rate_init": 0.01, "early_stopping": True, "validation_fraction": 0.3},
]


def expected_failures(model):
    """Checks that contradict what the parameters say: with early stopping and a warm start scikit-learn's perceptrons
    fail most of them too; float32 weights for a float64 X they have not."""
    checks = {}
    if model.early_stopping:
        checks |= dict.fromkeys(PARTIAL, "partial_fit refuses early_stopping")
        checks |= dict.fromkeys(WEIGHTED, "repeated samples make another split than weighted ones")
    if model.warm_start:
        checks |= dict.fromkeys(AGAIN, "the second fit goes on where the first ended, instead of giving the same again")
    if model.dtype == "float32" and model.solver != "lbfgs":
        checks |= dict.fromkeys(WEIGHTED, "sums of repeated samples are rounded otherwise than products with weights")
    return checks


def estimators():
    for kind in (MLPClassifier, MLPRegressor):
        for options in CONFIGURATIONS:
            yield kind(**{"hidden_layer_sizes": (20,), "max_iter": 30} | options)


@parametrize_with_checks(list(estimators()), expected_failed_checks=expected_failures)
def test_checks_of_scikit_learn(estimator, check):
    try:
        check(estimator)
    except unittest.SkipTest as reason:  # a check of what these estimators have not
        assert "SCIPY_ARRAY_API" in str(reason) or "decision_function" in str(reason)
