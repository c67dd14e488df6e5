"""Networks as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import html
from .blocks import Block

if TYPE_CHECKING:
    from .module import Module
    from .network import Network

HEAD = ("", "layer", "output", "parameters", "memory", "FLOPs a sample")


def tree(network: Network) -> str:
    """The layers as PyTorch prints them, then the number of parameters."""
    lines = [line for index, layer in enumerate(network) for line in _branch(str(index), layer, "  ")]
    count = network.parameter_count
    return "\n".join(["Sequential(", *lines, f")  # {count:,} parameter{'s' * (count != 1)}, {network.dtype}"])


def _branch(name: str, layer: Module, indent: str) -> list[str]:
    if not isinstance(layer, Block):
        return [f"{indent}({name}): {layer!r}"]
    inner = [line for own, child in layer.names() for line in _branch(own, child, indent + "  ")]
    return [f"{indent}({name}): {type(layer).__name__}(", *inner, f"{indent})"]


def table(network: Network) -> str:
    """Layer, output shape, parameters, memory and multiply-adds of every layer, and their sums."""
    rows = [HEAD, *_rows(network, [type(layer).__name__ for layer in network])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if i < 3 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def html_table(network: Network) -> str:
    """The same for notebooks, with the layers' parameters."""
    caption = f"{type(network).__name__}, {network.dtype}"
    return html.table(caption, HEAD, _rows(network, [repr(layer) for layer in network]))


def _rows(network: Network, layers: list[str]) -> list[tuple[str, ...]]:
    """A row for every layer, and one for their sums."""
    rows: list[tuple[str, ...]] = []
    size = 4 if network.dtype == "float32" else 8
    features, parameters, flops = network.in_features, 0, 0
    for index, (layer, name) in enumerate(zip(network, layers, strict=True)):
        leaves = [leaf for _, leaf in layer.leaves("")]
        count = sum(math.prod(leaf.shape_of(part)) for leaf in leaves for part in leaf.parameter_names)
        features = layer.in_features if features is None else features
        features = None if features is None else layer.out_features_for(features)
        work = 2 * layer.multiply_adds or features or 0
        shape = f"(n, {'?' if features is None else features})"
        rows.append((str(index), name, shape, f"{count:,}", _bytes(count * size), f"{work:,}"))
        parameters, flops = parameters + count, flops + work
    rows.append(("", "total", "", f"{parameters:,}", _bytes(parameters * size), f"{flops:,}"))
    return rows


def _bytes(n: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if n < 1024:
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1024
    return f"{n:.1f} GiB"
