"""A learning rate, from a short training that tries all of them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import plotting
from ..errors import DivergedError
from ..optimizers import Optimizer, optimizer_of
from ..validation import real_number, whole_number
from .base import Callback

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..losses import Loss
    from ..model import Sequential
    from ..training import Training

FIRST = 10  # steps whose losses say how large losses are
DIVERGED = 4.0  # times as large: the rise of the loss above its lowest value that ends the search
# The suggestion is the rate of the lowest loss divided by this. On 36 small problems (digits, iris, diabetes, a sine;
# ReLU and Tanh; Adam, SGD, momentum) it was, in the median, a third of the rate that gave the lowest loss in 400 steps,
# and from a fortieth to seven times it. The rate where the loss falls fastest, a usual choice, was often the first one.
MARGIN = 10.0


class LearningRateFinder(Callback):
    """Trains a copy of the network for some hundred steps while the learning rate rises, and looks at the loss.

    As a callback of `fit` it does so before the first epoch, and `fit` trains with the rate that it suggests; `find`
    only tells it.

    The rate rises by the same factor each step, until the last one or until the loss diverges. The suggestion is a
    tenth of the rate at which the smoothed loss was lowest. The copy has the weights, the state of the optimizer, and
    the order of samples that `fit` would begin with; apart from the optimizer's rate in `fit`, network and optimizer
    themselves do not change.

    Parameters
    ----------
    lowest, highest : float, default 1e-6 and 10
        The first and the last rate, 0 < lowest < highest.
    steps : int, default 200
        From the first to the last, at least 20.
    smoothing : float, default 0.9
        In [0, 1): the smoothed loss is a mean in which a loss counts less by this factor with every later step.

    Attributes
    ----------
    rates, losses : ndarray (steps taken,)
        The learning rates, and the smoothed loss before the step of each.
    suggestion : float or None
        A rate to train with, as soon as there is one.

    Examples
    --------
    >>> import pynncore as nn
    >>> data = nn.data.load("digits")
    >>> network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), rng=0)
    >>> finder = nn.LearningRateFinder()
    >>> rate = finder.find(network, data.X, data.y, loss="cross_entropy", optimizer="adam")
    >>> 1e-3 < rate < 1e-1, network.epochs
    (True, 0)
    >>> options = {"loss": "cross_entropy", "optimizer": "adam", "callbacks": [nn.LearningRateFinder()]}
    >>> network.fit(data.X, data.y, **options)["lr"] == [rate]
    True
    """

    def __init__(self, lowest: float = 1e-6, highest: float = 10.0, steps: int = 200, smoothing: float = 0.9) -> None:
        self.lowest, self.highest = real_number(lowest, "lowest", 0), real_number(highest, "highest", 0)
        if not 0 < self.lowest < self.highest:
            raise ValueError(f"lowest is {lowest!r} and highest {highest!r}, but 0 < lowest < highest was expected")
        self.steps = whole_number(steps, "steps", 20)
        self.smoothing = real_number(smoothing, "smoothing", 0, below=1)
        self.rates = self.losses = np.empty(0)
        self.suggestion: float | None = None

    def find(
        self,
        network: Sequential,
        X: ArrayLike,
        y: ArrayLike,
        *,
        loss: Loss | str,
        optimizer: Optimizer | str,
        batch_size: int | None = 32,
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[int, float] | str | None = None,
        threads: int | None = None,
    ) -> float:
        """The suggestion for a network and its data.

        Parameters
        ----------
        network : Sequential
            It does not change.
        X, y, loss, optimizer, batch_size, sample_weight, class_weight, threads
            As for `fit`. The optimizer's own rate plays no role.

        Raises
        ------
        TypeError, ValueError
            An argument is wrong, or the loss falls at no rate.
        DivergedError
            The loss is not finite at the lowest rate.
        """
        with network.exclusively("LearningRateFinder.find"):
            twin, rule = _copies(network, optimizer_of(optimizer))
        return self._search(
            lambda rise: twin.fit(
                X,
                y,
                loss=loss,
                optimizer=rule,
                epochs=self.steps,  # more than enough
                batch_size=batch_size,
                sample_weight=sample_weight,
                class_weight=class_weight,
                threads=threads,
                callbacks=rise,
                verbose=False,
            )
        )

    def on_train_begin(self, training: Training) -> None:
        """Search, and let the optimizer train with the suggestion; a `fit` that goes on has its rate."""
        if training.resumes:
            return
        if training.optimizer.schedule is not None:
            raise ValueError(
                f"the learning rate follows {training.optimizer.schedule!r}, so a LearningRateFinder among the "
                "callbacks cannot set it: call its find, and give the schedule what it suggests"
            )
        twin, rule = _copies(training.network, training.optimizer)
        training.optimizer.lr = self._search(lambda rise: training.rehearse(twin, rule, self.steps, rise))

    def state_dict(self) -> dict[str, Any]:
        return {"rates": self.rates, "losses": self.losses, "suggestion": self.suggestion}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.rates, self.losses, self.suggestion = state["rates"], state["losses"], state["suggestion"]

    def _search(self, train: Callable[[Callback], object]) -> float:
        """The suggestion; train(callback) trains copies, and ends when the callback says so."""
        rise = _Rise(np.geomspace(self.lowest, self.highest, self.steps), self.smoothing)
        try:
            train(rise)
        except DivergedError:
            if not rise.losses:
                raise
        self.losses, self.suggestion = np.array(rise.losses), None
        self.rates = rise.rates[: len(rise.losses)]
        lowest = int(self.losses.argmin())
        if lowest == 0:
            last = f"{self.rates[-1]:g}"
            raise ValueError(f"the loss falls at no rate from {self.lowest:g} to {last}, so none can be suggested")
        self.suggestion = float(self.rates[lowest]) / MARGIN
        return self.suggestion

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the smoothed loss over the learning rate, and the suggestion.

        Parameters
        ----------
        path : str, os.PathLike or None, default None
            A PNG file to write; it appears complete or not at all.

        Returns
        -------
        matplotlib.figure.Figure
            Notebooks show it; it is not one of pyplot's figures, and needs no closing.

        Raises
        ------
        ImportError
            Matplotlib is not installed; the extra `plot` installs it.
        ValueError
            Nothing was searched yet.
        """
        if not len(self.losses):
            raise ValueError("there is nothing to draw: call find first")
        figure = plotting.new_figure("a plot", 5.0, 3.6)
        axes = figure.subplots()
        axes.plot(self.rates, self.losses)
        if self.suggestion is not None:
            axes.axvline(self.suggestion, linestyle="--", color="0.5", label=f"suggestion {self.suggestion:.2g}")
            axes.legend(frameon=False)
        top = self.losses[:FIRST].max() + (self.losses[:FIRST].max() - self.losses.min()) / 2
        axes.set(xscale="log", xlabel="learning rate", ylabel="smoothed loss", ylim=(None, top))
        if path is not None:
            plotting.save(figure, path)
        return figure


