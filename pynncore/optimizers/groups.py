"""Groups: parameters with settings of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..network import Network

FROZEN = -1  # the group of parameters that are never updated
Arguments = Mapping[str, Any]


def groups_of(
    network: Network, groups: Mapping[str, Arguments], numbers: Callable[[Arguments], list[float]]
) -> tuple[list[list[float]], list[list[int]]]:
    """The core's numbers of each group, and for each layer with parameters the group of each of them.

    Group 0 is that of the optimizer's own settings, and not among the numbers; `numbers` makes them of arguments.

    Raises
    ------
    ValueError
        A pattern fits no parameter.
    """
    configurations: list[list[float]] = []
    known: dict[str, int] = {}

    def group_for(arguments: Arguments) -> int:
        if not arguments:
            return 0
        if arguments.get("lr") == 0:
            return FROZEN
        key = repr(sorted(arguments.items(), key=lambda item: item[0]))
        if key not in known:
            configurations.append(numbers(arguments))
            known[key] = len(configurations)
        return known[key]

    members = [[group_for(arguments) for arguments in parameters] for parameters in _settings(network, groups)]
    return configurations, members


def _settings(network: Network, groups: Mapping[str, Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """For each layer with parameters, the arguments of each of them that differ from the optimizer's."""
    names = [f"{layer}.{parameter}" for layer, _, parameter in network.parameters()]
    for pattern in groups:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"groups has {pattern!r}, which fits none of {', '.join(names)}")
    found: dict[str, list[dict[str, Any]]] = {}
    for layer, _, parameter in network.parameters():
        own: dict[str, Any] = {}
        for pattern, arguments in groups.items():
            if fnmatchcase(f"{layer}.{parameter}", pattern):
                own |= arguments
        found.setdefault(layer, []).append(own)
    return list(found.values())
