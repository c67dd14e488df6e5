"""Tables and small curves for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT = 120, 24  # of a small curve, in pixels


class Markup(str):
    """Text that is HTML already."""


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; text that is no `Markup` is escaped."""
    lines = ["<table>", f"<caption>{escape(caption)}</caption>", _row("th", head)]
    return "\n".join([*lines, *(_row("td", row) for row in rows), "</table>"])


def curve(values: Sequence[float]) -> Markup:
    """The values from left to right, as an SVG image without axes; what is not finite is left out."""
    chosen = np.linspace(0, len(values) - 1, min(len(values), WIDTH)).round().astype(int)
    y = np.asarray(values, dtype=np.float64)[chosen]
    finite = np.isfinite(y)
    x, y = np.linspace(1, WIDTH - 1, len(y))[finite], y[finite]
    flat = not len(y) or y.min() == y.max()
    heights = np.full(len(y), HEIGHT / 2) if flat else np.interp(y, [y.min(), y.max()], [HEIGHT - 1, 1])
    points = " ".join(f"{i:.1f},{j:.1f}" for i, j in zip(x, heights, strict=True))
    line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-linecap="round"/>'
    return Markup(f'<svg width="{WIDTH}" height="{HEIGHT}">{line}</svg>')


def _row(tag: str, cells: Sequence[str]) -> str:
    texts = (cell if isinstance(cell, Markup) else escape(cell) for cell in cells)
    inside = "".join(f'<{tag} style="text-align: left">{text}</{tag}>' for text in texts)
    return f"<tr>{inside}</tr>"
