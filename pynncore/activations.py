"""Activation functions as layers: one class for each definition of the core, which says name, formula and arguments.

The classes are made here when pynncore is imported; `activations.pyi`, written by tools/make_stubs.py, lists them for
editors and type checkers.
"""

from typing import Any, ClassVar

from . import _core
from .definitions import Argument, Value, arguments_of, bind, numbers, section, signature
from .learned import LEARNED
from .module import Module


class Activation(Module):
    """A function of each element, u -> z = f(u)."""

    elementwise = True

    info: ClassVar[_core.ActivationInfo]
    definition: ClassVar[tuple[Argument, ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._values = bind(type(self).__name__, self.definition, args, kwargs)

    def arguments(self) -> dict[str, Any]:
        return dict(self._values)

    def make_op(self, dtype: str) -> _core.Op:
        return _core.activation(self.info.name, numbers(self.definition, self._values), dtype)


class FlatActivation(Activation):
    """An activation whose derivative is 0 everywhere: it can be trained through only with another's derivative."""

    def __init__(self, *args: Any, surrogate: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {info.function: info.name for info in _core.activations() if info.derivative != "0"}
        if surrogate is not None and surrogate not in names:
            raise ValueError(f"surrogate is {surrogate!r}, but must be one of {', '.join(names)}")
        self.surrogate = surrogate
        self._derivative_of = None if surrogate is None else names[surrogate]

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "surrogate": self.surrogate}

    def make_op(self, dtype: str) -> _core.Op:
        values = numbers(self.definition, self._values)
        return _core.activation(self.info.name, values, dtype, self._derivative_of)

    def check_trainable(self, index: int) -> None:
        if self.surrogate is None:
            raise ValueError(
                f"the derivative of {self!r} at index {index} is 0 everywhere, so nothing before it would learn; "
                "name a smooth derivative to train with, for example surrogate='sigmoid'"
            )


class RowFunction(Module):
    """A function of each row, one sample's vector."""

    info: ClassVar[_core.RowFunctionInfo]

    def make_op(self, dtype: str) -> _core.Op:
        return _core.row_function(self.info.name, dtype)

    def out_features_for(self, in_features: int) -> int:
        outputs = self.info.outputs(in_features)
        if not outputs:
            raise ValueError(f"{self!r} halves its features, but gets {in_features}")
        return outputs

    def in_features_for(self, out_features: int) -> int:
        return out_features if self.info.outputs(out_features) == out_features else 2 * out_features


def _doc(info: _core.ActivationInfo, arguments: list[str]) -> str:
    return f"""f(u) = {info.formula}

f'(u) = {info.derivative}
{section("Parameters", arguments)}
Source: {info.source}.

Examples
--------
>>> import numpy as np, pynncore as nn
>>> nn.{info.name}().forward(np.zeros((2, 3))).shape
(2, 3)
"""


def _row_doc(info: _core.RowFunctionInfo) -> str:
    return f"""z_i = {info.formula}

dLoss/du = {info.derivative}, where g = dLoss/dz.

Source: {info.source}.

Examples
--------
>>> import numpy as np, pynncore as nn
>>> nn.{info.name}().forward(np.zeros((2, 4))).shape
(2, {info.outputs(4)})
"""


def _reader(argument: Argument) -> property:
    def get(self: Activation) -> Value:
        return self._values[argument.name]

    return property(get, doc=argument.meaning)


SURROGATE = "surrogate : str or None, default None\n    activation in nn.functional whose derivative training uses"


def _activation(info: _core.ActivationInfo) -> type[Activation]:
    arguments, flat = arguments_of(info), info.derivative == "0"
    body: dict[str, Any] = {argument.name: _reader(argument) for argument in arguments}
    body |= {"info": info, "definition": arguments, "gain": info.gain, "__module__": __name__}
    body["__doc__"] = _doc(info, [argument.text for argument in arguments] + [SURROGATE] * flat)
    body["__signature__"] = signature([], arguments, {"surrogate": None} if flat else None)
    return type(info.name, (FlatActivation if flat else Activation,), body)


def _row_function(info: _core.RowFunctionInfo) -> type[RowFunction]:
    return type(info.name, (RowFunction,), {"info": info, "__module__": __name__, "__doc__": _row_doc(info)})


ACTIVATIONS: dict[str, type[Module]] = {
    info.name: LEARNED.get(info.name) or _activation(info) for info in _core.activations()
}
ROW_FUNCTIONS = {info.name: _row_function(info) for info in _core.row_functions()}
globals().update(ACTIVATIONS, **ROW_FUNCTIONS)
__all__ = [*ACTIVATIONS, *ROW_FUNCTIONS]
