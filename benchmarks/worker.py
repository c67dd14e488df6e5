"""One competitor in a process of its own: reads requests from standard input, a line of JSON each, and answers so.

    {"do": "about"}                        its version
    {"do": "prepare", "cell": {...}}       builds it, answers losses of 50 steps or the first outputs, warms up
    {"do": "time"}                         seconds per step of the median of some epochs, or per call of predict
    {"do": "peak", "bytes": n}             only the competitor `ours`: operations and copied bytes per second

An error is answered with its text; the worker goes on.
"""

import importlib
import json
import os
import statistics
import sys
import time
import traceback
from typing import Any

import numpy as np
from cells import Cell, Problem, problem
from competitors import Unsupported

VERIFIED_STEPS = 50
EPOCHS = (1, 30)  # of a round, as many as fit into ...
LONGEST = 0.2  # ... seconds; their median counts
SHORTEST = 0.02  # seconds that calls of predict are repeated for


class Worker:
    """The state between requests: the cell in hand."""

    def __init__(self, competitor: str) -> None:
        self.competitor = importlib.import_module(f"competitors.{competitor}")
        self.run: Any = None  # seconds per step or call

    def about(self) -> dict[str, Any]:
        return {"version": self.competitor.VERSION}

    def prepare(self, cell: dict[str, Any]) -> dict[str, Any]:
        self.run = None
        given = problem(Cell(**{**cell, "widths": tuple(cell["widths"])}))
        start = time.perf_counter()
        values = self._training(given) if given.cell.optimizer else self._inference(given)
        return {"values": values, "seconds": time.perf_counter() - start}

    def _training(self, given: Problem) -> list[float]:
        step, epochs = self.competitor.trainer(given)
        batch, losses = given.cell.batch, []
        for s in range(VERIFIED_STEPS if given.cell.operations < 2e10 else 5):
            losses.append(float(step(np.arange(s * batch, (s + 1) * batch) % len(given.X))))
        epochs(1)  # compiles what steps did not
        n = int(np.clip(LONGEST / epochs(1)[0], *EPOCHS))
        self.run = lambda: statistics.median(epochs(n)) / given.cell.steps
        return losses

    def _inference(self, given: Problem) -> list[float]:
        predict = self.competitor.predictor(given)
        outputs = np.asarray(predict(given.X))
        start, calls = time.perf_counter(), 0
        while time.perf_counter() - start < SHORTEST:
            predict(given.X)
            calls += 1

        def run() -> float:
            start = time.perf_counter()
            for _ in range(calls):
                predict(given.X)
            return (time.perf_counter() - start) / calls

        self.run = run
        return [float(value) for value in outputs.ravel()[:1000]]

    def time(self) -> dict[str, Any]:
        return {"seconds": self.run()}

    def peak(self, bytes: float) -> dict[str, Any]:
        from pynncore import _core

        threads = int(os.environ["OMP_NUM_THREADS"])
        return {
            "flops": _core.measure_peak("float32", threads),
            "bandwidth": _core.measure_copy(int(bytes), threads),
        }


def main() -> None:
    # Answers go to the real standard output; what libraries print goes to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("do"))(**request)
        except Unsupported as reason:
            answer = {"unsupported": str(reason)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
