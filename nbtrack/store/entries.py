r"""The journal's file: its format, and reading it, whole or as it grows.

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

import os
import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from nbtrack.errors import StoreCorrupt
from nbtrack.records import Session
from nbtrack.store.points import Columns
from nbtrack.store.values import from_json

__all__ = [
    "CHECK",
    "END",
    "FOLDS",
    "FOLDS_AT",
    "HEADER",
    "MAGIC",
    "NOTE",
    "NOTE_MARK",
    "POINT",
    "POINT_SIZE",
    "Curves",
    "Follower",
    "JournalContent",
    "Parser",
    "read_journal",
]

MAGIC = b"nbtrkj1\n"
HEADER = struct.Struct("<8sQIII")
FOLDS = struct.Struct("<Q")
FOLDS_AT = 8
POINT = struct.Struct("<HiId")
CHECK = struct.Struct("<Hxx")  # the two padding bytes are the zeros that end the entries
_CHECKED_POINT = struct.Struct("<HiIdH")
NOTE = struct.Struct("<HHI")
POINT_SIZE = POINT.size + 2
NOTE_MARK = 0xFFFF
END = b"\0\0"
_CHUNK = 1 << 16  # bytes read at once

Curves: TypeAlias = dict[tuple[str, str], Columns]


class JournalContent(NamedTuple):
    """What a journal holds: its session, its number of folds, and the curves by run id and metric name."""

    session: Session
    folds: int
    curves: Curves


class Parser:
    """Reads entries, in as many helpings as they come."""

    def __init__(self, folds: int) -> None:
        self.seed = folds & 0xFFFFFFFF
        self.curves: Curves = {}
        self._series: dict[int, Columns] = {}
        self._base = 0

    def feed(self, data: bytes) -> int:
        """Read the entries at the beginning of ``data``; how many bytes they had. Stops at the first not whole."""
        at = 0
        unpack, crc32, seed, series = POINT.unpack_from, zlib.crc32, self.seed, self._series
        while at + 2 <= len(data):
            number = data[at] | data[at + 1] << 8
            if number == NOTE_MARK:
                length = self._note(data, at)
                if not length:
                    break
                at += length
                continue
            end = at + POINT_SIZE
            # A number without a series: the zeros at the end, or what an earlier fold left.
            if number not in series or end > len(data):
                break
            if crc32(data[at : end - 2], seed) & 0xFFFF != data[end - 2] | data[end - 1] << 8:
                break
            _, step, delta, value = unpack(data, at)
            series[number].append(step, self._base + delta, value)
            at = end
        return at

    def _note(self, data: bytes, at: int) -> int:
        if at + NOTE.size > len(data):
            return 0
        _, length, check = NOTE.unpack_from(data, at)
        payload = data[at + NOTE.size : at + NOTE.size + length]
        if len(payload) != length or zlib.crc32(payload, self.seed) != check:
            return 0
        self.take_note(from_json(payload.decode("ascii")))
        return NOTE.size + int(length)

    def take_note(self, content: list[Any]) -> None:
        """Heed what a note says."""
        kind, *rest = content
        if kind == "base":
            (self._base,) = rest
        elif kind == "series":
            number, run_id, name = rest
            self._series[number] = self.curves.setdefault((run_id, name), Columns())
        else:
            run_id, name, step, micros, value = rest
            self.curves.setdefault((run_id, name), Columns()).append(step, micros, value)

    def take_points(self, data: bytes) -> None:
        """Read a stretch of points, without notes, that this process wrote itself: quickly, and unchecked."""
        if not data:
            return
        numbers, steps, deltas, values, _ = zip(*_CHECKED_POINT.iter_unpack(data), strict=True)
        micros = [self._base + delta for delta in deltas]
        if numbers.count(numbers[0]) == len(numbers):
            self._series[numbers[0]].extend(steps, micros, values)
            return
        for number, step, micro, value in zip(numbers, steps, micros, values, strict=True):
            self._series[number].append(step, micro, value)


def read_journal(file: Path) -> JournalContent:
    """What the journal of any session, dead or alive, holds now.

    Raises:
        StoreCorrupt: it is not a journal.
        FileNotFoundError: there is none.
    """
    data = file.read_bytes()
    session, folds, start = _parse_header(file, data)
    parser = Parser(folds)
    parser.feed(data[start:])
    return JournalContent(session, folds, parser.curves)


def _parse_header(file: Path, data: bytes) -> tuple[Session, int, int]:
    try:
        magic, folds, start, length, crc = HEADER.unpack_from(data)
        session_json = data[HEADER.size : HEADER.size + length]
        # What does not have its checksum is read as nothing, which is no session.
        intact = magic == MAGIC and zlib.crc32(session_json) == crc
        session = Session(**from_json(session_json.decode("ascii") if intact else "{}"))
    except (struct.error, ValueError, TypeError) as error:
        raise StoreCorrupt(
            f"{file} is not a journal of metric points ({error}). Move it away; the database is not affected."
        ) from error
    return session, folds, start


class Follower:
    """Follows the journal of a living session: each look reads only what is new."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._start = self._read = 0
        self.folds = -1
        self._parser = Parser(0)

    def curves(self) -> Curves:
        """The points since the last fold, whose number is then in ``folds``; not to be changed.

        Raises:
            StoreCorrupt: it is not a journal.
            FileNotFoundError: the session ended.
        """
        descriptor = os.open(self.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not self._start:
                _, _, self._start = _parse_header(self.file, os.pread(descriptor, _CHUNK, 0))
            while True:
                folds = self._folds(descriptor)
                if folds != self.folds:
                    self._parser, self._read, self.folds = Parser(folds), 0, folds
                self._catch_up(descriptor)
                if self._folds(descriptor) == folds:  # else it was folded while we read
                    return self._parser.curves
        finally:
            os.close(descriptor)

    def _folds(self, descriptor: int) -> int:
        (folds,) = FOLDS.unpack(os.pread(descriptor, FOLDS.size, FOLDS_AT))
        return int(folds)

    def _catch_up(self, descriptor: int) -> None:
        while True:
            data = os.pread(descriptor, _CHUNK + HEADER.size, self._start + self._read)
            read = self._parser.feed(data)
            self._read += read
            if read <= len(data) // 2:  # the entries end here; a note is never half a chunk long
                return
