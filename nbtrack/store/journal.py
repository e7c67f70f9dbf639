r"""The journal of a session: metric points as they are logged, and the proof that the session lives.

One file per session, mapped into memory: a point is written by copying 20 bytes into the map, so it survives the end
of the process (``kill -9`` too) as soon as the call returns, without a system call. At the end of a cell the points
are taken into the database ("folded") and the file starts anew. The session holds the file's ``flock`` as long as
it lives: whoever gets that lock knows that the session is dead.

The file, little-endian::

    8 bytes   b"nbtrkj1\n"
    u64       folds: how often it was folded; a journal whose number is behind the database's is empty
    u32 u32   offset of the first entry; length of the header's JSON
    u32       CRC-32 of that JSON
    JSON      the session's record
    entries, ended by two zero bytes:
    point     u16 series (1..65534), i32 step, u32 microseconds since the base, f64 value, u16 check
    note      u16 0xFFFF, u16 length, u32 check, JSON: ["series", number, run id, name], ["base", microseconds]
              or ["point", run id, name, step, microseconds, value] for what does not fit a point

A check is the CRC-32 of the entry, begun with the number of folds, so that what an earlier fold left behind is never
taken for a point.
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
from typing import Any, NamedTuple

from nbtrack.errors import StoreCorrupt, StoreError, StoreUnwritable
from nbtrack.records import Point, Session
from nbtrack.store.lock import try_lock
from nbtrack.store.values import from_json, to_json

__all__ = ["Journal", "JournalContent", "journal_path", "read_journal"]

_MAGIC = b"nbtrkj1\n"
_HEADER = struct.Struct("<8sQIII")
_FOLDS = struct.Struct("<Q")
_FOLDS_AT = 8
_POINT = struct.Struct("<HiId")
_CHECK = struct.Struct("<Hxx")  # the two padding bytes are the zeros that end the entries
_NOTE = struct.Struct("<HHI")
_POINT_SIZE = _POINT.size + 2
_NOTE_MARK = 0xFFFF
_END = b"\0\0"
_FIRST_SIZE, _LARGEST_STEP = 64 * 1024, 4 * 1024 * 1024
_MICRO = 1_000_000

Curves = dict[tuple[str, str], list[Point]]


class JournalContent(NamedTuple):
    """What a journal holds: its session, its number of folds, and the curves by run id and metric name."""

    session: Session
    folds: int
    curves: Curves


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
        self._start = _HEADER.size + len(self._session_json)
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
            header = _HEADER.pack(_MAGIC, folds, self._start, len(self._session_json), crc)
            self._map[: self._start] = header + self._session_json
            new.rename(self.file)
        except OSError as error:
            self.forget()
            raise StoreUnwritable(f"The journal {self.file} cannot be made: {error.strerror}.") from error
        self._folds = folds
        self._begin()

    def _begin(self) -> None:
        assert self._map is not None
        self._offset = self._start
        self._map[self._start : self._start + 2] = _END
        self._seed = self._folds & 0xFFFFFFFF
        self._base = -(2**62)  # no base yet: the first point notes one
        self._series.clear()

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
            if self._settle is not None:
                self._resolve()
            series = self._series.get((run_id, name)) or self._define(run_id, name)
            micros = round(time * _MICRO)
            try:
                point = _POINT.pack(series, step, micros - self._base, value)
            except struct.error:
                self._append_rare(run_id, name, series, step, micros, value)
                return
            offset = self._offset
            end = offset + _POINT_SIZE
            if end + 2 > self._size:
                self._resize(self._size + min(self._size, _LARGEST_STEP))
            if self._map is None:
                raise StoreError(f"The journal {self.file} is not open in this process.")
            self._map[offset : end + 2] = point + _CHECK.pack(zlib.crc32(point, self._seed) & 0xFFFF)
            self._offset = end

    def _append_rare(  # noqa: PLR0913, PLR0917 - as append
        self, run_id: str, name: str, series: int, step: int, micros: int, value: float
    ) -> None:
        # Either more than 71 minutes since the base (or before it), or a step beyond 32 bits, or too many series.
        if not 0 <= micros - self._base < 2**32:
            self._note(["base", micros])
            self._base = micros
        try:
            point = _POINT.pack(series, step, micros - self._base, value)
        except struct.error:
            self._note(["point", run_id, name, int(step), micros, float(value)])
            return
        self._put(point + _CHECK.pack(zlib.crc32(point, self._seed) & 0xFFFF)[:2])

    def _define(self, run_id: str, name: str) -> int:
        number = len(self._series) + 1
        if number >= _NOTE_MARK:
            return _NOTE_MARK + 1  # does not fit a point, which then becomes a note
        self._note(["series", number, run_id, name])
        self._series[run_id, name] = number
        return number

    def _note(self, content: list[Any]) -> None:
        payload = to_json(content).encode("ascii")
        self._put(_NOTE.pack(_NOTE_MARK, len(payload), zlib.crc32(payload, self._seed)) + payload)

    def _put(self, entry: bytes) -> None:
        end = self._offset + len(entry)
        while end + 2 > self._size:
            self._resize(self._size + min(self._size, _LARGEST_STEP))
        if self._map is None:
            raise StoreError(f"The journal {self.file} is not open in this process.")
        self._map[self._offset : end + 2] = entry + _END
        self._offset = end

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
        an interrupt can come between the commit and this: a journal left behind by one fold would lose every
        later point. Should the question itself be interrupted, the next point asks again.
        """
        with self._mutex:
            if self._settle is not None:
                self._resolve()
            try:
                yield
            finally:
                if self._folding:
                    self._settle = folds
                    self._resolve()

    def unfolded(self) -> Curves:
        """The points since the last fold, to be taken into the database by the transaction that :meth:`paused` us."""
        if self._map is None or self._offset == self._start:
            return {}
        self._folding = True
        return _parse(self._map[self._start : self._offset + 2], self._seed)

    def _resolve(self) -> None:
        assert self._settle is not None
        folds = self._settle()
        if folds != self._folds and self._map is not None:
            self._map[_FOLDS_AT : _FOLDS_AT + 8] = _FOLDS.pack(folds)
            self._folds = folds
            self._begin()
        self._folding = False
        self._settle = None

    def close(self, *, remove: bool) -> None:
        """Close the journal, which ends the session's claim to be alive; with ``remove`` also delete the file."""
        if remove and self._descriptor >= 0:
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


