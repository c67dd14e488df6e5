"""Activations and losses as functions of arrays, with their derivatives: the same kernels as training.

    z = relu(u)                 every activation f, any shape
    s = d_relu(u)               its derivative f'(u)
    y = softmax(u, axis=-1)     functions of a vector along an axis
    d_softmax(u, g)             their vector-Jacobian product: dLoss/du from u and g = dLoss/dy
    mean_squared_error(d, y)    every loss, target first; the mean over the samples, or over the elements
    d_mean_squared_error(d, y)  its gradient by y

float32 and float64 stay what they are, float16 becomes float32, and everything else float64. NaN in, NaN out.

The functions are made from the core's definitions when pynncore is imported; `functional.pyi`, written by
tools/make_stubs.py, lists them for editors and type checkers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .config import threads_for
from .definitions import Argument, arguments_of, bind, numbers, section, signature
from .validation import one_of, whole_number

Array = NDArray[Any]
ARRAY = "array-like of float, any shape\n    "


def floats(u: ArrayLike, name: str) -> Array:
    """C-contiguous float32 or float64."""
    try:
        array = np.asarray(u)
    except ValueError as error:
        raise ValueError(f"{name} is not a rectangular array of numbers: {error}") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}, but real numbers were expected")
    single = array.dtype.kind == "f" and array.dtype.itemsize <= 4
    return np.require(array, np.float32 if single else np.float64, ["C", "A"])


def _check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out is {type(out).__name__}, but an ndarray was expected")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out is {out.dtype} of shape {out.shape}, but {dtype} of shape {shape} was expected")
    if not out.flags.writeable:
        raise ValueError("out is read-only")


def _place(out: Array | None, shape: tuple[int, ...], *read: Array) -> Array:
    """Where the core writes a result: `out`, if it can and may while it reads these arrays, or a new array."""
    if out is not None and out.flags.c_contiguous and out.flags.aligned:
        if all(out is array or not np.may_share_memory(out, array) for array in read):
            return out
    return np.empty(shape, read[0].dtype)


def _result(array: Array, out: Array | None) -> Any:
    """The result in `out`, or as a scalar for a scalar."""
    if out is None:
        return array[()]
    if out is not array:
        out[...] = array
    return out


def _elementwise(info: _core.ActivationInfo, derivative: bool) -> Callable[..., Any]:
    arguments = arguments_of(info)

    def function(u: ArrayLike, *args: Any, out: Array | None = None, **kwargs: Any) -> Any:
        parameters = numbers(arguments, bind(function.__name__, arguments, args, kwargs))
        u = floats(u, "u")
        if out is not None:
            _check_out(out, u.shape, u.dtype)
        result = _place(out, u.shape, u)
        _core.apply(info.name, derivative, u, parameters, result, threads_for(None))
        return _result(result, out)

    return _named(
        function,
        f"d_{info.function}" if derivative else info.function,
        f"f'(u) = {info.derivative}" if derivative else f"f(u) = {info.formula}",
        ["u"],
        arguments,
        {"out": None},
        ["u : " + ARRAY + "Pre-activation.", *(a.text for a in arguments), OUT],
        info.source,
        "(np.zeros(3)).shape\n(3,)",
    )


def _along(info: _core.RowFunctionInfo) -> Callable[..., Any]:
    def function(u: ArrayLike, axis: int = -1, *, out: Array | None = None) -> Any:
        u = floats(u, "u")
        rows = _rows(u, axis)
        shape = _shape_along(info, u, axis)
        if out is not None:
            _check_out(out, shape, u.dtype)
        result = _place_along(axis, out, shape, u)
        if u.size:
            _core.apply_rows(info.name, rows, result.reshape(len(rows), -1), threads_for(None))
        return _result(_restored(result, axis), out)

    return _named(
        function,
        info.function,
        f"z_i = {info.formula}",
        ["u"],
        [AXIS],
        {"out": None},
        ["u : " + ARRAY + "Pre-activation.", AXIS_TEXT, OUT],
        info.source,
        f"(np.zeros((2, 4))).shape\n(2, {info.outputs(4)})",
    )


def _product_along(info: _core.RowFunctionInfo) -> Callable[..., Any]:
    def function(u: ArrayLike, g: ArrayLike, axis: int = -1, *, out: Array | None = None) -> Any:
        u, g = floats(u, "u"), floats(g, "g")
        rows, shape = _rows(u, axis), _shape_along(info, u, axis)
        if g.shape != shape:
            raise ValueError(f"g has shape {g.shape}, but {info.function}(u) has {shape}")
        g = g.astype(u.dtype, copy=False)
        if out is not None:
            _check_out(out, u.shape, u.dtype)
        delta = _place_along(axis, out, u.shape, u, g)
        if u.size:
            _core.apply_rows_backward(info.name, rows, _rows(g, axis), delta.reshape(rows.shape), threads_for(None))
        return _result(_restored(delta, axis), out)

    return _named(
        function,
        f"d_{info.function}",
        f"dLoss/du = {info.derivative}, with z = {info.function}(u) and g = dLoss/dz",
        ["u", "g"],
        [AXIS],
        {"out": None},
        ["u : " + ARRAY + "Pre-activation.", "g : array-like of the shape of z\n    dLoss/dz.", AXIS_TEXT, OUT],
        info.source,
        f"(np.zeros((2, 4)), np.ones((2, {info.outputs(4)}))).shape\n(2, 4)",
    )


def _shape_along(info: _core.RowFunctionInfo, u: Array, axis: int) -> tuple[int, ...]:
    """The shape of the output for u."""
    n = u.shape[axis]
    outputs = info.outputs(n)
    if n and not outputs:
        raise ValueError(f"u has shape {u.shape}, but {info.function} halves axis {axis}, whose length must be even")
    shape = list(u.shape)
    shape[axis] = outputs
    return tuple(shape)


def _rows(u: Array, axis: int) -> Array:
    """(rows, n) with the vectors along `axis` as rows, contiguous."""
    if not u.ndim:
        raise ValueError("u is a single number, but a vector along an axis was expected")
    if not -u.ndim <= whole_number(axis, "axis", -u.ndim) < u.ndim:
        raise ValueError(f"axis is {axis}, but u has {u.ndim} dimensions")
    moved = np.moveaxis(u, axis, -1)
    return np.ascontiguousarray(moved).reshape(-1, u.shape[axis]) if u.size else np.empty((0, 1), u.dtype)


def _place_along(axis: int, out: Array | None, shape: tuple[int, ...], *read: Array) -> Array:
    """The same for vectors along an axis, which the core has as the last one."""
    if axis % len(shape) == len(shape) - 1:
        return _place(out, shape, *read)
    return np.empty((*np.delete(shape, axis), shape[axis]), read[0].dtype)


def _restored(result: Array, axis: int) -> Array:
    """With the last axis where it was."""
    if axis % result.ndim == result.ndim - 1:
        return result
    return np.ascontiguousarray(np.moveaxis(result, -1, axis))


def loss_on_arrays(losses: list[_core.Loss], d: ArrayLike, y: ArrayLike, gradient: Array | None) -> float:
    """The value of the loss among `losses` that takes such a target; its gradient by y goes to `gradient`."""
    y = floats(y, "y")
    if not y.size:
        raise ValueError(f"y is empty: its shape is {y.shape}")
    n = y.shape[-1] if y.ndim else 1
    rows = y.reshape(-1, n)
    d = np.asarray(d)
    loss, target = _matching(losses, d, y, n)
    direct = gradient is not None and gradient.flags.c_contiguous and gradient.flags.aligned
    to = np.empty_like(rows) if gradient is not None and not direct else gradient
    values, divisor = loss.evaluate(rows, target, None, None if to is None else to.reshape(-1, n), threads_for(None))
    if gradient is not None and not direct:
        gradient[...] = to.reshape(y.shape)
    return float(values.sum()) / divisor if divisor else np.nan


def _matching(losses: list[_core.Loss], d: Array, y: Array, n: int) -> tuple[_core.Loss, Array]:
    """The loss that takes the target d of the prediction y, and d as that loss takes it."""
    shapes = []
    for loss in losses:
        columns = loss.target_columns(n)
        if loss.takes_labels:
            shapes.append(f"integer labels {y.shape[:-1]}")
            if d.shape == y.shape[:-1] and d.dtype.kind in "biu" and y.ndim:
                if d.min() < -(1 << 31) or d.max() >= 1 << 31:
                    raise ValueError(f"d has label {d.min() if d.min() < 0 else d.max()}, but y has {n} outputs")
                return loss, np.ascontiguousarray(d.reshape(-1), np.int32)
            continue
        shape = (*y.shape[:-1], columns) if y.ndim else ()
        shapes.append(f"shape {shape}" if columns else "a prediction with an even number of outputs")
        if columns and d.shape == shape:
            return loss, np.ascontiguousarray(floats(d, "d").astype(y.dtype, copy=False).reshape(-1, columns))
    raise ValueError(f"d is {d.dtype} of shape {d.shape}, but {' or '.join(shapes)} was expected")


def _loss(infos: list[_core.LossInfo], gradient: bool) -> Callable[..., Any]:
    info = infos[-1]
    arguments = arguments_of(info)
    column = None if info.column is None else Argument.of(info.column, many=True)
    named = arguments if column is None else (*arguments, column)

    def losses(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], reduction: str) -> list[_core.Loss]:
        given = bind(name, named, args, kwargs)
        one_of(reduction, "reduction", ("mean", "sum"))
        columns = [] if column is None else np.atleast_1d(np.asarray(given[column.name], np.float64)).tolist()
        return [_core.Loss(i.name, numbers(arguments, given), reduction, columns) for i in infos]

    def value(d: ArrayLike, y: ArrayLike, *args: Any, reduction: str = "mean", **kwargs: Any) -> float:
        return loss_on_arrays(losses(value.__name__, args, kwargs, reduction), d, y, None)

    def slope(
        d: ArrayLike, y: ArrayLike, *args: Any, reduction: str = "mean", out: Array | None = None, **kwargs: Any
    ) -> Any:
        all_losses, y = losses(slope.__name__, args, kwargs, reduction), floats(y, "y")
        if out is not None:
            _check_out(out, y.shape, y.dtype)
        direct = out is not None and not (np.may_share_memory(out, y) or np.may_share_memory(out, np.asarray(d)))
        result = out if direct else np.empty_like(y)
        loss_on_arrays(all_losses, d, y, result)
        return out if direct else _result(result, out)

    function = slope if gradient else value
    labels = all(i.labels for i in infos)
    columns = losses("", (), {}, "mean")[-1].target_columns(4)
    target = "array-like of int, y's shape without the last axis\n    Labels." if labels else "array-like of y's shape"
    if columns != 4:
        target = f"array-like of y's shape, but {'half as many' if columns == 2 else 'one more'} columns"
    if not labels:
        target += "\n    Target." if len(infos) == 1 else ", or of int without the last axis\n    Target, or labels."
    mean = "divided by the number of elements" if info.per_element else "divided by the number of samples (rows)"
    formula = f"dLoss/dy, by element {info.gradient}" if gradient else f"loss of a sample: {info.formula}"
    return _named(
        function,
        f"d_{info.function}" if gradient else info.function,
        f"{formula}; {mean}",
        ["d", "y"],
        named,
        {"reduction": "mean", **({"out": None} if gradient else {})},
        [
            "d : " + target,
            "y : array-like of float (..., n)\n    Prediction; for losses of logits the logits.",
            *(a.text for a in named),
            "reduction : 'mean' | 'sum', default 'mean'\n    'sum' leaves out the division.",
            *([OUT] if gradient else []),
        ],
        info.source,
        f"({'[0, 2]' if labels else f'np.full((2, {columns}), 0.25)'}, np.full((2, 4), 0.5))"
        + (".shape\n(2, 4)" if gradient else " is not None\nTrue"),
    )


def _named(
    function: Callable[..., Any],
    name: str,
    formula: str,
    before: list[str],
    arguments: Any,
    after: dict[str, Any],
    entries: list[str],
    source: str,
    example: str,
) -> Callable[..., Any]:
    """The function under its name, with signature and docstring."""
    function.__name__ = function.__qualname__ = name
    function.__signature__ = signature(before, arguments, after)  # type: ignore[attr-defined]
    function.__doc__ = (
        f"{formula}\n{section('Parameters', entries)}\nSource: {source}.\n\nExamples\n--------\n"
        f">>> import numpy as np, pynncore as nn\n>>> nn.functional.{name}{example}\n"
    )
    return function


AXIS = Argument("axis", -1, -np.inf, np.inf, (), "")
AXIS_TEXT = "axis : int, default -1\n    The vectors lie along this axis."
OUT = "out : ndarray or None, default None\n    Where to put the result: of the result's shape and dtype."


def _functions() -> dict[str, Callable[..., Any]]:
    made = [_elementwise(info, derivative) for info in _core.activations() for derivative in (False, True)]
    made += [make(info) for info in _core.row_functions() for make in (_along, _product_along)]
    losses: dict[str, list[_core.LossInfo]] = {}
    for info in _core.losses():
        losses.setdefault(info.function, []).append(info)
    made += [_loss(infos, gradient) for infos in losses.values() for gradient in (False, True)]
    return {function.__name__: function for function in made}


FUNCTIONS = _functions()
globals().update(FUNCTIONS)
__all__ = list(FUNCTIONS)
