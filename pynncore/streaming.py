"""Training on chunks that come one after the other, because together they do not fit into memory.

    chunks -> pieces of whole minibatches -> a thread that reads ahead -> steps

A chunk is shuffled by itself. The samples beyond its last whole minibatch are carried over into the next chunk's first
one, so that every step but the last of an epoch has batch_size samples.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .callbacks import callbacks_of
from .checkpoint import Checkpoint
from .classes import encoded_weights
from .fingerprint import fingerprint
from .history import History
from .losses import Loss, loss_of
from .metrics import metrics_of
from .optimizers import optimizer_of
from .optimizers.base import Trainer
from .optimizers.full_batch import FullBatchOptimizer
from .preparing import check_batch, check_trainable
from .progress import Progress, check_verbose, progress_of
from .resuming import Running
from .samples import Data, validation_of
from .sharing import share_of
from .targets import target_of, weights_of
from .training import Settings, Training
from .validation import flag, path_of, same_length, whole_number

if TYPE_CHECKING:
    from .model import Sequential

Array = NDArray[Any]


class ReadAhead:
    """Runs through items in a thread of its own, up to two items ahead of whoever takes them.

    What the items raise is raised where they are taken, in its turn and with its traceback.
    """

    def __init__(self, items: Iterator[Any]) -> None:
        self._ready: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(maxsize=1)
        self._closed = threading.Event()
        threading.Thread(target=self._run, args=(items,), name="pynncore reader", daemon=True).start()

    def _run(self, items: Iterator[Any]) -> None:
        try:
            for item in items:
                if not self._put((item, None)):
                    return
            self._put((None, StopIteration()))
        except BaseException as error:
            self._put((None, error))
        finally:
            if (close := getattr(items, "close", None)) is not None:
                close()

    def _put(self, entry: tuple[Any, BaseException | None]) -> bool:
        """Waits for room; False if nobody will take it."""
        while not self._closed.is_set():
            try:
                self._ready.put(entry, timeout=0.05)
                return True
            except queue.Full:
                pass
        return False

    def take(self) -> Any:
        """The next item. Waiting has a limit each time: a signal that comes just before would not end one without."""
        while True:
            try:
                item, error = self._ready.get(timeout=0.05)
                break
            except queue.Empty:
                pass
        if error is not None:
            raise error
        return item

    def close(self) -> None:
        """Ends the thread as soon as the item at hand is read."""
        self._closed.set()


def chunks_of(stream: Any, epochs: int) -> Callable[[], Iterable[Any]]:
    """What gives the chunks of an epoch, for a stream as a user passes it.

    Raises
    ------
    TypeError, ValueError
        It is no stream, or an iterator, which can be gone through once, for several epochs.
    """
    if callable(stream):
        return stream  # type: ignore[no-any-return]
    if isinstance(stream, np.ndarray) or hasattr(stream, "dtype") or not isinstance(stream, Iterable):
        raise TypeError(
            f"y is None and X is {type(stream).__name__}, but without y, X must be an iterable of chunks (X, y), or a "
            "function that returns one"
        )
    if isinstance(stream, Iterator) and epochs > 1:
        raise ValueError(
            f"X is {type(stream).__name__}, which can be gone through once, but {epochs} epochs need it; pass a "
            "function that returns a new one"
        )
    return lambda: stream


@dataclass(frozen=True)
class Position:
    """Where training is: the network's seed and epochs, epochs of this `fit` that are done, samples of the next."""

    seed: int
    trained: int
    epochs: int = 0
    samples: int = 0

    @classmethod
    def of(cls, checkpoint: Checkpoint, samples_of_step: int) -> Position:
        """Where a checkpoint stands."""
        state = checkpoint.training
        done, samples = state["epoch"], 0
        if state["running"] is not None:
            done, samples = done - 1, state["step"] * samples_of_step
        return cls(int(checkpoint["seed"]), int(checkpoint["epochs"]), done, samples)


