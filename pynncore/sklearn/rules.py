"""What scikit-learn does after every epoch: the loss curve, the scores, when to stop, and the learning rate."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from sklearn.exceptions import ConvergenceWarning

from ..callbacks import Callback
from ..training import Training

if TYPE_CHECKING:
    from .base import BaseMLP

LEAST_RATE = 1e-6  # of learning_rate "adaptive"


class Rules(Callback):
    """Keeps an estimator's attributes, and ends its training as scikit-learn would."""

    def __init__(self, estimator: BaseMLP, samples: int, *, incremental: bool) -> None:
        self._estimator, self._samples, self._incremental = estimator, samples, incremental
        self._early_stopping = bool(estimator.early_stopping)

    def on_epoch_end(self, training: Training) -> None:
        e = self._estimator
        e.n_iter_ += 1
        e.t_ += self._samples
        e.loss_ = training.logs["loss"]
        e.loss_curve_.append(e.loss_)
        if e.verbose:
            print(f"Iteration {e.n_iter_}, loss = {e.loss_:.8f}")
        self._validate(training)
        self._count(training)
        if e.learning_rate == "invscaling" and e.solver == "sgd":
            training.optimizer.lr = e.learning_rate_init / (e.t_ + 1) ** e.power_t
        if e._no_improvement_count > e.n_iter_no_change:
            self._stop_or_slow_down(training)
        elif e.n_iter_ == e.max_iter and not self._incremental:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({e.max_iter}) reached and the optimization "
                "hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=2,
            )

    def _validate(self, training: Training) -> None:
        e = self._estimator
        if "val_loss" in training.logs:
            e.validation_loss_curve_.append(training.logs["val_loss"])
            e.validation_scores_.append(training.logs["val_score"])
            if e.verbose:
                print(f"Validation score: {e.validation_scores_[-1]:f}")

    def _count(self, training: Training) -> None:
        """Epochs without improvement, of the validation score or else of the loss."""
        e = self._estimator
        if self._early_stopping:
            score = e.validation_scores_[-1]
            improved = not score < e.best_validation_score_ + e.tol  # also if it is NaN
            if score > e.best_validation_score_:
                e.best_validation_score_ = score
                e._best_weights = training.network.state_dict()
        else:
            improved = not e.loss_ > e.best_loss_ - e.tol
            e.best_loss_ = min(e.best_loss_, e.loss_)
        e._no_improvement_count = 0 if improved else e._no_improvement_count + 1

    def _stop_or_slow_down(self, training: Training) -> None:
        e = self._estimator
        what = "Validation score" if self._early_stopping else "Training loss"
        message = f"{what} did not improve more than tol={e.tol:f} for {e.n_iter_no_change} consecutive epochs."
        rate = training.optimizer.lr
        if e.learning_rate == "adaptive" and e.solver == "sgd" and rate > LEAST_RATE:
            training.optimizer.lr = rate / 5
            e._no_improvement_count = 0
            if e.verbose:
                print(f"{message} Setting learning rate to {rate / 5:f}")
            return
        if e.verbose:
            reason = " Learning rate too small." if e.learning_rate == "adaptive" and e.solver == "sgd" else ""
            print(f"{message}{reason} Stopping.")
        training.stop(message)
