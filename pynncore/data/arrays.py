"""Reading of .npy and .npz files. Nothing in them is trusted: no pickle, no array larger than its bytes in the file."""

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .table import Table, check_unique, numbered

BLOCK = 8192  # rows looked at together, so that a mapped file is never in memory as a whole
HALVES = ("x_train", "y_train", "x_test", "y_test")


def read_npy(path: Path) -> Table:
    """Read a .npy file: a matrix, whose columns are called column_1, column_2, ..., or a structured array with names.

    The file is mapped, not copied.

    Raises
    ------
    ValueError
        It is not such a file, or its array has another shape or type.
    """
    try:
        array = npy.open_memmap(path, mode="r")
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: {error}") from None
    if array.dtype.names:
        return _from_columns(path, {name: array[name] for name in array.dtype.names})
    numbers = _matrix(path, "the array", array)
    names = numbered(numbers.shape[1])
    return checked(Table(str(path), names, numbers, names))


def read_npz(path: Path) -> Table:
    """Read a .npz file.

    Three forms: arrays `X` (n, k) and, unless only predictions are wanted, `y` (n,); arrays `x_train`, `y_train`,
    `x_test`, `y_test` (upper case or lower), which bring their own test set; or one array (n,) a column, named as it.
    An X of unsigned bytes and three dimensions is images and is flattened.

    Raises
    ------
    ValueError
        It is not such a file, or its arrays do not fit together.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {member.filename.removesuffix(".npy"): _read(archive, member) for member in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path}: {error}") from None
    lower = {name.lower(): array for name, array in arrays.items()}
    if lower.keys() >= set(HALVES):
        test = _from_matrix(path, lower["x_test"], lower["y_test"], None)
        return _from_matrix(path, lower["x_train"], lower["y_train"], test)
    if "X" in arrays and arrays.keys() <= {"X", "y"}:
        return _from_matrix(path, arrays["X"], arrays.get("y"), None)
    return _from_columns(path, arrays)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """One array of an archive, refused before it is allocated if its header promises more than the member holds."""
    with archive.open(member) as file:
        shape, _, dtype = _header(file)
        if dtype.hasobject:
            raise ValueError(f"array {member.filename!r} holds Python objects; numbers or strings were expected")
        if math.prod(shape) * dtype.itemsize > member.file_size:
            raise ValueError(f"array {member.filename!r}: shape {shape} does not fit into its {member.file_size} bytes")
    with archive.open(member) as file:
        array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
        return array


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(file)
    if version == (1, 0):
        return npy.read_array_header_1_0(file)
    if version == (2, 0):
        return npy.read_array_header_2_0(file)
    raise ValueError(f"npy version {version}; 1.0 or 2.0 was expected")


def _from_matrix(path: Path, X: NDArray[Any], y: NDArray[Any] | None, test: Table | None) -> Table:
    images = X.ndim == 3 and X.dtype == np.uint8
    numbers = _matrix(path, "X", X.reshape(len(X), -1) if images and len(X) else X)
    names = numbered(numbers.shape[1], "pixel" if images else "column")
    others = {} if y is None else {"y": _column(path, "y", y, len(numbers))}
    limit = 255.0 if images else None
    return checked(Table(str(path), (*names, *others), numbers, names, others, limit=limit, test=test))


def _from_columns(path: Path, arrays: dict[str, NDArray[Any]]) -> Table:
    if not arrays:
        raise ValueError(f"{path} holds no array")
    n = len(next(iter(arrays.values()))) if next(iter(arrays.values())).ndim else 0
    columns = {name: _column(path, name, array, n) for name, array in arrays.items()}
    numeric = tuple(name for name, values in columns.items() if values.dtype != object)
    others = {name: values for name, values in columns.items() if values.dtype == object}
    numbers = np.stack([columns[name] for name in numeric], axis=1) if numeric else np.empty((n, 0))
    return checked(Table(str(path), tuple(columns), numbers, numeric, others))


def _matrix(path: Path, name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise ValueError(f"{path}: {name} is {array.dtype} of shape {array.shape}; a matrix of numbers was expected")
    return array


def _column(path: Path, name: str, array: NDArray[Any], n: int) -> NDArray[Any]:
    """(n,) numbers as they are, or str objects."""
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if flat.shape != (n,):
        raise ValueError(f"{path}: array {name!r} has shape {array.shape}; ({n},) was expected")
    if flat.dtype.kind == "U":
        return flat.astype(object)
    if flat.dtype.kind not in "biuf":
        raise ValueError(f"{path}: array {name!r} is {array.dtype}; real numbers or strings were expected")
    return flat


def checked(table: Table, first: int = 0) -> Table:
    """The table, which begins at row `first` of its file, if it has rows and its numbers are finite."""
    if not len(table):
        raise ValueError(f"{table.source} has no rows")
    check_unique(table.source, table.names)
    for start in range(0, len(table), BLOCK):
        block = table.numbers[start : start + BLOCK]
        if block.dtype.kind == "f" and not np.isfinite(block).all():
            row, column = np.argwhere(~np.isfinite(block))[0]
            place = table.where(first + start + int(row), table.number_names[column])
            raise ValueError(f"{place}: {block[row, column]} is not finite")
    for name, values in table.others.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"{table.where(first + row, name)}: {values[row]} is not finite")
    return table