class _Rise(Callback):
    """Sets the rate of every step, and records the smoothed loss."""

    every_n_batches = 1

    def __init__(self, rates: NDArray[np.float64], smoothing: float) -> None:
        self.rates, self.losses = rates, list[float]()
        self._smoothing, self._sum, self._weight = smoothing, 0.0, 0.0

    def on_train_begin(self, training: Training) -> None:
        training.optimizer.lr = float(self.rates[0])

    def on_batch_end(self, training: Training) -> None:
        self._sum = self._smoothing * self._sum + training.batch_loss
        self._weight = self._smoothing * self._weight + 1
        self.losses.append(self._sum / self._weight)
        taken = len(self.losses)
        if taken == len(self.rates) or self._diverges():
            training.stop("the search is over", now=True)
        else:
            training.optimizer.lr = float(self.rates[taken])

    def _diverges(self) -> bool:
        size = max(map(abs, self.losses[:FIRST]))
        return len(self.losses) > FIRST and self.losses[-1] > min(self.losses) + DIVERGED * size


def _copies(network: Sequential, optimizer: Optimizer) -> tuple[Sequential, Optimizer]:
    """A network and an optimizer that go on as these would."""
    twin, rule = copy.deepcopy(network), copy.copy(optimizer)
    if network.in_features is not None:
        state = optimizer.core.state(network.core(network.in_features, len(network)))
        if state:
            rule.core.set_state(twin.core(network.in_features, len(twin)), state)
            rule.core.steps = optimizer.steps
    return twin, rule
