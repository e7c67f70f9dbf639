"""The journal of a session: metric points as they are logged, and the proof that the session lives.

One file per session, mapped into memory: a point is written by copying 20 bytes into the map, so it survives the end
of the process (``kill -9`` too) as soon as the call returns, without a system call. At the end of a cell the points
are taken into the database ("folded") and the file starts anew. The session holds the file's ``flock`` as long as
it lives: whoever gets that lock knows that the session is dead.
The format of the file stands in :mod:`nbtrack.store.entries`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import mmap
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbtrack.errors import StoreError, StoreUnwritable
from nbtrack.records import Session
from nbtrack.store.entries import (
    CHECK,
    END,
    FOLDS,
    FOLDS_AT,
    HEADER,
    MAGIC,
    NOTE,
    NOTE_MARK,
    POINT,
    POINT_SIZE,
    Curves,
    Parser,
)
from nbtrack.store.lock import try_lock
from nbtrack.store.points import MICRO
from nbtrack.store.values import to_json

__all__ = ["Journal", "journal_path"]

_FIRST_SIZE, _LARGEST_STEP = 64 * 1024, 4 * 1024 * 1024
_NO_BASE = -(2**62)  # microseconds so long ago that the next point notes its own


def journal_path(folder: Path, session_id: str) -> Path:
    """Where the journal of a session is, in the store's folder."""
    return folder / "sessions" / f"{session_id}.journal"


