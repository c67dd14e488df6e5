"""What a callback is: code of one's own between epochs, or between batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ..validation import whole_number

if TYPE_CHECKING:
    from ..training import Training


class Callback:
    """Hooks of `fit`. Subclass it and write those that you need.

    Each gets the running `Training`: its `network`, `optimizer` (whose `lr` may be set), `history`, `epoch` of `epochs`
    and `step` of `steps` (both counted from 1), `logs` (the numbers of this epoch so far), and `stop(reason)`, which
    ends training after this epoch, or after this step with `now=True`.

    What a hook raises ends training: the network is as the last completed step left it, every callback is closed, and
    the exception goes on to the caller of `fit`.

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
    writes_files: ClassVar[bool] = False  # of a name of its own: copies of it would write the same ones

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

    def on_checkpoint(self, training: Training) -> None:
        """After the hooks of all callbacks at the end of a batch or epoch, and when training goes on from a checkpoint.

        Here `training.checkpoint()` is complete.
        """

    def close(self) -> None:
        """After training, however it ended, also by an exception: the place to close files."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of this callback, {} for nothing.

        Numbers, text, None, lists and dicts of them, and arrays of float32 or float64 that nobody changes later.
        """
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave; called after `on_train_begin` if `fit` goes on from a checkpoint."""


class _Function(Callback):
    """Calls a function after each epoch."""

    def __init__(self, function: Callable[[Training], object]) -> None:
        self._function = function

    def on_epoch_end(self, training: Training) -> None:
        self._function(training)


def callbacks_of(chosen: object) -> list[Callback]:
    """The callbacks that a user passed, checked."""
    items = [chosen] if isinstance(chosen, Callback) or callable(chosen) else chosen
    if not isinstance(items, Iterable) or isinstance(items, str):
        raise TypeError(f"callbacks is {chosen!r}, but a list of callbacks or functions was expected")
    return [_callback_of(item) for item in items]


def _callback_of(item: object) -> Callback:
    if isinstance(item, type):
        raise TypeError(f"{item!r} is a class, but an object was expected; did you mean {item.__name__}()?")
    if isinstance(item, Callback):
        if item.every_n_batches is not None:
            whole_number(item.every_n_batches, f"{type(item).__name__}.every_n_batches", 1)
        return item
    if callable(item):
        return _Function(item)
    raise TypeError(f"{item!r} is no callback; pass a function of the Training, or subclass nn.Callback")
