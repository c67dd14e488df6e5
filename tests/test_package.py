"""The package that the tests import is the installed one, and what it says about itself is consistent."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pynncore as nn
from pynncore import _core

ROOT = Path(__file__).resolve().parent.parent


def is_editable():
    direct_url = metadata.distribution("pynncore").read_text("direct_url.json")
    return direct_url is not None and json.loads(direct_url).get("dir_info", {}).get("editable", False)


def test_the_installed_package_is_tested_and_not_the_source_folder():
    assert is_editable() or ROOT / "pynncore" not in Path(nn.__file__).resolve().parents
    assert str(ROOT) not in sys.path


def test_processes_started_by_tests_import_the_same_package():
    command = [sys.executable, "-c", "import pynncore; print(pynncore.__file__)"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == nn.__file__


def test_versions_agree():
    assert nn.__version__ == _core.__version__ == metadata.version("pynncore")


def test_only_numpy_is_required():
    required = [line for line in metadata.requires("pynncore") or [] if "extra ==" not in line]
    assert required == ["numpy>=2.0"]


def test_estimators_without_scikit_learn_name_the_extra():
    script = "import sys; sys.modules['sklearn'] = None; import pynncore.sklearn"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("pynncore.sklearn needs scikit-learn: pip install 'pynncore[sklearn]'")


def test_importing_brings_in_nothing_optional():
    optional = ["matplotlib", "pandas", "polars", "pyarrow", "scipy", "sklearn", "torch", "tqdm", "safetensors"]
    optional.append("tensorboardX")
    script = f"import sys, pynncore; print([name for name in {optional} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
