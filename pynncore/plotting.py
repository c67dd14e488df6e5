"""Pictures of training, with matplotlib, which the extra `plot` installs.

Matplotlib's global state (its back end, its list of figures) is neither read nor changed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .io import replacing
from .validation import path_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(what: str, width: float, height: float) -> Figure:
    """An empty figure, in inches, for what the error says if matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(f"{what} needs matplotlib: pip install 'pynncore[plot]'") from None

    class Picture(Figure):
        def _repr_png_(self) -> bytes:  # notebooks show a plain Figure only after pyplot was imported
            file = io.BytesIO()
            self.savefig(file, format="png", dpi=100)
            return file.getvalue()

    figure = Picture(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a PNG file, which appears complete or not at all."""
    with replacing(path_of(path)) as file:
        figure.savefig(file, format="png", dpi=150)


def curves(history: Mapping[str, Sequence[float]], *, title: str = "", validation: str = "validation") -> Figure:
    """The numbers of every epoch: the loss, and beside it each metric; parameters as for `learning_curve`."""
    if not history.get("loss"):
        raise ValueError("the history has no epochs, but at least one was expected")
    names = [name for name in history if not name.startswith("val_") and name not in ("lr", "seconds")]
    figure = new_figure("a learning curve", 5.0 * len(names), 3.6)
    figure.suptitle(title)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for key, label in ((name, "training"), (f"val_{name}", validation)):
            if key in history:
                epochs = range(1, len(history[key]) + 1)
                axes.plot(epochs, history[key], label=label, marker="." if len(epochs) == 1 else None)
        axes.set(xlabel="epoch", ylabel=name)
        axes.set_yscale("log" if name == "loss" and min(history["loss"]) > 0 else "linear")
        axes.legend(frameon=False)
    return figure


def learning_curve(
    history: Mapping[str, Sequence[float]],
    path: str | os.PathLike[str],
    *,
    title: str = "",
    validation: str = "validation",
) -> None:
    """Draw the numbers of every epoch into a PNG file: the loss, and beside it each metric.

    Parameters
    ----------
    history : mapping of str to sequence of float
        As `History.history` has it: "loss", metrics, and each of them with "val_" before it.
    path : str or path-like
        The file; it appears complete or not at all.
    title : str, default ""
        Above the picture.
    validation : str, default "validation"
        What the curves of "val_" are called.

    Raises
    ------
    ImportError
        Matplotlib is not installed.
    ValueError
        There is no epoch to draw.

    Examples
    --------
    >>> import numpy as np, pynncore as nn, tempfile, pathlib
    >>> from pynncore.plotting import learning_curve
    >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
    >>> history = network.fit(np.ones((4, 1)), np.ones(4), loss="mse", optimizer="SGD", epochs=3)
    >>> learning_curve(history.history, pathlib.Path(tempfile.mkdtemp(), "curve.png"))  # doctest: +SKIP
    """
    save(curves(history, title=title, validation=validation), path)
