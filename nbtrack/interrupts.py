"""Interrupts wait while something is done that is to be done whole: a transaction, the books of what a cell did.

Python runs the handlers of signals, and so raises KeyboardInterrupt, between any two of its own instructions: also
after a commit and before what follows from it, and on the way into the code that would have undone it or let go of a
lock. No order of statements survives that everywhere. So signals that come meanwhile are handled when the block
has ended, be it a millisecond later. What may take longer lets them in where they do no harm: who waits for a lock or
reads many blobs calls :func:`heed`, and a statement that reads asks :func:`is_to_stop`.
"""

from __future__ import annotations

# `signal` makes enums of the handlers that it gives and takes, at ten times the cost of changing them.
import _signal  # type: ignore[import-not-found]
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["deferred", "heed", "is_to_stop", "let_in", "too_late"]

# Those whose handlers raise: Ctrl-C, requests to end, limits of time. Each more costs microseconds a transaction.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGALRM") if hasattr(signal, name))

# Only ever used in the main thread: no other one runs handlers.
_depth = 0
_whole = 0  # in how many of the blocks statements are not to be stopped
_once = 0  # how many of the blocks a second Ctrl-C does not end
_let_in = False  # whether what goes on at the moment is to be interrupted all the same
_thread = 0  # whose blocks these are
_handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
_waiting: list[int] = []


@contextlib.contextmanager
def deferred(*, whole: bool = False, twice: bool = False) -> Iterator[None]:
    """Handle signals that come during the ``with`` block at its end; blocks nest.

    Of threads other than the main one nothing has to be kept away.

    Args:
        whole: no statement of SQLite in it is stopped by them, as of what writes in milliseconds.
        twice: a signal that comes again while it waits is handled at once, as where objects of others are asked, which
            may never answer.
    """
    global _depth, _whole, _once, _let_in, _thread  # noqa: PLW0603 - signals are the process's
    if not _in_main_thread():
        yield
        return
    _thread = threading.get_ident()
    _depth += 1
    _whole += whole
    _once += not twice
    outer, _let_in = _let_in, False
    try:
        if _depth == 1:
            _put_in_front()
        yield
    finally:
        _depth -= 1
        _whole -= whole
        _once -= not twice
        _let_in = outer
        if _depth == 0:
            try:
                heed()
            finally:
                _step_back()


def heed() -> None:
    """Handle now what came meanwhile: called where an exception does no harm."""
    if _waiting and _in_main_thread():
        number = _waiting.pop(0)
        try:
            _handlers[number](number, None)
        finally:
            heed()  # the others


def let_in(now: bool) -> bool:  # noqa: FBT001 - it is all that is said
    """Whether signals are handled at once from now on, though it is in a block; returns whether they were before."""
    global _let_in
    if not _in_main_thread():
        return False
    before, _let_in = _let_in, now
    return before


def too_late() -> bool:
    """What Ctrl-C would have stopped is done: one that waits is dropped; whether there was one. Others wait on."""
    if signal.SIGINT not in _waiting or not _in_main_thread():
        return False
    _waiting.remove(signal.SIGINT)
    return True


def is_to_stop() -> bool:
    """Whether a signal has come that this thread waits to handle: SQLite asks now and then."""
    return bool(_waiting) and not _whole and _in_main_thread()


def _in_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


def _put_in_front() -> None:
    for number in _SIGNALS:
        handler = _signal.getsignal(number)
        if handler is _handle:  # left behind, see below
            continue
        _handlers.pop(number, None)
        if callable(handler):
            _handlers[number] = handler
            _signal.signal(number, _handle)


def _step_back() -> None:
    # An exception of a handler that is back already may leave ours in front of others: it calls them.
    for number, handler in _handlers.items():
        if _signal.getsignal(number) is _handle:  # else somebody set another meanwhile
            _signal.signal(number, handler)


def _handle(number: int, frame: FrameType | None) -> None:
    again = number in _waiting
    if again:  # as with signals everywhere, one stands for all that wait
        _waiting.remove(number)
    if _depth and not _let_in and (_once or not again):
        _waiting.append(number)
    else:
        _handlers[number](number, frame)


def _after_fork() -> None:
    global _depth, _whole, _once, _let_in  # noqa: PLW0603 - signals are the process's
    # Forked by another thread: nobody will leave these blocks.
    if _depth and threading.get_ident() != _thread:
        _depth = _whole = _once = 0
        _let_in = False
        _waiting.clear()
        _step_back()


os.register_at_fork(after_in_child=_after_fork)
