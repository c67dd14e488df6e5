"""What `fit` shows while it runs: a tqdm bar, plain lines, or nothing."""

import math
import os
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

SECONDS = 0.25  # between two drawings of a bar; one takes as long as two steps of a small network


class Progress(Protocol):
    """Something that shows how far training is."""

    visible_within_epochs: bool  # whether `advance` should be called several times in a long epoch

    def advance(self, fraction: float, logs: Mapping[str, float]) -> None:
        """A part of an epoch is done."""

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        """An epoch is done."""

    def close(self) -> None:
        """Training is over, for whatever reason."""


class Silent:
    """Shows nothing."""

    visible_within_epochs = False

    def advance(self, fraction: float, logs: Mapping[str, float]) -> None:
        pass

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        pass

    def close(self) -> None:
        pass


class Lines(Silent):
    """A line of text an epoch, on standard output."""

    def __init__(self, epochs: int, samples: int, done: int) -> None:
        self._epochs, self._samples, self._before = epochs, samples, done
        self._start = time.perf_counter()

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        width, seconds = len(str(self._epochs)), logs["seconds"]
        rate = self._samples / seconds if seconds else math.inf
        an_epoch = (time.perf_counter() - self._start) / (epoch - self._before)
        left = timedelta(seconds=round(an_epoch * (self._epochs - epoch)))
        speed = f"{seconds:.2f} s  {rate:,.0f} samples/s  {left} left"
        print(f"epoch {epoch:{width}}/{self._epochs}  {_text(logs)}  {speed}", flush=True)


class Bar:
    """A tqdm bar over the samples of all epochs, on standard error."""

    visible_within_epochs = True

    def __init__(self, tqdm: Any, epochs: int, samples: int, done: int) -> None:
        layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}, {rate_noinv_fmt}{postfix}"
        self._epochs, self._samples, self._done = epochs, samples, done * samples
        options = {"unit": " samples", "unit_scale": True, "bar_format": layout, "mininterval": SECONDS}
        first = f"epoch {min(done + 1, epochs)}/{epochs}"
        self._bar = tqdm(total=epochs * samples, initial=self._done, desc=first, **options)

    def advance(self, fraction: float, logs: Mapping[str, float]) -> None:
        self._bar.set_postfix_str(_text(logs), refresh=False)
        self._move(round(fraction * self._samples))

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        self._bar.set_postfix_str(_text(logs), refresh=False)
        self._bar.set_description_str(f"epoch {min(epoch + 1, self._epochs)}/{self._epochs}", refresh=False)
        self._done = (epoch - 1) * self._samples
        self._move(self._samples)

    def close(self) -> None:
        self._bar.close()

    def _move(self, part: int) -> None:
        self._bar.update(self._done + part - self._bar.n)


def check_verbose(verbose: object) -> None:
    if not (verbose is True or verbose is False or verbose == "auto"):
        raise ValueError(f"verbose is {verbose!r}, but must be True, False or 'auto'")


def progress_of(verbose: object, epochs: int, samples: int, done: int) -> Progress:
    """The progress that `verbose` asks for, for epochs of so many samples, some of which are done already.

    "auto" is a bar if tqdm is installed and somebody can see it.
    """
    if verbose is False or (verbose == "auto" and not _somebody_looks()):
        return Silent()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Lines(epochs, samples, done) if verbose is True else Silent()
    return Bar(tqdm, epochs, samples, done)


def _text(logs: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items() if name not in ("lr", "seconds"))


def _somebody_looks() -> bool:
    """A terminal, or a notebook."""
    if "ipykernel" in sys.modules and "JPY_PARENT_PID" in os.environ:
        return True
    return sys.stderr is not None and sys.stderr.isatty()
