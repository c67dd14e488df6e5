"""Layers that bring their inputs to mean 0 and variance 1, and then scale and shift each feature as they learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .module import Module
from .validation import flag, real_number, whole_number

MOST_FEATURES = (1 << 31) - 1


class Normalization(Module):
    """A normalisation of a known number of features, with a learned scale `weight` and shift `bias`, or without."""

    gain = None

    def __init__(self, features: int, name: str, eps: float, parameter_names: Sequence[str]) -> None:
        super().__init__()
        self._features = whole_number(features, name, 1, MOST_FEATURES)
        self._eps = real_number(eps, "eps", 0)
        self.parameter_names = tuple(parameter_names)

    @property
    def in_features(self) -> int:
        """The number of features."""
        return self._features

    @property
    def eps(self) -> float:
        """What is added to the variance."""
        return self._eps

    def shape_of(self, name: str) -> tuple[int, ...]:
        return (self._features,)

    def initialise(self, op: _core.Op, rng: np.random.Generator, gain: float) -> None:
        if "weight" in self.parameter_names:  # a new op's bias is 0
            op.set("weight", np.ones(self._features, op.dtype))

    def short(self) -> str:
        return f"{type(self).__name__}({self._features})"

    @property
    def weight(self) -> NDArray[Any] | None:
        """A copy of the scales, or None: assign a whole array to change them."""
        return self.op.get("weight") if "weight" in self.parameter_names else None

    @weight.setter
    def weight(self, value: ArrayLike) -> None:
        self._assign("weight", value)

    @property
    def bias(self) -> NDArray[Any] | None:
        """A copy of the shifts, or None: assign a whole array to change them."""
        return self.op.get("bias") if "bias" in self.parameter_names else None

    @bias.setter
    def bias(self, value: ArrayLike) -> None:
        self._assign("bias", value)

    def _assign(self, name: str, value: ArrayLike) -> None:
        if name not in self.parameter_names:
            raise ValueError(f"{self!r} has no {name} to assign to")
        self.assign(name, value)


class BatchNorm(Normalization):
    """Each feature with the mean and variance of the batch (Ioffe and Szegedy 2015).

        z = (u - mean) / sqrt(variance + eps) weight + bias

    In training these are the moments of the minibatch; they also move the running ones, which `predict`, `evaluate`,
    `gradients` and a layer stepped by hand use. A single sample has no variance: `fit` refuses batch_size=1, and where
    one sample is left at the end of an epoch, it does not move the running moments.

    Parameters
    ----------
    num_features : int
        Features, at least 1.
    eps : float, default 1e-5
        Added to the variance, at least 0.
    momentum : float, default 0.1
        Weight of a batch in the running moments, in [0, 1].
    affine : bool, default True
        Whether weight and bias are learned; else there are none.

    Attributes
    ----------
    weight, bias : ndarray (num_features,) or None
        Copies of scales and shifts. Assignment copies in.
    running_mean, running_var : ndarray (num_features,)
        Copies of the running moments, at first 0 and 1. The variance is the unbiased one. Assignment copies in.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.BatchNorm(1, momentum=1.0), nn.Linear(1, 1), rng=0)
    >>> history = network.fit([[1.0], [3.0]], [0.0, 0.0], loss="mse", optimizer="sgd", shuffle=False)
    >>> network[0].running_mean, network[0].running_var
    (array([2.], dtype=float32), array([2.], dtype=float32))
    """

    mixes_rows = True
    statistic_names = ("running_mean", "running_var")

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        self._momentum = real_number(momentum, "momentum", 0, 1)
        names = ("weight", "bias") if flag(affine, "affine") else ()
        super().__init__(num_features, "num_features", eps, names)

    def arguments(self) -> dict[str, Any]:
        affine = bool(self.parameter_names)
        return {"num_features": self._features, "eps": self._eps, "momentum": self._momentum, "affine": affine}

    def make_op(self, dtype: str) -> _core.Op:
        return _core.batch_norm(self._features, self._eps, self._momentum, bool(self.parameter_names), dtype)

    @property
    def momentum(self) -> float:
        """The weight of a batch in the running moments."""
        return self._momentum

    @property
    def running_mean(self) -> NDArray[Any]:
        return self.op.get("running_mean")

    @running_mean.setter
    def running_mean(self, value: ArrayLike) -> None:
        self.assign("running_mean", value)

    @property
    def running_var(self) -> NDArray[Any]:
        return self.op.get("running_var")

    @running_var.setter
    def running_var(self, value: ArrayLike) -> None:
        self.assign("running_var", value)


class LayerNorm(Normalization):
    """Each sample with the mean and variance of its own features (Ba et al. 2016).

        z = (u - mean) / sqrt(variance + eps) weight + bias

    Parameters
    ----------
    normalized_shape : int
        Features, at least 1.
    eps : float, default 1e-5
        Added to the variance, at least 0.
    elementwise_affine : bool, default True
        Whether a weight is learned; else there is neither weight nor bias.
    bias : bool, default True
        Whether a bias is learned with it.

    Attributes
    ----------
    weight, bias : ndarray (normalized_shape,) or None
        Copies of scales and shifts. Assignment copies in.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.LayerNorm(2, eps=0).forward(np.array([[1.0, 3.0], [-20.0, 20.0]]))
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """

    def __init__(
        self, normalized_shape: int, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True
    ) -> None:
        names = ("weight", "bias") if flag(bias, "bias") else ("weight",)
        affine = flag(elementwise_affine, "elementwise_affine")
        super().__init__(normalized_shape, "normalized_shape", eps, names if affine else ())

    def arguments(self) -> dict[str, Any]:
        affine, bias = bool(self.parameter_names), self.parameter_names != ("weight",)
        return {"normalized_shape": self._features, "eps": self._eps, "elementwise_affine": affine, "bias": bias}

    def make_op(self, dtype: str) -> _core.Op:
        affine = {0: None, 1: "Gain", 2: "Affine"}[len(self.parameter_names)]
        return _core.row_norm(True, self._features, self._eps, affine, dtype)


class RMSNorm(Normalization):
    """Each sample divided by the root mean square of its own features (Zhang and Sennrich 2019).

        z = u / sqrt(mean of u^2 + eps) weight

    Parameters
    ----------
    normalized_shape : int
        Features, at least 1.
    eps : float, default 1e-6
        Added to the mean square, at least 0.
    elementwise_affine : bool, default True
        Whether a weight is learned.

    Attributes
    ----------
    weight : ndarray (normalized_shape,) or None
        A copy of the scales. Assignment copies in.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> nn.RMSNorm(2, eps=0).forward(np.array([[1.0, -1.0], [0.0, 2.0]])).round(4)
    array([[ 1.    , -1.    ],
           [ 0.    ,  1.4142]], dtype=float32)
    """

    def __init__(self, normalized_shape: int, eps: float = 1e-6, elementwise_affine: bool = True) -> None:
        names = ("weight",) if flag(elementwise_affine, "elementwise_affine") else ()
        super().__init__(normalized_shape, "normalized_shape", eps, names)

    def arguments(self) -> dict[str, Any]:
        affine = bool(self.parameter_names)
        return {"normalized_shape": self._features, "eps": self._eps, "elementwise_affine": affine}

    def make_op(self, dtype: str) -> _core.Op:
        return _core.row_norm(False, self._features, self._eps, "Gain" if self.parameter_names else None, dtype)


NORMALIZATIONS: dict[str, type[Module]] = {"BatchNorm": BatchNorm, "LayerNorm": LayerNorm, "RMSNorm": RMSNorm}
