"""Examples in docstrings and pages run, generated stubs and pages are current."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import pynncore as nn
from conftest import ROOT

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(nn.__path__, "pynncore.")
    if not module.ispkg and not module.name.endswith(("_core", "__main__"))
)


@pytest.mark.parametrize("name", ["pynncore", *MODULES])
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert not result.failed


def test_every_public_class_and_function_has_an_example():
    owners = [*(getattr(nn, name) for name in nn.__all__), *nn.functional.FUNCTIONS.values()]
    exempt = (nn.DivergedError, nn.GradientReport, nn.Health, nn.Loss, nn.Optimizer, nn.Training)
    lacking = [
        owner.__name__
        for owner in owners
        if callable(owner) and owner not in exempt and ">>>" not in (owner.__doc__ or "")
    ]
    assert not lacking


def test_the_page_about_the_chapter():
    result = doctest.testfile(str(ROOT / "docs" / "lecture.md"), module_relative=False)
    assert result.attempted > 50 and not result.failed


@pytest.mark.parametrize("tool", ["make_stubs.py", "make_docs.py"])
def test_stubs_and_pages_are_current(tool):
    script = ROOT / "tools" / tool
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_everything_named_exists():
    for module in (nn, nn.activations, nn.functional):
        assert all(hasattr(module, name) for name in module.__all__)
    with pytest.raises(AttributeError, match="no_such"):
        getattr(nn, "no_such")  # noqa: B009
