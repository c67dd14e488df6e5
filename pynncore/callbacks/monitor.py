"""What callbacks that watch a number share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..metrics import larger_is_better


def check_monitored(who: str, name: str, known: Sequence[str]) -> None:
    """Raises ValueError if the history has no such number."""
    if name not in known:
        hint = "; val_... needs validation data" if name.startswith("val_") else ""
        raise ValueError(f"{who} monitors {name!r}, but there are {', '.join(known)}{hint}")


def is_better(value: float, best: float | None, name: str, mode: str, min_delta: float = 0.0) -> bool:
    """Whether a value is an improvement; mode "auto" knows the library's metrics."""
    if best is None:
        return not math.isnan(value)
    larger = mode == "max" or (mode == "auto" and larger_is_better(name))
    return value > best + min_delta if larger else value < best - min_delta
