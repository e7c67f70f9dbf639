"""A limit to the time that reading takes: who serves many asks no question that one of them made too heavy.

SQLite asks :func:`expired` every few microseconds, in the thread that reads; each thread has its own limits.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator

__all__ = ["STEPS", "at_most", "expired", "is_interrupt"]

STEPS = 2000  # of SQLite between two looks at the clock

_limits = threading.local()


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What passive stores read in the ``with`` block is interrupted once ``seconds`` are over; limits nest."""
    before = getattr(_limits, "deadline", None)
    mine = time.monotonic() + seconds
    _limits.deadline = mine if before is None else min(before, mine)
    try:
        yield
    finally:
        _limits.deadline = before


def expired() -> bool:
    """Whether this thread's time is over."""
    deadline = getattr(_limits, "deadline", None)
    return deadline is not None and time.monotonic() > deadline


def is_interrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite stopped because it was told to."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
