"""Sparse inputs: matrices and arrays of scipy.sparse, as rows that the core multiplies without their zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core

MOST_COLUMNS = (1 << 31) - 1


def is_sparse(data: object) -> bool:
    """Whether the data is of scipy.sparse, which need not be imported for that."""
    return hasattr(data, "tocsr") and hasattr(data, "nnz")


def sparse_rows(data: Any, name: str, dtype: str, scale: NDArray[Any] | None) -> _core.Sparse:
    """Samples of scipy.sparse (n, features) as the core reads them: CSR, every column times its scale.

    Values that are in `dtype` already and need no scale are not copied, nor is anything made dense.

    Raises
    ------
    TypeError
        The values are not real numbers.
    ValueError
        It has another number of dimensions, no rows or columns, or values that are not finite in `dtype`.
    """
    if data.ndim != 2:
        raise ValueError(f"{name} has shape {data.shape}, but two dimensions (samples, features) were expected")
    if not data.shape[0] or not data.shape[1]:
        raise ValueError(f"{name} is empty: its shape is {data.shape}")
    if data.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {data.dtype}, but numbers (bool, integers or floats) were expected")
    if data.shape[1] > MOST_COLUMNS:
        raise ValueError(f"{name} has {data.shape[1]} features, but sparse rows have at most {MOST_COLUMNS}")
    csr = data.tocsr()
    if not csr.has_canonical_format:  # columns in any order, or some of them twice
        csr = csr.copy()
        csr.sum_duplicates()
    count = int(csr.indptr[-1])
    indptr = np.ascontiguousarray(csr.indptr, np.int64)
    indices = np.ascontiguousarray(csr.indices[:count], np.int32)
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(csr.data[:count], dtype)
        if scale is not None:
            values = values * scale[indices]
    finite = np.isfinite(values)
    if not finite.all():
        first = int(np.argmin(finite))
        row = int(np.searchsorted(indptr, first, side="right")) - 1
        raise ValueError(
            f"{name} is {csr.data[first]} at row {row}, column {indices[first]}, but finite {dtype} was expected"
        )
    return _core.Sparse(values, indices, indptr, data.shape[1])
