"""The examples run, and print what they promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
FASHION = Path("/usr/share/datasets/fashion-mnist")

PRINTED = {
    "lecture_forward": ["0.95338761", "2.51554348"],
    "binary": ["test accuracy 0.97"],
    "regression": [
        "linear least squares root mean squared error  53.9",
        "network              root mean squared error",
    ],
}


def run(*arguments: str) -> str:
    """What a script prints; a warning is an error, and the source folder is out of reach."""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", PRINTED)
def test_example_prints_its_result(name):
    text = run(str(EXAMPLES / f"{name}.py"))
    for part in PRINTED[name]:
        assert part in text


def write_images(folder: Path, prefix: str, count: int) -> None:
    """Images of 28 x 28 pixels in two grey values per class, as idx files."""
    labels = bytes(i % 10 for i in range(count))
    pixels = b"".join(bytes([25 * label]) * 784 for label in labels)
    head = count.to_bytes(4, "big")
    size = (28).to_bytes(4, "big")
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + head + size + size + pixels)
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + head + labels)


def test_fashion_example_runs_on_a_small_folder(tmp_path):
    write_images(tmp_path, "train", 400)
    write_images(tmp_path, "t10k", 50)
    text = run(str(EXAMPLES / "fashion_mnist.py"), str(tmp_path), "2")
    assert "epoch  2: loss" in text


@pytest.mark.skipif(not FASHION.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_fashion_example_reaches_084_in_two_epochs():
    lines = run(str(EXAMPLES / "fashion_mnist.py"), str(FASHION), "2").splitlines()
    accuracy = [float(line.rpartition(" ")[2]) for line in lines if line.startswith("epoch")]
    assert len(accuracy) == 2 and accuracy[-1] > 0.84
