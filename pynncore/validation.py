"""Checks of what users pass in: numbers, names and matrices. Messages quote the value and say what was expected.

Arrays that the core can read, whatever their strides, are passed on without a copy: bool, integers of any size,
float16, float32 and float64, in native byte order. longdouble, big-endian and unaligned arrays are converted, which
copies them.
"""

import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import _core
from .mapped import Mapped

T = TypeVar("T")
DTYPES = ("float32", "float64")
MOST = (1 << 63) - 1  # a whole number that the core takes
BLOCK = 1 << 18  # elements looked at together: a block's sum leaves the caches alone


def whole_number(value: object, name: str, least: int, most: int = MOST) -> int:
    """The value as an int in [least, most]; bools and floats are refused."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}, but a whole number was expected")
    if number < least:
        raise ValueError(f"{name} is {number}, but must be at least {least}")
    if number > most:
        raise ValueError(f"{name} is {number}, but must be at most {most}")
    return number


def real_number(
    value: object, name: str, low: float = -np.inf, high: float = np.inf, *, below: float | None = None
) -> float:
    """The value as a finite float in [low, high], and less than `below` if that is given."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or isinstance(value, str | bytes | bool | np.bool_):
        raise TypeError(f"{name} is {value!r}, but a number was expected")
    if not np.isfinite(number) or not low <= number <= high or (below is not None and number >= below):
        raise ValueError(f"{name} is {value!r}, but {_numbers_in(low, high, below)} was expected")
    return number


def per_output(value: object, name: str, low: float, high: float = np.inf) -> float | tuple[float, ...]:
    """A number in [low, high], or one for each output."""
    if np.ndim(value) == 0:  # type: ignore[arg-type]
        return real_number(value, name, low, high)
    numbers = np.asarray(value)
    if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "biuf":
        raise ValueError(f"{name} is {value!r}, but a number or a list of numbers, one an output, was expected")
    return tuple(real_number(number, f"{name}[{i}]", low, high) for i, number in enumerate(numbers.tolist()))


def _numbers_in(low: float, high: float, below: float | None) -> str:
    if below is not None:
        return f"a number in [{low:g}, {below:g})"
    if np.isfinite(high):
        return f"a number in [{low:g}, {high:g}]"
    return "a finite number" if low == -np.inf else f"a finite number of at least {low:g}"


def flag(value: object, name: str) -> bool:
    """The value as a bool, if it is one."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}, but True or False was expected")
    return bool(value)


def one_of(value: object, name: str, choices: Sequence[str]) -> str:
    """The value, if it is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, but must be one of {', '.join(map(repr, choices))}")
    return str(value)


def dtype_name(value: object) -> str:
    """ "float32" or "float64", from anything NumPy takes as a dtype."""
    try:
        name = np.dtype(value).name  # type: ignore[call-overload]
    except TypeError:
        name = None
    if name not in DTYPES:
        raise ValueError(f"dtype is {value!r}, but must be 'float32' or 'float64'")
    return str(name)


def generator_of(rng: Any) -> np.random.Generator:
    """NumPy's generator for a seed, a generator or None."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        expected = "a whole number of at least 0, a numpy.random.Generator or None"
        raise type(error)(f"rng is {rng!r}, but {expected} was expected") from None


def simplified(name: str) -> str:
    """A name without case and separators, so that "CrossEntropyLoss" and "cross_entropy_loss" are the same."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def by_name(kind: str, name: str, table: Mapping[str, Callable[[], T]]) -> T:
    """What a name stands for in a table of makers with readable names."""
    for known, make in table.items():
        if simplified(known) == simplified(name):
            return make()
    raise ValueError(f"{kind} {name!r} is unknown; there are {', '.join(table)}")


