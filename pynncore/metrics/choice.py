"""Metrics by name, by function, and by what a loss makes of them."""

from collections.abc import Callable, Iterable
from functools import partial

from ..losses import Loss, ZeroOneLoss
from ..validation import by_name
from .accuracy import Accuracy, BinaryAccuracy, ScoreAccuracy, SignAccuracy, TopKAccuracy
from .base import FunctionMetric, Metric
from .counts import F1, CountMetric, Precision, Recall
from .errors import R2, MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError
from .probabilities import ROCAUC, LogLoss

BY_NAME: dict[str, Callable[[], Metric]] = {
    "accuracy": Accuracy,
    "top_k_accuracy": TopKAccuracy,
    "binary_accuracy": BinaryAccuracy,
    "precision": Precision,
    "precision_macro": partial(Precision, "macro"),
    "precision_micro": partial(Precision, "micro"),
    "recall": Recall,
    "recall_macro": partial(Recall, "macro"),
    "recall_micro": partial(Recall, "micro"),
    "f1": F1,
    "f1_macro": partial(F1, "macro"),
    "f1_micro": partial(F1, "micro"),
    "roc_auc": ROCAUC,
    "log_loss": LogLoss,
    "mse": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "rmse": RootMeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "r2": R2,
}
LARGER_IS_BETTER = {"accuracy", "precision", "recall", "f1", "auc", "r2", "score"}
SMALLER_IS_BETTER = {"loss", "error", "mse", "rmse", "mae", "lr", "seconds"}


def larger_is_better(name: str) -> bool | None:
    """Whether a number of the history improves as it grows, by a word of its name; None: no word says so."""
    words = set(name.split("_"))
    if words & SMALLER_IS_BETTER:
        return False
    return True if words & LARGER_IS_BETTER else None


def mode_of(mode: str, name: str, who: str) -> str:
    """ "min" or "max", which "auto" is for a name.

    Raises
    ------
    ValueError
        The name does not say.
    """
    if mode != "auto":
        return mode
    larger = larger_is_better(name)
    if larger is None:
        raise ValueError(
            f"{who} monitors {name!r}, which does not say whether more is better: give mode='max' or 'min'"
        )
    return "max" if larger else "min"


def metrics_of(chosen: object, loss: Loss | None) -> list[Metric]:
    """The metrics that a user's choice of objects, names and functions means.

    Names mean what suits the loss: of independent elements (BCELoss, BCEWithLogitsLoss, BinaryFocalLoss), or of signs
    and scores (HingeLoss and others, ZeroOneLoss). Objects stay as they are.
    """
    items = [chosen] if isinstance(chosen, str) or callable(chosen) else chosen
    if not isinstance(items, Iterable):
        raise TypeError(f"metrics is {chosen!r}, but a list of names, metrics or functions was expected")
    metrics = [_metric_of(item, loss) for item in items]
    names = [metric.name for metric in metrics]
    for name in names:
        if names.count(name) > 1 or name in ("loss", "lr", "seconds") or name.startswith("val_"):
            raise ValueError(f"metrics has {names}, but names must differ, also from loss, lr, seconds and val_...")
    return metrics


def _metric_of(item: object, loss: Loss | None) -> Metric:
    if isinstance(item, str):
        return _suited(by_name("metric", item, BY_NAME), loss)
    if callable(item) and not isinstance(item, Metric | Loss | type):
        return FunctionMetric(item)
    if not isinstance(item, Metric):
        hint = f"; did you mean {item.__name__}()?" if isinstance(item, type) else ""
        raise TypeError(f"{item!r} is no metric; names are {', '.join(BY_NAME)}, objects those of nn.metrics{hint}")
    if not isinstance(getattr(item, "name", None), str):
        raise TypeError(f"{type(item).__name__} has no name for the history")
    return item


def _suited(metric: Metric, loss: Loss | None) -> Metric:
    """The metric that a name means beside this loss."""
    signs, scores = loss is not None and loss.signs, isinstance(loss, ZeroOneLoss)
    independent = loss is not None and loss.independent
    if isinstance(metric, CountMetric) and (signs or scores):
        metric.threshold = 0.0
    if isinstance(metric, CountMetric | LogLoss):
        metric.multilabel = independent
    if not isinstance(metric, Accuracy):
        return metric
    if signs:
        return SignAccuracy()
    if scores:
        return ScoreAccuracy()
    if independent:
        metric = BinaryAccuracy()
        metric.name = "accuracy"
    return metric
