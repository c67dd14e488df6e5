"""Writes docs/functions/: a page and a graph for every activation and loss, from the installed core's definitions.

python tools/make_docs.py            write the files
python tools/make_docs.py --check    exit status 1 if they are not current
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import pynncore as nn
from pynncore import _core
from pynncore.definitions import Argument, arguments_of

sys.path.insert(0, str(Path(__file__).resolve().parent))

from function_notes import ACTIVATIONS, ELSEWHERE, LOSSES, Note

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "functions"
Curve = tuple[str, np.ndarray]

WIDTH, HEIGHT, MARGIN = 420, 280, 34
COLOURS = ("#1f6fb4", "#d1602b")


def graph(x: np.ndarray, curves: list[Curve], label: str) -> str:
    """An SVG of curves over x, within [-2.2, 4.2] at most."""
    values = np.concatenate([curve for _, curve in curves])
    low, high = max(-2.2, float(values.min()) - 0.2), min(4.2, float(values.max()) + 0.2)
    high = max(high, low + 0.5)

    def at_x(value: Any) -> Any:
        return MARGIN + (value - x[0]) / (x[-1] - x[0]) * (WIDTH - 2 * MARGIN)

    def at_y(value: Any) -> Any:
        return HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for value in range(int(np.ceil(x[0])), int(np.floor(x[-1])) + 1, 2):
        parts.append(f'<path d="M{at_x(value):.1f} {MARGIN}V{HEIGHT - MARGIN}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{at_x(value):.1f}" y="{HEIGHT - MARGIN + 16}" text-anchor="middle">{value}</text>')
    for value in range(int(np.ceil(low)), int(np.floor(high)) + 1):
        parts.append(f'<path d="M{MARGIN} {at_y(value):.1f}H{WIDTH - MARGIN}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{MARGIN - 6}" y="{at_y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    for colour, (name, curve) in zip(COLOURS, curves, strict=False):
        for run in runs(curve, low, high):
            points = " ".join(f"{at_x(x[i]):.1f},{at_y(curve[i]):.1f}" for i in run)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        row = MARGIN - 18 + 14 * [n for n, _ in curves].index(name)
        parts.append(f'<text x="{WIDTH - MARGIN}" y="{row}" text-anchor="end" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 4}" text-anchor="end">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])


def runs(curve: np.ndarray, low: float, high: float) -> Iterator[list[int]]:
    """Indices of neighbouring points within [low, high], cut where the curve jumps."""
    run: list[int] = []
    for i, value in enumerate(curve):
        if run and abs(value - curve[i - 1]) > 0.3:
            yield run
            run = []
        if low <= value <= high:
            run.append(i)
        elif run:
            yield run
            run = []
    if run:
        yield run


def cell(text: str) -> str:
    """Text in a table, where a bar would begin the next cell."""
    return text.replace("|", "\\|")


def table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {cell(text)} |" for name, text in rows if text)])


def parameters(arguments: tuple[Argument, ...]) -> str:
    return "; ".join(
        f"`{a.name}` = {a.default!r}: {', '.join(part for part in (a.meaning, a.range) if part)}" for a in arguments
    )


def accuracy(ulp: float, absolute: float) -> str:
    exact = "correctly rounded" if ulp <= 0.5 else f"at most {ulp:g} ULP"
    return "exact" if ulp == 0 else exact + (f", or {absolute:g} next to zeros" if absolute else "")


def page(title: str, function: str, rows: list[tuple[str, str]], note: Note, example: str) -> str:
    names = [("PyTorch", f"`{note.torch}`" * bool(note.torch)), ("Keras", f"`{note.keras}`" * bool(note.keras))]
    return "\n".join(
        [
            f"# {title}",
            "",
            *([note.use, ""] if note.use else []),
            f"![{title} and its derivative]({function}.svg)",
            "",
            table([*rows, *names]),
            "",
            "```python",
            example,
            "```",
            "",
        ]
    )


def elementwise(info: _core.ActivationInfo) -> dict[str, str]:
    u = np.linspace(-4, 4, 201)
    f, df = (getattr(nn.functional, name) for name in (info.function, f"d_{info.function}"))
    note, arguments = ACTIVATIONS.get(info.name, Note()), arguments_of(info)
    rows = [
        ("f(u)", f"`{info.formula}`"),
        ("f'(u)", f"`{info.derivative}`"),
        ("range", note.range),
        ("parameters", parameters(arguments)),
        ("f in float32", accuracy(info.ulp_f, info.abs_f)),
        ("f' in float32", accuracy(info.ulp_df, info.abs_df)),
        ("initial weights before it", f"normal, standard deviation {info.gain:.4g} / sqrt(inputs)"),
        ("ONNX", f"`{info.onnx}`" * bool(info.onnx)),
        ("source", info.source),
    ]
    example = f"nn.{info.name}()  # as a layer\nnn.functional.{info.function}(u)\n"
    example += f"nn.functional.d_{info.function}(u)"
    return {
        f"{info.function}.md": page(info.name, info.function, rows, note, example),
        f"{info.function}.svg": graph(u, [("f(u)", f(u)), ("f'(u)", df(u))], "u"),
    }


def of_rows(info: _core.RowFunctionInfo) -> dict[str, str]:
    """The graph: the first output and its slope, as the first input changes, all others being 0 (gates: 1)."""
    t = np.linspace(-4, 4, 201)
    halves = info.outputs(4) == 2
    u = np.zeros((len(t), 2)) if not halves else np.stack([np.ones_like(t), t], axis=1)
    u[:, 1 if halves else 0] = t
    f, df = (getattr(nn.functional, name) for name in (info.function, f"d_{info.function}"))
    z = f(u)
    g = np.zeros_like(z)
    g[:, 0] = 1
    slope = df(u, g)[:, 1 if halves else 0]
    note = ACTIVATIONS.get(info.name, Note())
    rows = [
        ("z_i", f"`{info.formula}`"),
        ("dLoss/du", f"`{info.derivative}`, g = dLoss/dz"),
        ("range", note.range),
        ("outputs", "half as many as inputs" if halves else ""),
        ("ONNX", f"`{info.onnx}`" * bool(info.onnx)),
        ("source", info.source),
    ]
    example = f"nn.{info.name}()\nnn.functional.{info.function}(u, axis=-1)\n"
    example += f"nn.functional.d_{info.function}(u, g, axis=-1)"
    label = "b, for a = 1" if halves else "u_1, for u_2 = 0"
    return {
        f"{info.function}.md": page(info.name, info.function, rows, note, example),
        f"{info.function}.svg": graph(t, [("z_1", z[:, 0]), ("its slope", slope)], label),
    }


def random_unit(info: _core.RandomUnitInfo) -> dict[str, str]:
    t = np.linspace(-4, 4, 201)
    layer = getattr(nn, info.name)()
    z = layer.forward(t[:, np.newaxis].astype(np.float32))[:, 0]
    slope = layer.backward(np.ones((len(t), 1), np.float32))[:, 0]
    note, name = ACTIVATIONS.get(info.name, Note()), info.name.lower()
    rows = [
        ("in training", f"`{info.training}`"),
        ("in evaluation", f"`{info.evaluation}`"),
        ("parameters", parameters(tuple(Argument.of(parameter) for parameter in info.parameters))),
        ("source", info.source),
    ]
    curves = [("in evaluation", z.astype(np.float64)), ("its slope", slope.astype(np.float64))]
    return {
        f"{name}.md": page(info.name, name, rows, note, f"nn.{info.name}()"),
        f"{name}.svg": graph(t, curves, "u"),
    }


# A target of two outputs, or one label, for the graph of a loss.
TARGETS: dict[str, Any] = {"CosineEmbeddingLoss": [1.0, 0.0, 1.0], "GaussianNLLLoss": [0.0]}
OF_PROBABILITIES = ("BCELoss", "TverskyLoss", "DiceLoss")


def loss(kind: type[nn.Loss]) -> dict[str, str]:
    """The graph: one sample's loss and its slope, as the first of two outputs changes and the other is 0."""
    made = kind()
    name = made.names[1] or made.names[0]
    info = {info.name: info for info in _core.losses()}[str(name)]
    t = np.linspace(0.01, 0.99, 201) if kind.__name__ in OF_PROBABILITIES else np.linspace(-4, 4, 201)
    target = TARGETS.get(kind.__name__, [1.0, -1.0] if kind.signs else [1.0, 0.0])
    if info.labels:
        target = 0
    values, slopes = [], []
    one = kind(reduction="sum")
    for value in t:
        y = np.array([[value, 0.5 if kind.__name__ in OF_PROBABILITIES else 0.0]])
        values.append(one(y, np.array([target])))
        slopes.append(one.gradient(y, np.array([target]))[0, 0])
    rest = 0.5 if kind.__name__ in OF_PROBABILITIES else 0
    note, file = LOSSES[kind.__name__], kind.__name__
    rows = [
        ("of a sample", f"`{info.formula}`"),
        ("gradient", f"`{info.gradient}`"),
        ("mean", "over all elements of the target" if info.per_element else "over the samples"),
        ("range", note.range),
        ("in `nn.functional`", f"`{info.function}(d, y)`, `d_{info.function}(d, y)`"),
        ("source", info.source),
    ]
    label = f"first output, the second being {rest}; target {target}"
    summary = (kind.__doc__ or "").strip().splitlines()[0]
    example = f'network.fit(X, y, loss=nn.{kind.__name__}(), optimizer="adam")'
    if kind.surrogates:
        example = f"network.evaluate(X, y, loss=nn.{kind.__name__}())"
    text = page(kind.__name__, file, [("", summary), *rows], note, example)
    return {
        f"{file}.md": text,
        f"{file}.svg": graph(t, [("loss", np.array(values)), ("gradient", np.array(slopes))], label),
    }


