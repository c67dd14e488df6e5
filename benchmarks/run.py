"""Measures pynncore beside its peers, interleaved, and writes what it measured to a JSON file.

    python benchmarks/run.py results.json                                 the whole matrix: a night
    python benchmarks/run.py results.json --net 784,128,64,10 --batch 32 128 --optimizer SGD --threads 2
    python benchmarks/run.py results.json --peers jax_scan,numpy_plain    some peers
    python benchmarks/run.py results.json --program floor=PATH            another program: PATH THREADS BATCH WIDTHS...
    python benchmarks/report.py results.json                              tables and a plot of them

Every competitor runs in a process of its own, with as many processors as the cell has threads. Before a cell is timed,
each competitor's losses of 50 steps (or its outputs) must agree with pynncore's to 1e-4; where they do not, it is not
timed, and the table says so. Then all take turns, forwards and backwards, for a number of rounds. Cells that the file
already holds are skipped.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from cells import Cell, cells
from competitors import NAMES

HERE = Path(__file__).resolve().parent
AGREEMENT = 1e-4
PAUSE = 0.1  # seconds before each turn: until then, threads of the turn before may look for work
OURS = "ours"


class Competitor:
    """A worker process; see worker.py."""

    def __init__(self, name: str, threads: int, python: str = sys.executable) -> None:
        self.name, self.threads = name, threads
        processors = sorted(os.sched_getaffinity(0))[:threads]
        environment = os.environ | {
            name: str(threads)
            for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
        }
        if threads == 1:
            environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
        self._process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, processors),
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to a request."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": f"{self.name} ended with status {self._process.wait()}"}

    def prepare(self, cell: Cell) -> dict[str, Any]:
        return self.ask(do="prepare", cell=asdict(cell))

    def seconds(self) -> float:
        """Seconds per step."""
        time.sleep(PAUSE)
        answer = self.ask(do="time")
        if "seconds" not in answer:
            raise RuntimeError(f"{self.name}: {answer}")
        return float(answer["seconds"])

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Program:
    """Another program: called with THREADS BATCH WIDTH WIDTH ..., it prints `us/step NUMBER` of ReLU and plain SGD."""

    def __init__(self, name: str, path: str, threads: int) -> None:
        self.name, self.path, self.threads = name, path, threads
        self._call: list[str] = []

    def ask(self, **_: Any) -> dict[str, Any]:
        return {"version": ""}

    def prepare(self, cell: Cell) -> dict[str, Any]:
        if (cell.optimizer, cell.activation) != ("SGD", "ReLU") or cell.widths[-1] == 1:
            return {"unsupported": "only ReLU, SGD and classes"}
        self._call = [self.path, str(self.threads), str(cell.batch), *map(str, cell.widths)]
        return {}

    def seconds(self) -> float:
        text = subprocess.run(self._call, capture_output=True, text=True, check=True).stdout
        found = re.search(r"us/step\s+([\d.]+)", text)
        if found is None:
            raise RuntimeError(f"{self.path} printed no 'us/step': {text!r}")
        return float(found[1]) * 1e-6

    def end(self) -> None:
        pass


def worst_difference(values: list[float], expected: list[float]) -> float:
    """The largest difference, relative to values of at least 1."""
    a, b = np.array(values), np.array(expected)
    return float((np.abs(a - b) / np.maximum(1, np.abs(b))).max())


def measure(cell: Cell, competitors: list[Competitor | Program], rounds: int) -> dict[str, Any]:
    """What the JSON file holds of a cell."""
    ours = competitors[0]
    result: dict[str, Any] = {"cell": asdict(cell), "seconds": {}, "differences": {}, "left_out": {}, "preparation": {}}
    expected: list[float] = []
    taking_part = []
    for competitor in competitors:
        answer = competitor.prepare(cell)
        if "unsupported" in answer or "error" in answer:
            result["left_out"][competitor.name] = answer.get("unsupported") or answer["error"].strip().splitlines()[-1]
            continue
        if "values" in answer:
            expected = expected or answer["values"]
            difference = worst_difference(answer["values"], expected)
            result["differences"][competitor.name] = difference
            result["preparation"][competitor.name] = answer["seconds"]
            if not difference <= AGREEMENT:
                result["left_out"][competitor.name] = f"its values differ by {difference:.1e}"
                continue
        taking_part.append(competitor)
        result["seconds"][competitor.name] = []
    peaks = [ours.ask(do="peak", bytes=cell.footprint)]
    for round_ in range(rounds):
        for competitor in taking_part if round_ % 2 == 0 else taking_part[::-1]:
            result["seconds"][competitor.name].append(competitor.seconds())
    peaks.append(ours.ask(do="peak", bytes=cell.footprint))
    result["peak"] = {name: max(peak[name] for peak in peaks) for name in ("flops", "bandwidth")}
    return result


def in_words(result: dict[str, Any]) -> str:
    """Our time, the others' divided by it, and who was left out."""
    medians = {name: float(np.median(times)) for name, times in result["seconds"].items()}
    ours = medians.pop(OURS, np.nan)
    ratios = ", ".join(f"{NAMES.get(name, name)} {seconds / ours:.2f}" for name, seconds in medians.items())
    return f"{ours * 1e6:.1f} us; times ours: {ratios}; {result['left_out'] or ''}"


