"""`BaseMLP`: what classifier and regressor have in common."""

from __future__ import annotations

import copy
import numbers
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import validate_data

from ..callbacks import Callback, callbacks_of
from ..errors import DivergedError
from ..model import Sequential
from ..optimizers.full_batch import FullBatchOptimizer
from ..preparing import check_batch
from ..samples import Data
from ..schedules import Schedule
from ..sharing import share_of
from ..targets import target_of
from ..training import Settings
from . import lbfgs
from .epochs import Epochs
from .fitted import FittedMLP
from .outputs import Outputs
from .parameters import (
    check_parameters,
    initial_weights,
    layer_parameters,
    layers_of,
    optimizer_for,
    optimizer_parameters,
)
from .rules import Rules
from .support import CallbackSupportMixin, Tasks, with_callbacks
from .weights import linear_layers

Array = NDArray[Any]

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed."
)


class BaseMLP(CallbackSupportMixin, FittedMLP, ABC):
    """An estimator whose model is a network of Linear layers; use `MLPClassifier` or `MLPRegressor`."""

    @abstractmethod
    def _encoded(self, y: Any, first: bool) -> Any:
        """y as the library's losses take it, checked; the first time, what is known of it becomes attributes."""

    @abstractmethod
    def _outputs_for(self, y: Any) -> Outputs:
        """What the last layer is for, with an encoded y."""

    @abstractmethod
    def _score_of(self, u: Array, target: Array, weight: Array | None) -> float:
        """`score` from outputs of the network; NaN if they are not finite."""

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        validation_data: Sequence[Any] | None = None,
        coef_init: Sequence[ArrayLike] | None = None,
        intercept_init: Sequence[ArrayLike] | None = None,
    ) -> Any:
        """Train on X and y.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)
            float32 or float64; everything else becomes float64.
        y : array-like (n,) or (n, outputs)
            Targets.
        sample_weight : array-like (n,) or None, default None
            Factors of the samples' losses.
        validation_data : (X, y) or (X, y, sample_weight) or None, default None
            What to evaluate after every epoch, for `validation_loss_curve_` and `validation_scores_`; with
            `early_stopping` it takes the place of the share that is held out.
        coef_init, intercept_init : list of array-like or None, default None
            Initial weights, shaped as `coefs_` and `intercepts_`; None: drawn at random.

        Returns
        -------
        self
        """
        with self._unchanged_if_refused():
            train = self._prepared(X, y, sample_weight, validation_data, (coef_init, intercept_init))
        train()
        return self

    @contextmanager
    def _unchanged_if_refused(self) -> Iterator[None]:
        """What raises leaves the estimator as it was."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__ = before
            raise

    def _prepared(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None,
        validation_data: Sequence[Any] | None = None,
        initial: tuple[Sequence[ArrayLike] | None, Sequence[ArrayLike] | None] = (None, None),
        *,
        incremental: bool = False,
    ) -> Callable[[], None]:
        """Check everything, and make what is missing; the function that is returned trains."""
        check_parameters(self)
        goes_on = incremental or self.warm_start
        first = not (goes_on and hasattr(self, "_network"))
        X, y = self._validated(X, y, reset=first)
        weight = None if sample_weight is None else _weights(sample_weight, X)
        encoded = self._encoded(y, first and not incremental)
        if first:
            self._begin(X, encoded, initial, goes_on=goes_on)
        else:
            self._check_same_layers()
            if initial != (None, None):
                self._assign_initial(initial)
        self._trained_network()
        self._lists = None
        weight = self._weighted(weight, encoded)
        if self.solver == "lbfgs":
            if validation_data is not None:
                raise ValueError("validation_data is for solvers that run epochs, but solver is 'lbfgs'")
            train = self._prepared_lbfgs(X, encoded, weight)
        else:
            train = self._prepared_epochs(X, encoded, weight, validation_data, incremental=incremental)

        def run() -> None:
            task = None if incremental else Tasks(self, X, y, sample_weight, self.max_iter)
            train([] if task is None else task.callbacks())
            if task is not None:
                task.end()

        return run

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=self._y_is_numeric,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        return X, y

    @property
    def _y_is_numeric(self) -> bool:
        return False

    def _target(self, y: Any) -> Any:
        """What the loss takes of an encoded y."""
        return y

    def _weighted(self, weight: Array | None, y: Any) -> Array | None:
        """Sample weights, times those of classes."""
        return weight

    def _begin(self, X: Any, y: Any, initial: tuple[Any, Any], *, goes_on: bool) -> None:
        """A new network, and scikit-learn's attributes as they are before the first epoch."""
        given = self.__dict__.pop("_given", None)
        self._outputs = self._outputs_for(y)
        dtype = np.dtype(self.dtype or X.dtype).name
        self._random_state = check_random_state(self.random_state)
        layers = layers_of(self, X.shape[1], self._outputs.count)
        initial_weights(self, layers, self._random_state, dtype)
        seed = copy.deepcopy(self._random_state).randint(1 << 31)  # a copy: scikit-learn's stream has no such draw
        self._network = Sequential(*layers, rng=int(seed), dtype=dtype)
        self._lists, self._layers_made_of = None, layer_parameters(self)
        if given and initial == (None, None) and goes_on:
            initial = given.get("coefs"), given.get("intercepts")
        if initial != (None, None):
            self._assign_initial(initial)
        self._begin_attributes()

    def _begin_attributes(self) -> None:
        """Of a network that has not been trained."""
        self.__dict__.pop("_optimizer", None)
        self._split_state = self._sample_order = self._best_weights = None
        self.n_iter_ = self.t_ = 0
        self.n_outputs_ = self._outputs.count
        self.n_layers_ = len(linear_layers(self._network)) + 1
        self.out_activation_ = self._outputs.activation
        self.__dict__.pop("loss_curve_", None)

    def _begin_curves(self) -> None:
        """Of a first fit in epochs; one that goes on keeps what there is."""
        if not hasattr(self, "loss_curve_"):
            self._no_improvement_count = 0
            self.loss_curve_ = []
            self.validation_loss_curve_ = self.validation_scores_ = None
            self.best_loss_ = self.best_validation_score_ = None
        if self.early_stopping and self.best_validation_score_ is None:
            self.best_loss_, self.best_validation_score_ = None, -np.inf
        elif not self.early_stopping and self.best_loss_ is None:
            self.best_loss_, self.best_validation_score_ = np.inf, None

    def _check_same_layers(self) -> None:
        """Refuses to go on with other layers than those there are."""
        now = layer_parameters(self)
        for name, before in self._layers_made_of.items():
            if now[name] != before:
                raise ValueError(f"{name} is {now[name]}, but the fit that this one goes on from had {before}")

    def _assign_initial(self, initial: tuple[Any, Any]) -> None:
        coefs, intercepts = initial
        self.coefs_ = self.coefs_ if coefs is None else list(coefs)
        self.intercepts_ = self.intercepts_ if intercepts is None else list(intercepts)

    def _prepared_epochs(
        self,
        X: Any,
        y: Any,
        weight: Array | None,
        validation_data: Sequence[Any] | None,
        *,
        incremental: bool,
    ) -> Callable[[list[Callback]], None]:
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        network = self._network
        self._begin_curves()
        self._prepare_optimizer()
        features = network.features(X, "X")
        target, labels = target_of(self._target(y), "y", self._outputs.loss, self._outputs.count)
        rows, validation = None, None
        if validation_data is not None:
            validation = self._given_validation(validation_data)
        elif self.early_stopping:
            rows, held_out = self._split(y, weight)
            of_held_out = None if weight is None else weight[held_out]
            validation = Data(features[held_out], target[held_out], labels, of_held_out)
        if validation is not None and self.validation_scores_ is None:
            self.validation_scores_, self.validation_loss_curve_ = [], []
        data = Data(features, target, labels, None, rows)
        settings = Settings(
            epochs=1 if incremental else self.max_iter,
            batch_size=self._batch_size_for(len(data)),
            shuffle=bool(self.shuffle),
            threads=share_of(self.n_threads),
        )
        check_batch(network, settings.batch_size, len(data))
        self._optimizer.check(network, self._outputs.loss, len(data), settings.batch_size)
        rules = Rules(self, len(data), incremental=incremental)
        own = callbacks_of(self.callbacks or [])

        def train(of_task: list[Callback]) -> None:
            callbacks = [rules, *of_task, *own]
            with network.exclusively("fit"):
                Epochs(
                    self, network, self._outputs, data, weight, validation, self._optimizer, settings, callbacks
                ).run()

        return lambda of_task: self._run_epochs(lambda: train(of_task))

    def _run_epochs(self, train: Callable[[], None]) -> None:
        self.n_iter_ = 0
        try:
            train()
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=5)
        except DivergedError as error:
            if not self.early_stopping or self._best_weights is None:
                raise ValueError(f"{NOT_FINITE} {error}") from None
            self._end_diverged(error)
        if self.early_stopping and self._best_weights is not None:
            self._network.load_state_dict(self._best_weights)

    def _prepare_optimizer(self) -> None:
        """The optimizer of the fit before, if it is a warm start with the same parameters; else a new one."""
        made_of = optimizer_parameters(self)
        if not hasattr(self, "_optimizer") or self._optimizer_made_of != made_of:
            self._optimizer = optimizer_for(self)
        elif self._first_rate != self.learning_rate_init and not isinstance(self.learning_rate, Schedule):
            self._optimizer.lr = self.learning_rate_init
        self._optimizer_made_of, self._first_rate = made_of, self.learning_rate_init

    def _end_diverged(self, error: DivergedError) -> None:
        """The best weights are kept, so that is no reason to fail."""
        self.n_iter_ += 1
        for curve in (self.loss_curve_, self.validation_scores_, self.validation_loss_curve_):
            curve.append(np.nan)
        warnings.warn(f"Stochastic Optimizer: {error}", ConvergenceWarning, stacklevel=5)

    def _split(self, y: Any, weight: Array | None) -> tuple[Array, Array]:
        """Rows to train on and rows held out, in every fit of a warm start the same ones."""
        generator = self._random_state
        if self._split_state is None:
            self._split_state = generator.get_state()
        else:
            generator = np.random.RandomState()
            generator.set_state(self._split_state)
        rows = np.arange(len(y))
        training, held_out = train_test_split(
            rows, random_state=generator, test_size=self.validation_fraction, stratify=self._strata(y)
        )
        if len(held_out) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return training, held_out

    def _strata(self, y: Any) -> Any:
        """What each of training and validation gets the same share of."""
        return None

    def _given_validation(self, given: Sequence[Any]) -> Data:
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            raise TypeError(
                f"validation_data is {type(given).__name__}, but (X, y) or (X, y, sample_weight) was expected"
            )
        X, y = self._validated(given[0], given[1], reset=False)
        weight = _weights(given[2], X) if len(given) == 3 and given[2] is not None else None
        encoded = self._encoded(y, False)
        name, outputs = "the y of validation_data", self._outputs
        target, labels = target_of(self._target(encoded), name, outputs.loss, outputs.count)
        return Data(self._network.features(X, "the X of validation_data"), target, labels, weight)

    def _batch_size_for(self, n: int) -> int:
        if isinstance(self._optimizer, FullBatchOptimizer):
            return n
        if self.batch_size == "auto":
            return min(200, n)
        if self.batch_size > n:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=4
            )
        return min(int(self.batch_size), n)

    def _next_order(self, n: int) -> NDArray[np.int64]:
        """The order of the n samples in the next epoch: scikit-learn's, if its random numbers are the same."""
        if self._sample_order is None or len(self._sample_order) != n:
            self._sample_order = np.arange(n)
        if self.shuffle:
            order = np.arange(n)
            self._random_state.shuffle(order)
            self._sample_order = self._sample_order[order]
        return self._sample_order

    def _prepared_lbfgs(self, X: Any, y: Any, weight: Array | None) -> Callable[[list[Callback]], None]:
        target, labels = target_of(self._target(y), "y", self._outputs.loss, self._outputs.count)
        problem = lbfgs.Problem(self._network, self._outputs, X, target, labels, weight, float(self.alpha))

        def train(of_task: list[Callback]) -> None:
            limits = {"max_iter": self.max_iter, "max_fun": self.max_fun, "tol": self.tol}
            self._end_lbfgs(problem, problem.minimize(**limits, threads=share_of(self.n_threads)))

        return train

    def _end_lbfgs(self, problem: lbfgs.Problem, result: Any) -> None:
        self.n_iter_, self.loss_ = min(result.nit, self.max_iter), float(result.fun)
        if self.verbose:
            print(f"{result.nit} iterations, {result.nfev} evaluations, loss = {self.loss_:.8f}: {result.message}")
        if not np.isfinite(result.x).all() or not np.isfinite(result.fun):
            raise ValueError(NOT_FINITE)
        problem.assign(self._network, result.x)
        if not result.success:
            warnings.warn(
                f"lbfgs failed to converge after {self.n_iter_} iteration(s) (status={result.status}):\n"
                f"{result.message}\n\nYou might also want to scale the data, or increase max_iter={self.max_iter} "
                f"or max_fun={self.max_fun}",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _can_go_on(self) -> bool:
        """Whether there is a `partial_fit`."""
        if self.solver == "lbfgs" or isinstance(self.solver, FullBatchOptimizer):
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True


def _weights(sample_weight: Any, X: Any) -> NDArray[np.float64]:
    """Sample weights (n,), checked."""
    n = X.shape[0]
    if isinstance(sample_weight, numbers.Real):
        return np.full(n, float(sample_weight))
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, order="C", input_name="sample_weight", copy=False
    )
    if weight.ndim != 1 or len(weight) != n:
        raise ValueError(f"sample_weight.shape == {weight.shape}, expected {(n,)}!")
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight  # type: ignore[no-any-return]
