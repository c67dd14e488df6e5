"""Work in the background: one job at a time, of those for one name the newest."""

from __future__ import annotations

import threading
from collections.abc import Callable

IDLE = 1.0  # seconds after which the thread ends


class Writer:
    """A thread that writes files while others compute. It lives while there is something to write, and a little longer.

    What a job raises is raised by the next call.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next: tuple[str, Callable[[str], None]] | None = None
        self._thread: threading.Thread | None = None
        self._ends = False  # the thread, when all is written
        self._error: BaseException | None = None

    def put(self, path: str, write: Callable[[str], None]) -> None:
        """Call write(path) soon. A job for this path that has not begun is dropped; one for another is waited for."""
        with self._changed:
            self._changed.wait_for(lambda: self._next is None or self._next[0] == path)
            self._raise()
            self._next = path, write
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="pynncore writer")
                thread.start()
                self._thread = thread
            self._changed.notify_all()

    def wait(self) -> None:
        """Return when all is written."""
        with self._changed:
            self._ends = self._thread is not None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._thread is None)
            self._raise()

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _work(self) -> None:
        while self._does_next():
            pass

    def _does_next(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._next is not None or self._ends, IDLE)
            job, self._next = self._next, None
            if job is None:
                self._thread, self._ends = None, False
            self._changed.notify_all()
        if job is None:
            return False
        path, write = job
        try:
            write(path)
        except BaseException as error:
            self._error = error
        return True
