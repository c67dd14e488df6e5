"""`MLPRegressor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from ..callbacks import Callback
from ..losses import GaussianNLLLoss, Loss, QuantileLoss
from ..model import Sequential
from ..module import Module
from ..optimizers import Optimizer
from ..schedules import Schedule
from .base import BaseMLP
from .outputs import Outputs, regressor_outputs

Array = NDArray[Any]


class MLPRegressor(RegressorMixin, BaseMLP):
    """scikit-learn's multi-layer perceptron regressor, trained by pynncore.

    Parameters
    ----------
    loss : "squared_error", "poisson" or Loss, default "squared_error"
        "poisson" predicts counts, exp(u). Or a loss of numbers: nn.HuberLoss(), nn.QuantileLoss([0.1, 0.9]), which
        predicts a column for each quantile, nn.GaussianNLLLoss(), whose means are predicted, ...
    hidden_layer_sizes, activation, solver, ..., max_fun
        As for `MLPClassifier`, and for scikit-learn's estimator.
    dropout, batch_norm, callbacks, dtype, n_threads
        As for `MLPClassifier`.

    Attributes
    ----------
    out_activation_ : str
        "identity", or "exp" for counts.
    coefs_, intercepts_, loss_, best_loss_, loss_curve_, validation_loss_curve_, validation_scores_, n_iter_, ...
        As of `MLPClassifier`; scores are coefficients of determination R2.

    Examples
    --------
    >>> from pynncore.sklearn import MLPRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=200, n_features=20, random_state=1)
    >>> model = MLPRegressor(random_state=1, max_iter=2000, tol=0.1).fit(X, y)
    >>> bool(model.score(X, y) > 0.99)
    True
    """

    def __init__(
        self,
        loss: str | Loss = "squared_error",
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Module | Sequence[str | Module] = "relu",
        *,
        solver: str | Optimizer = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float | Sequence[float] = 0.0,
        batch_norm: bool = False,
        callbacks: Sequence[Callback] | None = None,
        dtype: str | None = None,
        n_threads: int | None = None,
    ) -> None:
        self._keep(locals())

    @available_if(BaseMLP._can_go_on)
    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> MLPRegressor:
        """Train for one epoch, going on from the calls before: n of them give the same bits as `fit` with max_iter=n.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self
        """
        with self._unchanged_if_refused():
            train = self._prepared(X, y, sample_weight, incremental=True)
        train()
        return self

    def predict(self, X: Any) -> Array:
        """Predicted numbers.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)

        Returns
        -------
        ndarray (n,), or (n, outputs)
        """
        return self._numbers(self._values(X))

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """R2, the coefficient of determination; of several quantiles the mean of D2, the share of the loss explained.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)
        y : array-like (n,) or (n, outputs)
        sample_weight : array-like (n,) or None, default None
        """
        return self._score(y, self.predict(X), sample_weight)

    def _score(self, y: Any, predicted: Array, weight: ArrayLike | None) -> float:
        if self._outputs.quantiles is not None:
            columns = zip(self._outputs.quantiles, predicted.T, strict=True)
            scores = [d2_pinball_score(y, column, alpha=q, sample_weight=weight) for q, column in columns]
            return float(np.mean(scores))
        return float(r2_score(y, predicted, sample_weight=weight))

    @classmethod
    def from_network(cls, network: Sequential, **parameters: Any) -> MLPRegressor:
        """A fitted estimator that predicts what the network does, and can be trained on.

        Parameters
        ----------
        network : Sequential
            Linear layers with activations, perhaps with BatchNorm and Dropout between them; ending in Exponential for
            loss="poisson". It is copied.
        **parameters
            Of the estimator, those of its layers apart.

        Raises
        ------
        TypeError, ValueError
            The network is of another kind.
        """

        def know(estimator: MLPRegressor, last: str, count: int) -> None:
            columns = count // 2 if isinstance(estimator.loss, GaussianNLLLoss) else count
            several = isinstance(estimator.loss, QuantileLoss) and isinstance(estimator.loss.q, tuple)
            estimator._outputs = regressor_outputs(estimator.loss, 1 if several else columns)

        return cls._of_network(network, parameters, know)  # type: ignore[no-any-return]

    def _encoded(self, y: Any, first: bool) -> Any:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return y[:, np.newaxis] if y.ndim == 1 else y

    def _outputs_for(self, y: Any) -> Outputs:
        return regressor_outputs(self.loss, y.shape[1])

    def _numbers(self, u: Array) -> Array:
        y = self._outputs.predictions(u)
        if isinstance(self._outputs.loss, GaussianNLLLoss):
            y = y[:, : y.shape[1] // 2]
        return y.ravel() if y.shape[1] == 1 else y

    def _score_of(self, u: Array, target: Array, weight: Array | None) -> float:
        y = self._numbers(u)
        if not np.isfinite(y).all():
            return float("nan")
        return self._score(target if self._outputs.quantiles is None else target[:, 0], y, weight)

    @property
    def _y_is_numeric(self) -> bool:
        return True
