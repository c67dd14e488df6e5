"""`Module`: what every layer can do, on its own and inside a network."""

from __future__ import annotations

import copyreg
import math
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .codes import Codes, codes_of
from .config import threads_for
from .parts import Parameter, returned
from .validation import converted, matrix, values, whole_number

if TYPE_CHECKING:
    from .network import Network


class Module:
    """A layer: a function of a matrix (n, features), with its derivative.

    The library has many: `Linear`, `Maxout`, the classes of `nn.activations` and others. One of your own is a subclass
    with two methods, which get the whole minibatch in the network's dtype. `forward(self, x)` returns z (n, outputs)
    for x (n, features). `backward(self, grad)` returns dLoss/dx, given dLoss/dz, for the x of the latest `forward`, and
    leaves each parameter's gradient in `self.grads`. Parameters are attributes that `__init__` sets to a `Parameter`,
    after `super().__init__()`. A layer that insists on a number of inputs sets `self.in_features` there.

    A layer of the library can be stepped by hand: `z = layer.forward(x)`, then `dx = layer.backward(dz)`, then
    `layer.grads`. A layer that is in no network computes in float32 and draws its own initial weights; one in a network
    uses the network's.

    Attributes
    ----------
    grads : dict of str to ndarray
        Gradients of the parameters, from the latest `backward`; {} before, and for layers without parameters.
    training : bool
        Whether a running `forward` or `backward` is part of a training step; else it is one of evaluation.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> layer = nn.Linear(3, 2)
    >>> z = layer.forward(np.ones((5, 3)))
    >>> dx = layer.backward(np.ones_like(z))
    >>> dx.shape, layer.grads["weight"].shape, layer.grads["bias"].tolist()
    ((5, 3), (2, 3), [5.0, 5.0])

    >>> class Cube(nn.Module):
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**3
    ...
    ...     def backward(self, grad):
    ...         return grad * 3 * self.x**2
    >>> network = nn.Sequential(nn.Linear(3, 2), Cube(), rng=0)
    >>> nn.check_gradients(network, np.eye(3), np.ones((3, 2)), loss="mse").ok
    True
    """

    elementwise: ClassVar[bool] = False  # each output depends on one input, the one at its place
    mixes_rows: ClassVar[bool] = False  # in training, the output of a sample depends on the others of its batch
    # Initial weights of the layer before have standard deviation gain / sqrt(fan_in); None: the layer after this says.
    gain: ClassVar[float | None] = 1.0
    parameter_names: Sequence[str] = ()
    statistic_names: Sequence[str] = ()  # what training keeps but no optimizer changes
    training: bool = False
    _declared: tuple[str, ...] = ()  # parameters of a layer written in Python

    def __init__(self) -> None:
        self.grads: dict[str, NDArray[Any]] = {}
        self._op: _core.Op | None = None
        self._owner: weakref.ref[Network] | None = None
        self._alone: _core.Network | None = None  # the layer as a network of its own
        self._x: NDArray[Any] | None = None  # the latest input
        self._widths: dict[int, int] = {}  # of a layer written in Python: outputs by inputs

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter) and self.in_python:
            self._declare(name, value)
        elif name in self._declared:
            self._declare(name, Parameter(value)) if self._op is None else self.assign(name, value)
        elif name == "in_features" and self.in_python:
            vars(self)[name] = whole_number(value, name, 1)
        else:
            super().__setattr__(name, value)

    @property
    def in_python(self) -> bool:
        """Whether the layer is written in Python: by a subclass with methods forward and backward."""
        kind = type(self)
        own = kind.forward is not Module.forward and kind.backward is not Module.backward
        return own and kind.make_op is Module.make_op

    def _declare(self, name: str, value: Parameter) -> None:
        """Makes an attribute a parameter, or changes it, before the layer is part of a network."""
        if "_op" not in vars(self):
            raise AttributeError(f"{type(self).__name__}: {name} is set before super().__init__() was called")
        if name in self._declared and value.shape != self.shape_of(name):
            raise ValueError(f"{name} has shape {value.shape}, but {self!r} expects {self.shape_of(name)}")
        if name not in self._declared:
            if self._op is not None or hasattr(self, name):
                why = "has a meaning of its own" if self._op is None else "comes too late: the layer is in a network"
                raise AttributeError(f"{type(self).__name__}: the parameter {name} {why}")
            self._declared = self.parameter_names = (*self._declared, name)
        vars(self)[name] = np.array(value)

    @property
    def dtype(self) -> str | None:
        """ "float32" or "float64"; None before the layer has weights."""
        return None if self._op is None else self._op.dtype

    def leaves(self, name: str) -> Iterator[tuple[str, Module]]:
        """The layers that this one is made of, by name: itself, unless it is a block."""
        yield name, self

    def arguments(self) -> dict[str, Any]:
        """What the constructor needs to make this layer again, its weights apart."""
        return {}

    def out_features_for(self, in_features: int) -> int:
        """Features of the output, given those of the input; raises ValueError if the layer does not take so many."""
        if self.in_features not in (None, in_features):
            raise ValueError(f"{self.short()} expects {self.in_features} features, but gets {in_features}")
        return self._width_for(in_features) if self.in_python else in_features

    def _width_for(self, in_features: int) -> int:
        """The columns of what `forward` returns for a row of zeros."""
        if in_features not in self._widths:
            with np.errstate(all="ignore"):
                z = np.asarray(self.forward(np.zeros((1, in_features), self.dtype or "float32")))
            if z.ndim != 2 or len(z) != 1 or not z.size:
                what = f"{type(self).__name__}.forward returned an array of shape {z.shape} for one row"
                raise ValueError(f"{what}, but (1, outputs) was expected")
            self._widths[in_features] = z.shape[1]
        return self._widths[in_features]

    @property
    def in_features(self) -> int | None:
        """Features of the input that the layer insists on; None: it takes any."""
        return vars(self).get("in_features")

    def in_features_for(self, out_features: int) -> int | None:
        """Features of the input, given those of the output, for a layer that takes any; None: they do not follow."""
        return None if self.in_python else out_features

    def trace(self, columns: Sequence[int] | None, found: list[Codes]) -> Sequence[int] | None:
        """The columns of the network's input that the output is, given those that the input is; None: it is computed.

        A layer that takes codes notes theirs in `found`.
        """
        return None

    @property
    def multiply_adds(self) -> int:
        """Of one sample's product, if the layer is one; a stage of the network begins with it.

        A layer written in Python is taken for a product with each of its matrices.
        """
        shapes = map(self.shape_of, self._declared)
        return sum(math.prod(shape) for shape in shapes if len(shape) > 1)

    def is_a(self, *names: str) -> bool:
        """Whether this is a layer of the library with one of these names."""
        return type(self).__name__ in names and not self.in_python

    def short(self) -> str:
        """The layer in a message."""
        return type(self).__name__

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape of a parameter."""
        if name in self._declared:
            return vars(self)[name].shape  # type: ignore[no-any-return]
        raise KeyError(f"{self!r} has no parameter {name!r}")

    def checked_parameter(self, name: str, value: ArrayLike, what: str) -> NDArray[Any]:
        """The value of a parameter as the op takes it; `what` names it in messages."""
        expected = self.shape_of(name)
        array = values(value, what, max(2, len(expected)))
        if array.shape != expected:
            raise ValueError(f"{what} has shape {array.shape}, but {self!r} expects {expected}")
        return converted(array, self.op.dtype, what)

    def assign(self, name: str, value: ArrayLike) -> None:
        """Copy a whole parameter in."""
        network = self.owner()
        array = self.checked_parameter(name, value, name)
        if network is not None:
            network.check_idle(f"assigning {name}")
        self.op.set(name, array)

    def make_op(self, dtype: str) -> _core.Op:
        """The native side, without initial weights; of a layer written in Python with them, where it sees them too."""
        if not self.in_python:
            raise TypeError(
                f"{type(self).__name__} is not a layer of pynncore; networks are built from Linear, Maxout and others, "
                "and from subclasses of Module with methods forward and backward"
            )
        op = _core.python_op(self, [(name, self.shape_of(name)) for name in self._declared], dtype)
        for name in self._declared:
            op.set(name, converted(vars(self)[name], dtype, name))
            vars(self)[name] = op.view(name)
        return op

    def _run_forward(self, x: NDArray[Any], training: bool, outputs: int) -> NDArray[Any]:
        """`forward` for the engine."""
        self.training = training
        try:
            z = self.forward(x)
        finally:
            self.training = False
        return returned(z, f"{type(self).__name__}.forward returned", x.dtype, (len(x), outputs))

    def _run_backward(self, grad: NDArray[Any], training: bool, inputs: int) -> tuple[NDArray[Any], list[NDArray[Any]]]:
        """`backward` for the engine: dLoss/dx, and the parameters' gradients in their order."""
        self.training, self.grads = training, {}
        try:
            dx = self.backward(grad)
        finally:
            self.training = False
        who = f"{type(self).__name__}.backward"
        for name in self._declared:
            if name not in self.grads:
                raise ValueError(f"{who} left no grads[{name!r}]")
        return returned(dx, f"{who} returned", grad.dtype, (len(grad), inputs)), [
            returned(self.grads[name], f"{who} left in grads[{name!r}]", grad.dtype, self.shape_of(name))
            for name in self._declared
        ]

    def initialise(self, op: _core.Op, rng: np.random.Generator, gain: float) -> None:
        """Give the op its initial weights; `gain` is that of the next activation."""

    def materialise(self, dtype: str, rng: np.random.Generator | None, gain: float = 1.0) -> _core.Op:
        """The layer's op in `dtype`. Weights that it already has are kept; else rng draws them, and None leaves 0."""
        before = self._op
        if before is not None and before.dtype == dtype:
            return before
        op = self.make_op(dtype)
        if before is not None:
            for name in (*self.parameter_names, *self.statistic_names):
                op.set(name, before.get(name).astype(dtype))
        elif rng is not None:
            self.initialise(op, rng, gain)
        self._op, self._alone, self._x = op, None, None
        return op

    @property
    def op(self) -> _core.Op:
        """The layer's op, made if there is none."""
        if self._op is None:
            return self.materialise("float32", np.random.default_rng())
        return self._op

    def forget(self) -> None:
        """Undo `materialise` of a layer that had no weights before."""
        self._op, self._alone, self._x = None, None, None

    def set_owner(self, network: Network) -> None:
        self._owner = weakref.ref(network)

    def owner(self) -> Network | None:
        """The network that the layer is in."""
        return None if self._owner is None else self._owner()

    def forward(self, x: ArrayLike) -> NDArray[Any]:
        """The layer's output for x, which is kept for `backward`.

        Parameters
        ----------
        x : array-like (n, features)
            One sample a row.

        Returns
        -------
        ndarray (n, outputs)
            In the layer's dtype.

        Raises
        ------
        ValueError
            x has the wrong shape.
        """
        x = matrix(x, "x", finite=False)
        self._x = None
        network = self._network_for(x.shape[1])
        for codes in codes_of([self]):
            codes.check(x, "x", None)
        z: NDArray[Any] = network.forward(x, threads_for(None))
        self._x = np.array(x)  # a copy: x is the user's to change
        return z

    def backward(self, dz: ArrayLike) -> NDArray[Any]:
        """dLoss/dx from dLoss/dz, for the x of the latest `forward`; leaves the parameters' gradients in `grads`.

        Parameters
        ----------
        dz : array-like (n, outputs)
            Derivative of the loss by every output.

        Returns
        -------
        ndarray (n, features)

        Raises
        ------
        RuntimeError
            There was no `forward` before.
        ValueError
            dz has not the shape of the output.
        """
        if self._x is None:
            raise RuntimeError(f"{self!r}: backward needs the x of a forward before it")
        self.check_trainable(0)
        network = self._network_for(self._x.shape[1])
        dz, expected = matrix(dz, "dz", finite=False), (len(self._x), network.out_features)
        if dz.shape != expected:
            raise ValueError(f"dz has shape {dz.shape}, but the output of the latest forward has {expected}")
        dx, gradients = network.backward(self._x, dz, threads_for(None), True)
        assert dx is not None
        self.grads = {
            f"{name}.{part}".lstrip("."): array
            for (name, _), arrays in zip(self.leaves(""), gradients, strict=True)
            for part, array in arrays.items()
        }
        return dx

    def __call__(self, x: ArrayLike) -> NDArray[Any]:
        """The same as `forward`."""
        return self.forward(x)

    def check_trainable(self, index: int) -> None:
        """Raises ValueError if no gradient passes through this layer; `index` is its place in the network."""

    def _network_for(self, in_features: int) -> _core.Network:
        if self._alone is None or self._alone.in_features != in_features:
            self.out_features_for(in_features)
            self._alone = _core.Network([self.op], in_features, self.op.dtype)
        return self._alone

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments().items())
        return f"{type(self).__name__}({arguments})"

    def __getstate__(self) -> dict[str, Any]:
        """A layer written in Python: all but its place in a network."""
        state = {name: value for name, value in vars(self).items() if name not in ("_op", "_owner", "_alone", "_x")}
        return state | {name: np.array(state[name]) for name in self._declared}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Module.__init__(self)
        vars(self).update(state)

    def __reduce__(self) -> tuple[object, ...]:
        if self.in_python:
            return copyreg.__newobj__, (type(self),), self.__getstate__()  # type: ignore[attr-defined]
        state = {name: self.op.get(name) for name in (*self.parameter_names, *self.statistic_names)}
        return _restored, (type(self), self.arguments(), self.dtype, state)


def _restored(
    kind: type[Module], arguments: dict[str, Any], dtype: str | None, state: dict[str, NDArray[Any]]
) -> Module:
    """A copy of a layer, for copy and pickle."""
    layer = kind(**arguments)
    if dtype is not None:
        op = layer.materialise(dtype, None)
        for name, value in state.items():
            op.set(name, np.ascontiguousarray(value))
    return layer
