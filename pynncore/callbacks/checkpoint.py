"""A callback that writes checkpoints."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import io
from ..validation import one_of, path_of, whole_number
from .base import Callback
from .monitor import check_monitored, is_better

if TYPE_CHECKING:
    from ..training import Training


class ModelCheckpoint(Callback):
    """Writes checkpoints: files that `fit(resume=path)` goes on from to the same bits, and `nn.load` reads.

    A checkpoint holds the network, the optimizer's state, history, the callbacks' state, and the place in the epoch.
    Training stops only while weights are copied; a thread writes the file beside its final name, syncs and renames it.
    Whatever happens, the name stands for the old file or for the complete new one. If training goes faster than
    writing, a checkpoint that is still waiting gives way to the next one of its name; one of another name waits for it.
    `fit` returns, or raises, when the last one is written.

    Parameters
    ----------
    path : str or os.PathLike
        The file. "{epoch}", "{step}" and names of the history, such as "{val_loss:.3f}", stand for their values, so
        that several files are kept.
    every_n_epochs : int or None, default 1
        Write after every n-th epoch; None: not after epochs.
    every_n_batches : int or None, default None
        Write also within epochs, after every n-th step.
    monitor : str or None, default None
        A name in the history: write only after epochs in which it is better than ever.
    mode : "min" | "max" | "auto", default "auto"
        What is better; "auto": as for `EarlyStopping`.

    Attributes
    ----------
    best : float or None
        The best value of `monitor` so far.

    Raises
    ------
    OSError
        From `fit`: a file could not be written. The old one is as it was.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np, pynncore as nn
    >>> X, path = np.linspace(-1, 1, 20).reshape(-1, 1), pathlib.Path(tempfile.mkdtemp()) / "run.checkpoint"
    >>> def train(epochs, **options):
    ...     network = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), rng=0)
    ...     return network.fit(X, X**2, loss="mse", optimizer=nn.Adam(), epochs=epochs, **options)
    >>> interrupted = train(3, callbacks=[nn.ModelCheckpoint(path)])
    >>> train(5, resume=path)["loss"] == train(5)["loss"]
    True
    """

    writes_files = True

    def __init__(
        self,
        path: Any,
        every_n_epochs: int | None = 1,
        every_n_batches: int | None = None,
        monitor: str | None = None,
        mode: str = "auto",
    ) -> None:
        self.path = path_of(path)
        self.every_n_epochs = None if every_n_epochs is None else whole_number(every_n_epochs, "every_n_epochs", 1)
        self.every_n_batches = None if every_n_batches is None else whole_number(every_n_batches, "every_n_batches", 1)
        if self.every_n_epochs is None and self.every_n_batches is None:
            raise ValueError("every_n_epochs and every_n_batches are None, but one of them was expected")
        if not isinstance(monitor, str | None):
            raise TypeError(f"monitor is {monitor!r}, but a name in the history was expected")
        if monitor is not None and self.every_n_batches is not None:
            raise ValueError(
                f"monitor is {monitor!r}, which is known after epochs, but every_n_batches is {every_n_batches!r}"
            )
        self.monitor, self.mode = monitor, one_of(mode, "mode", ("min", "max", "auto"))
        self._mode = self.mode  # not "auto", while training
        self.best: float | None = None
        self._due = self._is_best = False

    def on_train_begin(self, training: Training) -> None:
        known = training.names
        if self.monitor is not None:
            self._mode = check_monitored("ModelCheckpoint", self.monitor, self.mode, known)
        self._check_path(known if self.every_n_batches is None else ["loss"])
        folder = os.path.dirname(self.path) or os.curdir
        if "{" not in folder:
            if not os.path.isdir(folder):
                raise FileNotFoundError(errno.ENOENT, "there is no such folder for checkpoints", folder)
            io.remove_abandoned(folder)
        self.best, self._due, self._is_best = None, False, False

    def _check_path(self, known: list[str]) -> None:
        try:
            self.path.format(**dict.fromkeys(known, 1.0) | {"epoch": 1, "step": 1})
        except (LookupError, AttributeError, ValueError) as error:
            raise ValueError(
                f"path is {self.path!r}, but in braces one of epoch, step, {', '.join(known)} was expected: {error!r}"
            ) from None

    def on_epoch_begin(self, training: Training) -> None:
        self._is_best = False

    def on_batch_end(self, training: Training) -> None:
        self._due = True

    def on_epoch_end(self, training: Training) -> None:
        self._due = self.every_n_epochs is not None and training.epoch % self.every_n_epochs == 0
        if self.monitor is not None and self._due:
            value = training.logs[self.monitor]
            self._due = self._is_best = is_better(value, self.best, self._mode)
            if self._is_best:
                self.best = value

    def on_checkpoint(self, training: Training) -> None:
        if self._due:
            self._due = False
            numbers = training.logs | {"epoch": training.epoch, "step": training.step}
            training.writer.put(self.path.format(**numbers), training.checkpoint().write)

    def state_dict(self) -> dict[str, Any]:
        """The best value, and whether it is of this moment: if another file was written first, this one may be lost."""
        if self.monitor is None:
            return {}
        return {"monitor": self.monitor, "best": self.best, "is_best": self._is_best}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["monitor"] != self.monitor:
            raise ValueError(f"ModelCheckpoint monitored {state['monitor']!r}, but now monitors {self.monitor!r}")
        self.best, self._due = state["best"], state["is_best"]
