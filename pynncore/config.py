"""What the library uses of this machine: kernels and threads, for this process.

Two environment variables are read when pynncore is imported: PYNNCORE_ISA names a level of kernels,
PYNNCORE_NUM_THREADS the number of threads.
"""

import os
import platform
import warnings

import numpy as np

from . import _core
from .validation import whole_number

MOST_THREADS = 1024
_chosen: int | None = None  # set_threads' number
_warned: int | None = None  # the process that was told about its fork


def isa() -> str:
    """The level of kernels in use: "avx512", "avx2", "neon" or "scalar".

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.config.isa() in ("avx512", "avx2", "neon", "scalar")
    True
    """
    return _core.level()


def set_isa(name: str) -> None:
    """Use another level of kernels from now on.

    Parameters
    ----------
    name : str
        One of the levels that this machine can run; `show` lists them.

    Raises
    ------
    ValueError
        The level is unknown or this machine cannot run it.

    Examples
    --------
    >>> import pynncore as nn
    >>> before = nn.config.isa()
    >>> nn.config.set_isa("scalar")
    >>> nn.config.set_isa(before)
    """
    if not isinstance(name, str):
        raise TypeError(f"the ISA level is {name!r}, but a name was expected: {', '.join(_core.levels())}")
    _core.set_level(name)


def threads() -> int:
    """The number of threads used where a call does not say otherwise.

    That is the number given to `set_threads`; else PYNNCORE_NUM_THREADS; else what OpenMP, this process' CPU affinity
    and its control group's quota allow, whichever is least. It is 1 in a child forked after threads ran.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.config.threads() >= 1
    True
    """
    return 1 if _core.forked() else _chosen or _core.default_threads()


def set_threads(n: int | None) -> None:
    """Use n threads from now on; None: as many as this process may use.

    The results are the same bits for any number of threads.

    Raises
    ------
    TypeError, ValueError
        n is not a whole number in 1 ... 1024.
    """
    global _chosen
    _chosen = None if n is None else whole_number(n, "n", 1, MOST_THREADS)


def threads_for(n: int | None) -> int:
    """The number of threads of one call that asked for n; warns once in a forked child, which has only one."""
    global _warned
    if n is not None:
        n = whole_number(n, "threads", 1, MOST_THREADS)
    if not _core.forked():
        return n or threads()
    if _warned != os.getpid():
        _warned = os.getpid()
        warnings.warn(
            "this process was forked after pynncore ran threads, which do not survive a fork: it uses one thread; "
            "start processes by 'spawn' or 'forkserver' to have more",
            RuntimeWarning,
            stacklevel=4,
        )
    return 1


def report() -> str:
    """What `show` prints.

    Examples
    --------
    >>> import pynncore as nn
    >>> nn.config.report().startswith("pynncore")
    True
    """
    lines = {
        "pynncore": f"{_core.__version__}, {'OpenMP' if _core.has_openmp() else 'without OpenMP'}, {_core.compiler()}",
        "kernels": f"{isa()} (this machine can run {', '.join(_core.levels())})",
        "threads": f"{threads()} (of {os.cpu_count()} processors)",
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "NumPy": np.__version__,
        "machine": f"{_processor()}, {platform.platform()}",
        "environment": ", ".join(f"{name}={value}" for name, value in sorted(os.environ.items()) if _matters(name)),
    }
    return "\n".join(f"{name:12}{text or '-'}" for name, text in lines.items())


def show() -> None:
    """Print what machine this is, which kernels run and which libraries are in use: for bug reports."""
    print(report())


def _matters(name: str) -> bool:
    return name.startswith(("PYNNCORE_", "OMP_"))


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        models = []
    return models[0] if models else platform.processor() or platform.machine()


def _read_environment() -> None:
    level, count = os.environ.get("PYNNCORE_ISA"), os.environ.get("PYNNCORE_NUM_THREADS")
    if level:
        try:
            set_isa(level)
        except ValueError as error:
            raise ValueError(f"PYNNCORE_ISA: {error}") from None
    if count:
        if not (count.isascii() and count.isdigit() and 1 <= int(count) <= MOST_THREADS):
            raise ValueError(
                f"PYNNCORE_NUM_THREADS is {count!r}, but a whole number in 1 ... {MOST_THREADS} was expected"
            )
        set_threads(int(count))


_read_environment()
