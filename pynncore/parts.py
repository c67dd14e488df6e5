"""Layers, losses and optimizers written in Python: their parameters, and checks of what their methods return."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .validation import values

MOST_DIMENSIONS = 32  # NumPy's limit of old


class Parameter(np.ndarray[Any, Any]):
    """An array that optimizers shall change: an attribute of a layer written in Python; see `Module`.

    The attribute is a plain array of the same values, and in a network a view of the network's own memory, in its
    dtype. Assignment copies in; another shape raises ValueError.

    Parameters
    ----------
    value : array-like
        The initial values, finite numbers in at least one dimension.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x * self.factor
    ...
    ...     def backward(self, grad):
    ...         self.grads["factor"] = [(grad * self.x).sum()]
    ...         return grad * self.factor
    >>> nn.Sequential(Scale()).predict([[3.0, 4.0]])
    array([[6., 8.]], dtype=float32)
    """

    def __new__(cls, value: ArrayLike) -> Parameter:
        array = values(value, "a parameter", MOST_DIMENSIONS)
        return np.array(array, array.dtype if array.dtype.kind == "f" else np.float64).view(cls)


def returned(value: Any, what: str, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """What a user's method gave, as the engine reads it; `what` begins the message of an error.

    Raises
    ------
    TypeError
        It is no array of real numbers.
    ValueError
        It has another shape.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        kind = type(value).__name__ if array.dtype.kind == "O" else f"an array of {array.dtype}"
        raise TypeError(f"{what} {kind}, but an array of real numbers was expected")
    if array.shape != shape:
        raise ValueError(f"{what} an array of shape {array.shape}, but {shape} was expected")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype)
