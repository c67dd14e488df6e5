"""Tables and a plot of what run.py measured.

    python benchmarks/report.py results.json [--plot ratios.png] > results.md

A peer's time is the median of its rounds at the better of the thread counts that a cell allows; a ratio is that time
divided by pynncore's at the cell's thread count. "of peak" is the fraction of the operations, or of the bytes if they
bind, that the machine could have done in pynncore's time: operations by a loop of multiply-adds, bytes by copying as
much memory as the weights and the optimizer's state fill, both measured beside the cell.
"""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cells import Cell
from competitors import NAMES

TORCH = "PyTorch, best"


def cell_of(entry: dict[str, Any]) -> Cell:
    return Cell(**{**entry["cell"], "widths": tuple(entry["cell"]["widths"])})


def medians(entries: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By cell and competitor: seconds a step; a peer may use fewer threads than the cell has."""
    own = {str(cell_of(e)): {n: float(np.median(t)) for n, t in e["seconds"].items()} for e in entries}
    best: dict[str, dict[str, float]] = {}
    for entry in entries:
        cell = cell_of(entry)
        times = dict(own[str(cell)])
        if cell.threads > 1:
            for name, seconds in own.get(str(Cell(**{**cell.__dict__, "threads": 1})), {}).items():
                if name != "ours" and name in times:
                    times[name] = min(times[name], seconds)
        torch = [times[name] for name in ("torch_eager", "torch_compiled") if name in times]
        if torch:
            times[TORCH] = min(torch)
        best[str(cell)] = times
    return best


def of_peak(entry: dict[str, Any], seconds: float) -> tuple[float, str]:
    """Fraction of what the machine could have done, and what binds."""
    cell = cell_of(entry)
    arithmetic = cell.operations / entry["peak"]["flops"] / seconds
    memory = cell.bytes / entry["peak"]["bandwidth"] / seconds
    return (arithmetic, "FLOP") if arithmetic >= memory else (memory, "bytes")


def spread(times: Sequence[float]) -> float:
    """Half the distance between the quartiles, relative to the median."""
    low, middle, high = np.percentile(times, [25, 50, 75])
    return float((high - low) / 2 / middle)


def table(entries: Sequence[dict[str, Any]], peers: Sequence[str]) -> str:
    """Markdown: one line a cell."""
    best = medians(entries)
    names = [NAMES.get(name, name) for name in peers]
    lines = [
        "| cell | us | ± | of peak | " + " | ".join(names) + " |",
        "|---|---:|---:|---:|" + "---:|" * len(peers),
    ]
    for entry in entries:
        times = best[str(cell_of(entry))]
        fraction, binds = of_peak(entry, times["ours"])
        cells = []
        for name in peers:
            reason = entry["left_out"].get(name, "")
            cells.append(
                f"{times[name] / times['ours']:.2f}" if name in times else "differs" if "differ" in reason else "-"
            )
        lines.append(
            f"| {cell_of(entry)} | {times['ours'] * 1e6:.1f} | {spread(entry['seconds']['ours']):.0%} "
            f"| {fraction:.0%} {binds} | " + " | ".join(cells) + " |"
        )
    return "\n".join(lines)


def summary(entries: Sequence[dict[str, Any]], peers: Sequence[str]) -> str:
    """Markdown: geometric mean and worst cell of each peer."""
    best = medians(entries)
    lines = ["| peer | cells | geometric mean | worst | its cell |", "|---|---:|---:|---:|---|"]
    for name in peers:
        ratios = {cell: t[name] / t["ours"] for cell, t in best.items() if name in t and "ours" in t}
        if ratios:
            mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
            worst = min(ratios, key=ratios.__getitem__)
            lines.append(f"| {NAMES.get(name, name)} | {len(ratios)} | {mean:.2f} | {ratios[worst]:.2f} | {worst} |")
    return "\n".join(lines)


def plot(entries: Sequence[dict[str, Any]], peers: Sequence[str], path: str) -> None:
    """Each peer's ratios, sorted, on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    best = medians(entries)
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for name in peers:
        ratios = sorted(t[name] / t["ours"] for t in best.values() if name in t and "ours" in t)
        if ratios:
            axes.plot(np.linspace(0, 100, len(ratios)), ratios, label=NAMES.get(name, name))
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set(yscale="log", xlabel="% of cells", ylabel="time of the peer / time of pynncore")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--plot")
    options = parser.parse_args()
    held = json.loads(options.file.read_text())
    machine, versions = held["machine"], held["versions"]
    print(f"{machine['processor']}, {machine['processors']} processors, {machine['system']}, {machine['date']}\n")
    print(", ".join(f"{NAMES.get(name, name)} {version}".strip() for name, version in versions.items()) + "\n")
    for title, training in (("Training", True), ("Inference", False)):
        entries = [e for e in held["cells"] if bool(e["cell"]["optimizer"]) is training and e["seconds"].get("ours")]
        if not entries:
            continue
        present = {name for entry in entries for name in entry["seconds"]} - {"ours"}
        peers = [name for name in [*NAMES, *sorted(present - set(NAMES))] if name in present]
        if present & {"torch_eager", "torch_compiled"}:
            peers.insert(0, TORCH)
        print(f"## {title}\n\n{summary(entries, peers)}\n\n{table(entries, peers)}\n")
        if options.plot and training:
            plot(entries, peers, options.plot)


if __name__ == "__main__":
    main()
