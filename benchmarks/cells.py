"""What the benchmarks measure: networks, batches, optimizers, and the random problem that every competitor gets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NETS: tuple[tuple[int, ...], ...] = (
    (20, 64, 64, 2),
    (8, 64, 64, 1),
    (784, 128, 64, 10),
    (784, 512, 512, 10),
    (256, 1024, 1024, 1024, 10),
    (64, 64, 64, 64, 64, 64, 64, 64, 10),
    (1024, 4096, 4096, 1000),
)
BATCHES = (1, 8, 32, 128, 500, 2048)
INFERENCE_BATCHES = (1, 32, 2048)
OPTIMIZERS = ("SGD", "momentum", "Adam")
LEARNING_RATE = {"SGD": 1e-3, "momentum": 1e-4, "Adam": 1e-5}
MOMENTUM, BETAS, EPS = 0.9, (0.9, 0.999), 1e-8
SLOTS = {"SGD": 0, "momentum": 1, "Adam": 2}  # arrays of optimizer state, of the size of the weights

WORK = 2e10  # floating-point operations of an epoch, ...
STEPS = (4, 2000)  # ... but its steps are within these limits,
SAMPLES = 20_000  # and its samples are no more, unless the fewest steps need more


@dataclass(frozen=True)
class Cell:
    """One thing to measure: training steps, or calls of predict where optimizer is ""."""

    widths: tuple[int, ...]
    batch: int
    threads: int
    optimizer: str = "SGD"
    activation: str = "ReLU"

    def __str__(self) -> str:
        what = f"{self.activation}, {self.optimizer or 'inference'}, batch {self.batch}, threads {self.threads}"
        return f"{'-'.join(map(str, self.widths))}, {what}"

    @property
    def products(self) -> list[int]:
        """Elements of each layer's weights."""
        return [n_in * n_out for n_in, n_out in itertools.pairwise(self.widths)]

    @property
    def operations(self) -> float:
        """Floating-point operations, two a multiply-add: outputs; in training gradients, and deltas but the first."""
        forward = sum(self.products)
        return 2.0 * self.batch * (3 * forward - self.products[0] if self.optimizer else forward)

    @property
    def bytes(self) -> float:
        """Bytes of weights and optimizer state that must be read or written: forward, deltas, update in place."""
        forward = sum(self.products)
        if not self.optimizer:
            return 4.0 * forward
        return 4.0 * (forward + (forward - self.products[0]) + (2 + 2 * SLOTS[self.optimizer]) * forward)

    @property
    def footprint(self) -> float:
        """Bytes of weights and optimizer state."""
        return 4.0 * sum(self.products) * (1 + SLOTS.get(self.optimizer, 0))

    @property
    def steps(self) -> int:
        """Steps of an epoch, or calls of predict."""
        fewest, most = STEPS
        return int(np.clip(WORK / self.operations, fewest, max(fewest, min(most, SAMPLES // self.batch))))


def cells(training: bool = True, inference: bool = True) -> Iterator[Cell]:
    """The whole matrix."""
    for threads, widths in itertools.product((1, 2), NETS):
        large = sum(a * b for a, b in itertools.pairwise(widths)) > 10_000_000
        for batch in (b for b in BATCHES if training and (b >= 128 or not large)):
            for optimizer in OPTIMIZERS:
                yield Cell(widths, batch, threads, optimizer)
                if widths == (784, 512, 512, 10):
                    yield Cell(widths, batch, threads, optimizer, "Tanh")
                    yield Cell(widths, batch, threads, optimizer, "GELU")
        for batch in INFERENCE_BATCHES if inference else ():
            yield Cell(widths, batch, threads, "")


@dataclass(frozen=True)
class Problem:
    """Random data and initial weights: the same for every competitor.

    X is (samples, widths[0]); y (samples,) class labels, or (samples, 1) values where the network has one output;
    weights are (out, in) and biases (out,), one of each a layer. All float32 but the labels.
    """

    cell: Cell
    X: NDArray[np.float32]
    y: NDArray[np.int64] | NDArray[np.float32]
    weights: list[NDArray[np.float32]]
    biases: list[NDArray[np.float32]]

    @property
    def regression(self) -> bool:
        """Whether the loss is the mean squared error, not the cross entropy of logits."""
        return self.cell.widths[-1] == 1

    @property
    def lr(self) -> float:
        """The learning rate."""
        return LEARNING_RATE[self.cell.optimizer]


def problem(cell: Cell) -> Problem:
    """The problem of a cell, always the same."""
    rng = np.random.default_rng(0)
    samples = cell.batch * cell.steps if cell.optimizer else cell.batch
    X = rng.standard_normal((samples, cell.widths[0]), dtype=np.float32)
    outputs = cell.widths[-1]
    y = rng.standard_normal((samples, 1), dtype=np.float32) if outputs == 1 else rng.integers(outputs, size=samples)
    weights, biases = [], []
    for n_in, n_out in itertools.pairwise(cell.widths):
        weights.append(rng.standard_normal((n_out, n_in), dtype=np.float32) * np.float32(np.sqrt(2 / n_in)))
        biases.append(rng.standard_normal(n_out, dtype=np.float32) * np.float32(0.01))
    return Problem(cell, X, y, weights, biases)
