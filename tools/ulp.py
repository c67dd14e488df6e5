"""Prints docs/accuracy.md from what exhaustive_ulp.cpp measured: `python tools/ulp.py errors.tsv > docs/accuracy.md`.

Exit status 1 if a function exceeds its stated bound, treats a NaN wrongly, or differs between levels.
"""

import sys
from pathlib import Path

from pynncore import _core

HEAD = """# Accuracy of the elementwise functions

Errors of float32 in units in the last place (ULP) over all 2^32 inputs, with parameters at their defaults, against the
float64 kernels, which the tests hold to 4 float64 ULP of mpmath. `stated` is the bound that the definition promises and
the tests assert on every level with four million inputs of all exponents; where the function crosses zero, absolute
errors up to `or` count as none, but not in its tails. NaN gives NaN, every number and infinity a number or its limit
(sin has none), and {levels}.
`tools/exhaustive_ulp.cpp` measures, `tools/ulp.py` writes this page.

| function | stated | or | measured | at |
| --- | ---: | ---: | ---: | ---: |
"""


def main(path: str) -> int:
    rows = [line.split("\t") for line in Path(path).read_text(encoding="utf-8").splitlines()]
    measured = {name: (float(ulp), at, int(nans), different.split()) for name, ulp, at, nans, different in rows}
    levels = _core.levels()
    same = f"{' and '.join(levels[:-1])} give the same bits for all inputs" if len(levels) > 2 else ""
    print(HEAD.format(levels=", ".join(part for part in (same, "scalar for those looked at") if part)), end="")
    wrong = []
    for info in _core.activations():
        for name, bound, allowed in (
            (info.function, info.ulp_f, info.abs_f),
            (f"d_{info.function}", info.ulp_df, info.abs_df),
        ):
            ulp, at, nans, different = measured[name]
            print(f"| `{name}` | {bound:g} | {f'{allowed:g}' if allowed else ''} | {ulp:.2f} | {at if ulp else ''} |")
            if ulp > bound or nans or different:
                wrong.append(f"{name}: {ulp} ULP at {at}, {nans} wrong NaN, other bits on {different or 'no level'}")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