def selected(options: argparse.Namespace) -> Iterator[Cell]:
    """The cells of the matrix that the options name."""
    for cell in cells(training=not options.inference, inference=options.inference or not options.training):
        keep = (
            (not options.net or cell.widths in options.net)
            and (not options.batch or cell.batch in options.batch)
            and (not options.threads or cell.threads in options.threads)
            and (not options.optimizer or not cell.optimizer or cell.optimizer in options.optimizer)
            and (not options.activation or cell.activation in options.activation)
        )
        if keep:
            yield cell


def machine() -> dict[str, Any]:
    """Where and when this was measured."""
    processor = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": processor[1] if processor else platform.processor(),
        "processors": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
    }


def widths(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="JSON file, added to")
    parser.add_argument("--net", type=widths, nargs="+")
    parser.add_argument("--batch", type=int, nargs="+")
    parser.add_argument("--threads", type=int, nargs="+")
    parser.add_argument("--optimizer", nargs="+")
    parser.add_argument("--activation", nargs="+")
    parser.add_argument("--training", action="store_true", help="no inference")
    parser.add_argument("--inference", action="store_true", help="no training")
    parser.add_argument("--peers", default=",".join(name for name in NAMES if name != OURS), help="comma-separated")
    parser.add_argument("--program", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    held = json.loads(options.file.read_text()) if options.file.exists() else {"cells": []}
    done = {str(Cell(**{**entry["cell"], "widths": tuple(entry["cell"]["widths"])})) for entry in held["cells"]}
    held["machine"] = machine()
    teams: dict[int, list[Competitor | Program]] = {}
    try:
        for cell in selected(options):
            if str(cell) in done:
                continue
            if cell.threads not in teams:
                peers = [name for name in options.peers.split(",") if name]
                team: list[Competitor | Program] = [Competitor(name, cell.threads) for name in [OURS, *peers]]
                team += [Program(*given.split("=", 1), cell.threads) for given in options.program]
                teams[cell.threads] = team
                held["versions"] = {c.name: c.ask(do="about").get("version", "missing") for c in team}
            result = measure(cell, teams[cell.threads], options.rounds)
            held["cells"].append(result)
            temporary = options.file.with_suffix(".tmp")
            temporary.write_text(json.dumps(held, indent=1))
            temporary.replace(options.file)
            print(f"{cell}: {in_words(result)}", flush=True)
    finally:
        for team in teams.values():
            for competitor in team:
                competitor.end()


if __name__ == "__main__":
    main()
