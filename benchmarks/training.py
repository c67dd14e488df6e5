"""Microseconds per training step of pynncore on random data: shuffling, gathering, forward, backward, update and loss.

    python benchmarks/training.py                                    the whole matrix
    python benchmarks/training.py --net 784,128,64,10 --batch 128    one cell
    python benchmarks/training.py --against "floor/run"              interleaved with another program, ratios of medians

A program to compare with is called as `COMMAND THREADS BATCH WIDTH WIDTH ...` and prints "us/step NUMBER".
"""

import argparse
import itertools
import re
import shlex
import statistics
import subprocess
from collections.abc import Sequence

import numpy as np

import pynncore as nn

NETS = ((784, 128, 64, 10), (20, 64, 64, 2), (784, 512, 512, 10), (256, 1024, 1024, 1024, 10))
BATCHES = (1, 32, 128, 500, 2048)
REPEATS = 4  # epochs timed; the fastest counts, as in the program compared with


def multiply_adds(widths: Sequence[int], batch: int) -> float:
    """Multiply-adds of a step: forward, weight gradients, and deltas for all layers but the first."""
    pairs = list(itertools.pairwise(widths))
    return batch * sum(a * b * (2 if i == 0 else 3) for i, (a, b) in enumerate(pairs))


def microseconds_per_step(widths: Sequence[int], batch: int, threads: int) -> float:
    """The fastest of REPEATS epochs over as many samples as take a fraction of a second."""
    products = sum(a * b for a, b in itertools.pairwise(widths))
    steps = max(20, min(4000, int(6e10 / (products * 6 * batch))))
    samples = max(batch, min(batch * steps, 60_000) // batch * batch)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((samples, widths[0]), dtype=np.float32)
    y = rng.integers(widths[-1], size=samples)
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(widths):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    network = nn.Sequential(*layers[:-1], rng=0)
    epochs = REPEATS * max(1, steps * batch // samples)
    history = network.fit(
        X, y, loss=nn.CrossEntropyLoss(), optimizer=nn.SGD(lr=1e-3), epochs=epochs, batch_size=batch,
        threads=threads, verbose=False,
    )  # fmt: skip
    if not np.isfinite(history.history["loss"]).all():
        raise SystemExit(f"the loss of {widths} at batch {batch} is not finite")
    return min(history.history["seconds"]) / (samples // batch) * 1e6


def other_microseconds(command: str, widths: Sequence[int], batch: int, threads: int) -> float:
    """What the program compared with prints."""
    call = [*shlex.split(command), str(threads), str(batch), *map(str, widths)]
    text = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    found = re.search(r"us/step\s+([\d.]+)", text)
    if found is None:
        raise SystemExit(f"{command} printed no 'us/step': {text!r}")
    return float(found.group(1))


def main() -> None:
    """Print one line a cell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", type=lambda text: tuple(map(int, text.split(","))))
    parser.add_argument("--batch", type=int)
    parser.add_argument("--threads", type=int, default=nn.config.threads())
    parser.add_argument("--against", help="a program to run interleaved")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for widths in [options.net] if options.net else NETS:
        for batch in [options.batch] if options.batch else BATCHES:
            ours, theirs = [], []
            for _ in range(options.rounds if options.against else 1):
                ours.append(microseconds_per_step(widths, batch, options.threads))
                if options.against:
                    theirs.append(other_microseconds(options.against, widths, batch, options.threads))
            time = statistics.median(ours)
            line = f"{'-'.join(map(str, widths)):24} batch {batch:5}  {time:10.1f} us/step"
            line += f"  {2e-3 * multiply_adds(widths, batch) / time:7.1f} GFLOP/s"
            if theirs:
                ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
                line += f"  other {statistics.median(theirs):10.1f}  ratio {statistics.median(ratios):.3f}"
                line += f" ({ratios[0]:.3f} - {ratios[-1]:.3f})"
            print(line, flush=True)


if __name__ == "__main__":
    main()
