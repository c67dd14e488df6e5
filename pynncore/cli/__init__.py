"""The command `pynncore`: train, predict, info, bench.

Exit status 0; 2 with one line on standard error that says what is wrong and where; 130 after Ctrl-C. Files that a
command writes appear complete or not at all.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import __version__, config
from ..errors import DivergedError
from . import bench, predict, train

# What input, files or numbers can cause. Anything else is a fault of the program and shows its traceback.
EXPECTED = (ValueError, TypeError, OSError, ImportError, DivergedError)


class Parser(argparse.ArgumentParser):
    """argparse, but an error is one line without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {_one_line(message)}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the arguments given, or those of this process; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    name = f"{parser.prog} {options.command}"
    try:
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Who read the output has left, as `head` does. Without this, flushing at exit would raise once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except MemoryError as error:
        print(f"{name}: this machine's memory is not enough: {_message(error)}", file=sys.stderr)
        return 2
    except EXPECTED as error:
        print(f"{name}: {_message(error)}", file=sys.stderr)
        return 2
    return 0


def _parser() -> Parser:
    parser = Parser("pynncore", description="Train neural networks on this machine's CPU.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"pynncore {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    train.add_to(commands)
    predict.add_to(commands)
    commands.add_parser(
        "info", help="what machine this is, which kernels run, which libraries are in use"
    ).set_defaults(run=lambda options: config.show())
    bench.add_to(commands)
    return parser


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return _one_line(f"{os.fsdecode(error.filename)}: {error.strerror}")
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())
