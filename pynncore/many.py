"""`fit_many`: many small networks at once, each on a thread of its own."""

from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from numpy.typing import ArrayLike

from .callbacks import Callback, callbacks_of
from .config import threads_for
from .history import History
from .losses import Loss
from .metrics import Metric
from .model import Sequential
from .optimizers import Optimizer, optimizer_of
from .preparing import prepare
from .sparse import is_sparse
from .training import Training


def fit_many(
    networks: Sequence[Sequential],
    X: ArrayLike | Sequence[ArrayLike],
    y: ArrayLike | Sequence[ArrayLike],
    *,
    loss: Loss | str,
    optimizer: Optimizer | str | Sequence[Optimizer],
    epochs: int = 1,
    batch_size: int | None = 32,
    shuffle: bool = True,
    validation_data: tuple[ArrayLike, ArrayLike] | Sequence[tuple[ArrayLike, ArrayLike]] | None = None,
    validation_split: float = 0.0,
    metrics: Sequence[Metric | str] | Metric | str = (),
    callbacks: Sequence[Callback] | Callback = (),
    sample_weight: ArrayLike | Sequence[ArrayLike] | None = None,
    class_weight: Mapping[int, float] | str | None = None,
    threads: int | None = None,
) -> list[History]:
    """Train many networks at once, each on one thread; the weights are those of `fit` after `fit`, to the bit.

    Small networks gain nothing from several threads, but several of them do: an ensemble, a search, the folds of a
    cross-validation.

    Parameters
    ----------
    networks : list of Sequential
        At least one; each is a network of its own.
    X, y, sample_weight
        As for `fit`, shared by all networks, or a list of arrays, one for each network.
    validation_data
        As for `fit`, or a list of pairs, one for each network.
    optimizer : Optimizer, str or list of Optimizer
        An object, of which every network gets a new copy, a name, or a list with one for each network.
    callbacks : list of Callback, default ()
        Every network gets copies of them.
    threads : int or None, default None
        How many networks train at a time; None: `nn.config.threads()`.
    loss, epochs, batch_size, shuffle, validation_split, metrics, class_weight
        As for `fit`.

    Returns
    -------
    list of History
        One for each network.

    Raises
    ------
    TypeError, ValueError
        An argument is wrong; nothing has changed then.
    RuntimeError
        One of the networks is being trained already; nothing has changed then.
    DivergedError, or what a callback raised
        The first exception of all. Training of the other networks has ended then; they are as their last step left
        them.
    KeyboardInterrupt
        Ctrl-C, within a tenth of a second; the networks are as their last steps left them.

    Examples
    --------
    >>> import numpy as np, pynncore as nn
    >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
    >>> networks = [nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1), rng=seed) for seed in range(8)]
    >>> histories = nn.fit_many(networks, X, X**2, loss="mse", optimizer=nn.Adam(lr=0.01), epochs=200)
    >>> max(history["loss"][-1] for history in histories) < 1e-2
    True
    """
    chosen = _networks_of(networks)
    count, workers = len(chosen), threads_for(threads)
    inputs = _one_each(X, "X", count, _is_matrix)
    if inputs[0] is X and not is_sparse(X):
        inputs = [chosen[0].features(X, "X")] * count  # what must be converted is converted once
    targets = _one_each(y, "y", count, _is_array)
    sample_weights = _one_each(sample_weight, "sample_weight", count, _is_array)
    shared = isinstance(validation_data, tuple)
    pairs = [validation_data] * count if shared else _one_each(validation_data, "validation_data", count, _is_pair)
    rules = _rules_of(optimizer, count)
    hooks = callbacks_of(callbacks)
    for hook in hooks:
        if hook.writes_files:
            raise ValueError(
                f"callbacks has {type(hook).__name__}, whose files all networks would write; fit them one by one"
            )
    with ExitStack() as held:
        for network in chosen:
            held.enter_context(network.exclusively("fit_many"))
        trainings = [
            prepare(
                network,
                inputs[i],
                targets[i],
                loss=loss,
                optimizer=rules[i],
                epochs=epochs,
                batch_size=batch_size,
                shuffle=shuffle,
                validation_data=pairs[i],
                validation_split=validation_split,
                metrics=metrics,
                callbacks=copy.deepcopy(hooks),
                sample_weight=sample_weights[i],
                class_weight=class_weight,
                threads=1,
                verbose=False,
            )
            for i, network in enumerate(chosen)
        ]
        return _run(trainings, workers)


