"""Sessions that ended without saying so.

What they logged and what they could not save is taken in, their unfinished runs become CANCELED. Looking for
them is part of every reading, and loads nothing of what writes; that comes where one is found.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from nbtrack.errors import StoreBusy, StoreUnwritable
from nbtrack.store.journal import journal_path
from nbtrack.store.lock import try_lock

__all__ = ["recover", "spooled"]

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


def recover(folder: Path, open_sessions: list[str], transaction: Transaction) -> int:
    """Look after the sessions whose journal is unlocked or gone; returns how many were found dead.

    ``open_sessions`` are those that the database thinks alive. Cheap where all live: one look into a folder and
    a lock tried per session.
    """
    dead = 0
    left = spooled(folder)
    for session_id in sorted({*open_sessions, *_journals(folder), *left}):
        with _claimed(journal_path(folder, session_id)) as claim:
            if claim is None:
                continue  # it lives
            from nbtrack.store.remains import bury

            # Else the next reader will do it; on a full disk, too, what is there can be read.
            with contextlib.suppress(StoreBusy, StoreUnwritable):
                bury(folder, session_id, left.get(session_id, []), transaction)
                dead += 1
    return dead


def _journals(folder: Path) -> set[str]:
    try:
        names = os.listdir(folder / "sessions")  # noqa: PTH208 - half the time of iterdir, at every reading
    except FileNotFoundError:
        return set()
    return {name.removesuffix(".journal") for name in names if name.endswith(".journal")}


@contextlib.contextmanager
def _claimed(file: Path) -> Iterator[bool | None]:
    """True while we hold the lock of a dead session's journal, or know it gone; None: the session lives."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    try:
        yield True if try_lock(descriptor) else None
    finally:
        os.close(descriptor)


def spooled(folder: Path) -> dict[str, list[Path]]:
    """The files in the spool by session, oldest first."""
    found: dict[str, list[Path]] = {}
    with contextlib.suppress(FileNotFoundError):
        # Ids sort by time. Plain listdir: this is asked at every reading of the store.
        for name in sorted(os.listdir(folder / "spool")):  # noqa: PTH208 - as above
            session, _, rest = name.partition(".")
            if rest.endswith(".json"):
                found.setdefault(session, []).append(folder / "spool" / name)
    return found
