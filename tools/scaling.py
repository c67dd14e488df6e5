"""Where teams of threads stop being faster: what the planner expects of training steps with up to 64 threads.

    python tools/scaling.py           expected speed-up over one thread, by the way a team shares a step
    python tools/scaling.py --work    barriers, multiply-adds and bytes of the busiest thread in a step

Barriers and multiply-adds are those of the plan; bytes and seconds are estimates for cores with AVX-512 at
3.7 GHz (csrc/nn/arrangement.cpp), good enough to see where one way overtakes another.
"""

import sys

from pynncore import _core

THREADS = (2, 4, 8, 16, 32, 64)
CASES = (
    ([20, 64, 64, 2], 128),
    ([20, 64, 64, 2], 2048),
    ([784, 128, 64, 10], 1),
    ([784, 128, 64, 10], 32),
    ([784, 128, 64, 10], 500),
    ([784, 512, 512, 10], 1),
    ([784, 512, 512, 10], 128),
    ([784, 512, 512, 10], 2048),
    ([256, 1024, 1024, 1024, 10], 32),
    ([1024, 4096, 4096, 1000], 128),
    ([1024, 4096, 4096, 1000], 2048),
)


def row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |")


def in_words(members: int, group: int, first_divided: bool) -> str:
    """Groups x members of a group; "1:" where all members share the first layer's columns."""
    return f"{'1: ' if first_divided else ''}{members // group} x {group}"


def speedups() -> None:
    """For each case, sharing rows alone, columns of the first layer or of all, and what the planner takes."""
    row("net", "batch", "shared", *THREADS)
    row("---", "---:", "---", *("---:" for _ in THREADS))
    for widths, batch in CASES:
        one = _core.expected_cost(widths, batch, 1, 1, True)["seconds"]
        chosen = [_core.arrange(widths, batch, threads, True) for threads in THREADS]
        ways = {
            "rows": [(threads, 1, False) for threads in THREADS],
            "first layer": [(threads, 1, True) for threads in THREADS],
            "columns": [(threads, threads, False) for threads in THREADS],
            "planner": chosen,
        }
        for way, arrangements in ways.items():
            speeds = [one / _core.expected_cost(widths, batch, m, c, True, d)["seconds"] for m, c, d in arrangements]
            cells = [f"{speed:.1f}" for speed in speeds]
            if way == "planner":
                cells = [f"{cell} ({in_words(*given)})" for cell, given in zip(cells, chosen, strict=True)]
            row("-".join(map(str, widths)), batch, way, *cells)


def work() -> None:
    """What the busiest member of the planner's team has to do."""
    row("net", "batch", "threads", "groups x members", "barriers", "MFLOP", "KB", "KB from afar", "us")
    row("---", *("---:" for _ in range(8)))
    for widths, batch in CASES:
        for threads in (1, *THREADS):
            m, c, d = _core.arrange(widths, batch, threads, True)
            cost = _core.expected_cost(widths, batch, m, c, True, d)
            row(
                "-".join(map(str, widths)),
                batch,
                threads,
                in_words(m, c, d),
                int(cost["barriers"]),
                f"{2e-6 * cost['multiply_adds']:.3g}",
                f"{cost['bytes'] / 1024:.0f}",
                f"{cost['far_bytes'] / 1024:.0f}",
                f"{1e6 * cost['seconds']:.1f}",
            )


if __name__ == "__main__":
    work() if "--work" in sys.argv[1:] else speedups()
