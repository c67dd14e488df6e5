"""`FittedMLP`: what an estimator does with its network once that has been trained."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ..model import Sequential
from ..optimizers import Optimizer
from .conversion import as_plain, estimator_of, from_plain, network_of
from .outputs import Outputs
from .parameters import check_parameters, layer_parameters, optimizer_for, optimizer_parameters
from .weights import Lists, linear_layers

Array = NDArray[Any]


class FittedMLP(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Weights, copies, predictions, and networks of an estimator; `BaseMLP` trains it."""

    # What a solver keeps from fit to fit, apart from scikit-learn's attributes.
    _network: Sequential  # gives the values before the output activation
    _outputs: Outputs
    _optimizer: Optimizer
    _random_state: np.random.RandomState
    _split_state: Any  # of the generator, before validation data were drawn
    _layers_made_of: dict[str, str]  # parameters of the network, and of the optimizer
    _optimizer_made_of: dict[str, str]
    _first_rate: float
    _sample_order: NDArray[np.int64] | None  # of the latest epoch
    _best_weights: dict[str, Array] | None
    _lists: Lists | None
    _no_improvement_count: int
    loss_: float
    best_loss_: Any
    best_validation_score_: Any
    validation_scores_: Any
    validation_loss_curve_: Any
    _given: dict[str, Any]  # coefs_ and intercepts_ that were assigned before there was a network

    loss_curve_: Any

    def _keep(self, arguments: dict[str, Any]) -> None:
        """The constructor's arguments, as they are: scikit-learn wants them unchecked and unchanged."""
        for name, value in arguments.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    # Weights.

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_network")

    def _trained_network(self) -> Sequential:
        """The network, with what was changed in coefs_ and intercepts_."""
        if getattr(self, "_lists", None) is not None:
            self._lists.write_back(self._network)  # type: ignore[union-attr]
        return self._network

    def _array_lists(self, name: str) -> Any:
        given = self.__dict__.get("_given", {})
        if not hasattr(self, "_network"):
            if name in given:
                return given[name]
            raise AttributeError(f"{type(self).__name__} has no {name}_ before fit")
        if self._lists is None:
            self._lists = Lists(self._network)
        return getattr(self._lists, name)

    def _set_array_lists(self, name: str, value: Any) -> None:
        if not hasattr(self, "_network"):
            self.__dict__.setdefault("_given", {})[name] = value
            return
        self._array_lists(name)
        setattr(self._lists, name, value)

    @property
    def coefs_(self) -> list[Array]:
        """Weights of each layer, (inputs, outputs). The arrays may be changed: predictions follow."""
        return self._array_lists("coefs")  # type: ignore[no-any-return]

    @coefs_.setter
    def coefs_(self, value: list[Array]) -> None:
        self._set_array_lists("coefs", value)

    @property
    def intercepts_(self) -> list[Array]:
        """Biases of each layer, (outputs,). The arrays may be changed: predictions follow."""
        return self._array_lists("intercepts")  # type: ignore[no-any-return]

    @intercepts_.setter
    def intercepts_(self, value: list[Array]) -> None:
        self._set_array_lists("intercepts", value)

    def _fitted_copies(self) -> dict[str, Any]:
        """Attributes of a fitted copy of this estimator."""
        return {"_network": copy.deepcopy(self._network), "_lists": None}

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_optimizer" in state:
            optimizer = state.pop("_optimizer")
            if self._optimizer_made_of == optimizer_parameters(self):  # else the next fit makes a new one
                state["_optimizer_state"] = optimizer.state_dict(self._trained_network())
        if "_network" in state:
            state["_network"] = as_plain(self._trained_network())
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        if "_network" in state:
            state["_network"] = from_plain(state["_network"])
        of_optimizer = state.pop("_optimizer_state", None)
        super().__setstate__(state)
        if of_optimizer is not None:
            self._optimizer = optimizer_for(self)
            self._optimizer.load_state_dict(of_optimizer, self._network)

    # Predictions.

    def _values(self, X: Any) -> Array:
        """The network's outputs for X."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        return self._trained_network().predict(X).astype(X.dtype, copy=False)

    def transform(self, X: Any) -> Array:
        """What the last hidden layer makes of X; `hidden` gives the others.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)

        Returns
        -------
        ndarray (n, units)
        """
        return self.hidden(X)

    def hidden(self, X: Any, layer: int = -1) -> Array:
        """The outputs of a hidden layer, after its activation.

        Parameters
        ----------
        X : array-like or sparse matrix (n, features)
        layer : int, default -1
            Which one, counted from 0, or with a negative number from the last one.

        Returns
        -------
        ndarray (n, units)
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        stages = self._trained_network().activations(X)[:-1]
        if not -len(stages) <= layer < len(stages):
            raise ValueError(f"layer is {layer}, but there are {len(stages)} hidden layers")
        return stages[layer].z.astype(X.dtype, copy=False)

    @property
    def _n_features_out(self) -> int:
        return int(linear_layers(self._network)[-1].in_features)

    # Networks.

    def to_network(self) -> Sequential:
        """A copy of the network, whose predictions are the estimator's.

        Returns
        -------
        Sequential
            With the output activation as its last layer; of a classifier it has the classes.
        """
        check_is_fitted(self)
        return network_of(self)

    @classmethod
    def _of_network(
        cls, network: Sequential, parameters: dict[str, Any], known: Callable[[Any, str, int], None]
    ) -> Any:
        """A fitted estimator of a network; `known` tells it about y from the output activation and the outputs."""
        estimator, own, last = estimator_of(cls, network, parameters)
        check_parameters(estimator)
        estimator._network, estimator._lists, estimator._layers_made_of = own, None, layer_parameters(estimator)
        count = linear_layers(own)[-1].out_features
        known(estimator, last, count)
        if estimator._outputs.count != count or last not in ("identity", estimator._outputs.activation):
            raise ValueError(
                f"the network has {count} outputs and ends in {network[-1]!r}, but {estimator!r} needs "
                f"{estimator._outputs.count} for the output activation {estimator._outputs.activation!r}"
            )
        estimator._random_state = check_random_state(estimator.random_state)
        estimator.n_features_in_ = own.in_features
        estimator._begin_attributes()
        return estimator

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
