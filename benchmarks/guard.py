"""Compares training speed with another build, before a change of the kernels lands.

    python benchmarks/guard.py ../other/venv/bin/python        the interpreter of an environment with the other build
    python benchmarks/guard.py --build-commit main             builds that commit in a temporary folder first

Twelve cells, fifteen rounds, the two builds in turns. Fails (status 1) if the median over the cells of our time divided
by the other's is above 1.05, or any cell's above 1.10.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from cells import Cell
from run import HERE, OURS, Competitor

LIMIT, CELL_LIMIT, ROUNDS = 1.05, 1.10, 15
CELLS = (
    Cell((20, 64, 64, 2), 32, 2),
    Cell((20, 64, 64, 2), 500, 2, "Adam"),
    Cell((784, 128, 64, 10), 1, 2),
    Cell((784, 128, 64, 10), 8, 1, "momentum"),
    Cell((784, 128, 64, 10), 32, 2, "Adam"),
    Cell((784, 128, 64, 10), 500, 2),
    Cell((784, 512, 512, 10), 1, 1, "Adam"),
    Cell((784, 512, 512, 10), 32, 2),
    Cell((784, 512, 512, 10), 128, 2, "Adam", "GELU"),
    Cell((256, 1024, 1024, 1024, 10), 128, 2),
    Cell((64, 64, 64, 64, 64, 64, 64, 64, 10), 128, 2, "SGD", "Tanh"),
    Cell((784, 128, 64, 10), 32, 2, ""),
)


def build(commit: str, folder: Path) -> str:
    """An interpreter whose pynncore is built from a commit."""
    root = HERE.parent
    subprocess.run(["git", "-C", str(root), "worktree", "add", "--detach", str(folder / "source"), commit], check=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        python = str(folder / "venv" / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", str(folder / "source")], check=True)
    finally:
        subprocess.run(["git", "-C", str(root), "worktree", "remove", "--force", str(folder / "source")], check=True)
    return python


def compare(python: str) -> dict[str, float]:
    """By cell: the median over the rounds of our time divided by the other's."""
    ratios = {}
    for cell in CELLS:
        ours, other = Competitor(OURS, cell.threads), Competitor(OURS, cell.threads, python)
        try:
            for competitor in (ours, other):
                if "values" not in (answer := competitor.prepare(cell)):
                    raise SystemExit(f"{cell}: {answer}")
            pairs = []
            for i in range(ROUNDS):
                first, second = (ours, other) if i % 2 == 0 else (other, ours)
                times = {first: first.seconds(), second: second.seconds()}
                pairs.append(times[ours] / times[other])
        finally:
            ours.end()
            other.end()
        ratios[str(cell)] = statistics.median(pairs)
        print(f"{ratios[str(cell)]:6.3f}  ({min(pairs):.3f} - {max(pairs):.3f})  {cell}", flush=True)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", nargs="?", help="interpreter of an environment with the build to compare with")
    parser.add_argument("--build-commit", help="build this commit and compare with it")
    options = parser.parse_args()
    if (options.python is None) == (options.build_commit is None):
        parser.error("give either an interpreter or --build-commit")
    with tempfile.TemporaryDirectory() as folder:
        python = options.python or build(options.build_commit, Path(folder))
        ratios = compare(os.path.abspath(python))
    median, worst = statistics.median(ratios.values()), max(ratios, key=ratios.__getitem__)
    print(f"median {median:.3f}, worst {ratios[worst]:.3f} ({worst})")
    if median > LIMIT or ratios[worst] > CELL_LIMIT:
        raise SystemExit(f"slower than the other build: at most {LIMIT} and {CELL_LIMIT} in any cell are allowed")


if __name__ == "__main__":
    main()
