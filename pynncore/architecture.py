"""What a network may be made of; layers as text, one a line: `Linear(in_features=784, out_features=128, bias=True)`."""

import re

from .activations import ACTIVATIONS, ROW_FUNCTIONS
from .blocks import BLOCKS, Block, Concat, Residual, text_of, width_into, width_out_of
from .columns import Flatten, Select
from .embedding import Embedding, OneHot
from .layers import Linear, Maxout
from .module import Module
from .normalization import NORMALIZATIONS
from .random_units import RANDOM_UNITS

LAYERS: dict[str, type[Module]] = {
    "Linear": Linear,
    "Maxout": Maxout,
    "Embedding": Embedding,
    "OneHot": OneHot,
    "Select": Select,
    "Flatten": Flatten,
    **NORMALIZATIONS,
    **ACTIVATIONS,
    **ROW_FUNCTIONS,
    **RANDOM_UNITS,
}

MOST_DEPTH = 64
MOST_LAYERS = 2048  # with two parameters each they fit in a file
LINE = re.compile(r"([A-Za-z0-9]{1,40})\((.{0,1000000})\)")
SEPARATOR = re.compile(r", (?=[a-z_])")  # not those between numbers of a list
ARGUMENT = re.compile(r"([a-z_][a-z_0-9]{0,39})=([^,=()\[\]]{1,60}|\[[0-9, ]*\]|\([0-9]{1,15}, [0-9]{1,15}\))")
INTEGER = re.compile(r"[0-9]{1,15}")
FLOAT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,25})?(e[+-]?[0-9]{1,3})?")
WORDS = {"True": True, "False": False, "None": None}

Number = int | float | str | bool | None
Value = Number | list[Number] | tuple[Number, ...]


def layer_of(line: str) -> Module:
    """The layer that a line describes, without weights.

    Raises
    ------
    ValueError
        The line describes none.
    """
    found = LINE.fullmatch(line)
    if found is None or found[1] not in LAYERS:
        raise ValueError(f"{line[:80]!r} is no layer")
    arguments: dict[str, Value] = {}
    for part in SEPARATOR.split(found[2]) if found[2] else []:
        argument = ARGUMENT.fullmatch(part)
        if argument is None or argument[1] in arguments:
            raise ValueError(f"{line[:80]!r} is no layer: {part[:80]!r} was not expected")
        arguments[argument[1]] = _value(argument[2])
    try:
        return LAYERS[found[1]](**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{line[:80]!r} is no layer: {error}") from None


def layers_of(text: str) -> list[Module]:
    """The layers of a text with one a line, or a block on several.

    A block begins with its name and "(", and ends with ")". In between are the layers of Residual, and the branches of
    Concat, each between "[" and "]".
    """
    lines = text.split("\n")
    if len(lines) > MOST_LAYERS:
        raise ValueError(f"there are {len(lines)} layers, but at most {MOST_LAYERS} were expected")
    layers, rest = _row(lines, 0, None, 0)
    assert rest == len(lines)
    return layers


def _row(lines: list[str], at: int, end: str | None, depth: int) -> tuple[list[Module], int]:
    """The layers from line `at` to the line `end`, or to the end of the text, and the line after it."""
    if depth > MOST_DEPTH:
        raise ValueError(f"the layers are nested more than {MOST_DEPTH} deep")
    layers: list[Module] = []
    while at < len(lines) and lines[at] != end:
        if lines[at] not in ("Residual(", "Concat("):
            layers.append(layer_of(lines[at]))
            at += 1
            continue
        kind, parts, at = lines[at], [], at + 1
        while kind == "Concat(" and at < len(lines) and lines[at] == "[":
            branch, at = _row(lines, at + 1, "]", depth + 1)
            parts.append(branch)
        inner, at = _row(lines, at, ")", depth + 1)
        if inner and kind == "Concat(":
            raise ValueError(f"{inner[0]!r} is in no branch of Concat")
        layers.append(Residual(*inner) if kind == "Residual(" else Concat(*parts))
    if end is not None and at == len(lines):
        raise ValueError(f"a block lacks its {end!r}")
    return layers, at + (end is not None)


def _value(text: str) -> Value:
    if text[0] in "[(":
        numbers = [_number(part) for part in text[1:-1].split(", ")]
        return numbers if text[0] == "[" else tuple(numbers)
    return _number(text)


def _number(text: str) -> Number:
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    if len(text) >= 2 and text[0] == text[-1] == "'" and text[1:-1].isidentifier():
        return text[1:-1]
    raise ValueError(f"{text!r} is no value of an argument")


def check_chain(layers: tuple[Module, ...]) -> int | None:
    """The number of inputs, None if no layer says; raises unless the layers can be a network."""
    if not layers:
        raise ValueError("a network needs at least one layer")
    seen: set[int] = set()
    for index, layer in enumerate(layers):
        _check(layer, str(index), seen)
    if len(text_of(layers)) > MOST_LAYERS:
        raise ValueError(f"there are {len(text_of(layers))} layers, but a network has at most {MOST_LAYERS}")
    width = width_into(layers)
    if width is not None:
        width_out_of(layers, width)
    return width


def _check(layer: Module, name: str, seen: set[int], depth: int = 1) -> None:
    """Refuses what is no layer, and layers that are in a network already."""
    kinds = (*LAYERS.values(), *BLOCKS.values())
    if type(layer) not in kinds and getattr(layer, "in_python", False) is not True:
        hint = f"; did you mean {layer.__name__}()?" if isinstance(layer, type) else ""
        raise TypeError(
            f"layer {name} is {layer!r}, but networks are built from the layers of pynncore: Linear, Maxout, "
            "Dropout and others, the classes of nn.activations, and subclasses of Module with methods forward and "
            f"backward{hint}"
        )
    if id(layer) in seen:
        raise ValueError(f"the layer at index {name}, {layer!r}, occurs twice; make a second one")
    if layer.owner() is not None:
        raise ValueError(f"the layer at index {name}, {layer!r}, belongs to another network; make a second one")
    if isinstance(layer, Flatten) and name != "0":
        raise ValueError(f"the layer at index {name} is Flatten(), which can only be the first one of a network")
    seen.add(id(layer))
    if isinstance(layer, Block):
        if depth > MOST_DEPTH - 2:
            raise ValueError(f"the layers at index {name} are nested more than {MOST_DEPTH - 2} deep")
        for own, child in layer.names():
            _check(child, f"{name}.{own}", seen, depth + 1)
