"""The watch over the stores that somebody asked for: one thread, one look at a counter every quarter of a second.

It tells what changed, and does the housekeeping that requests may not do: migrating an older store, and marking the
runs of dead kernels CANCELED.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nbtrack.errors import NbtrackError, StoreMoved, StoreOutdated
from nbtrack.server.stores import Place
from nbtrack.store import Store
from nbtrack.store.live import Live
from nbtrack.store.recovery import recover

__all__ = ["Watch"]

_LOOK_SECONDS = 0.25
_RETRY_SECONDS = 1.0  # between looks at a store that cannot be opened
_POINTS_SECONDS = 1.0
_RECOVER_SECONDS = 2.0
_MOST_NAMED = 50  # runs named in one event


@dataclass(slots=True)
class _Seen:
    """What was seen of one store at the last look."""

    place: Place
    revision: int
    store: Store | None = None
    problem: str | None = "unknown"
    retry_at: float = 0.0
    data_version: int = -1
    last_pk: int = 0
    unfinished: dict[int, str] = field(default_factory=dict)
    live: Live | None = None
    points: dict[str, int] = field(default_factory=dict)
    points_at: float = 0.0
    recover_at: float = 0.0


class Watch:
    """Watches stores and calls ``tell`` with the payload of an event, from its own thread."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._seen: dict[str, _Seen] = {}
        self._mutex = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, place: Place) -> None:
        """Watch a store from now on; the first one starts the thread."""
        with self._mutex:
            if place.key in self._seen or self._ended.is_set():
                return
            # Grows over restarts of the server, so that a page that stayed open sees a change.
            self._seen[place.key] = _Seen(place, revision=time.time_ns() // 1_000_000)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nbtrack-watch", daemon=True)
                self._thread.start()

    def revision(self, place: Place) -> int:
        """A number that grows when the store changes."""
        with self._mutex:
            seen = self._seen.get(place.key)
        return 0 if seen is None else seen.revision

    def job_ended(self, place: Place, run_id: str, job_id: str) -> None:
        """Tell that a job about a run of this store ended."""
        with self._mutex:
            seen = self._seen.get(place.key)
        if seen is not None:
            self._event(seen, "job", [run_id], job_id)

    def stop(self) -> None:
        """End the thread and close what it opened."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        for seen in self._seen.values():
            _let_go(seen)

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            with self._mutex:
                watched = list(self._seen.values())
            for seen in watched:
                # Nothing may end the watch: what a store cannot tell now it may tell at the next look.
                with contextlib.suppress(Exception):
                    self._look(seen)

    def _look(self, seen: _Seen) -> None:
        now = time.monotonic()
        if seen.store is None and now < seen.retry_at:
            return
        try:
            changed = self._changed(seen)
        except NbtrackError as error:
            _let_go(seen)
            seen.retry_at = now if isinstance(error, StoreMoved) else now + _RETRY_SECONDS
            self._problem(seen, type(error).__name__)
            return
        self._problem(seen, None)
        if changed is not None:
            seen.revision += 1
            self._event(seen, "runs", changed)
        if now >= seen.points_at and seen.unfinished:
            seen.points_at = now + _POINTS_SECONDS
            self._look_at_points(seen)
        if now >= seen.recover_at:
            seen.recover_at = now + _RECOVER_SECONDS
            _recover(seen)

    def _problem(self, seen: _Seen, problem: str | None) -> None:
        if seen.problem != problem:
            first, seen.problem = seen.problem == "unknown", problem
            if not first:
                seen.revision += 1
                self._event(seen, "status", [])

    def _changed(self, seen: _Seen) -> list[str] | None:
        """Ids of runs that are new or whose state changed; None where nothing did."""
        store = seen.store
        if store is None:
            store = seen.store = _opened(seen.place)
            seen.live = Live(seen.place.folder)
        with store.view() as connection:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version == seen.data_version:
                return None
            first, seen.data_version = seen.data_version < 0, version
            ids = _new_or_ended(connection, seen)
        return None if first else ids

    def _look_at_points(self, seen: _Seen) -> None:
        assert seen.store is not None
        assert seen.live is not None
        with seen.store.view() as connection:
            sessions = connection.execute("SELECT id, folds FROM sessions WHERE ended_at IS NULL").fetchall()
        points: dict[str, int] = {}
        for session_id, folds in sessions:
            for (run_id, _), columns in (seen.live.curves(session_id, folds, ahead=True) or {}).items():
                points[run_id] = points.get(run_id, 0) + len(columns)
        grown = [run_id for run_id, count in points.items() if count != seen.points.get(run_id, 0)]
        seen.points = points
        if grown:
            self._event(seen, "points", grown)

    def _event(self, seen: _Seen, change: str, runs: list[str], job: str | None = None) -> None:
        named = runs if len(runs) <= _MOST_NAMED else []
        self._tell(
            {
                "store": seen.place.key,
                "revision": seen.revision,
                "change": change,
                "runs": named,
                "job": job,
            }
        )


def _opened(place: Place) -> Store:
    try:
        return Store.open(place.folder, passive=True)
    except StoreOutdated:
        Store.open(place.folder).close()  # migrates, after a copy was put aside
        return Store.open(place.folder, passive=True)


def _new_or_ended(connection: sqlite3.Connection, seen: _Seen) -> list[str]:
    new = connection.execute(
        "SELECT pk, id FROM runs WHERE pk > ? ORDER BY pk LIMIT ?", (seen.last_pk, _MOST_NAMED + 1)
    ).fetchall()
    unfinished = dict(
        connection.execute("SELECT pk, id FROM runs WHERE state = 'RUNNING' ORDER BY pk DESC LIMIT 1000")
    )
    ended = [run_id for pk, run_id in seen.unfinished.items() if pk not in unfinished]
    seen.unfinished = unfinished
    (last,) = connection.execute("SELECT COALESCE(MAX(pk), 0) FROM runs").fetchone()
    seen.last_pk = last
    return list(dict.fromkeys([run_id for _, run_id in new] + ended))


def _recover(seen: _Seen) -> None:
    """Look after dead sessions; the store is opened to be written only if there is one."""
    store, folder = seen.store, seen.place.folder
    assert store is not None
    if not store.writable:
        return
    with store.view() as connection:
        living = [row[0] for row in connection.execute("SELECT id FROM sessions WHERE ended_at IS NULL")]

    @contextlib.contextmanager
    def transaction() -> Iterator[sqlite3.Connection]:
        with Store.open(folder) as writing, writing.writing() as connection:
            yield connection

    recover(folder, living, transaction)


def _let_go(seen: _Seen) -> None:
    store, seen.store = seen.store, None
    seen.data_version, seen.last_pk = -1, 0
    seen.unfinished, seen.points, seen.live = {}, {}, None
    if store is not None:
        store.close()
