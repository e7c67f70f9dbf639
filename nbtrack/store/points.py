"""Curves in SQLite: pieces of consecutive points, packed column by column.

A piece is zlib over three columns of 8-byte little-endian items, one after the other: steps as differences,
times as differences in microseconds (both from 0), values as doubles; in each column first all lowest bytes, then
the next, and so on, which is what makes slowly changing numbers compress. About 8 to 11 bytes a point.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise

from nbtrack.errors import StoreCorrupt
from nbtrack.records import Point
from nbtrack.store.values import from_json, to_json

__all__ = ["PIECE", "pack", "unpack"]

PIECE = 8192  # points at most in one piece
_INT64 = range(-(2**63), 2**63)
_PLAIN, _WIDE = b"\x01", b"\x02"
_MICRO = 1_000_000


def pack(points: Sequence[Point]) -> bytes:
    """One piece. Times are kept to the microsecond."""
    steps = _differences([point.step for point in points])
    times = _differences([round(point.time * _MICRO) for point in points])
    values = struct.pack(f"<{len(points)}d", *(point.value for point in points))
    if not all(step in _INT64 for step in steps) or not all(time in _INT64 for time in times):
        wide = [to_json([steps, times]).encode("ascii"), values]
        return _WIDE + zlib.compress(struct.pack("<I", len(wide[0])) + b"".join(wide), 1)
    columns = (_integers(steps), _integers(times), values)
    return _PLAIN + zlib.compress(b"".join(_shuffled(column) for column in columns), 1)


def unpack(data: bytes, count: int) -> list[Point]:
    """The points of one piece.

    Raises:
        StoreCorrupt: it is not a piece of ``count`` points.
    """
    try:
        raw = zlib.decompress(data[1:])
        if data[:1] == _WIDE:
            length = int.from_bytes(raw[:4], "little")
            steps, times = from_json(raw[4 : 4 + length].decode("ascii"))
            values = struct.unpack(f"<{count}d", raw[4 + length :])
        else:
            size = 8 * count
            steps = struct.unpack(f"<{count}q", _straight(raw[:size]))
            times = struct.unpack(f"<{count}q", _straight(raw[size : 2 * size]))
            values = struct.unpack(f"<{count}d", _straight(raw[2 * size :]))
    except (zlib.error, struct.error, ValueError) as error:
        raise StoreCorrupt(f"A piece of a curve of {count} points cannot be read: {error}.") from error
    return [
        Point(step, value, time / _MICRO)
        for step, value, time in zip(accumulate(steps), values, accumulate(times), strict=True)
    ]


def _differences(numbers: list[int]) -> list[int]:
    return [later - earlier for earlier, later in pairwise([0, *numbers])]


def _integers(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)


def _shuffled(column: bytes) -> bytes:
    return b"".join(column[byte::8] for byte in range(8))


def _straight(column: bytes) -> bytes:
    count = len(column) // 8
    straight = bytearray(len(column))
    for byte in range(8):
        straight[byte::8] = column[byte * count : (byte + 1) * count]
    return bytes(straight)
