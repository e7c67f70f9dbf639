"""Interrupts wait while a transaction is open.

Python runs the handlers of signals, and so raises KeyboardInterrupt, between any two of its own instructions: also
after a commit and before what follows from it, and on the way into the code that would have undone it. No order of
statements survives that everywhere. So signals that come meanwhile are handled when the transaction has ended, be it a
millisecond later; who waits for a lock meanwhile lets them in by :func:`heed`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["deferred", "heed"]

# Those whose handlers raise: Ctrl-C, requests to end, limits of time. Each more costs microseconds a transaction.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGALRM") if hasattr(signal, name))

# Only ever used in the main thread: no other one runs handlers.
_depth = 0
_thread = 0  # whose blocks these are
_handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
_waiting: list[int] = []


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Handle signals that come during the ``with`` block at its end; blocks nest.

    Of threads other than the main one nothing has to be kept away.
    """
    global _depth, _thread  # noqa: PLW0603 - signals are the process's
    if threading.get_ident() != threading.main_thread().ident:
        yield
        return
    _thread = threading.get_ident()
    _depth += 1
    try:
        if _depth == 1:
            _put_in_front()
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            _step_back()
            heed()


def heed() -> None:
    """Handle now what came meanwhile: called where an exception does no harm."""
    if threading.get_ident() != threading.main_thread().ident:
        return
    if _waiting:
        number = _waiting.pop(0)
        try:
            _handlers[number](number, None)
        finally:
            heed()  # the others


def _put_in_front() -> None:
    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if handler is _handle:  # left behind, see below
            continue
        _handlers.pop(number, None)
        if callable(handler):
            _handlers[number] = handler
            signal.signal(number, _handle)


def _step_back() -> None:
    # An exception of a handler that is back already may leave others behind: until the next time, ours calls them.
    for number, handler in _handlers.items():
        signal.signal(number, handler)


def _handle(number: int, frame: FrameType | None) -> None:
    if not _depth:
        _handlers[number](number, frame)
    elif number not in _waiting:  # as with signals everywhere, one that waits stands for all
        _waiting.append(number)


def _after_fork() -> None:
    global _depth  # noqa: PLW0603 - signals are the process's
    if (
        _depth and threading.get_ident() != _thread
    ):  # forked by another thread: nobody will leave these blocks
        _depth = 0
        _waiting.clear()
        _step_back()


os.register_at_fork(after_in_child=_after_fork)
