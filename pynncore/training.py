"""The training loop: epochs over `Trainer.run`, with everything that happens between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from .callbacks import Callback
from .checkpoint import Checkpoint, Spares
from .errors import DivergedError
from .health import Health, health_of, updates_of
from .history import History
from .losses import Loss
from .mapped import Mapped
from .metrics import Metric
from .objective import Objective
from .optimizers import Optimizer
from .optimizers.base import Trainer
from .progress import Progress, progress_of
from .resuming import Resumable, Running
from .samples import Data
from .sharing import counted
from .snapshot import Snapshot, weights_are_finite
from .writer import Writer

if TYPE_CHECKING:
    from .model import Sequential

Array = NDArray[Any]
PARTS = 10  # of a long epoch, for the progress bar
LONG = 1.0  # seconds


@dataclass(frozen=True)
class Settings:
    """The numbers of a `fit`."""

    epochs: int
    batch_size: int
    shuffle: bool
    threads: int


class Training(Resumable):
    """A running `fit`, as callbacks see it.

    Attributes
    ----------
    network : Sequential
    optimizer : Optimizer
    history : History
        The epochs done.
    epoch, epochs : int
        The running epoch, counted from 1, and their number.
    samples_of_step : int
        batch_size, or several of them if the optimizer accumulates gradients.
    step, steps : int
        The latest step of this epoch, counted from 1, and the number of steps in an epoch.
    logs : dict of str to float
        The numbers of this epoch so far; all of them in `on_epoch_end`.
    batch_loss : float
        The loss of the latest steps that ran together: of a single one for a callback with `every_n_batches = 1`.
    writer : Writer
        Writes files in the background, one after the other; `fit` ends when it is done.
    """

    def __init__(
        self,
        network: Sequential,
        data: Data,
        validation: Data | None,
        loss: Loss,
        optimizer: Optimizer,
        settings: Settings,
        metrics: list[Metric],
        callbacks: list[Callback],
        verbose: object,
    ) -> None:
        self.network, self.optimizer, self.history = network, optimizer, History()
        self.epoch, self.epochs = 0, settings.epochs
        self.samples_of_step = settings.batch_size * optimizer.accumulate
        self.step, self.steps = 0, -(-len(data) // self.samples_of_step)
        self.logs: dict[str, float] = {}
        self.batch_loss = np.nan
        self._data, self._validation, self._settings = data, validation, settings
        self._metrics, self._callbacks, self._verbose = metrics, callbacks, verbose
        self._loss = loss
        self.poll = do_nothing  # called between epochs and, about every 50 ms, between steps; may raise
        self._objective = Objective(network, loss, data.labels, data.X.shape[1])
        self._seconds, self._stop_now = 0.0, False
        self._running: Running | None = None  # None: between epochs
        self._snapshot = Snapshot(network)  # of the last completed epoch
        self._outputs: Array | None = None  # of metrics: each sample's output as it was in its step of this epoch
        self._rule = repr(optimizer)  # before it learns
        self._resumed: Checkpoint | None = None
        self._spares = Spares()
        self._mapped = Mapped(data.X)
        self.writer = Writer()

    @property
    def names(self) -> list[str]:
        """Names of the numbers that the history gets."""
        names = ["loss", *(metric.name for metric in self._metrics)]
        return [*names, *(f"val_{name}" for name in names if self._validation is not None), "lr", "seconds"]

    def stop(self, reason: str, *, now: bool = False) -> None:
        """End training after this epoch; the reason goes to `history.stopped`.

        With `now`, no step follows: an epoch that has begun stays incomplete, and the history goes without it.
        """
        self.history.stopped = reason
        self._stop_now = now or self._stop_now

    @property
    def resumes(self) -> bool:
        """Whether this `fit` goes on from a checkpoint."""
        return self._resumed is not None

    def rehearse(self, network: Sequential, optimizer: Optimizer, epochs: int, callback: Callback) -> None:
        """Train another network, such as a copy, on the same data, or the first part of a stream, with one callback."""
        settings = replace(self._settings, epochs=epochs)
        Training(network, self._data, None, self._loss, optimizer, settings, [], [callback], False).run()

    def check_metrics(self) -> None:
        """Raises ValueError if the targets have no such metric."""
        self._objective.check_metrics(self._metrics, self._data.target)

    def health(self, samples: int) -> Health:
        """The network's health on its first samples, with the optimizer's next step; see `Sequential.health`."""
        data = self._data
        rows = np.arange(len(data))[:samples] if data.rows is None else data.rows[:samples]
        X, target = data.X[rows], data.target[rows]
        weight = None if data.weight is None else data.weight[rows]
        threads = self._settings.threads
        updates = updates_of(self.network, X, target, data.labels, self._loss, self.optimizer, weight, threads)
        return health_of(self.network, self._objective, X, target, weight, updates, threads)

    def run(self) -> History:
        """Train; see `Sequential.fit`."""
        self._outputs = self._recorded()
        trainer = self.optimizer.trainer(self.network, self._objective, self._batch(), self._settings.threads)
        self.network.classes, self.network.multilabel = self._data.classes, self._objective.multilabel
        self._snapshot.take()
        with ExitStack() as stack:
            stack.enter_context(counted())
            stack.callback(self.writer.wait)
            for callback in self._callbacks:
                stack.callback(callback.close)
                callback.on_train_begin(self)
            if self._resumed is not None:
                self._restore(self._resumed)
                for callback in self._callbacks:
                    callback.on_checkpoint(self)
            with closing(self._progress()) as progress:
                while self._goes_on:
                    self._run_epoch(trainer, progress)
            for callback in self._callbacks:
                callback.on_train_end(self)
        return self.history

    def _batch(self) -> int:
        """Samples of the largest step."""
        return min(self._settings.batch_size, len(self._data))

    def _progress(self) -> Progress:
        return progress_of(self._verbose, self.epochs, len(self._data), len(self.history))

    def _recorded(self) -> Array | None:
        """Room for the output of every sample, which the metrics are computed from."""
        if not self._metrics:
            return None
        return np.empty((len(self._data.X), self._objective.network.out_features), self.network.dtype)

    @property
    def _goes_on(self) -> bool:
        if self._running is not None:
            return not self._stop_now
        return self.history.stopped is None and self.epoch < self.epochs

    def _run_epoch(self, trainer: Trainer, progress: Progress) -> None:
        """An epoch, or what is left of it, unless a callback ends training."""
        running = self._running = self._running or self._begun()
        self._run_steps(trainer, running, progress)
        if self.step < self.steps:
            return
        if self.optimizer.converged is not None:
            self.stop(self.optimizer.converged)
        if self._outputs is not None:
            target, recorded = self._data.of_rows(self._data.target), self._data.of_rows(self._outputs)
            self.logs |= self._objective.measure(self._metrics, target, recorded)
        self._validate()
        self._snapshot.take()
        self._running = None
        self.network.epochs += 1
        self.optimizer.epochs += 1
        self._seconds = time.perf_counter() - running.start
        self.logs |= {"lr": running.lr, "seconds": self._seconds}
        self.history.append(self.logs)
        if self.optimizer.schedule is not None:
            self.optimizer.schedule.end_epoch(self.logs)
        for callback in self._callbacks:
            callback.on_epoch_end(self)
        for callback in self._callbacks:
            callback.on_checkpoint(self)
        progress.end_epoch(self.epoch, self.logs)

    def _begun(self) -> Running:
        """A new epoch."""
        start = time.perf_counter()
        self.poll()
        self.epoch, self.step, self.logs = self.epoch + 1, 0, {}
        for callback in self._callbacks:
            callback.on_epoch_begin(self)
        return Running(self._order(), self.optimizer.lr, start)

    def _run_steps(self, trainer: Trainer, running: Running, progress: Progress) -> None:
        """All steps of an epoch that are left, unless a callback ends training; `logs` has the loss so far."""
        data, order = self._data, running.order
        for last in self._stops(progress):
            if self._stop_now:
                return
            samples = (last - self.step) * self.samples_of_step
            self._run_to(last, trainer, running, data, order)
            self._mapped.read(samples, scattered=self._settings.shuffle)
            if self.step < self.steps:
                progress.advance(self.step / self.steps, self.logs)
        # At once, so that it does not depend on where the epoch was interrupted.
        self.logs = {"loss": self._epoch_loss(running, data.target)}

    def _run_to(
        self, last: int, trainer: Trainer, running: Running, data: Data, order: NDArray[np.int64], earlier: int = 0
    ) -> None:
        """Steps until the epoch's `last`, then the callbacks; `order` begins with the samples after step `earlier`."""
        first, before, batch = self.step, running.total, self.samples_of_step
        running.total, steps = trainer.run(
            data.X,
            data.target,
            order,
            first - earlier,
            last - earlier,
            self.network.seed,
            self.network.epochs,
            None if self.optimizer.schedule is None else self.optimizer.rates(last - first),
            data.weight,
            self._outputs,
            self.poll,
            running.total,
            earlier,
            self._penalties(first, last),
        )
        running.penalty += trainer.penalty
        self.step += steps
        if self.step < last:
            self._diverge("the loss became NaN or infinite", self.step + 1)
        added = self._objective.weight(data.target, order[(first - earlier) * batch : (last - earlier) * batch])
        running.weight += added
        self.batch_loss = self._objective.value(running.total - before, added)
        self.logs = {"loss": self._objective.value(running.total, running.weight)}
        due = [one for one in self._callbacks if one.every_n_batches and self.step % one.every_n_batches == 0]
        for callback in due:
            callback.on_batch_end(self)
        for callback in due:
            callback.on_checkpoint(self)

    def _epoch_loss(self, running: Running, target: Array) -> float:
        """The loss of an epoch that is complete."""
        return self._objective.value(running.total, self._objective.weight(target, running.order))

    def _penalties(self, first: int, last: int) -> NDArray[np.float64] | None:
        """Factors of an L2 penalty in the steps [first, last), if there is one."""
        return None

    def _stops(self, progress: Progress) -> Iterator[int]:
        """The steps after which Python is entered, the last one included."""
        every = [callback.every_n_batches for callback in self._callbacks if callback.every_n_batches]
        if progress.visible_within_epochs and (self._seconds or self._estimated_seconds()) > LONG:
            every.append(-(-self.steps // PARTS))
        rows = self._mapped.rows_at_once(len(self._data), scattered=self._settings.shuffle)
        if rows < len(self._data):
            every.append(max(1, rows // self.samples_of_step))
        stops = {self.steps, *(step for n in every for step in range(n, self.steps, n))}
        yield from sorted(step for step in stops if step > self.step)

    def _estimated_seconds(self) -> float:
        """Of the first epoch, at 20 GFLOP/s."""
        return 6 * self.network.parameter_count * len(self._data) / 20e9

    def _order(self) -> NDArray[np.int64]:
        """The rows of this epoch, in the order in which they are trained on."""
        data = self._data
        if not self._settings.shuffle:
            return np.arange(len(data)) if data.rows is None else data.rows
        order = _core.shuffle(len(data), self.network.seed, self.network.epochs)
        return order if data.rows is None else data.rows[order]

    def _validate(self) -> None:
        if not weights_are_finite(self.network):
            self._diverge("a weight became NaN or infinite", self.step)
        if self._validation is None:
            return
        data = self._validation
        numbers = self._evaluated(data)
        nothing_counts = self._objective.weight(data.target) == 0
        if not np.isfinite(numbers["loss"]) and not nothing_counts:
            self._diverge(f"the validation loss became {numbers['loss']}", self.step)
        self.logs |= {f"val_{name}": value for name, value in numbers.items()}

    def _evaluated(self, data: Data) -> dict[str, float]:
        """The loss and metrics of validation data."""
        return self._objective.evaluate(data.X, data.target, data.weight, self._metrics, self._settings.threads)

    def _diverge(self, what: str, step: int) -> None:
        self._snapshot.restore()
        self.optimizer.reset()
        weights = "its initial weights" if self.epoch == 1 else f"the weights of epoch {self.epoch - 1}"
        raise DivergedError(
            f"{self._objective.name}: {what} in epoch {self.epoch}, step {step} of {self.steps}; the network has "
            f"{weights} again, and the optimizer no state. A smaller learning rate than {self.optimizer.lr:g} may help",
            epoch=self.epoch,
            step=step,
        )


def do_nothing() -> None:
    """Called by the core every 50 ms: entering a Python function is where Python raises KeyboardInterrupt."""