class Journal:
    """The journal of a session of this process, held open and locked."""

    def __init__(self, file: Path, session: Session, folds: int = 0) -> None:
        self.file = file
        self._session_json = to_json(dataclasses.asdict(session)).encode("ascii")
        self._mutex = threading.Lock()
        self._map: mmap.mmap | None = None
        self._descriptor = -1
        self._size = 0
        self._start = HEADER.size + len(self._session_json)
        self._series: dict[tuple[str, str], int] = {}
        self._folding = False
        self._settle: Callable[[], int] | None = None
        self._create(folds)

    def _create(self, folds: int) -> None:
        # Made and locked under another name: under its own one it is never seen unlocked while the session lives.
        new = self.file.with_suffix(".new")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._descriptor = os.open(new, flags, 0o600)
            try_lock(self._descriptor)
            self._resize(max(_FIRST_SIZE, self._start + 4096))
            assert self._map is not None
            crc = zlib.crc32(self._session_json)
            header = HEADER.pack(MAGIC, folds, self._start, len(self._session_json), crc)
            self._map[: self._start] = header + self._session_json
            # Points are not synced, the header is: what a power cut leaves is a journal, be it an empty one.
            os.fsync(self._descriptor)
            new.rename(self.file)
        except OSError as error:
            self.forget()
            raise StoreUnwritable(f"The journal {self.file} cannot be made: {error.strerror}.") from error
        self._begin(folds)

    def _begin(self, folds: int) -> None:
        assert self._map is not None
        self._offset = self._start
        self._map[self._start : self._start + 2] = END
        self._seed = folds & 0xFFFFFFFF
        self._base = _NO_BASE
        self._series.clear()
        self._notes: list[tuple[int, int, list[Any]]] = []  # where they begin and end, and what they say
        self._folds = folds  # last: who was interrupted before begins once more

    @property
    def used_bytes(self) -> int:
        """Bytes of the entries written since the last fold."""
        return self._offset - self._start

    def append(self, run_id: str, name: str, step: int, value: float, time: float) -> None:
        """Write one point; on return it survives the end of the process.

        Raises:
            StoreUnwritable: the disk is full.
            StoreError: the journal was closed, or belongs to the process this one was forked from.
        """
        with self._mutex:
            if self._folding:
                self._resolve()
            series = self._series.get((run_id, name)) or self._define(run_id, name)
            micros = round(time * MICRO)
            try:
                point = POINT.pack(series, step, micros - self._base, value)
            except struct.error:
                self._append_rare(run_id, name, series, step, micros, value)
                return
            offset = self._offset
            end = offset + POINT_SIZE
            if end + 2 > self._size:
                self._resize(self._size + min(self._size, _LARGEST_STEP))
            if self._map is None:
                raise StoreError(f"The journal {self.file} is not open in this process.")
            self._map[offset : end + 2] = point + CHECK.pack(zlib.crc32(point, self._seed) & 0xFFFF)
            self._offset = end

    def _append_rare(  # noqa: PLR0913, PLR0917 - as append
        self, run_id: str, name: str, series: int, step: int, micros: int, value: float
    ) -> None:
        # Either more than 71 minutes since the base (or before it), or a step beyond 32 bits, or too many series.
        if not 0 <= micros - self._base < 2**32:
            self._base = _NO_BASE  # should an interrupt come after the note and before its base is ours
            self._note(["base", micros])
            self._base = micros
        try:
            point = POINT.pack(series, step, micros - self._base, value)
        except struct.error:
            self._note(["point", run_id, name, int(step), micros, float(value)])
            return
        self._put(point + CHECK.pack(zlib.crc32(point, self._seed) & 0xFFFF)[:2])

    def _define(self, run_id: str, name: str) -> int:
        number = len(self._series) + 1
        if number >= NOTE_MARK:
            return NOTE_MARK + 1  # does not fit a point, which then becomes a note
        self._note(["series", number, run_id, name])
        self._series[run_id, name] = number
        return number

    def _note(self, content: list[Any]) -> None:
        payload = to_json(content).encode("ascii")
        self._put(NOTE.pack(NOTE_MARK, len(payload), zlib.crc32(payload, self._seed)) + payload, content)

    def _put(self, entry: bytes, note: list[Any] | None = None) -> None:
        begin = self._offset
        end = begin + len(entry)
        while end + 2 > self._size:
            self._resize(self._size + min(self._size, _LARGEST_STEP))
        if self._map is None:
            raise StoreError(f"The journal {self.file} is not open in this process.")
        # Python looks for interrupts after calls: there is none here, so that either all of this happens or nothing.
        self._map[begin : end + 2] = entry + END
        self._offset = end
        if note is not None:
            self._notes += [(begin, end, note)]

    def _resize(self, size: int) -> None:
        # Allocated before it is mapped: a full disk must be an error here, not a bus error at a later write.
        if self._descriptor < 0:
            raise StoreError(f"The journal {self.file} is not open in this process.")
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(self._descriptor, self._size, size - self._size)
            else:
                os.pwrite(self._descriptor, bytes(size - self._size), self._size)
            new = mmap.mmap(self._descriptor, size)
        except OSError as error:
            raise StoreUnwritable(f"The journal {self.file} cannot grow: {error.strerror}.") from error
        old, self._map, self._size = self._map, new, size
        if old is not None:
            old.close()

    @contextlib.contextmanager
    def paused(self, folds: Callable[[], int]) -> Iterator[None]:
        """Keep points from being written during a transaction that may fold the journal.

        ``folds`` asks the database afterwards how often it was folded. That is asked, rather than concluded, because
        a commit that raises may have been one: a journal left behind by one fold would lose every later point.
        Should the question itself fail, the next point asks again.
        """
        with self._mutex:
            if self._folding:
                self._resolve()
            self._settle = folds
            try:
                yield
            finally:
                if self._folding:
                    self._resolve()

    def unfolded(self) -> Curves:
        """The points since the last fold, to be taken into the database by the transaction that :meth:`paused` us."""
        if self._map is None or self._offset == self._start:
            return {}
        self._folding = True
        parser, at = Parser(self._folds), self._start
        for begin, end, content in self._notes:
            parser.take_points(self._map[at:begin])
            parser.take_note(content)
            at = end
        parser.take_points(self._map[at : self._offset])
        return parser.curves

    def _resolve(self) -> None:
        assert self._settle is not None
        folds = self._settle()
        if folds != self._folds and self._map is not None:
            self._map[FOLDS_AT : FOLDS_AT + 8] = FOLDS.pack(folds)
            self._begin(folds)
        self._folding = False

    def close(self, *, remove: bool) -> None:
        """Close the journal, which ends the session's claim to be alive; with ``remove`` also delete the file."""
        if remove and self._descriptor >= 0:
            # What cannot be deleted is an empty journal, which the next reader deletes.
            with contextlib.suppress(OSError):
                self.file.unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        """Let go of the file; in a forked child this leaves the parent's lock alone."""
        self._mutex = threading.Lock()
        if self._map is not None:
            self._map.close()
            self._map = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._size = 0
