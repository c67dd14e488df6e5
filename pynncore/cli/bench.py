"""`pynncore bench`: what this machine reaches, beside what its arithmetic units could."""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .. import __version__, _core, config
from ..activations import ReLU
from ..layers import Linear
from ..model import Sequential
from ..module import Module
from ..optimizers import SGD
from . import options as types

NETS = ((20, 64, 64, 2), (784, 128, 64, 10), (784, 512, 512, 10), (256, 1024, 1024, 1024, 10))
BATCHES = (1, 32, 128, 2048)
EPOCHS = 3  # timed a cell; the fastest counts
WORK = 4e9  # floating-point operations of an epoch: a tenth of a second at 40 GFLOP/s
SLOW = 20  # a batch of one streams all weights for every sample, and reaches about this much less


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "bench",
        help="measure the speed of training on this machine",
        description="Train a few networks on random numbers and print steps a second and GFLOP/s beside the machine's "
        "peak, which is measured as well. Takes less than half a minute.",
        allow_abbrev=False,
    )
    parser.add_argument("--threads", type=types.threads, help="default: all this process may use")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="default: float32")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print one line a network and batch size.

    The peak is measured beside every one, and the highest so far counts: other programs can only lower it.
    """
    threads = options.threads or config.threads()
    print(f"pynncore {__version__}, {config.isa()}, {threads} threads, {options.dtype}")
    print(f"{'network':>22} {'batch':>6} {'us/step':>10} {'steps/s':>10} {'GFLOP/s':>9} {'peak':>6} {'of it':>6}")
    peak = 0.0
    for widths in NETS:
        for batch in BATCHES:
            peak = max(peak, _core.measure_peak(options.dtype, threads))
            seconds = seconds_per_step(widths, batch, threads, options.dtype)
            peak = max(peak, _core.measure_peak(options.dtype, threads))
            rate, net = operations(widths, batch) / seconds, "-".join(map(str, widths))
            line = f"{net:>22} {batch:6} {seconds * 1e6:10.1f} {1 / seconds:10.0f} {rate / 1e9:9.1f}"
            print(f"{line} {peak / 1e9:6.0f} {rate / peak:6.1%}", flush=True)


def operations(widths: Sequence[int], batch: int) -> float:
    """Floating-point operations of a step, two a multiply-add: outputs, gradients, and deltas but the first."""
    products = [n_in * n_out for n_in, n_out in pairwise(widths)]
    return 2.0 * batch * (3 * sum(products) - products[0])


def seconds_per_step(widths: Sequence[int], batch: int, threads: int, dtype: str) -> float:
    """Time of a training step with plain SGD: shuffling, gathering, forward, loss, backward, update."""
    work = WORK / SLOW if batch == 1 else WORK
    steps = int(np.clip(work / operations(widths, batch), 4, 50_000 / batch + 4))
    rng = np.random.default_rng(0)
    X = rng.standard_normal((steps * batch, widths[0])).astype(dtype)
    y = rng.integers(widths[-1], size=len(X))
    layers: list[Module] = []
    for n_in, n_out in pairwise(widths):
        layers += [Linear(n_in, n_out), ReLU()]
    network = Sequential(*layers[:-1], rng=0, dtype=dtype)
    history = network.fit(
        X,
        y,
        loss="cross_entropy",
        optimizer=SGD(lr=1e-3),
        epochs=EPOCHS,
        batch_size=batch,
        threads=threads,
        verbose=False,
    )
    return min(history["seconds"]) / steps
