"""Prints docs/accuracy.md: the measured errors of every elementwise function and derivative, in ULP, on every level.

python tools/ulp.py [log2 of the number of inputs] > docs/accuracy.md
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import accuracy
from pynncore import _core

HEAD = """# Accuracy of the elementwise functions

Errors of float32 in units in the last place (ULP) against a float64 reference, with parameters at their defaults, over
{count:,} inputs that cover every exponent of both signs, subnormal numbers included. `stated` is the bound that the
definition promises and the tests assert; where the function crosses zero, absolute errors up to `or` count as none, but
not in its tails. By the same rules float64 is within 4 ULP of mpmath.

"""


def row(info: _core.ActivationInfo, derivative: bool, inputs: accuracy.Array, levels: list[str]) -> list[str]:
    bound, allowed = (info.ulp_df, info.abs_df) if derivative else (info.ulp_f, info.abs_f)
    errors = accuracy.worst(info, derivative, inputs, accuracy.defaults(info), levels)
    name = f"d_{info.function}" if derivative else info.function
    return [f"`{name}`", f"{bound:g}", f"{allowed:g}" if allowed else "", *(f"{errors[level]:.2f}" for level in levels)]


def main() -> None:
    inputs = accuracy.inputs(1 << int(sys.argv[1]) if len(sys.argv) > 1 else 1 << 22)
    levels = _core.levels()
    header = ["function", "stated", "or", *levels]
    print(HEAD.format(count=len(inputs)), end="")
    for cells in (header, ["---"] + ["---:"] * (len(header) - 1)):
        print("|", " | ".join(cells), "|")
    for info in _core.activations():
        for derivative in (False, True):
            print("|", " | ".join(row(info, derivative, inputs, levels)), "|", flush=True)


if __name__ == "__main__":
    main()
