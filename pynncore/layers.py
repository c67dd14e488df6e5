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


class _Affine(Module):
    """u = x W^T + b, where W has as many rows as there are u, and perhaps a function of u."""

    def __init__(self, in_features: int, out_features: int, rows: int) -> None:
        super().__init__()
        self._in = whole_number(in_features, "in_features", 1, MOST_FEATURES)
        self._out = whole_number(out_features, "out_features", 1, MOST_FEATURES)
        self._rows = rows
        self._weight_init: Initializer | None = None
        self._bias_init: Initializer | None = None

    def begin_with(self, weight_init: Initialization, bias_init: Initialization) -> None:
        """How the weights begin."""
        self._weight_init = initializer_of(weight_init, "weight_init", self.shape_of("weight"))
        if bias_init is not None and not self.has_bias:
            raise ValueError(f"bias_init is {bias_init!r}, but the layer has no bias")
        self._bias_init = initializer_of(bias_init, "bias_init", self.shape_of("bias"))

    @property
    def in_features(self) -> int:
        """The number of inputs."""
        return self._in

    @property
    def out_features(self) -> int:
        """The number of outputs."""
        return self._out

    @property
    def has_bias(self) -> bool:
        """Whether there is a b."""
        return "bias" in self.parameter_names

    @property
    def multiply_adds(self) -> int:
        return self._in * self._rows

    def out_features_for(self, in_features: int) -> int:
        super().out_features_for(in_features)
        return self.out_features

    def shape_of(self, name: str) -> tuple[int, ...]:
        return (self._rows, self._in) if name == "weight" else (self._rows,)

    def initialise(self, op: _core.Op, rng: np.random.Generator, gain: float) -> None:
        default = Initializer.default(gain)
        chosen = {"weight": self._weight_init or default, "bias": self._bias_init}
        for name in self.parameter_names:
            initializer = chosen[name]
            if initializer is not None:  # a new op's bias is 0
                op.set(name, initializer(self.shape_of(name), rng, op.dtype, (self._in, self._out)))

    @property
    def weight(self) -> NDArray[Any]:
        """A copy of W: assign a whole array to change it."""
        return self.op.get("weight")

    @weight.setter
    def weight(self, value: ArrayLike) -> None:
        self.assign("weight", value)

    @property
    def bias(self) -> NDArray[Any] | None:
        """A copy of b, or None: assign a whole array to change it."""
        return self.op.get("bias") if self.has_bias else None

    @bias.setter
    def bias(self, value: ArrayLike) -> None:
        if not self.has_bias:
            raise ValueError(f"{self!r} has no bias to assign to")
        self.assign("bias", value)


class Linear(_Affine):
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
        super().__init__(in_features, out_features, out_features)
        self.parameter_names = ("weight", "bias") if flag(bias, "bias") else ("weight",)
        self.begin_with(weight_init, bias_init)

    def arguments(self) -> dict[str, Any]:
        return {"in_features": self.in_features, "out_features": self.out_features, "bias": self.has_bias}

    def short(self) -> str:
        return f"Linear({self.in_features}, {self.out_features})"

    def make_op(self, dtype: str) -> _core.Op:
        return _core.linear(self.in_features, self.out_features, self.has_bias, dtype)


class Maxout(_Affine):
    """The largest of several linear functions, for each output (Goodfellow et al. 2013).

        z_j = max_k u_kj,  u = x W^T + b

    The gradient goes to the piece that is largest, to the first one of equals.

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and outputs, at least 1.
    pieces : int, default 2
        Linear functions for each output, at least 1.
    weight_init : str, Initializer, array-like (pieces * out, in) or None, default None
        How W begins, as for `Linear`. Row k * out + j belongs to piece k of output j.
    bias_init : str, Initializer, array-like (pieces * out,) or None, default None
        How b begins; None: zeros.

    Attributes
    ----------
    weight : ndarray (pieces * out, in)
        A copy of W. Assignment copies in; another shape raises ValueError.
    bias : ndarray (pieces * out,)
        A copy of b.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> layer = nn.Maxout(1, 1, pieces=2)
    >>> layer.weight = [[1], [-1]]  # |x|
    >>> layer.forward(np.array([[-3.0], [2.0]])).ravel()
    array([3., 2.], dtype=float32)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        pieces: int = 2,
        *,
        weight_init: Initialization = None,
        bias_init: Initialization = None,
    ) -> None:
        out = whole_number(out_features, "out_features", 1, MOST_FEATURES)
        self.pieces = whole_number(pieces, "pieces", 1, MOST_FEATURES // out)
        super().__init__(in_features, out, out * self.pieces)
        self.parameter_names = ("weight", "bias")
        self.begin_with(weight_init, bias_init)

    def arguments(self) -> dict[str, Any]:
        return {"in_features": self.in_features, "out_features": self.out_features, "pieces": self.pieces}

    def short(self) -> str:
        return f"Maxout({self.in_features}, {self.out_features})"

    def make_op(self, dtype: str) -> _core.Op:
        return _core.maxout(self.in_features, self.out_features, self.pieces, dtype)
