"""Curves in SQLite: pieces of consecutive points, packed column by column.

A piece is zlib over three columns of 8-byte little-endian items, one after the other: steps as differences,
times as differences in microseconds (both from 0), values as doubles; in each column first all lowest bytes, then
the next, and so on, which is what makes slowly changing numbers compress. About 8 to 11 bytes a point.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import sub
from typing import Self

from nbtrack.errors import StoreCorrupt
from nbtrack.records import Point
from nbtrack.store.values import from_json, to_json

__all__ = ["MICRO", "PIECE", "Columns", "pack", "unpack"]

PIECE = 8192  # points at most in one piece
MICRO = 1_000_000  # times are kept in whole microseconds
_PLAIN, _WIDE = b"\x01", b"\x02"


class Columns:
    """A curve as three columns, which cost a fifth of as many points; times in microseconds."""

    __slots__ = ("micros", "steps", "values")

    def __init__(
        self, steps: Iterable[int] = (), micros: Iterable[int] = (), values: Iterable[float] = ()
    ) -> None:
        self.steps = list(steps)
        self.micros = list(micros)
        self.values = list(values)

    @classmethod
    def of(cls, points: Sequence[Point]) -> Self:
        """The columns of some points."""
        return cls(
            [point.step for point in points],
            [round(point.time * MICRO) for point in points],
            [point.value for point in points],
        )

    def append(self, step: int, micros: int, value: float) -> None:
        """Add a point."""
        self.steps.append(step)
        self.micros.append(micros)
        self.values.append(value)

    def extend(self, steps: Iterable[int], micros: Iterable[int], values: Iterable[float]) -> None:
        """Add points."""
        self.steps += steps
        self.micros += micros
        self.values += values

    def __len__(self) -> int:
        return len(self.steps)

    def part(self, start: int, stop: int) -> Columns:
        """The points from ``start`` up to ``stop``."""
        where = slice(start, stop)
        return Columns(self.steps[where], self.micros[where], self.values[where])

    def points(self, start: int = 0) -> list[Point]:
        """The points from number ``start`` on."""
        columns = zip(self.steps[start:], self.values[start:], self.micros[start:], strict=True)
        return [Point(step, value, micros / MICRO) for step, value, micros in columns]


def pack(columns: Columns) -> bytes:
    """One piece."""
    count = len(columns)
    steps, micros = _differences(columns.steps), _differences(columns.micros)
    values = struct.pack(f"<{count}d", *columns.values)
    try:
        plain = [struct.pack(f"<{count}q", *steps), struct.pack(f"<{count}q", *micros), values]
    except struct.error:  # a number beyond 64 bits
        wide = to_json([steps, micros]).encode("ascii")
        return _WIDE + zlib.compress(struct.pack("<I", len(wide)) + wide + values, 1)
    return _PLAIN + zlib.compress(b"".join(_shuffled(column) for column in plain), 1)


def unpack(data: bytes, count: int) -> Columns:
    """The points of one piece.

    Raises:
        StoreCorrupt: it is not a piece of ``count`` points.
    """
    try:
        raw = zlib.decompress(data[1:])
        if data[:1] == _WIDE:
            length = int.from_bytes(raw[:4], "little")
            steps, micros = from_json(raw[4 : 4 + length].decode("ascii"))
            values = struct.unpack(f"<{count}d", raw[4 + length :])
        else:
            size = 8 * count
            steps = struct.unpack(f"<{count}q", _straight(raw[:size]))
            micros = struct.unpack(f"<{count}q", _straight(raw[size : 2 * size]))
            values = struct.unpack(f"<{count}d", _straight(raw[2 * size :]))
    except (zlib.error, struct.error, ValueError) as error:
        raise StoreCorrupt(f"A piece of a curve of {count} points cannot be read: {error}.") from error
    return Columns(accumulate(steps), accumulate(micros), values)


def _differences(numbers: list[int]) -> list[int]:
    return [*numbers[:1], *map(sub, numbers[1:], numbers)]


def _shuffled(column: bytes) -> bytes:
    return b"".join(column[byte::8] for byte in range(8))


def _straight(column: bytes) -> bytes:
    count = len(column) // 8
    straight = bytearray(len(column))
    for byte in range(8):
        straight[byte::8] = column[byte * count : (byte + 1) * count]
    return bytes(straight)
