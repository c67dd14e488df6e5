"""Options that commands share, and the types of their values."""

import argparse
import os
from pathlib import Path

from ..config import MOST_THREADS

MOST = (1 << 31) - 1  # of a width, a batch, epochs
DATA = (
    '"digits", "iris" or "diabetes" (bundled); a .csv, .tsv (both also .gz), .parquet, .npz or .npy file; '
    '"idx:FOLDER" with the four files of MNIST'
)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """--header, for .csv and .tsv."""
    parser.add_argument(
        "--header",
        choices=("auto", "yes", "no"),
        default="auto",
        help="whether the first row of a .csv or .tsv names the columns (default: auto)",
    )


def header(options: argparse.Namespace) -> bool | None:
    """--header as `read_table` takes it."""
    return None if options.header == "auto" else options.header == "yes"


def names(text: str) -> tuple[str, ...]:
    """Column names between commas."""
    return tuple(name.strip() for name in text.split(","))


def widths(text: str) -> tuple[int, ...]:
    """Widths of hidden layers between commas; "none" for no hidden layer."""
    if text == "none":
        return ()
    try:
        return tuple(count(part) for part in text.split(","))
    except argparse.ArgumentTypeError:
        expected = f"a list of widths such as 128,64, each at most {MOST}, nor none"
        raise argparse.ArgumentTypeError(f"{text!r} is not {expected}") from None


def count(text: str) -> int:
    """A whole number in 1 ... 2**31 - 1."""
    return _whole_number(text, 1, MOST)


def threads(text: str) -> int:
    """A number of threads."""
    return _whole_number(text, 1, MOST_THREADS)


def seed(text: str) -> int:
    """A whole number in 0 ... 2**31 - 1."""
    return _whole_number(text, 0, MOST)


def _whole_number(text: str, least: int, most: int) -> int:
    digits = text.strip()
    # int() refuses thousands of digits with a message of its own.
    if digits.isascii() and digits.isdigit() and len(digits) <= 20 and least <= int(digits) <= most:
        return int(digits)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number in {least} ... {most}")


def not_negative(text: str) -> float:
    """A finite number of at least 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return value


def share(text: str) -> float:
    """A number between 0 and 1."""
    value = not_negative(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def check_output(path: Path, *inputs: str | Path, name: str = "--output") -> None:
    """Raise if a file of this name should not or could not be written: better now than after the training.

    `name` is what messages call it.

    Raises
    ------
    ValueError
        It is one of the inputs or a folder, or its folder is not there or not writable.
    """
    for source in inputs:
        if path.exists() and Path(source).exists() and path.samefile(source):
            raise ValueError(f"{name} {path} is the file that is read, and would be overwritten")
    folder = path.absolute().parent
    if path.is_dir():
        raise ValueError(f"{name} {path} is a folder, but a file name was expected")
    if not folder.is_dir():
        raise ValueError(f"{name} {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"{name} {path}: the folder {folder} is not writable")
