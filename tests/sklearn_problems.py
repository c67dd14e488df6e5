"""Data and small estimators for the tests of `pynncore.sklearn`."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification

from pynncore.sklearn import MLPClassifier, MLPRegressor

PIXELS, DIGITS = (part[:200] for part in load_digits(return_X_y=True))
PIXELS = PIXELS / 16
BODIES, DISEASE = (part[:200] for part in load_diabetes(return_X_y=True))
DISEASE = (DISEASE - 150) / 80
WORDS, TOPICS = make_multilabel_classification(150, random_state=0)
COLUMNS = np.column_stack([np.array(["even", "odd"])[DIGITS % 2], DIGITS // 4]).astype(object)  # numbers as text
SMALL = {"hidden_layer_sizes": (12,), "max_iter": 5, "random_state": 0, "batch_size": 50}
LONGER = {"max_iter": 15, "learning_rate_init": 0.02}
# For a whole file: fits are short on purpose.
MAY_NOT_CONVERGE = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer. Maximum iterations:sklearn.exceptions.ConvergenceWarning"
)


def classifier(**options):
    return MLPClassifier(**SMALL | options)


def regressor(**options):
    return MLPRegressor(**SMALL | options)


def longer_classifier(**options):
    return classifier(**LONGER | options)


def longer_regressor(**options):
    return regressor(**LONGER | options)


def assert_same(one, other):
    for a, b in zip((*one.coefs_, *one.intercepts_), (*other.coefs_, *other.intercepts_), strict=True):
        np.testing.assert_array_equal(a, b)


def differ(one, other):
    return not np.array_equal(one.coefs_[0], other.coefs_[0])
