"""Writes pynncore/activations.pyi and pynncore/functional.pyi from the installed core's catalogue of definitions.

python tools/make_stubs.py            write the files
python tools/make_stubs.py --check    exit status 1 if they are not current
"""

import sys
from pathlib import Path

from pynncore import _core
from pynncore.definitions import FLAG, Argument, arguments_of

PACKAGE = Path(__file__).resolve().parent.parent / "pynncore"
WIDTH = 120

ACTIVATIONS_HEAD = """\
# Written by tools/make_stubs.py from the core's definitions.
from typing import ClassVar, Literal

from . import _core
from .learned import ACON as ACON
from .learned import PReLU as PReLU
from .learned import Swish as Swish
from .module import Module

class Activation(Module):
    info: ClassVar[_core.ActivationInfo]

class FlatActivation(Activation):
    @property
    def surrogate(self) -> str | None: ...

class RowFunction(Module):
    info: ClassVar[_core.RowFunctionInfo]

ACTIVATIONS: dict[str, type[Module]]
ROW_FUNCTIONS: dict[str, type[RowFunction]]

"""

FUNCTIONAL_HEAD = """\
# Written by tools/make_stubs.py from the core's definitions.
from collections.abc import Callable
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

from . import _core

FUNCTIONS: dict[str, Callable[..., Any]]

def floats(u: ArrayLike, name: str) -> NDArray[Any]: ...
def loss_on_arrays(losses: list[_core.Loss], d: ArrayLike, y: ArrayLike, gradient: NDArray[Any] | None) -> float: ...
"""


def parameter(argument: Argument) -> str:
    if argument.choices == FLAG:
        return f"{argument.name}: bool = {argument.default}"
    if argument.many:
        return f"{argument.name}: float | ArrayLike = {argument.default!r}"
    if argument.choices:
        return (
            f"{argument.name}: Literal[{', '.join(quoted(c) for c in argument.choices)}] = {quoted(argument.default)}"
        )
    return f"{argument.name}: float = {argument.default!r}"


def quoted(text: object) -> str:
    return f'"{text}"'


def definition(name: str, parameters: list[str], result: str, indent: str = "") -> str:
    """A function's signature, with one parameter a line if it is long."""
    line = f"{indent}def {name}({', '.join(parameters)}) -> {result}: ..."
    if len(line) <= WIDTH:
        return line + "\n"
    rows = "".join(f"{indent}    {part},\n" for part in parameters)
    return f"{indent}def {name}(\n{rows}{indent}) -> {result}: ...\n"


def activation_class(info: _core.ActivationInfo) -> str:
    arguments, flat = arguments_of(info), info.derivative == "0"
    parameters = ["self", *map(parameter, arguments)] + ["*", "surrogate: str | None = None"] * flat
    text = f"class {info.name}({'FlatActivation' if flat else 'Activation'}):\n"
    text += definition("__init__", parameters, "None", "    ")
    for argument in arguments:
        text += f"    @property\n    def {argument.name}(self) -> {'str' if argument.choices else 'float'}: ...\n"
    return text + "\n"


def listing(names: list[str]) -> str:
    return (
        "__all__ = [  # noqa: RUF022 (in the catalogue's order)\n"
        + "".join(f"    {quoted(name)},\n" for name in names)
        + "]\n"
    )


def activations() -> str:
    names = [info.name for info in (*_core.activations(), *_core.row_functions())]
    rows = "".join(
        f"class {info.name}(RowFunction):\n    def __init__(self) -> None: ...\n\n" for info in _core.row_functions()
    )
    learned = [info.name for info in _core.learned_activations()]
    classes = [activation_class(info) for info in _core.activations() if info.name not in learned]
    return ACTIVATIONS_HEAD + "".join(classes) + rows + listing(names)


def functional() -> str:
    text, names = FUNCTIONAL_HEAD, []
    out = ["*", "out: NDArray[Any] | None = None"]
    u, g, axis = "u: ArrayLike", "g: ArrayLike", "axis: int = -1"

    def add(name: str, parameters: list[str], result: str = "Any") -> None:
        nonlocal text
        names.append(name)
        text += definition(name, parameters, result)

    for info in _core.activations():
        for name in (info.function, f"d_{info.function}"):
            add(name, [u, *map(parameter, arguments_of(info)), *out])
    for row in _core.row_functions():
        add(row.function, [u, axis, *out])
        add(f"d_{row.function}", [u, g, axis, *out])
    for loss in {info.function: info for info in _core.losses()}.values():
        column = [] if loss.column is None else [Argument.of(loss.column, many=True)]
        parameters = ["d: ArrayLike", "y: ArrayLike", *map(parameter, (*arguments_of(loss), *column)), "*"]
        parameters.append('reduction: Literal["mean", "sum"] = "mean"')
        add(loss.function, parameters, "float")
        add(f"d_{loss.function}", [*parameters, out[1]], "NDArray[Any]")
    return text + "\n" + listing(names)


def main(arguments: list[str]) -> int:
    stubs = {"activations.pyi": activations(), "functional.pyi": functional()}
    if "--check" not in arguments:
        for name, text in stubs.items():
            (PACKAGE / name).write_text(text, encoding="utf-8")
        return 0
    old = [name for name, text in stubs.items() if (PACKAGE / name).read_text(encoding="utf-8") != text]
    for name in old:
        print(f"pynncore/{name} is not current; run python tools/make_stubs.py", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