class Reader:
    """Checks chunks, and cuts them into pieces that the trainer takes: whole minibatches in their order.

    Attributes
    ----------
    like : Data or None
        The first chunk, as soon as it was read: all others must be like it.
    """

    def __init__(
        self, network: Sequential, loss: Loss, class_weight: Any, batch_size: int, shuffle: bool, begin: Position
    ) -> None:
        self._network, self._loss, self._class_weight = network, loss, class_weight
        self._batch_size, self._shuffle, self._begin = batch_size, shuffle, begin
        self._classes = network.classes
        self.like: Data | None = None

    def pieces(self, chunks: Callable[[], Iterable[Any]], epochs: int) -> Iterator[Data | None]:
        """The pieces of all epochs that are left, at least one, with None after each epoch."""
        begin = self._begin
        for epoch in range(begin.epochs, max(epochs, begin.epochs + 1)):
            done, samples = begin.samples if epoch == begin.epochs else 0, 0
            for piece in self._pieces_of_epoch(chunks(), begin.trained + epoch - begin.epochs):
                samples += len(piece)
                if samples > done:
                    yield _without_first(piece, done - (samples - len(piece)))
            if samples == 0:
                raise ValueError(f"the stream gave no samples in epoch {epoch + 1}")
            if samples < done:
                raise ValueError(
                    f"the stream gave {samples} samples in epoch {epoch + 1}, but training goes on after {done} of it"
                )
            yield None

    def _pieces_of_epoch(self, chunks: Iterable[Any], epoch: int) -> Iterator[Data]:
        rest: Data | None = None
        for number, chunk in enumerate(chunks):
            data = self._checked(chunk, number)
            order = np.arange(len(data))
            if self._shuffle:
                order = _core.shuffle(len(data), self._begin.seed, epoch + (number << 32))
            if rest is not None:
                missing = self._batch_size - len(rest)
                rest, order = _joined(rest, _taken(data, order[:missing])), order[missing:]
                if len(rest) < self._batch_size:
                    continue
                yield rest
            whole = len(order) // self._batch_size * self._batch_size
            if whole:
                yield replace(data, rows=order[:whole])
            rest = _taken(data, order[whole:]) if whole < len(order) else None
        if rest is not None:
            yield rest

    def _checked(self, chunk: Any, number: int) -> Data:
        """A chunk (X, y) or (X, y, sample_weight) as the core reads it."""
        place = f"chunk {number}"
        if not isinstance(chunk, tuple | list) or len(chunk) not in (2, 3):
            raise TypeError(f"{place} is {type(chunk).__name__}, but (X, y) or (X, y, sample_weight) was expected")
        network, loss = self._network, self._loss
        X = network.features(chunk[0], f"the X of {place}", team=1)
        outputs = network.out_features_for(X.shape[1])
        target, labels = target_of(chunk[1], f"the y of {place}", loss, outputs, self._classes)
        same_length(X, target, "its y", f"the X of {place}")
        weight = chunk[2] if len(chunk) == 3 else None
        factors = weights_of(weight, self._class_weight, target, labels, network.dtype, None, loss.ignored)
        data = Data(X, target, labels, factors, classes=self._classes)
        like = self.like = self.like or data
        if X.shape[1] != like.X.shape[1] or labels != like.labels or (factors is None) != (like.weight is None):
            raise ValueError(f"{place} has {_kind(data)}, but the first one {_kind(like)}")
        if type(X) is not type(like.X):
            raise ValueError(f"one of {place} and the first one is sparse, the other dense")
        return data


def _kind(data: Data) -> str:
    target, weight = "labels" if data.labels else "a matrix as target", "no " if data.weight is None else ""
    return f"{data.X.shape[1]} features, {target} and {weight}weights"


def _without_first(piece: Data, count: int) -> Data:
    if count <= 0:
        return piece
    return replace(piece, rows=np.arange(count, len(piece)) if piece.rows is None else piece.rows[count:])


def _taken(data: Data, rows: Array) -> Data:
    weight = None if data.weight is None else data.weight[rows]
    return replace(data, X=data.X[rows], target=data.target[rows], weight=weight)


def _joined(one: Data, other: Data) -> Data:
    stack: Any = np.concatenate if isinstance(one.X, np.ndarray) else _core.Sparse.stack
    weight = None
    if one.weight is not None and other.weight is not None:
        weight = np.concatenate([one.weight, other.weight])
    target = np.concatenate([one.target, other.target])
    return replace(one, X=stack([one.X, other.X]), target=target, weight=weight)