def read_journal(file: Path) -> JournalContent:
    """What the journal of any session, dead or alive, holds now.

    Raises:
        StoreCorrupt: it is not a journal.
        FileNotFoundError: there is none.
    """
    data = file.read_bytes()
    try:
        magic, folds, start, length, crc = _HEADER.unpack_from(data)
        session_json = data[_HEADER.size : _HEADER.size + length]
        # What does not have its checksum is read as nothing, which is no session.
        intact = magic == _MAGIC and zlib.crc32(session_json) == crc
        session = Session(**from_json(session_json.decode("ascii") if intact else "{}"))
    except (struct.error, ValueError, TypeError) as error:
        raise StoreCorrupt(
            f"{file} is not a journal of metric points ({error}). Move it away; the database is not affected."
        ) from error
    return JournalContent(session, folds, _parse(data[start:], folds & 0xFFFFFFFF))


def _parse(data: bytes, seed: int) -> Curves:
    """The curves in the entries; reading ends at the first that is not whole."""
    curves: Curves = {}
    series: dict[int, list[Point]] = {}
    base = at = 0
    unpack, crc32 = _POINT.unpack_from, zlib.crc32
    while at + 2 <= len(data):
        number = data[at] | data[at + 1] << 8
        if number == 0:
            break
        if number == _NOTE_MARK:
            note, at = _parse_note(data, at, seed)
            if note is None:
                break
            if note[0] == "base":
                base = note[1]
            elif note[0] == "series":
                series[note[1]] = curves.setdefault((note[2], note[3]), [])
            else:
                _, run_id, name, step, micros, value = note
                curves.setdefault((run_id, name), []).append(Point(step, value, micros / _MICRO))
            continue
        end = at + _POINT_SIZE
        if end > len(data) or crc32(data[at : end - 2], seed) & 0xFFFF != data[end - 2] | data[end - 1] << 8:
            break
        _, step, delta, value = unpack(data, at)
        if number not in series:
            break
        series[number].append(Point(step, value, (base + delta) / _MICRO))
        at = end
    return curves


def _parse_note(data: bytes, at: int, seed: int) -> tuple[list[Any] | None, int]:
    if at + _NOTE.size > len(data):
        return None, at
    _, length, check = _NOTE.unpack_from(data, at)
    end = at + _NOTE.size + length
    payload = data[at + _NOTE.size : end]
    if len(payload) != length or zlib.crc32(payload, seed) != check:
        return None, at
    return from_json(payload.decode("ascii")), end
