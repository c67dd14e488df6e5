"""What `fit` shows while it runs: a tqdm bar, plain lines, or nothing."""

import os
import sys
from collections.abc import Mapping
from typing import Any, Protocol


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

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        width = len(str(self._epochs))
        print(f"epoch {epoch:{width}}/{self._epochs}  {_text(logs)}  {logs['seconds']:.2f} s", flush=True)


class Bar:
    """A tqdm bar over all epochs, on standard error."""

    visible_within_epochs = True
    PARTS = 1000  # of an epoch

    def __init__(self, tqdm: Any, epochs: int) -> None:
        layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
        self._epochs, self._done = epochs, 0
        self._bar = tqdm(total=epochs * self.PARTS, desc=f"epoch 1/{epochs}", bar_format=layout)

    def advance(self, fraction: float, logs: Mapping[str, float]) -> None:
        self._bar.set_postfix_str(_text(logs), refresh=False)
        self._move(round(fraction * self.PARTS))

    def end_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        self._bar.set_postfix_str(_text(logs), refresh=False)
        self._bar.set_description_str(f"epoch {min(epoch + 1, self._epochs)}/{self._epochs}", refresh=False)
        self._done = (epoch - 1) * self.PARTS
        self._move(self.PARTS)

    def close(self) -> None:
        self._bar.close()

    def _move(self, part: int) -> None:
        self._bar.update(self._done + part - self._bar.n)


def check_verbose(verbose: object) -> None:
    if not (verbose is True or verbose is False or verbose == "auto"):
        raise ValueError(f"verbose is {verbose!r}, but must be True, False or 'auto'")


def progress_of(verbose: object, epochs: int) -> Progress:
    """The progress that `verbose` asks for; "auto": a bar if tqdm is installed and somebody can see it."""
    if verbose is False or (verbose == "auto" and not _somebody_looks()):
        return Silent()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Lines(epochs) if verbose is True else Silent()
    return Bar(tqdm, epochs)


def _text(logs: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items() if name not in ("lr", "seconds"))


def _somebody_looks() -> bool:
    """A terminal, or a notebook."""
    if "ipykernel" in sys.modules and "JPY_PARENT_PID" in os.environ:
        return True
    return sys.stderr is not None and sys.stderr.isatty()
