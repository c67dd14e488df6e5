"""`MLPClassifier`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels

from ..callbacks import Callback
from ..losses import Loss
from ..model import Sequential
from ..module import Module
from ..optimizers import Optimizer
from ..schedules import Schedule
from .base import BaseMLP
from .outputs import FUNCTIONS, JointCrossEntropy, Outputs, classifier_outputs

Array = NDArray[Any]
SEVERAL = "multiclass-multioutput"  # scikit-learn's name for y with several columns of classes


class MLPClassifier(ClassifierMixin, BaseMLP):
    """scikit-learn's multi-layer perceptron classifier, trained by pynncore.

    All parameters up to `max_fun` mean what they mean in scikit-learn; those after it are further ones.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default (100,)
        Units of each hidden layer, at least 1; () for none.
    activation : str, Module, or list of them, default "relu"
        Of the hidden layers: "identity", "logistic", "tanh", "relu", or any other activation of pynncore by name or as
        an object, such as "gelu" or nn.LeakyReLU(0.1); of each layer its own, if a list.
    solver : "adam", "sgd", "lbfgs", another name or an Optimizer, default "adam"
        "adam" and "sgd" are scikit-learn's, with the parameters below; "lbfgs" is scipy's L-BFGS-B. An Optimizer of
        pynncore, such as nn.AdamW(1e-3), brings its own parameters; the estimator uses a copy of it.
    alpha : float, default 1e-4
        Factor of the L2 penalty of the weights, not the biases; divided by the samples of a batch.
    batch_size : int or "auto", default "auto"
        Samples of a step; "auto": 200, or all if they are fewer.
    learning_rate : "constant", "invscaling", "adaptive" or Schedule, default "constant"
        The names are for solver "sgd": the rate divided by t^power_t, or by 5 whenever there is no progress. A Schedule
        of pynncore, such as nn.CosineAnnealingLR(1e-3, 50), takes the place of `learning_rate_init`, also for "adam".
    learning_rate_init : float, default 1e-3
        Above 0.
    power_t : float, default 0.5
        Exponent of "invscaling".
    max_iter : int, default 200
        Epochs, or iterations of "lbfgs", at most.
    shuffle : bool, default True
        Whether every epoch has a new order.
    random_state : int, RandomState or None, default None
        Decides on initial weights, the validation set, and the order of the samples, as in scikit-learn.
    tol : float, default 1e-4
        What an improvement has to exceed.
    verbose : bool or int, default False
        Whether to print the loss of every epoch.
    warm_start : bool, default False
        Whether `fit` goes on from the fit before: also with the state of the optimizer and the random numbers, so that
        two fits of n epochs give the same bits as one of 2 n.
    momentum, nesterovs_momentum : float, bool, default 0.9, True
        Of solver "sgd".
    early_stopping : bool, default False
        Whether the score of held-out samples decides when to stop, and which weights to keep.
    validation_fraction : float, default 0.1
        Their share.
    beta_1, beta_2, epsilon : float, default 0.9, 0.999, 1e-8
        Of solver "adam".
    n_iter_no_change : int or inf, default 10
        Epochs without improvement after which training stops.
    max_fun : int, default 15000
        Evaluations of the loss in "lbfgs", at most.
    loss : "log_loss" or Loss, default "log_loss"
        Or a loss of logits: nn.CrossEntropyLoss(label_smoothing=0.1), nn.FocalLoss(), nn.BCEWithLogitsLoss(...), ...
    class_weight : dict, "balanced" or None, default None
        Factors of the losses by class; "balanced": inversely to how often it occurs.
    dropout : float or list of float, default 0
        The probability with which an output of a hidden layer is left out in training.
    batch_norm : bool, default False
        Whether a BatchNorm precedes every hidden activation.
    callbacks : list of Callback or function, or None, default None
        Of pynncore, such as nn.TerminateOnTime(60). scikit-learn's own are for `set_callbacks`.
    dtype : "float32", "float64" or None, default None
        What is computed in; None: the dtype of X. float32 is twice as fast.
    n_threads : int or None, default None
        Threads to use; None: as many as this process may, shared by the fits that run at the same time. The result is
        the same to the bit.

    Attributes
    ----------
    classes_ : ndarray (C,), or list of them
        The labels; a list if y has several columns of classes.
    coefs_, intercepts_ : list of ndarray (inputs, outputs), (outputs,)
        Weights and biases of each layer.
    loss_, best_loss_ : float
        Loss of the last and of the best epoch; best_loss_ is None with early stopping.
    loss_curve_ : list of float
        Loss of every epoch, with the penalty.
    validation_loss_curve_, validation_scores_ : list of float or None
        Loss, without penalty, and score of the validation data after every epoch.
    best_validation_score_ : float or None
        With early stopping.
    n_iter_, t_ : int
        Epochs of the last fit, and samples seen in all.
    n_features_in_, n_outputs_, n_layers_ : int
        Inputs, outputs, and layers with the input.
    feature_names_in_ : ndarray (n_features_in_,)
        Names of the columns of X, if it has some.
    out_activation_ : str
        "softmax" or "logistic".

    Examples
    --------
    >>> from pynncore.sklearn import MLPClassifier
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier(random_state=0, max_iter=400, dtype="float32").fit(X / 16, y)
    >>> bool(model.score(X / 16, y) > 0.99)
    True
    """

    def __init__(
        self,
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
        loss: str | Loss = "log_loss",
        class_weight: Mapping[Any, float] | str | None = None,
        dropout: float | Sequence[float] = 0.0,
        batch_norm: bool = False,
        callbacks: Sequence[Callback] | None = None,
        dtype: str | None = None,
        n_threads: int | None = None,
    ) -> None:
        self._keep(locals())

    @available_if(BaseMLP._can_go_on)
    def partial_fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, classes: ArrayLike | None = None
    ) -> MLPClassifier:
        """Train for one epoch, going on from the calls before: n of them give the same bits as `fit` with max_iter=n.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like (C,) or None, default None
            All classes of all calls; needed in the first call, unless y is several labels a sample.

        Returns
        -------
        self
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight 'balanced' is not supported for partial_fit, which does not know all of y; use "
                "compute_class_weight('balanced', classes=classes, y=y) of scikit-learn as a dict"
            )
        with self._unchanged_if_refused():
            self._remember_all_classes(y, classes)
            train = self._prepared(X, y, sample_weight, incremental=True)
        train()
        return self

    def _remember_all_classes(self, y: Any, classes: ArrayLike | None) -> None:
        """Of all calls of partial_fit."""
        known = getattr(self, "classes_", None)
        if known is None:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            several = type_of_target(y).startswith("multilabel")
            self._remember_classes(np.asarray(y) if several else unique_labels(classes))
        elif classes is not None and not np.array_equal(known, unique_labels(classes)):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {known!r}")

    def predict(self, X: Any) -> Array:
        """The most probable class of every sample.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)

        Returns
        -------
        ndarray (n,), or (n, outputs)
            Of `classes_`; with several labels a sample 0 and 1, (n, C).
        """
        return self._labels_of(self._values(X))

    def predict_proba(self, X: Any) -> Any:
        """Probability of every class.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)

        Returns
        -------
        ndarray (n, C), or list of them
            Columns in the order of `classes_`; a list if y had several columns of classes.
        """
        u = self._values(X)
        if self._kind == SEVERAL:
            return self._blocks(u)
        p = self._outputs.predictions(u)
        return np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else p

    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of `predict_proba`."""
        p = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return [np.log(block) for block in p] if isinstance(p, list) else np.log(p)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """The share of samples whose classes are all predicted rightly.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)
        y : array-like (n,) or (n, outputs)
        sample_weight : array-like (n,) or None, default None
        """
        predicted = self.predict(X)
        if self._kind == SEVERAL:
            right = (predicted == np.asarray(y)).all(axis=1)
            return float(np.average(right, weights=None if sample_weight is None else np.asarray(sample_weight)))
        return float(super().score(X, y, sample_weight))

    @classmethod
    def from_network(cls, network: Sequential, *, classes: ArrayLike | None = None, **parameters: Any) -> MLPClassifier:
        """A fitted estimator that predicts what the network does, and can be trained on.

        Parameters
        ----------
        network : Sequential
            Linear layers with activations, perhaps with BatchNorm and Dropout between them, of logits, or ending in
            Softmax or Sigmoid. It is copied.
        classes : array-like (C,) or None, default None
            The labels; None: `network.classes`, or 0 ... C-1.
        **parameters
            Of the estimator, those of its layers apart.

        Raises
        ------
        TypeError, ValueError
            The network is of another kind, or the classes are too few or too many.
        """

        def know(estimator: MLPClassifier, last: str, count: int) -> None:
            labels = network.classes if classes is None else np.asarray(classes)
            several = last == "logistic" and count > 1
            all_labels = np.arange(max(2, count)) if labels is None else labels
            estimator._remember_classes(np.eye(2, count, dtype=int) if several else all_labels)
            estimator._outputs = estimator._outputs_for(None)

        return cls._of_network(network, parameters, know)  # type: ignore[no-any-return]

    # What y means.

    @property
    def _kind(self) -> str:
        """scikit-learn's name for what y is."""
        return SEVERAL if isinstance(self.classes_, list) else str(self._label_binarizer.y_type_)

    def _remember_classes(self, y: Array) -> None:
        """What is known of y, from y or from all classes."""
        if type_of_target(y, input_name="y") == SEVERAL:
            self.classes_: Any = [np.unique(column) for column in y.T]
            return
        self._label_binarizer: Any = LabelBinarizer().fit(y)
        self.classes_ = self._label_binarizer.classes_

    def _encoded(self, y: Any, first: bool) -> Any:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if first:
            self._remember_classes(y)
        elif self._kind != SEVERAL:
            self._check_classes(unique_labels(y))
        if self._kind == SEVERAL:
            return self._codes_of_columns(y)
        if self._kind == "multilabel-indicator":
            return np.asarray(y, np.float32)
        return np.searchsorted(self.classes_, y)

    def _check_classes(self, classes: Array) -> None:
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _codes_of_columns(self, y: Array) -> Array:
        if y.ndim != 2 or y.shape[1] != len(self.classes_):
            raise ValueError(f"y has shape {y.shape}, but (n, {len(self.classes_)}) was expected")
        for column, known in zip(y.T, self.classes_, strict=True):
            self._check_column(np.unique(column), known)
        codes = [np.searchsorted(known, column) for column, known in zip(y.T, self.classes_, strict=True)]
        return np.column_stack(codes).astype(np.float32)

    def _check_column(self, classes: Array, known: Array) -> None:
        if len(np.setdiff1d(classes, known, assume_unique=True)):
            raise ValueError(f"`y` has classes not in `self.classes_`. It has {known}. 'y' has {classes}.")

    def _outputs_for(self, y: Any) -> Outputs:
        if self._kind == SEVERAL:
            return classifier_outputs(self.loss, SEVERAL, [len(known) for known in self.classes_])
        return classifier_outputs(self.loss, self._kind, [len(self.classes_)])

    def _decoded(self, y: Array) -> Array:
        if self._kind == SEVERAL:
            columns = zip(self.classes_, y.T.astype(np.int64), strict=True)
            return np.column_stack([known[codes] for known, codes in columns])
        return self.classes_[y] if y.ndim == 1 else y

    def _target(self, y: Any) -> Any:
        return y if self._outputs.activation == "softmax" or y.ndim == 2 else y[:, np.newaxis].astype(np.float32)

    def _weighted(self, weight: Array | None, y: Any) -> Array | None:
        if self.class_weight is None:
            return weight
        by_class: Array
        if y.ndim == 1 and isinstance(self.class_weight, Mapping):  # which may name classes that this y lacks
            by_class = compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_)[y]
        else:
            by_class = compute_sample_weight(self.class_weight, self._decoded(y))
        return by_class if weight is None else weight * by_class

    def _strata(self, y: Any) -> Any:
        return (y == 1)[:, np.newaxis] if self._outputs.count == 1 else None

    # What the outputs mean.

    def _blocks(self, u: Array) -> list[Array]:
        assert isinstance(self._outputs.loss, JointCrossEntropy)
        return [FUNCTIONS["softmax"](np.ascontiguousarray(block)) for block in self._outputs.loss.blocks(u)]

    def _labels_of(self, u: Array) -> Array:
        if self._kind == SEVERAL:
            blocks = zip(self.classes_, self._blocks(u), strict=True)
            return np.column_stack([known[p.argmax(axis=1)] for known, p in blocks])
        p = self._outputs.predictions(u)
        if p.shape[1] == 2 and self._kind == "binary":  # a loss of softmax
            p = p[:, 1:]
        labels: Array = self._label_binarizer.inverse_transform(p.ravel() if p.shape[1] == 1 else p)
        return labels

    def _score_of(self, u: Array, target: Array, weight: Array | None) -> float:
        if not np.isfinite(u).all():
            return float("nan")
        if self._kind == SEVERAL:
            codes = np.column_stack([block.argmax(axis=1) for block in self._blocks(u)])
            right = (codes == target).all(axis=1)
        elif self._outputs.activation == "softmax":
            right = u.argmax(axis=1) == target
        else:
            right = ((self._outputs.predictions(u) > 0.5) == target).all(axis=1)
        return float(np.average(right, weights=weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
