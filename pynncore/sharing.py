"""Trainings that run at the same time, in several Python threads, share the processor's threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .config import threads_for

_lock = threading.Lock()
_running = 0


@contextmanager
def counted() -> Iterator[None]:
    """Counts a training while it runs."""
    global _running
    with _lock:
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1


def share_of(threads: int | None) -> int:
    """The threads of one more training: those asked for, or its share of those that this process may use."""
    return threads_for(threads) if threads is not None else max(1, threads_for(None) // (_running + 1))
