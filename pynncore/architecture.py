"""What a network may be made of; layers as text, one a line: `Linear(in_features=784, out_features=128, bias=True)`."""

import re

from .activations import ACTIVATIONS, ROW_FUNCTIONS
from .layers import Linear, Maxout
from .module import Module
from .random_units import RANDOM_UNITS

LAYERS: dict[str, type[Module]] = {"Linear": Linear, "Maxout": Maxout, **ACTIVATIONS, **ROW_FUNCTIONS, **RANDOM_UNITS}

MOST_LAYERS = 2048  # with two parameters each they fit in a file
LINE = re.compile(r"([A-Za-z0-9]{1,40})\(([^()]{0,400})\)")
ARGUMENT = re.compile(r"([a-z_][a-z_0-9]{0,39})=([^,=]{1,60})")
INTEGER = re.compile(r"[0-9]{1,15}")
FLOAT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,25})?(e[+-]?[0-9]{1,3})?")
WORDS = {"True": True, "False": False, "None": None}

Value = int | float | str | bool | None


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
    for part in found[2].split(", ") if found[2] else []:
        argument = ARGUMENT.fullmatch(part)
        if argument is None or argument[1] in arguments:
            raise ValueError(f"{line[:80]!r} is no layer: {part[:80]!r} was not expected")
        arguments[argument[1]] = _value(argument[2])
    try:
        return LAYERS[found[1]](**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{line[:80]!r} is no layer: {error}") from None


def layers_of(text: str) -> list[Module]:
    """The layers of a text with one a line."""
    count = text.count("\n") + 1
    if count > MOST_LAYERS:
        raise ValueError(f"there are {count} layers, but at most {MOST_LAYERS} were expected")
    return [layer_of(line) for line in text.split("\n")]


def _value(text: str) -> Value:
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
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"there are {len(layers)} layers, but a network has at most {MOST_LAYERS}")
    for index, layer in enumerate(layers):
        if type(layer) not in LAYERS.values():
            hint = f"; did you mean {layer.__name__}()?" if isinstance(layer, type) else ""
            raise TypeError(
                f"layer {index} is {layer!r}, but networks are built from the layers of pynncore: Linear, Maxout, "
                f"Dropout and others, and the classes of nn.activations{hint}"
            )
        if any(layer is other for other in layers[:index]):
            raise ValueError(f"the layer at index {index}, {layer!r}, occurs twice; make a second one")
        if layer.owner() is not None:
            raise ValueError(f"the layer at index {index}, {layer!r}, belongs to another network; make a second one")
    return _first_width(layers)


def _first_width(layers: tuple[Module, ...]) -> int | None:
    """The number of inputs, which follows from the first layer that insists on its own, if there is one."""
    known = next((index for index, layer in enumerate(layers) if layer.in_features is not None), None)
    if known is None:
        return None
    first = layers[known].in_features
    assert first is not None
    for layer in reversed(layers[:known]):
        first = layer.in_features_for(first)
    width, source = first, 0
    for index, layer in enumerate(layers):
        if layer.in_features not in (None, width):
            raise ValueError(
                f"{layer.short()} at index {index} expects {layer.in_features} features, "
                f"but gets {width} from index {source}"
            )
        before, width = width, layer.out_features_for(width)
        if layer.in_features is not None or width != before:
            source = index
    return first