def index(pages: list[tuple[str, str, str, str, Note]]) -> str:
    """The table of all, with the names of other libraries."""
    head = """# Functions

Every activation and loss, from the definitions that the kernels are made from (`tools/make_docs.py` writes these
pages). The measured errors of the elementwise ones are in [accuracy.md](../accuracy.md).

| pynncore | | PyTorch | Keras 3 | ONNX |
| --- | --- | --- | --- | --- |
"""
    rows = [
        f"| [{name}]({file}.md) | `{cell(formula)}` | {note.torch} | {note.keras} | {onnx} |"
        for name, file, formula, onnx, note in pages
    ]
    missing = "; ".join(f"{name} ({why})" for name, why in ELSEWHERE.items())
    tail = (
        "\n\nOf Keras 3's activations, and of ONNX's elementwise ones, none is missing; ONNX's losses are "
        "`SoftmaxCrossEntropyLoss` (CrossEntropyLoss) and `NegativeLogLikelihoodLoss` (NLLLoss), its `Clip` is "
        "Hardtanh, its `ThresholdedRelu` Threshold. Losses of Keras 3 that are not of rows of numbers or classes, and "
        "so not here: "
        f"{missing}.\n"
    )
    return head + "\n".join(rows) + tail


def files() -> dict[str, str]:
    """All pages and graphs."""
    made: dict[str, str] = {}
    pages = []
    makers: list[tuple[list[Any], Callable[[Any], dict[str, str]]]] = [
        (list(_core.activations()), elementwise),
        (list(_core.random_units()), random_unit),
        (list(_core.row_functions()), of_rows),
    ]
    for infos, make in makers:
        for info in infos:
            made |= make(info)
            function = getattr(info, "function", info.name.lower())
            formula = getattr(info, "formula", getattr(info, "training", ""))
            pages.append((info.name, function, formula, getattr(info, "onnx", ""), ACTIVATIONS.get(info.name, Note())))
    infos_of_losses = {info.name: info for info in _core.losses()}
    onnx = {"CrossEntropyLoss": "SoftmaxCrossEntropyLoss", "NLLLoss": "NegativeLogLikelihoodLoss"}
    for kind in nn.losses.LOSSES:
        made |= loss(kind)
        names = kind().names
        info = infos_of_losses[str(names[1] or names[0])]
        pages.append((kind.__name__, kind.__name__, info.formula, onnx.get(kind.__name__, ""), LOSSES[kind.__name__]))
    return {"README.md": index(pages), **made}


def main(arguments: list[str]) -> int:
    made = files()
    if "--check" not in arguments:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in FOLDER.iterdir():
            if old.name not in made:
                old.unlink()
        for name, text in made.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        return 0
    # Graphs may differ in the last digit of a coordinate between machines; pages may not.
    old_pages = [
        name
        for name, text in made.items()
        if not (FOLDER / name).exists()
        or (name.endswith(".md") and (FOLDER / name).read_text(encoding="utf-8") != text)
    ]
    for name in old_pages:
        print(f"docs/functions/{name} is not current; run python tools/make_docs.py", file=sys.stderr)
    return 1 if old_pages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
