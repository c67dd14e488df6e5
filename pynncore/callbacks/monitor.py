"""What callbacks that watch a number share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..metrics import mode_of


def check_monitored(who: str, name: str, mode: str, known: Sequence[str]) -> str:
    """The mode, "min" or "max".

    Raises
    ------
    ValueError
        The history has no such number, or mode is "auto" and the name does not say what is better.
    """
    if name not in known:
        hint = "; val_... needs validation data" if name.startswith("val_") else ""
        raise ValueError(f"{who} monitors {name!r}, but there are {', '.join(known)}{hint}")
    return mode_of(mode, name, who)


def is_better(value: float, best: float | None, mode: str, min_delta: float = 0.0) -> bool:
    """Whether a value is an improvement in mode "min" or "max"."""
    if best is None:
        return not math.isnan(value)
    return value > best + min_delta if mode == "max" else value < best - min_delta
