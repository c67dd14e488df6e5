"""What `fit` returns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from . import html, plotting
from .metrics import larger_is_better

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class History:
    """One number an epoch of everything that `fit` measured.

    Attributes
    ----------
    history : dict of str to list of float
        "loss", the metrics by name, with validation data "val_loss" and "val_" + each metric, then "lr" and "seconds".
    stopped : str or None
        Why training ended before the last epoch, if it did.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
    >>> history = network.fit(np.ones((4, 1)), np.ones(4), loss="mse", optimizer="SGD", epochs=2)
    >>> list(history.history), len(history)
    (['loss', 'lr', 'seconds'], 2)
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.stopped: str | None = None

    def append(self, logs: Mapping[str, float]) -> None:
        """Add an epoch."""
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __len__(self) -> int:
        return max(map(len, self.history.values()), default=0)

    def __getitem__(self, name: str) -> list[float]:
        return self.history[name]

    def plot(self, path: str | os.PathLike[str] | None = None, *, title: str = "") -> Figure:
        """Draw the learning curve: the loss of every epoch, and beside it each metric.

        Parameters
        ----------
        path : str, os.PathLike or None, default None
            A PNG file to write; it appears complete or not at all.
        title : str, default ""
            Above the picture.

        Returns
        -------
        matplotlib.figure.Figure
            Notebooks show it; it is not one of pyplot's figures, and needs no closing.

        Raises
        ------
        ImportError
            Matplotlib is not installed; the extra `plot` installs it.
        ValueError
            There is no epoch to draw.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
        >>> history = network.fit(np.ones((4, 1)), np.ones(4), loss="mse", optimizer="SGD", epochs=3)
        >>> history.plot().axes[0].get_xlabel()  # doctest: +SKIP
        'epoch'
        """
        figure = plotting.curves(self.history, title=title)
        if path is not None:
            plotting.save(figure, path)
        return figure

    def to_frame(self) -> DataFrame:
        """The numbers as a pandas table: a row an epoch, counted from 1, and a column for each name.

        Raises
        ------
        ImportError
            pandas is not installed; the extra `data` installs it.

        Examples
        --------
        >>> import numpy as np, pynncore as nn
        >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
        >>> history = network.fit(np.ones((4, 1)), np.ones(4), loss="mse", optimizer="SGD", epochs=3)
        >>> history.to_frame().loc[3, "loss"] == history["loss"][-1]  # doctest: +SKIP
        True
        """
        try:
            from pandas import DataFrame, RangeIndex
        except ImportError:
            raise ImportError("a frame needs pandas: pip install 'pynncore[data]'") from None
        return DataFrame(self.history, index=RangeIndex(1, len(self) + 1, name="epoch"))

    def _repr_html_(self) -> str:
        """For notebooks: the course of every number, its last and its best value."""
        caption = f"{len(self)} epochs in {sum(self.history.get('seconds', [])):.3g} s"
        if self.stopped is not None:
            caption += f"; stopped: {self.stopped}"
        rows = [[name, *_course(name, values)] for name, values in self.history.items() if name != "seconds"]
        return html.table(caption, ["", "first", "last", "best", "in epoch", ""], rows)

    def __repr__(self) -> str:
        if not self.history:
            return "History(no epochs)"
        last = ", ".join(f"{name}={values[-1]:.4g}" for name, values in self.history.items())
        return f"History({len(self)} epochs; last: {last})"


def _course(name: str, values: list[float]) -> list[str]:
    """First, last and best value, the epoch of the best one, and a small curve."""
    best, epoch = "", ""
    larger = larger_is_better(name)
    if name != "lr" and larger is not None and not np.isnan(values).all():
        at = int(np.nanargmax(values) if larger else np.nanargmin(values))
        best, epoch = f"{values[at]:.4g}", str(at + 1)
    return [f"{values[0]:.4g}", f"{values[-1]:.4g}", best, epoch, html.curve(values)]
