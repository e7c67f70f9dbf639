"""Work for the moments in which no cell runs: what nobody should wait for."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable

__all__ = ["Idle"]

_AFTER_SECONDS = 1.0  # without a cell; those of a notebook that runs through follow one another sooner


class Idle:
    """Does its work in a thread of its own, a moment after a cell has ended, and stops when the next begins.

    The thread lives only while something is wanted, and looks once a second whether a cell runs: those that begin and
    end meanwhile pay for no thread.

    Args:
        work: is given a function that says whether there still is time, to be asked every few milliseconds. What it did
            until then must stand, and what is left be found again by the next call.
    """

    def __init__(self, work: Callable[[Callable[[], bool]], object]) -> None:
        self._work = work
        self._wanted = False
        self._cell_runs = False
        self._cell_ended = 0.0
        self._working = threading.Lock()
        self._waiting = False
        self._mutex = threading.Lock()  # over the thread's decision to end, and whether one is to be started
        self._over = threading.Event()
        self._pid = os.getpid()

    def want(self) -> None:
        """There is something to do, once no cell runs."""
        self._wanted = True

    def cell_begins(self) -> None:
        """What is being done stops at the next question."""
        self._cell_runs = True

    def cell_ends(self) -> None:
        """The kernel waits for its user."""
        self._cell_ended = time.monotonic()
        self._cell_runs = False
        if not self._wanted or self._pid != os.getpid():
            return
        with self._mutex:
            if not self._waiting:
                thread = threading.Thread(target=self._wait, name="nbtrack-idle", daemon=True)
                with contextlib.suppress(RuntimeError):  # no thread is to be had: another time
                    thread.start()
                    self._waiting = True

    def finish(self, seconds: float) -> None:
        """The kernel ends: do what can be done in so many seconds, in the caller's thread."""
        self._cell_runs = True
        self._over.set()
        end = time.monotonic() + seconds
        if self._pid == os.getpid():  # a forked child's cells were the parent's
            self._do(lambda: time.monotonic() < end, wait=seconds)

    def _wait(self) -> None:
        while True:
            left = self._cell_ended + _AFTER_SECONDS - time.monotonic()
            if self._cell_runs or left > 0:
                self._over.wait(_AFTER_SECONDS if self._cell_runs else left)
            else:
                self._do(lambda: not self._cell_runs)
            with self._mutex:
                if not self._wanted or self._over.is_set():
                    self._waiting = False
                    return

    def _do(self, going_on: Callable[[], bool], wait: float = -1) -> None:
        if not self._working.acquire(timeout=wait):
            return
        try:
            if self._wanted and going_on():
                self._wanted = False
                self._work(going_on)
                self._wanted |= not going_on()
        except Exception:  # noqa: S110 - a full disk, a store that moved: the next save tells it, this was extra
            pass
        finally:
            self._working.release()
