"""Time to an accuracy: 784-256-128-100-10 on Fashion-MNIST, Adam 1e-3, batch 128, beside PyTorch in the same run.

    python benchmarks/fashion_mnist.py [FOLDER]    needs PyTorch and the four idx files (Debian: dataset-fashion-mnist)

Prints the seconds an epoch takes and the seconds until the test accuracy reaches 0.8833, the published figure for this
net, for seeds 0, 1 and 2. Each library runs in a process of its own, because their threads would disturb each other;
PyTorch with its fused optimizer and minibatches indexed from tensors in memory. Evaluation is not timed in either.
"""

import argparse
import itertools
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

WIDTHS = (784, 256, 128, 100, 10)
GOAL, EPOCHS, BATCH, SEEDS = 0.8833, 20, 128, (0, 1, 2)
Split = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]
Step = tuple[Callable[[], None], Callable[[], float]]  # one epoch; the test accuracy


def load(folder: str) -> Split:
    """Images with mean 0 and standard deviation 1 over all pixels."""
    import pynncore as nn

    data = nn.data.load(f"idx:{folder}")
    train, test = data.split()
    images = np.asarray(train.X, dtype=np.float32)
    mean, deviation = images.mean(), images.std()
    return (
        (images - mean) / deviation,
        np.asarray(train.y, dtype=np.int64),
        (np.asarray(test.X, dtype=np.float32) - mean) / deviation,
        np.asarray(test.y, dtype=np.int64),
    )


def ours(split: Split, seed: int) -> Step:
    """pynncore, an epoch a call of fit."""
    import pynncore as nn

    X, y, X_test, y_test = split
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(WIDTHS):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    network = nn.Sequential(*layers[:-1], rng=seed)
    optimizer, loss = nn.Adam(lr=1e-3), nn.CrossEntropyLoss()

    def epoch() -> None:
        network.fit(X, y, loss=loss, optimizer=optimizer, epochs=1, batch_size=BATCH, verbose=False)

    return epoch, lambda: float((network.predict(X_test).argmax(axis=1) == y_test).mean())


def theirs(split: Split, seed: int) -> Step:
    """PyTorch, eager, fused Adam."""
    import torch

    torch.manual_seed(seed)
    X, y, X_test, y_test = map(torch.from_numpy, split)
    layers: list[torch.nn.Module] = []
    for n_in, n_out in itertools.pairwise(WIDTHS):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    optimizer, loss = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True), torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        for batch in torch.randperm(len(X)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss(network(X[batch]), y[batch]).backward()
            optimizer.step()

    def accuracy() -> float:
        with torch.inference_mode():
            return float((network(X_test).argmax(dim=1) == y_test).float().mean())

    return epoch, accuracy


def measure(library: str, folder: str, seed: int) -> tuple[float, float, float]:
    """Median seconds per epoch, seconds to the goal, best accuracy."""
    epoch, accuracy = {"pynncore": ours, "PyTorch": theirs}[library](load(folder), seed)
    seconds: list[float] = []
    reached, best = float("nan"), 0.0
    for _ in range(EPOCHS):
        start = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - start)
        best = max(best, accuracy())
        if best >= GOAL and not reached >= 0:
            reached = sum(seconds)
    return float(np.median(seconds)), reached, best


def main() -> None:
    """Interleave the two, seed by seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default="/usr/share/datasets/fashion-mnist")
    folder = parser.parse_args().folder
    libraries = ["pynncore", "PyTorch"]
    if find_spec("torch") is None:
        print("PyTorch is not installed: pynncore alone")
        libraries.pop()
    print(f"{'':10}  seed  s/epoch  s to {GOAL}  best accuracy")
    for seed in SEEDS:
        for library in libraries:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                per_epoch, reached, best = pool.submit(measure, library, folder, seed).result()
            print(f"{library:10}  {seed:4}  {per_epoch:7.3f}  {reached:11.2f}  {best:13.4f}", flush=True)


if __name__ == "__main__":
    main()