class StreamTraining(Training):
    """A running `fit` on a stream. `steps` counts those known so far: in the first epoch, the ones done."""

    def __init__(self, pieces: ReadAhead, first: Data | None, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.steps = 0
        self._pieces, self._taken = pieces, [first]

    @property
    def names(self) -> list[str]:
        """Names of the numbers that the history gets; metrics are those of the validation data."""
        return [name for name in super().names if name not in {metric.name for metric in self._metrics}]

    def run(self) -> History:
        """Train; see `Sequential.fit`."""
        try:
            return super().run()
        finally:
            self._pieces.close()

    def _batch(self) -> int:
        return self._settings.batch_size

    def _fingerprint(self) -> dict[str, Any]:
        return {"the kind of chunks": _kind(self._data), **fingerprint(self._validation, "validation")}

    def _progress(self) -> Progress:
        return progress_of(self._verbose, self.epochs, 0, 0)  # nobody knows how many samples there are

    def _recorded(self) -> Array | None:
        return None

    def _order(self) -> NDArray[np.int64]:
        return np.empty(0, np.int64)  # pieces bring their own

    def _run_steps(self, trainer: Trainer, running: Running, progress: Progress) -> None:
        """All steps of an epoch, unless a callback ends training; `logs` has the loss so far."""
        known = self.steps
        while (piece := self._next_piece()) is not None:
            self.poll()
            self._run_piece(trainer, running, piece, known)
            if self._stop_now:
                self.steps = max(known, self.step + 1)
                return
            if self.step < known:
                progress.advance(self.step / known, self.logs)
        self.steps = self.step

    def _next_piece(self) -> Data | None:
        piece: Data | None = self._taken.pop() if self._taken else self._pieces.take()
        return piece

    def _run_piece(self, trainer: Trainer, running: Running, piece: Data, known: int) -> None:
        order = np.arange(len(piece.X)) if piece.rows is None else piece.rows
        earlier, batch = self.step, self.samples_of_step
        for last in self._stops_within(earlier, earlier - (-len(order) // batch)):
            if self._stop_now:
                return
            self.steps = max(known, last)
            self._run_to(last, trainer, running, piece, order, earlier)

    def _stops_within(self, first: int, last: int) -> list[int]:
        """The steps after which Python is entered, the last one included."""
        every = [callback.every_n_batches for callback in self._callbacks if callback.every_n_batches]
        return sorted({step for n in every for step in range(first - first % n + n, last, n)} | {last})


def prepare_stream(
    network: Sequential,
    X: Any,
    *,
    loss: object,
    optimizer: object,
    epochs: int,
    batch_size: int | None,
    shuffle: bool,
    validation_data: object,
    validation_split: float,
    metrics: object,
    callbacks: object,
    sample_weight: ArrayLike | None,
    class_weight: Mapping[int, float] | str | None,
    threads: int | None,
    verbose: object,
    resume: object = None,
) -> StreamTraining:
    """Check everything that `fit` was given, with the first chunk of the stream X, and change nothing."""
    check_trainable(network)
    chosen, rule, measures = loss_of(loss), optimizer_of(optimizer), metrics_of(metrics, loss_of(loss))
    chosen.check_trainable()
    _refuse(
        {
            f"batch_size is {batch_size}, but a stream has no full batch; a number": batch_size is None,
            f"validation_split is {validation_split}, but X is a stream; validation_data": validation_split != 0,
            "sample_weight is given, but X is a stream; chunks (X, y, sample_weight)": sample_weight is not None,
            f"optimizer is {rule!r}, which needs all samples at once, but X is a stream; another": isinstance(
                rule, FullBatchOptimizer
            ),
            f"class_weight is {class_weight!r}, but X is a stream; a dict": isinstance(class_weight, str),
            "metrics are given for a stream, whose outputs are not kept; validation_data": bool(
                measures and validation_data is None
            ),
        }
    )
    settings = Settings(
        whole_number(epochs, "epochs", 1),
        whole_number(batch_size, "batch_size", 1),
        flag(shuffle, "shuffle"),
        share_of(threads),
    )
    check_verbose(verbose)
    listeners = callbacks_of(callbacks)
    by_class = encoded_weights(class_weight, network.classes)
    check_batch(network, settings.batch_size, settings.batch_size)
    samples_of_step = settings.batch_size * rule.accumulate
    checkpoint = None if resume is None else Checkpoint.read(path_of(resume, "resume"))
    begin = Position(network.seed, network.epochs) if checkpoint is None else Position.of(checkpoint, samples_of_step)
    chunks = chunks_of(X, settings.epochs - begin.epochs)
    reader = Reader(network, chosen, by_class, samples_of_step, settings.shuffle, begin)
    pieces = ReadAhead(reader.pieces(chunks, settings.epochs))
    try:
        first: Data | None = pieces.take()
        data = reader.like
        assert data is not None
        validation = None
        if validation_data is not None:
            validation = validation_of(network, validation_data, data, chosen)
        training = StreamTraining(
            pieces, first, network, data, validation, chosen, rule, settings, measures, listeners, verbose
        )
        training.check_metrics()
        if checkpoint is not None:
            training.resume(checkpoint, path_of(resume, "resume"))
    except BaseException:
        pieces.close()
        raise
    return training


def _refuse(cases: Mapping[str, bool]) -> None:
    """Raises ValueError for the first text whose case has come."""
    for text, wrong in cases.items():
        if wrong:
            raise ValueError(f"{text} was expected")
