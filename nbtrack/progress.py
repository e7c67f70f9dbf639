"""What takes long is said while it goes on, with how far it is, and can be skipped by Ctrl-C without hurting the run.

Whoever captures something that may be large does it inside a :class:`Work`; the loops in it say how far they came by
:func:`advance`, which looks at one global where nothing is going on. Who shows it, the kernel's front end, is set by
:func:`shown_by`; where nobody does, in scripts, Ctrl-C stays what it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

from nbtrack.errors import CaptureSkipped
from nbtrack.interrupts import let_in

__all__ = ["PATIENCE_SECONDS", "Progress", "Work", "advance", "shown_by"]

PATIENCE_SECONDS = 1.0
"""What takes less is done before anybody has read that it is going on."""

_AGAIN_SECONDS = 0.5


class Progress(NamedTuple):
    """How far a work is: what it is, bytes done and bytes in all (None: not known), seconds since it began."""

    what: str
    done: int
    size: int | None
    seconds: float
    ended: bool
    skipped: bool


_show: Callable[[Progress], None] | None = None
_work: Work | None = None


def shown_by(show: Callable[[Progress], None] | None) -> None:
    """From now on ``show`` is told of works that take long, each about twice a second and when it ends."""
    global _show  # noqa: PLW0603 - a process has one front end
    _show = show


def advance(count: int) -> None:
    """So many bytes more are done; called by the thread that began the work, others are not heard."""
    if _work is not None:
        _work.advance(count)


class Work:
    """Something of a run that may take long, in the ``with`` block.

    Args:
        what: as people read it: ``storing the model``.
        without: what is to be said on the run where it was skipped: ``The model was not stored``.
        size: bytes in all; None: not known.
        after_cell: the cell is over, so that an interrupt is meant for this; else it is only once this was shown.

    Raises:
        CaptureSkipped: the user interrupted it.
    """

    def __init__(self, what: str, without: str, *, size: int | None = None, after_cell: bool = False) -> None:
        self._what = what
        self._without = without
        self._size = size
        self._after_cell = after_cell
        self._thread = threading.get_ident()
        self._done = 0
        self._said = 0.0
        self._outer: Work | None = None
        self._let_in = False
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Begin."""
        global _work
        self._outer, _work = _work, self
        self._let_in = let_in(True)  # noqa: FBT003 - as it says
        return self

    def advance(self, count: int) -> None:
        """See :func:`advance`."""
        if threading.get_ident() != self._thread:
            return
        self._done += count
        now = time.monotonic()
        if now - self._began >= PATIENCE_SECONDS and now - self._said >= _AGAIN_SECONDS:
            self._said = now
            self._tell()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an interrupt that was meant for this becomes an error that the run survives."""
        global _work  # noqa: PLW0603 - as above
        let_in(self._let_in)
        _work = self._outer
        skipped = (
            isinstance(error, KeyboardInterrupt)
            and _show is not None
            and bool(self._said or self._after_cell)
        )
        if self._said:
            self._tell(ended=True, skipped=skipped)
        if skipped:
            seconds = time.monotonic() - self._began
            raise CaptureSkipped(
                f"{self._without}: that was skipped by Ctrl-C after {seconds:.1f} s."
            ) from None

    def _tell(self, *, ended: bool = False, skipped: bool = False) -> None:
        if _show is not None:
            seconds = time.monotonic() - self._began
            _show(Progress(self._what, self._done, self._size, seconds, ended, skipped))
