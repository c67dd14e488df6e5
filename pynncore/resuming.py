"""What a running `fit` writes into a checkpoint, and how it goes on from one."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .callbacks import Callback
from .checkpoint import Checkpoint, Spares, check_same
from .fingerprint import fingerprint
from .history import History
from .losses import Loss
from .objective import Objective
from .optimizers import Optimizer
from .snapshot import Snapshot

if TYPE_CHECKING:
    from .model import Sequential
    from .samples import Data
    from .training import Settings

Array = NDArray[Any]


@dataclass
class Running:
    """An epoch that has begun."""

    order: NDArray[np.int64]  # its rows, as they are trained on
    lr: float  # of its first step
    start: float  # the clock's seconds
    total: float = 0.0  # of the losses of the samples so far
    weight: float = 0.0  # what that is divided by
    penalty: float = 0.0  # the part of the total that penalties are


class Resumable(ABC):
    """The part of `Training` that copies it into a checkpoint and takes it from there."""

    network: Sequential
    optimizer: Optimizer
    history: History
    epoch: int
    epochs: int
    step: int
    samples_of_step: int
    logs: dict[str, float]
    _data: Data
    _validation: Data | None
    _settings: Settings
    _callbacks: list[Callback]
    _loss: Loss
    _objective: Objective
    _rule: str
    _running: Running | None
    _snapshot: Snapshot
    _outputs: Array | None
    _resumed: Checkpoint | None
    _spares: Spares

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """Names of the numbers that the history gets."""

    @abstractmethod
    def _order(self) -> NDArray[np.int64]:
        """The rows of this epoch, in the order in which they are trained on."""

    def checkpoint(self) -> Checkpoint:
        """A copy of all that training is; `on_checkpoint` is where its parts belong to the same moment."""
        spare = self._spares.take()
        weights = {
            f"{at}.{name}": layer.op.get(name, out=spare.get(f"{at}.{name}"))
            for at, layer, name in self.network.arrays()
        }
        optimizer = self.optimizer.state_dict(self.network, spare)
        callbacks = {name: one.state_dict() for name, one in self._named_callbacks().items()}
        state = {
            "of": self._identity,
            "batches": self.network.batches,
            "epoch": self.epoch,
            "step": self.step,
            "running": self._running_state(),
            "history": {name: np.array(values, np.float64) for name, values in self.history.history.items()},
            "stopped": self.history.stopped,
            "optimizer": optimizer,
            "callbacks": {name: state for name, state in callbacks.items() if state},
        }
        made = Checkpoint.of(self.network, weights, state)
        self._spares.expect(made, weights | optimizer["arrays"])
        return made

    def _running_state(self) -> dict[str, Any] | None:
        if self._running is None:
            return None
        outputs = None if self._outputs is None else self._outputs[self._done_rows(self._running)]
        sums = {"lr": self._running.lr, "total": self._running.total, "weight": self._running.weight}
        seconds = time.perf_counter() - self._running.start
        return {**sums, "seconds": seconds, "outputs": outputs, "weights": self._snapshot.arrays}

    def _done_rows(self, running: Running) -> NDArray[np.int64]:
        return running.order[: self.step * self.samples_of_step]

    def resume(self, checkpoint: Checkpoint, path: str) -> None:
        """Begin where a checkpoint stands. Nothing but this object changes before `run`."""
        state = checkpoint.training
        check_same(state["of"], self._identity, path)
        if state["epoch"] > self.epochs:
            raise ValueError(f"epochs is {self.epochs}, but {path} is a checkpoint of epoch {state['epoch']}")
        missing = state["callbacks"].keys() - self._named_callbacks().keys()
        if missing:
            raise ValueError(f"{path} has the state of {', '.join(sorted(missing))}, but callbacks has none")
        self._resumed = checkpoint
        self.epoch, self.step, self.history.stopped = state["epoch"], state["step"], state["stopped"]
        self.history.history = {name: values.tolist() for name, values in state["history"].items()}
        self.logs = {name: values[-1] for name, values in self.history.history.items()}

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Give callbacks, optimizer and network what the checkpoint has of them."""
        state = checkpoint.training
        for name, callback in self._named_callbacks().items():
            if name in state["callbacks"]:
                callback.load_state_dict(state["callbacks"][name])
        self.optimizer.load_state_dict(state["optimizer"], self.network)
        self.network.seed, self.network.epochs = int(checkpoint["seed"]), int(checkpoint["epochs"])
        self.network.batches = state["batches"]
        for layer_name, layer, name in self.network.arrays():
            layer.op.set(name, checkpoint.tensors[f"{layer_name}.{name}"])
        running = state["running"]
        if running is None:
            self._snapshot.take()
            return
        self._snapshot.arrays = running["weights"]
        start = time.perf_counter() - running["seconds"]
        self._running = Running(self._order(), running["lr"], start, running["total"], running["weight"])
        self.logs = {"loss": self._objective.value(running["total"], running["weight"])}
        if self._outputs is not None:
            self._outputs[self._done_rows(self._running)] = running["outputs"]

    def _named_callbacks(self) -> dict[str, Callback]:
        """The callbacks as checkpoints name them: by kind, and position among those of the kind."""
        named: dict[str, Callback] = {}
        for callback in self._callbacks:
            kind = type(callback).__name__
            named[f"{kind} {sum(type(other).__name__ == kind for other in named.values()) + 1}"] = callback
        return named

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What must be the same in a training that goes on from a checkpoint of this one, by names for messages."""
        return {
            "the network": [*map(repr, self.network), self.network.dtype],
            "input_scale": repr(self.network.input_scale),
            "the optimizer": self._rule,
            "the loss": repr(self._loss),
            "batch_size": self._settings.batch_size,
            "shuffle": self._settings.shuffle,
            "the history": self.names,
            **self._fingerprint(),
        }

    def _fingerprint(self) -> dict[str, Any]:
        return {**fingerprint(self._data, "training"), **fingerprint(self._validation, "validation")}
