"""What a callback is: code of one's own between epochs, or between batches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..validation import whole_number

if TYPE_CHECKING:
    from ..training import Training


class Callback:
    """Hooks of `fit`. Subclass it and write those that you need.

    Each gets the running `Training`: its `network`, `optimizer` (whose `lr` may be set), `history`, `epoch` of `epochs`
    and `step` of `steps` (both counted from 1), `logs` (the numbers of this epoch so far), and `stop(reason)`, which
    ends training after this epoch.

    Attributes
    ----------
    every_n_batches : int or None
        How often `on_batch_end` is called; None: never.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> class Halve(nn.Callback):
    ...     def on_epoch_end(self, training):
    ...         training.optimizer.lr /= 2
    >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
    >>> options = {"loss": "mse", "optimizer": nn.SGD(lr=0.1), "epochs": 3, "callbacks": [Halve()]}
    >>> network.fit(np.ones((4, 1)), np.ones(4), **options)["lr"]
    [0.1, 0.05, 0.025]
    """

    every_n_batches: int | None = None

    def on_train_begin(self, training: Training) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, training: Training) -> None:
        """Before each epoch."""

    def on_batch_end(self, training: Training) -> None:
        """After every n-th step; `training.logs["loss"]` is the loss of the epoch so far."""

    def on_epoch_end(self, training: Training) -> None:
        """After each epoch, when `training.history` has its numbers."""

    def on_train_end(self, training: Training) -> None:
        """After the last epoch; not if training ended by an exception."""


def callbacks_of(chosen: object) -> list[Callback]:
    """The callbacks that a user passed, checked."""
    items = [chosen] if isinstance(chosen, Callback) else chosen
    if not isinstance(items, Iterable) or isinstance(items, str):
        raise TypeError(f"callbacks is {chosen!r}, but a list of Callback objects was expected")
    callbacks = list(items)
    for item in callbacks:
        if not isinstance(item, Callback):
            raise TypeError(f"{item!r} is no Callback; subclass nn.Callback")
        if item.every_n_batches is not None:
            whole_number(item.every_n_batches, f"{type(item).__name__}.every_n_batches", 1)
    return callbacks
