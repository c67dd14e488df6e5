"""Fixtures of all tests, and the guard that they test the installed package.

The source folder pynncore/ holds no built `_core`. Run from the repository, `python -m pytest` has that folder on its
path and would import it instead of the installed package: so the repository's root leaves the path before anything
is imported, here and in the processes that tests start.
"""

import os
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def without_root(path: list[str]) -> list[str]:
    return [entry for entry in path if Path(entry or os.curdir).resolve() != ROOT]


sys.path[:] = without_root(sys.path)
os.environ["PYTHONSAFEPATH"] = "1"
# A shell starts background jobs with SIGINT ignored, and processes inherit that; some tests interrupt their own.
signal.signal(signal.SIGINT, signal.default_int_handler)
if "PYTHONPATH" in os.environ:
    os.environ["PYTHONPATH"] = os.pathsep.join(without_root(os.environ["PYTHONPATH"].split(os.pathsep)))

try:
    import pynncore as nn
    from pynncore import _core
except ImportError as error:
    pytest.exit(f"pynncore is not installed ({error}); run: pip install '.[test]'", returncode=3)


def pytest_report_header() -> str:
    return f"pynncore {nn.__version__} from {Path(nn.__file__).parent}, levels {', '.join(_core.levels())}"


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With PYNNCORE_NO_SKIPS set, as in CI, a skipped test is a failure: nothing may go unchecked unnoticed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter is not None else 0
    if skipped and exitstatus == 0 and os.environ.get("PYNNCORE_NO_SKIPS"):
        reporter.write_line(f"{skipped} tests were skipped, and PYNNCORE_NO_SKIPS is set", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(params=_core.levels())
def isa(request):
    """Every ISA level that this machine can run, forced and proved to be active."""
    before = nn.config.isa()
    nn.config.set_isa(request.param)
    assert nn.config.isa() == _core.level() == request.param
    yield request.param
    nn.config.set_isa(before)
