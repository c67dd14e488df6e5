"""Callbacks that write what TensorBoard shows, with tensorboardX, which the extra `tensorboard` installs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ..validation import path_of, whole_number
from .base import Callback

if TYPE_CHECKING:
    from ..training import Training

FLUSH = 1.0  # seconds: tensorboardX syncs the disk whenever it flushes


class TensorBoard(Callback):
    """Writes the numbers of every epoch for TensorBoard.

    There are two runs, `train` and `validation`, so that the two curves of a number share a diagram; `lr` and `seconds`
    stand in `train`. Steps of the diagrams are the epochs of the network over all calls of `fit`, for "batch_loss" the
    steps of the optimizer. Look at them with `tensorboard --logdir FOLDER`.

    Parameters
    ----------
    folder : str or os.PathLike
        Where `train` and `validation` are made, each with a new file for every `fit`.
    every_n_batches : int or None, default None
        After how many steps to write their loss as "batch_loss"; None: never.

    Raises
    ------
    ImportError
        tensorboardX is not installed.
    OSError
        The folder or a file cannot be written. A run that is killed keeps all but the numbers of its last second.

    Examples
    --------
    >>> import numpy as np, pynncore as nn, tempfile
    >>> network = nn.Sequential(nn.Linear(1, 1), rng=0)
    >>> board = nn.TensorBoard(tempfile.mkdtemp())  # doctest: +SKIP
    >>> options = {"loss": "mse", "optimizer": "SGD", "epochs": 2, "callbacks": [board]}  # doctest: +SKIP
    >>> history = network.fit(np.ones((4, 1)), np.ones(4), **options)  # doctest: +SKIP
    """

    writes_files = True

    def __init__(self, folder: str | os.PathLike[str], every_n_batches: int | None = None) -> None:
        try:
            import tensorboardX  # noqa: F401
        except ImportError:
            raise ImportError("TensorBoard needs tensorboardX: pip install 'pynncore[tensorboard]'") from None
        self.folder = path_of(folder)
        self.every_n_batches = None
        if every_n_batches is not None:
            self.every_n_batches = whole_number(every_n_batches, "every_n_batches", 1)
        self._files: dict[str, Any] = {}
        self._flushed = 0.0

    def on_train_begin(self, training: Training) -> None:
        # Not its SummaryWriter: that writes from a thread, whose errors nobody sees.
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import RecordWriter

        validates = any(name.startswith("val_") for name in training.names)
        for run in ("train", "validation")[: 1 + validates]:
            folder = os.path.join(self.folder, run)
            os.makedirs(folder, exist_ok=True)
            name = f"events.out.tfevents.{time.time():.6f}.{os.urandom(4).hex()}"
            self._files[run] = RecordWriter(os.path.join(folder, name))
            self._files[run].write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())

    def on_batch_end(self, training: Training) -> None:
        self._write("train", {"batch_loss": training.batch_loss}, training.optimizer.steps)

    def on_epoch_end(self, training: Training) -> None:
        epoch, logs = training.network.epochs, training.logs
        self._write("train", {name: value for name, value in logs.items() if not name.startswith("val_")}, epoch)
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        if validation:
            self._write("validation", validation, epoch)
        if time.perf_counter() - self._flushed > FLUSH:
            for file in self._files.values():
                file.flush()
            self._flushed = time.perf_counter()

    def close(self) -> None:
        with ExitStack() as stack:
            for file in self._files.values():
                stack.callback(file.close)
            self._files = {}

    def _write(self, run: str, numbers: Mapping[str, float], step: int) -> None:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in numbers.items()]
        event = Event(wall_time=time.time(), step=step, summary=Summary(value=values))
        self._files[run].write(event.SerializeToString())
