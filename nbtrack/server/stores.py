"""Which store a request is about: opaque keys for the page, folders for us."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from nbtrack.config import store_for
from nbtrack.errors import StoreMoved, UsageError
from nbtrack.server.problems import UnknownStore
from nbtrack.store import Store
from nbtrack.store.database import DATABASE
from nbtrack.store.deadline import at_most
from nbtrack.store.ranking import Ranking

__all__ = ["Place", "Stores", "folder_of"]

_RESOLVED_SECONDS = 1.0  # settings files are not read again for each request
_DEADLINE_SECONDS = 2.0
_MOST_RANKINGS = 8
_QUICK_SECONDS = 0.05
_READING_SECONDS = 10.0  # of one request, in the database


class _Ranked(NamedTuple):
    """A ranking with the state of the database it was made of, and until when it may be shown for a later one."""

    ranking: Ranking
    version: tuple[int, int]
    good_until: float


class Place:
    """One store, or the folder where one would be made. It is opened to look only, and kept open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = blake3(os.fsencode(folder)).hexdigest(10)
        self._mutex = threading.Lock()
        self._store: Store | None = None
        self._identity: tuple[int, int] | None = None
        self._rankings: dict[tuple[str, bool], _Ranked] = {}

    @contextlib.contextmanager
    def looking(self) -> Iterator[Store]:
        """The store, to be read from.

        Raises:
            StoreError: it is not there, locked, moved, broken, too new or not yet migrated.
        """
        store = self._opened()
        try:
            if not store.is_current():  # another nbtrack migrated it meanwhile
                self.close()
                store = self._opened()
            with at_most(_READING_SECONDS):
                yield store
        except StoreMoved:
            self.close()  # the next request finds what is there then
            raise

    @contextlib.contextmanager
    def changing(self) -> Iterator[Store]:
        """The store, to be written to; opened and closed for it, so that looking can never write.

        Raises:
            StoreError: as for :meth:`looking`; nothing is made where nothing is.
        """
        with self.looking():
            pass
        with Store.open(self.folder, deadline_seconds=_DEADLINE_SECONDS) as store:
            yield store

    def ranking(self, connection: sqlite3.Connection, metric: str, *, smallest: bool) -> Ranking:
        """The ranking by a metric, made again only when somebody changed the database.

        Of a very large store it may lag behind a moment: making it may take a tenth of the time at most.
        """
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        key, now = (metric, smallest), time.monotonic()
        known = self._rankings.get(key)
        if known is not None and (known.version == (id(connection), version) or now < known.good_until):
            return known.ranking
        if len(self._rankings) >= _MOST_RANKINGS:
            self._rankings.clear()
        ranking = Ranking(connection, metric, smallest=smallest)
        took = time.monotonic() - now
        good_until = now + 10 * took if took > _QUICK_SECONDS else now
        self._rankings[key] = _Ranked(ranking, (id(connection), version), good_until)
        return ranking

    def close(self) -> None:
        """Let go of the store."""
        with self._mutex:
            store, self._store, self._identity = self._store, None, None
        if store is not None:
            store.close()

    def _opened(self) -> Store:
        with self._mutex:
            identity = _identity(self.folder / DATABASE)
            if self._store is not None and identity == self._identity:
                return self._store
            gone, self._store = self._store, None
            if gone is not None:
                gone.close()
            self._store = Store.open(self.folder, passive=True, deadline_seconds=_DEADLINE_SECONDS)
            self._identity = identity
            return self._store


class Stores:
    """The stores that this server was asked for, by key; ``root`` is the folder that it serves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._mutex = threading.Lock()
        self._places: dict[str, Place] = {}
        self._resolved: dict[Path, tuple[float, Place]] = {}

    def of(self, key: str | None) -> Place:
        """The store with this key; None: that of the root folder.

        Raises:
            UnknownStore: no store was ever asked for under the key.
        """
        if key is None:
            return self.at(self.root)
        place = self._places.get(key) or next((one for one in [self.at(self.root)] if one.key == key), None)
        if place is None:
            raise UnknownStore(
                "This server knows no store under that key; it was restarted, or the notebook moved."
            )
        return place

    def at(self, folder: Path) -> Place:
        """The store that a kernel with this working directory uses, or would make."""
        now = time.monotonic()
        with self._mutex:
            resolved_at, place = self._resolved.get(folder, (0.0, None))
        if place is not None and now - resolved_at < _RESOLVED_SECONDS:
            return place
        found = store_for(folder)
        with self._mutex:
            place = Place(found)
            place = self._places.setdefault(place.key, place)
            self._resolved[folder] = (now, place)
            return place

    def all(self) -> list[Place]:
        """All that were asked for."""
        with self._mutex:
            return list(self._places.values())

    def close(self) -> None:
        """Let go of all of them."""
        for place in self.all():
            place.close()

    def location(self, path: Path) -> str:
        """Where something is, for people: relative to the root folder, with ``..`` where it is not below it."""
        return Path(os.path.relpath(path, self.root.resolve())).as_posix()


def folder_of(root: Path, notebook: str) -> Path:
    """The working directory of a notebook's kernel, from the notebook's path in Jupyter's contents.

    The contents manager is to be asked before whether there is such a notebook.

    Raises:
        UsageError: the path would lead out of the root folder.
    """
    parts = [part for part in notebook.split("/") if part not in {"", "."}]
    if any(part == ".." or "\0" in part or "\\" in part or part.startswith("~") for part in parts):
        raise UsageError(f"{notebook[:200]!r} is no path below the server's root folder.")
    return root.joinpath(*parts[:-1])


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
