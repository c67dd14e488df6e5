"""What optimizers that take all samples in every step have in common: the loss as a function of one vector.

They run where `_core.Trainer` runs the others: one step an epoch, tried out on a copy of the network, which itself gets
new weights only when a step is complete.
"""

from __future__ import annotations

import copy
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..random_units import RandomUnit
from .base import Optimizer

if TYPE_CHECKING:
    from ..losses import Loss
    from ..model import Sequential
    from ..network import Network
    from ..objective import Objective

Array = NDArray[Any]
Vector = NDArray[np.float64]  # (weights,), in the order of Network.parameters


def vector_of(network: Network) -> Vector:
    """All weights of a network."""
    return np.concatenate([layer.op.get(name).ravel() for _, layer, name in network.parameters()]).astype(np.float64)


def assign(network: Network, weights: Vector) -> None:
    """Copy all weights in."""
    end = 0
    for _, layer, name in network.parameters():
        shape = layer.shape_of(name)
        begin, end = end, end + int(np.prod(shape))
        layer.op.set(name, np.ascontiguousarray(weights[begin:end].reshape(shape), network.dtype))


def dot(a: Array, b: Array) -> float:
    """The sum of a b in an order that no number of threads changes, unlike BLAS's."""
    with np.errstate(over="ignore"):
        return float(np.add.reduce(a * b))


class Samples(NamedTuple):
    """What is trained on: the samples `rows` of X, target and weight (None: all weigh 1)."""

    X: Array
    target: Array
    weight: Array | None
    rows: NDArray[np.int64]


class Memory(_core.Optimizer):
    """lr, steps, and what a full-batch optimizer keeps from step to step: lists of arrays of one shape, by name."""

    def __init__(self, lr: float) -> None:
        super().__init__("SGD", [lr, 0.0])  # for its lr and steps; its rule is not run
        self.kept: dict[str, list[Any]] = {}
        self.converged: str | None = None
        self.owner: weakref.ref[Network] | None = None

    def bind(self, network: Network, kind: str) -> None:
        """Raises ValueError if this belongs to another network."""
        if self.owner is not None and self.owner() is not network:
            raise ValueError(f"this {kind} already holds the state of another network; make a new one for this network")
        self.owner = weakref.ref(network)

    def reset(self) -> None:
        super().reset()
        self.kept, self.converged = {}, None

    def state(self, network: _core.Network, out: Mapping[str, Array] | None = None) -> dict[str, Array]:
        return {name: np.array(arrays) for name, arrays in self.kept.items()}

    def set_state(self, network: _core.Network, state: dict[str, Array]) -> None:
        self.kept = {name: list(np.array(array)) for name, array in state.items()}


class FullBatchOptimizer(Optimizer, ABC):
    """An optimizer whose steps take all samples."""

    core: Memory

    def make_core(self, name: str, values: dict[str, float]) -> Memory:
        return Memory(values["lr"])

    @property
    def converged(self) -> str | None:
        return self.core.converged

    def check(self, network: Sequential, loss: Loss, samples: int, batch_size: int) -> None:
        kind = type(self).__name__
        if batch_size < samples:
            raise ValueError(
                f"batch_size is {batch_size}, but {kind} takes all {samples} samples in a step: pass batch_size=None"
            )
        for name, layer in network.leaves():
            if isinstance(layer, RandomUnit) or layer.mixes_rows:
                raise ValueError(
                    f"{layer!r} at index {name} does otherwise in training, but {kind} needs a loss that depends on "
                    "nothing but the weights"
                )

    def check_batches(self) -> None:
        raise TypeError(
            f"{type(self).__name__} takes all samples in a step, but train_batch is for one batch of many: "
            "use fit with batch_size=None"
        )

    def trainer(self, network: Sequential, objective: Objective, batch: int, threads: int) -> FullBatchTrainer:
        self.core.bind(network, type(self).__name__)
        return FullBatchTrainer(network, lambda samples: self.method(network, objective, samples, threads), self.core)

    @abstractmethod
    def method(self, network: Sequential, objective: Objective, samples: Samples, threads: int) -> Method:
        """What takes steps on these samples."""


class Taken(NamedTuple):
    """A step: the weighted sum of the samples' losses before it, which is not finite if the step diverged, and the new
    weights, None if there is nothing to gain."""

    total: float
    weights: Vector | None


class Method(ABC):
    """Takes the steps of a full-batch optimizer; works on `twin`, a copy of the network."""

    def __init__(self, network: Sequential, objective: Objective, samples: Samples, threads: int) -> None:
        self.twin = copy.deepcopy(network)
        self.objective, self.samples, self.threads = objective, samples, threads
        self.poll: Callable[[], None] = lambda: None  # called between evaluations; may raise
        self.core = self.twin.core(samples.X.shape[1], len(self.twin) - objective.swallows)

    def rounded(self, weights: Vector) -> Vector:
        """The weights as the network's dtype has them; those beyond it become infinite."""
        with np.errstate(over="ignore"):
            return weights.astype(self.twin.dtype).astype(np.float64)

    @abstractmethod
    def step(self, weights: Vector, lr: float) -> Taken:
        """One step from these weights."""


class FullBatchTrainer:
    """What `_core.Trainer` is to optimizers of the core: runs the steps of an epoch, which are one."""

    def __init__(self, network: Sequential, method_for: Callable[[Samples], Method], memory: Memory) -> None:
        self._network, self._method_for, self._memory = network, method_for, memory
        self._method: Method | None = None
        self.penalty = 0.0

    def run(
        self,
        x: Any,
        target: Array,
        order: NDArray[np.int64],
        first: int,
        last: int,
        seed: int,
        epoch: int,
        rates: Vector | None = None,
        weight: Array | None = None,
        outputs: Array | None = None,
        interrupted: Callable[[], None] | None = None,
        loss: float = 0.0,
        earlier: int = 0,
        penalties: Vector | None = None,
    ) -> tuple[float, int]:
        """As `_core.Trainer.run`, but without penalties; the samples are added up in their own order, so that the order
        of an epoch, which a full batch does not depend on, does not become noise."""
        if penalties is not None:
            raise TypeError("penalties are for steps on minibatches, but this optimizer's steps take all samples")
        if self._method is None:
            self._method = self._method_for(Samples(x, target, weight, np.sort(order)))
        method = self._method
        if interrupted is not None:
            method.poll = interrupted
        if outputs is not None:
            rows = method.samples.rows
            assign(method.twin, vector_of(self._network))
            outputs[rows] = method.core.forward(x[rows], method.threads)
        self._memory.converged = None
        lr = self._memory.get("lr") if rates is None else float(rates[0])
        before = vector_of(self._network)
        total, weights = method.step(before, lr)
        if not np.isfinite(total):
            return loss, 0
        if weights is not None:
            try:
                assign(self._network, weights)
            except BaseException:  # Ctrl-C between two layers
                assign(self._network, before)
                raise
            self._memory.steps += 1
        return loss + total, 1
