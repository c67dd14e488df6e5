"""Checks that the kernels of one ISA level cannot leak into another: `python tools/check_symbols.py BUILD_FOLDER`.

A function compiled with AVX-512 flags under a name that other units also emit (an inline or a template function of the
standard library, say) may be the copy that the linker keeps for everybody, and then crashes older processors. So every
weak symbol of a level's object files must carry the level's namespace in its name; their undefined symbols must be the
level's own or plain C functions that neither allocate nor run threads; they must have no static constructors; and all
other objects must be free of wide vector instructions.
"""

import re
import subprocess
import sys
from pathlib import Path

LEVELS = ("scalar", "avx2", "avx512", "neon")
# Emitted by the compiler, or from libm and string.h.
C_FUNCTIONS = re.compile(
    r"_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__cxa_guard_(acquire|release)|__(asan|ubsan|tsan)_\w+|_TLS_MODULE_BASE_|"
    r"mem(cpy|move|set|cmp)|(fma|sqrt|rint|ldexp|copysign|fabs|pow)f?"
)
WIDE_REGISTERS = re.compile(r"%[yz]mm\d")


def nm(path: Path, *options: str) -> list[tuple[str, str]]:
    """Pairs of type and demangled name."""
    lines = subprocess.run(["nm", "-C", *options, str(path)], check=True, capture_output=True, text=True).stdout
    pairs = [re.match(r"(?:[0-9a-f]+)?\s+(\w) (.*)", line) for line in lines.splitlines()]
    return [(pair[1], pair[2]) for pair in pairs if pair]


def level_problems(path: Path, level: str) -> list[str]:
    own = re.compile(rf"\bpynn::{level}::")
    problems = []
    for kind, name in nm(path, "--defined-only"):
        if kind in "uvVwW" and not own.search(name):
            problems.append(f"weak symbol outside pynn::{level}: {name}")
        if "_GLOBAL__sub_I" in name or "global constructors" in name:
            problems.append(f"static constructor: {name}")
    for _, name in nm(path, "--undefined-only"):
        if not own.match(name) and not C_FUNCTIONS.fullmatch(name):
            problems.append(f"needs {name}")
    return problems


def baseline_problems(path: Path) -> list[str]:
    code = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", str(path)], check=True, capture_output=True, text=True
    )
    wide = WIDE_REGISTERS.search(code.stdout)
    return [f"uses {wide[0]} outside the levels that may"] if wide else []


def main(build: Path) -> int:
    objects = sorted(build.rglob("*.o"))
    seen, failed = set(), False
    for path in objects:
        level = next((level for level in LEVELS if f"pynncore_{level}.dir" in path.parts), None)
        problems = level_problems(path, level) if level else []
        if level in (None, "scalar"):
            problems += baseline_problems(path)
        seen.add(level)
        for problem in problems:
            print(f"{path.relative_to(build)}: {problem}")
            failed = True
    if not seen - {None}:
        print(f"{build} holds no object files of any level")
        return 1
    levels = ", ".join(level for level in LEVELS if level in seen)
    print(f"{len(objects)} object files, levels {levels}: {'symbols leak' if failed else 'no symbol leaks'}")
    return int(failed)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
