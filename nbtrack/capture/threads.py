"""Threads that the user's code started: they may change data while its digest is taken."""

from __future__ import annotations

import threading

__all__ = ["UserThreads"]


class UserThreads:
    """Knows the threads that ran when watching began: those of the kernel."""

    def __init__(self) -> None:
        self._known = set(threading.enumerate())

    def running(self) -> bool:
        """Whether there are others now."""
        if threading.active_count() <= 1:
            return False
        return any(
            thread not in self._known and not thread.name.startswith("nbtrack")
            for thread in threading.enumerate()
        )
