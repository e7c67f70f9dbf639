"""Ids that sort by time."""

from __future__ import annotations

import os
import time

__all__ = ["new_id"]

_DRAW_BYTES = 10
_DRAWS = 64

# A system call for each id would take longer than the rest of a run's record. Taking from a list is atomic, so threads
# never share a draw; a forked child begins with none, so it never repeats its parent's.
_draws: list[bytes] = []
os.register_at_fork(after_in_child=_draws.clear)


def new_id() -> str:
    """A new UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    random = int.from_bytes(_draw(), "big") & ((1 << 74) - 1)
    value = (time.time_ns() // 1_000_000 & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & ((1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _draw() -> bytes:
    try:
        return _draws.pop()
    except IndexError:
        new = os.urandom(_DRAW_BYTES * _DRAWS)
        _draws.extend(new[at : at + _DRAW_BYTES] for at in range(_DRAW_BYTES, len(new), _DRAW_BYTES))
        return new[:_DRAW_BYTES]
