"""What a network takes: features as the core reads them, their scale, and the labels of its classes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .classes import class_values
from .codes import Codes
from .columns import Flatten
from .config import threads
from .layers import Linear
from .module import Module
from .sparse import is_sparse, sparse_rows
from .validation import converted, flag, matrix, per_output

Array = NDArray[Any]


class Inputs(ABC):
    """The part of `Network` that stands between the user's arrays and the core."""

    dtype: str
    in_features: int | None
    _layers: tuple[Module, ...]
    _codes: list[Codes]
    _input_scale: float | tuple[float, ...] | None
    _classes: Array | None
    _multilabel: bool

    @abstractmethod
    def forget_cores(self) -> None:
        """Drop what was planned for the core; it is planned anew when it is needed."""

    @abstractmethod
    def out_features_for(self, in_features: int) -> int:
        """Columns of the output for an input of some columns."""

    @property
    def input_scale(self) -> float | tuple[float, ...] | None:
        return self._input_scale

    @input_scale.setter
    def input_scale(self, value: ArrayLike | None) -> None:
        scale = None if value is None else per_output(value, "input_scale", -np.inf)
        if isinstance(scale, tuple) and self.in_features not in (None, len(scale)):
            raise ValueError(f"input_scale has {len(scale)} numbers, but the network has {self.in_features} features")
        if scale is not None:
            converted(np.atleast_1d(scale), self.dtype, "input_scale")
        self._input_scale = scale
        self.forget_cores()

    def _scale_for(self, in_features: int) -> Array | None:
        """input_scale as one number a feature in the network's dtype."""
        if self._input_scale is None:
            return None
        scale = np.atleast_1d(np.asarray(self._input_scale, self.dtype))
        if len(scale) not in (1, in_features):
            raise ValueError(f"input_scale has {len(scale)} numbers, but X has {in_features} features")
        return np.broadcast_to(scale, in_features)

    @property
    def classes(self) -> Array | None:
        return self._classes

    @classes.setter
    def classes(self, values: ArrayLike | None) -> None:
        self._classes = None if values is None else class_values(values)

    @property
    def multilabel(self) -> bool:
        return self._multilabel

    @multilabel.setter
    def multilabel(self, value: bool) -> None:
        self._multilabel = flag(value, "multilabel")

    def features(self, X: ArrayLike, name: str, *, team: int | None = None) -> Any:
        """X as the core reads it, checked by some threads: an array, or `_core.Sparse`."""
        array: Any
        if is_sparse(X):
            array = self._sparse_features(X, name)
        else:
            flatten = isinstance(self._layers[0], Flatten)
            array = matrix(X, name, dtype=self.dtype, threads=team or threads(), flatten=flatten)
        if self.in_features not in (None, array.shape[1]):
            first = next((layer for layer in self._layers if layer.in_features is not None), None)
            who = "the first call had" if first is None else f"the first layer, {first.short()}, expects"
            raise ValueError(f"{name} has {array.shape[1]} features, but {who} {self.in_features}")
        if self._codes and self.in_features is None:
            self.out_features_for(array.shape[1])  # refuses too few columns
        for codes in self._codes:
            codes.check(array, name, self._scale_for(array.shape[1]))
        return array

    def _sparse_features(self, X: Any, name: str) -> _core.Sparse:
        if not isinstance(self._layers[0], Linear):
            raise TypeError(
                f"{name} is sparse, but the network begins with {self._layers[0].short()}, and only Linear takes "
                f"sparse rows; use {name}.toarray()"
            )
        fits = X.ndim == 2 and X.shape[1] == self.in_features
        return sparse_rows(X, name, self.dtype, self._scale_for(X.shape[1]) if fits else None)

    def first_input(self, X: Any) -> Array:
        """What the first layer gets for features, in the network's dtype."""
        if isinstance(X, _core.Sparse):
            return X.toarray()
        x, scale = np.ascontiguousarray(X, self.dtype), self._scale_for(X.shape[1])
        return x if scale is None else x * scale