def path_of(value: object, name: str = "path") -> str:
    """A file's name as text."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} is {value!r}, but a file name was expected")
    if not os.fspath(value):
        raise ValueError(f"{name} is {value!r}, but a file name was expected")
    return os.fsdecode(value)


def _column_names(data: Any) -> list[str] | None:
    names = getattr(data, "columns", None)
    return None if names is None or isinstance(data, np.ndarray) or callable(names) else [str(name) for name in names]


def _place(index: Iterable[int], columns: Sequence[str] | None) -> str:
    position = [int(i) for i in index]
    if len(position) != 2:
        return f"row {position[0]}"
    column = position[1] if columns is None else f"{position[1]} ({columns[position[1]]!r})"
    return f"row {position[0]}, column {column}"


def _numbers_of_objects(array: NDArray[Any], name: str, columns: Sequence[str] | None) -> NDArray[np.float64]:
    """float64 of an object array whose elements are all numbers, as pandas makes of bools beside floats."""
    numbers = np.empty(array.shape)
    for index, value in np.ndenumerate(array):
        if not isinstance(value, int | float | np.number | np.bool_):
            text = f"{name} holds {value!r} at {_place(index, columns)}, but numbers were expected"
            raise TypeError(text + "; encode text and fill missing values first")
        try:
            numbers[index] = value
        except OverflowError:
            raise ValueError(
                f"{name} holds a number at {_place(index, columns)} that is too large for a float"
            ) from None
    return numbers


def _native(array: NDArray[Any], name: str, columns: Sequence[str] | None) -> NDArray[Any]:
    """The array in a dtype that the core reads; the same object if it already is."""
    if array.dtype == object and array.ndim in (1, 2):
        return _numbers_of_objects(array, name, columns)
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}, but numbers (bool, integers or floats) were expected")
    if kind == "f" and size > 8:
        return array.astype(np.float64)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array if array.flags.aligned else array.copy()


def as_numbers(data: Any, name: str) -> tuple[NDArray[Any], list[str] | None]:
    """Any array-like of real numbers as a NumPy array, and the names of its columns if it has some.

    Raises
    ------
    TypeError
        It holds something else; the message names the column.
    ValueError
        It is ragged or has masked elements.
    """
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        raise TypeError(
            f"{name} is a sparse {type(data).__name__}, but a dense array was expected; use {name}.toarray()"
        )
    if isinstance(data, np.ndarray) and np.any(getattr(data, "mask", False)):
        raise ValueError(f"{name} has masked elements, but finite numbers were expected")
    columns = _column_names(data)
    try:
        array = np.asarray(data)
    except OverflowError as error:
        raise ValueError(f"{name} has a number that is too large: {error}") from None
    except ValueError as error:
        raise ValueError(f"{name} is not a rectangular array of numbers: {error}") from None
    return _native(array, name, columns), columns


def _check_finite(array: NDArray[Any], name: str, columns: Sequence[str] | None, dtype: str | None = None) -> None:
    """Refuses values that are not finite, or would not be in `dtype`.

    Block by block, so that everything is read once: a finite sum proves that all of its terms are finite.
    """
    if array.dtype.kind != "f" or not array.size:
        return
    limit = np.inf if dtype is None or array.dtype.itemsize <= np.dtype(dtype).itemsize else float(np.finfo(dtype).max)
    rows, sums = max(1, BLOCK * len(array) // array.size), np.float32 if array.dtype.itemsize == 2 else array.dtype
    mapped = Mapped(array)
    with np.errstate(all="ignore"):
        for start in range(0, len(array), rows):
            block = array[start : start + rows]
            if not np.isfinite(np.add.reduce(block, axis=None, dtype=sums)):
                _refuse(array, start, ~np.isfinite(block), name, columns, "but finite numbers were expected")
            if limit < np.inf and not -limit <= block.min() <= block.max() <= limit:
                _refuse(array, start, np.abs(block) > limit, name, columns, f"which is too large for {dtype}")
            mapped.read(rows)


def _refuse(
    array: NDArray[Any], start: int, wrong: NDArray[Any], name: str, columns: Sequence[str] | None, why: str
) -> None:
    """Raises for the first wrong value of the block from row `start` on, if there is one: a sum may overflow."""
    found = np.argwhere(wrong)
    if len(found):
        index = found[0] + [start, *[0] * (array.ndim - 1)]
        raise ValueError(f"{name} is {array[tuple(index)]} at {_place(index, columns)}, {why}")


def matrix(
    data: Any, name: str, *, finite: bool = True, dtype: str = "float64", threads: int = 1, flatten: bool = False
) -> NDArray[Any]:
    """Samples as an array (n, features) that the core can read, whose values are finite in `dtype`.

    With `flatten`, samples of more dimensions become rows.

    Raises
    ------
    TypeError
        It does not hold real numbers.
    ValueError
        It has another number of dimensions, no rows or columns, or values that are not finite.
    """
    if finite and _core.is_plain(data, dtype, threads):
        plain: NDArray[Any] = data
        return plain
    array, columns = as_numbers(data, name)
    if flatten and array.ndim > 2:
        rows = array.reshape(len(array), math.prod(array.shape[1:]))
        return matrix(rows, name, finite=finite, dtype=dtype, threads=threads)
    if array.ndim != 2:
        hint = ""
        if array.ndim == 1:
            hint = f"; for a single sample pass {name}.reshape(1, -1), for a single feature {name}.reshape(-1, 1)"
        if array.ndim > 2:
            hint = f"; pass {name}.reshape(len({name}), -1), or begin the network with Flatten()"
        raise ValueError(f"{name} has shape {array.shape}, but two dimensions (samples, features) were expected{hint}")
    if not array.size:
        raise ValueError(f"{name} is empty: its shape is {array.shape}")
    if finite:
        _check_finite(array, name, columns, dtype)
    return array


def values(data: Any, name: str, most: int = 2) -> NDArray[Any]:
    """Targets or weights: a finite array of at most two dimensions, or of `most`, that the core can read."""
    array, columns = as_numbers(data, name)
    if not 1 <= array.ndim <= most:
        expected = "one or two dimensions were" if most == 2 else "at least one dimension was"
        raise ValueError(f"{name} has shape {array.shape}, but {expected} expected")
    if not array.size:
        raise ValueError(f"{name} is empty: its shape is {array.shape}")
    _check_finite(array if array.ndim <= 2 else array.reshape(len(array), -1), name, columns)
    return array


def converted(array: NDArray[Any], dtype: str, name: str) -> NDArray[Any]:
    """A finite array as the core takes weights: contiguous and in `dtype`, where it must still be finite."""
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(array, dtype)
    if not np.isfinite(result).all():
        raise ValueError(f"{name} has {array.flat[np.argmin(np.isfinite(result))]}, which is too large for {dtype}")
    return result


def same_length(X: NDArray[Any], other: NDArray[Any], name: str, of: str = "X") -> None:
    """Refuses targets or weights of another number of samples."""
    if len(X) != len(other):
        raise ValueError(f"{of} has {len(X)} samples, but {name} has {len(other)}")
