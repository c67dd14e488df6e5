"""Layers with weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .initializers import Initialization, Initializer, initializer_of
from .module import Module
from .validation import flag, whole_number

MOST_FEATURES = (1 << 31) - 1


class Linear(Module):
    """A fully connected layer.

        u = x W^T + b

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and outputs, at least 1.
    bias : bool, default True
        Whether there is a b.
    weight_init : str, Initializer, array-like (out, in) or None, default None
        How W begins; names are those of `nn.initializers`. None: normal numbers of standard deviation
        gain / sqrt(in_features), where the gain is that of the activation that follows, 1 if none does.
    bias_init : str, Initializer, array-like (out,) or None, default None
        How b begins; None: zeros.

    Attributes
    ----------
    weight : ndarray (out, in)
        A copy of W. Assignment copies in; another shape raises ValueError.
    bias : ndarray (out,) or None
        A copy of b.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> layer = nn.Linear(2, 1)
    >>> layer.weight, layer.bias = [[1, 2]], [3]
    >>> layer.forward(np.array([[10, 20]]))
    array([[53.]], dtype=float32)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        weight_init: Initialization = None,
        bias_init: Initialization = None,
    ) -> None:
        super().__init__()
        self._in = whole_number(in_features, "in_features", 1, MOST_FEATURES)
        self._out = whole_number(out_features, "out_features", 1, MOST_FEATURES)
        self.parameter_names = ("weight", "bias") if flag(bias, "bias") else ("weight",)
        self._weight_init = initializer_of(weight_init, "weight_init", (self.out_features, self.in_features))
        if bias_init is not None and not bias:
            raise ValueError(f"bias_init is {bias_init!r}, but the layer has no bias")
        self._bias_init = initializer_of(bias_init, "bias_init", (self.out_features,))

    @property
    def in_features(self) -> int:
        """The number of inputs."""
        return self._in

    @property
    def out_features(self) -> int:
        """The number of outputs."""
        return self._out

    def arguments(self) -> dict[str, Any]:
        return {"in_features": self.in_features, "out_features": self.out_features, "bias": self._has_bias}

    def out_features_for(self, in_features: int) -> int:
        if in_features != self.in_features:
            raise ValueError(f"{self.short()} expects {self.in_features} features, but gets {in_features}")
        return self.out_features

    def shape_of(self, name: str) -> tuple[int, ...]:
        return (self.out_features, self.in_features) if name == "weight" else (self.out_features,)

    def short(self) -> str:
        """The layer in a message."""
        return f"Linear({self.in_features}, {self.out_features})"

    def make_op(self, dtype: str) -> _core.Op:
        return _core.linear(self.in_features, self.out_features, self._has_bias, dtype)

    def initialise(self, op: _core.Op, rng: np.random.Generator, gain: float) -> None:
        default = Initializer.default(gain)
        chosen = {"weight": self._weight_init or default, "bias": self._bias_init}
        for name in self.parameter_names:
            initializer = chosen[name]
            if initializer is not None:  # a new op's bias is 0
                op.set(name, initializer(self.shape_of(name), rng, op.dtype, (self.in_features, self.out_features)))

    @property
    def weight(self) -> NDArray[Any]:
        """A copy of W (out, in): assign a whole array to change it."""
        return self.op.get("weight")

    @weight.setter
    def weight(self, value: ArrayLike) -> None:
        self._assign("weight", value)

    @property
    def bias(self) -> NDArray[Any] | None:
        """A copy of b (out,), or None: assign a whole array to change it."""
        return self.op.get("bias") if self._has_bias else None

    @bias.setter
    def bias(self, value: ArrayLike) -> None:
        if not self._has_bias:
            raise ValueError(f"{self!r} has no bias to assign to")
        self._assign("bias", value)

    @property
    def _has_bias(self) -> bool:
        return "bias" in self.parameter_names

    def output_for_zeros(self) -> NDArray[Any]:
        """b, where W is finite; NaN in every output whose row of W is not."""
        return self._network_for(self.in_features).forward(np.zeros((1, self.in_features)), 1)

    def _assign(self, name: str, value: ArrayLike) -> None:
        network = self.owner()
        array = self.checked_parameter(name, value, name)
        if network is not None:
            network.check_idle(f"assigning {name}")
        self.op.set(name, array)
