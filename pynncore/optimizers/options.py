"""What every optimizer can do beside its rule: clipping, penalties, averages, accumulation, groups of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ..validation import real_number, whole_number

MOST_BATCHES = 1 << 20  # of a step


class Options(TypedDict, total=False):
    """The keyword arguments of every optimizer; `Optimizer` says what they do."""

    l1: float
    clip_value: float | None
    clip_norm: float | None
    max_norm: float | None
    average: float | None
    accumulate: int
    groups: Mapping[str, Mapping[str, Any]]


def checked(options: Options) -> dict[str, Any]:
    """The options that differ from their defaults."""
    given: dict[str, Any] = dict(options)
    unknown = given.keys() - Options.__annotations__.keys()
    if unknown:
        raise TypeError(f"an optimizer has no argument {sorted(unknown)[0]!r}")
    chosen: dict[str, Any] = {"l1": real_number(given.pop("l1", 0.0), "l1", 0)}
    for name in ("clip_value", "clip_norm", "max_norm", "average"):
        if given.get(name) is None:
            continue
        chosen[name] = real_number(given[name], name, 0, below=1 if name == "average" else None)
        if chosen[name] == 0:
            raise ValueError(f"{name} is 0, but a number above 0 or None was expected")
    chosen["accumulate"] = whole_number(given.get("accumulate", 1), "accumulate", 1, MOST_BATCHES)
    chosen["groups"] = _checked_groups(given.get("groups", {}))
    defaults = {"l1": 0.0, "accumulate": 1, "groups": {}}
    return {name: value for name, value in chosen.items() if defaults.get(name) != value}


def _checked_groups(groups: object) -> dict[str, dict[str, Any]]:
    if not isinstance(groups, Mapping) or any(
        not isinstance(pattern, str) or not isinstance(own, Mapping) for pattern, own in groups.items()
    ):
        raise TypeError(f"groups is {groups!r}, but a dict from patterns to dicts of arguments was expected")
    return {pattern: dict(own) for pattern, own in groups.items()}
