"""One file a competitor, with the same two functions in each.

trainer(problem) returns two functions: step(rows), which trains on the samples of one batch, given by their indices,
and returns its loss; and epochs(n), which trains n times on all samples of the problem, in batches and in a new random
order each time, and returns the seconds of each epoch. predictor(problem) returns a function from X to the network's
output. Both start from the problem's weights.
A competitor that cannot do a cell raises Unsupported.

The number of threads is set outside: by OMP_NUM_THREADS and the like, and by the processors the process may run on.
"""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Step = Callable[[Rows], float]
Training = tuple[Step, Callable[[int], list[float]]]
Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]

NAMES = {
    "ours": "pynncore",
    "torch_eager": "PyTorch eager",
    "torch_compiled": "PyTorch compiled",
    "jax_scan": "JAX",
    "sklearn_mlp": "scikit-learn",
    "numpy_plain": "NumPy",
    "onnx_runtime": "ONNX Runtime",
}


def timed(epoch: Callable[[], object]) -> Callable[[int], list[float]]:
    """`epochs` from a function that trains one epoch."""

    def epochs(n: int) -> list[float]:
        seconds = []
        for _ in range(n):
            start = time.perf_counter()
            epoch()
            seconds.append(time.perf_counter() - start)
        return seconds

    return epochs


class Unsupported(Exception):
    """This competitor has no such network or optimizer."""
