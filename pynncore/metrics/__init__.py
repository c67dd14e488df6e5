"""Metrics: one number from all targets and predictions of an epoch or an evaluation.

Where the loss is one of classification, predictions are probabilities, whether or not the network ends in Softmax or
Sigmoid. Sample weights do not enter.
"""

from .accuracy import Accuracy, BinaryAccuracy, SignAccuracy, TopKAccuracy
from .base import Metric
from .choice import BY_NAME, larger_is_better, metrics_of, mode_of
from .counts import F1, CountMetric, Precision, Recall
from .errors import R2, MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError
from .probabilities import ROCAUC, LogLoss

__all__ = [
    "BY_NAME",
    "F1",
    "R2",
    "ROCAUC",
    "Accuracy",
    "BinaryAccuracy",
    "CountMetric",
    "LogLoss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "SignAccuracy",
    "TopKAccuracy",
    "larger_is_better",
    "metrics_of",
    "mode_of",
]
