"""Arguments of the core's definitions: one description that Python signatures, docstrings and checks are made from."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from . import _core
from .validation import flag, one_of, per_output, real_number

Value = float | str | tuple[float, ...] | None
FLAG = ("False", "True")  # the choices of an argument that is a bool


class Argument(NamedTuple):
    """One argument: a number in [low, high], if `many` also a list with one for each output, or one of the choices."""

    name: str
    default: Value
    low: float
    high: float
    choices: tuple[str, ...]
    meaning: str
    many: bool = False

    @classmethod
    def of(cls, parameter: _core.Parameter, many: bool = False) -> "Argument":
        choices = tuple(parameter.choices)
        default: Value = choices[int(parameter.default)] if choices else parameter.default
        if choices == FLAG:
            default = bool(parameter.default)
        return cls(parameter.name, default, parameter.low, parameter.high, choices, parameter.meaning, many)

    def checked(self, value: Any) -> Value:
        """The value, if it is allowed."""
        if self.choices == FLAG:
            return flag(value, self.name)
        if self.choices:
            return one_of(value, self.name, self.choices)
        if self.many:
            return per_output(value, self.name, self.low, self.high)
        return real_number(value, self.name, self.low, self.high)

    def number(self, value: Value) -> float:
        """The value as the kernels take it."""
        if self.choices:
            return float(self.choices.index(str(value)))
        assert isinstance(value, int | float)
        return float(value)

    @property
    def type(self) -> str:
        if self.choices == FLAG:
            return "bool"
        if self.many:
            return "float or list of float"
        return " | ".join(map(repr, self.choices)) if self.choices else "float"

    @property
    def range(self) -> str:
        """The allowed numbers in words, "" for all and for choices."""
        if self.choices or not np.isfinite([self.low, self.high]).any():
            return ""
        low, high = (f"{limit:g}" for limit in (self.low, self.high))
        if np.isinf(self.high):
            return f"at least {low}"
        return f"at most {high}" if np.isinf(self.low) else f"in [{low}, {high}]"

    @property
    def text(self) -> str:
        """Its entry in a docstring."""
        return f"{self.name} : {self.type}, default {self.default!r}\n    " + ", ".join(
            part for part in (self.meaning, self.range) if part
        )


class _HasParameters(Protocol):
    @property
    def parameters(self) -> list[_core.Parameter]: ...


def arguments_of(info: _HasParameters) -> tuple[Argument, ...]:
    return tuple(Argument.of(parameter) for parameter in info.parameters)


def bind(owner: str, arguments: Sequence[Argument], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Value]:
    """Arguments by name, checked, with defaults for those not given."""
    names = [argument.name for argument in arguments]
    takes = ", ".join(f"{argument.name}={argument.default!r}" for argument in arguments) or "no arguments"
    if len(args) > len(names):
        raise TypeError(f"{owner} takes {takes}, but {len(args)} positional arguments were given")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names:
            raise TypeError(f"{owner} has no argument {name!r}; it takes {takes}")
        if name in given:
            raise TypeError(f"{owner} got two values for {name!r}")
        given[name] = value
    values = {a.name: a.checked(given[a.name]) if a.name in given else a.default for a in arguments}
    low, high = values.get("min_val"), values.get("max_val")
    if isinstance(low, float) and isinstance(high, float) and not low < high:
        raise ValueError(f"{owner} has min_val={low!r}, which is not below max_val={high!r}")
    return values


def numbers(arguments: Sequence[Argument], values: Mapping[str, Value]) -> list[float]:
    """Values in the order and form that the kernels take."""
    return [argument.number(values[argument.name]) for argument in arguments]


def signature(
    before: Sequence[str], arguments: Sequence[Argument], after: Mapping[str, Any] | None = None
) -> inspect.Signature:
    """The signature (*before, arguments with their defaults, *, after)."""
    both, keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, both) for name in before]
    parameters += [inspect.Parameter(a.name, both, default=a.default) for a in arguments]
    parameters += [inspect.Parameter(name, keyword, default=value) for name, value in (after or {}).items()]
    return inspect.Signature(parameters)


def section(title: str, entries: Sequence[str]) -> str:
    """A numpydoc section, "" without entries."""
    return "\n".join(["", title, "-" * len(title), *entries, ""]) if entries else ""
