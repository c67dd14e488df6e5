"""Which data a training has: sizes, and checksums of some of the values."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .samples import Data

SAMPLES, VALUES = 256, 1 << 16  # that a checksum looks at, at most


def fingerprint(data: Data | None, name: str) -> dict[str, Any]:
    """What tells data from other data, by names for messages."""
    if data is None:
        return {f"the number of {name} samples": 0}
    arrays = {"X": data.X, "y": data.target, "the sample weights": data.weight}
    return {
        f"the number of {name} samples": len(data),
        f"the number of {name} features": data.X.shape[1],
        **{f"values: {part} of {name}": checksum(array, data.rows) for part, array in arrays.items()},
    }


def checksum(array: Any, rows: NDArray[np.int64] | None = None) -> str:
    """SHA-256 of the values of some rows, spread evenly over all; "": there are none."""
    if array is None:
        return ""
    count = len(array) if rows is None else len(rows)
    columns = max(1, math.prod(array.shape[1:]))
    picked = np.linspace(0, count - 1, max(1, min(count, SAMPLES, VALUES // columns))).astype(np.int64)
    taken = array[picked if rows is None else rows[picked]]
    values = np.ascontiguousarray(taken if isinstance(taken, np.ndarray) else taken.toarray(), np.float64)
    return hashlib.sha256(values.data).hexdigest()