class _Stopped(Exception):
    """Ends a training because another one failed."""


def _run(trainings: list[Training], workers: int) -> list[History]:
    """Runs all trainings; raises the first exception when all have ended."""
    stop, failures = threading.Event(), []
    waiting: queue.SimpleQueue[Training] = queue.SimpleQueue()
    for training in trainings:
        waiting.put(training)

    def poll() -> None:
        if stop.is_set():
            raise _Stopped

    def work(ended: threading.Event) -> None:
        try:
            while not stop.is_set():
                training = waiting.get_nowait()
                training.network.hand_over()
                training.poll = poll
                training.run()
        except (queue.Empty, _Stopped):
            pass
        except BaseException as error:
            failures.append(error)
            stop.set()
        finally:
            ended.set()

    ends = [threading.Event() for _ in range(min(workers, len(trainings)))]
    team = [threading.Thread(target=work, name="fit_many", args=[ended]) for ended in ends]
    try:
        for thread in team:
            thread.start()
        for ended in ends:
            wait_for(ended)  # not join: interrupted, it takes a thread that runs for one that has ended (Python 3.11)
    finally:
        stop.set()  # after Ctrl-C, which comes to this thread; one that has not begun by now will find it set
        for thread, ended in zip(team, ends, strict=True):
            if thread.ident is not None:
                wait_for(ended)
                thread.join()
    if failures:
        raise failures[0]
    return [training.history for training in trainings]


def wait_for(event: threading.Event) -> None:
    """Waits, and sees signals: one that comes just before the system waits would not end a wait without limit."""
    while not event.wait(0.05):
        pass


def _networks_of(networks: object) -> list[Sequential]:
    if isinstance(networks, Sequential) or not isinstance(networks, Sequence) or not networks:
        raise TypeError(f"networks is {networks!r}, but a list of at least one Sequential was expected")
    places: dict[int, int] = {}
    for index, network in enumerate(networks):
        if not isinstance(network, Sequential):
            raise TypeError(f"networks[{index}] is {network!r}, but a Sequential was expected")
        if id(network) in places:
            raise ValueError(f"networks[{index}] is networks[{places[id(network)]}]; each must be a network of its own")
        places[id(network)] = index
    return list(networks)


def _rules_of(optimizer: object, count: int) -> list[Optimizer]:
    """An optimizer for each network."""
    if not isinstance(optimizer, list | tuple):
        rule = optimizer_of(optimizer)
        return [copy.deepcopy(rule) for _ in range(count)]
    rules = [optimizer_of(rule) for rule in _checked_length(optimizer, "optimizer", count)]
    if len(set(map(id, rules))) < count:
        raise ValueError("optimizer has one object twice, but each network needs one of its own")
    return rules


def _is_array(item: object) -> bool:
    return hasattr(item, "shape")


def _is_matrix(item: Any) -> bool:
    return _is_array(item) and len(item.shape) == 2


def _is_pair(item: object) -> bool:
    return isinstance(item, tuple)


def _one_each(given: Any, name: str, count: int, is_item: Any) -> list[Any]:
    """What each network gets: its item of a list of items, or what is given."""
    if isinstance(given, list | tuple) and given and all(map(is_item, given)):
        return _checked_length(given, name, count)
    return [given] * count


def _checked_length(given: Sequence[Any], name: str, count: int) -> list[Any]:
    if len(given) != count:
        raise ValueError(f"{name} has {len(given)} items, but there are {count} networks")
    return list(given)
