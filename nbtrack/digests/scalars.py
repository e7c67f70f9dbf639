"""Canonical forms of Python's scalars: a kind and a payload, told by value and type.

Subclasses count as their base, except that members of an enumeration are told by class and name.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import pathlib
import re
import struct
import sys
import types
import uuid
from array import array
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

__all__ = ["EXACT", "MISSING", "SCALARS", "Cell", "named", "packed", "qualified"]

Cell: TypeAlias = tuple[bytes, bytes]
"""Kind (one byte) and payload."""

MISSING: Cell = (b"A", b"")

_NONE: Cell = (b"N", b"")
_NAN: Cell = (b"n", b"")
_TRUE: Cell = (b"T", b"")
_FALSE: Cell = (b"F", b"")

_LITTLE = sys.byteorder == "little"


def packed(numbers: array[Any]) -> bytes:
    """The bytes of an array of numbers, little endian."""
    if not _LITTLE:
        numbers.byteswap()
    return numbers.tobytes()


def _int(value: int) -> Cell:
    if -(1 << 63) <= value < 1 << 63:
        return b"i", value.to_bytes(8, "little", signed=True)
    return b"I", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


def _float(value: float) -> Cell:
    return _NAN if value != value else (b"f", struct.pack("<d", value))  # noqa: PLR0124 - only NaN differs from itself


def _complex(value: complex) -> Cell:
    parts = (value.real, value.imag)
    return b"c", b"".join(struct.pack("<d", part if part == part else float("nan")) for part in parts)  # noqa: PLR0124


def named(name: str, body: str | bytes) -> Cell:
    """A scalar that is told by a name and a text or an encoding."""
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    return b"x", name.encode() + b"\0" + body


def qualified(cls: type) -> str:
    """Where a class is defined, and as what."""
    return f"{cls.__module__}.{cls.__qualname__}"


def _path(value: pathlib.PurePath) -> Cell:
    return named("path", value.as_posix())


def _moment(value: dt.datetime) -> Cell:
    return named("datetime", f"{value.isoformat()} {value.tzinfo} {value.fold}")


def _clock(value: dt.time) -> Cell:
    return named("time", f"{value.isoformat()} {value.tzinfo} {value.fold}")


def _span(value: dt.timedelta) -> Cell:
    return named("timedelta", f"{value.days} {value.seconds} {value.microseconds}")


EXACT: Mapping[type, Callable[[Any], Cell]] = {
    type(None): lambda _: _NONE,
    bool: lambda value: _TRUE if value else _FALSE,
    int: _int,
    float: _float,
    complex: _complex,
    str: lambda value: (b"s", value.encode("utf-8", "surrogatepass")),
    bytes: lambda value: (b"b", value),
}

# Asked in this order for types that are not exactly one of the above.
SCALARS: Mapping[type, Callable[[Any], Cell]] = {
    str: EXACT[str],
    enum.Enum: lambda value: named("enum", f"{qualified(type(value))}.{value.name}"),
    bytes: lambda value: (b"b", bytes(value)),
    bytearray: lambda value: named("bytearray", bytes(value)),
    memoryview: lambda value: named("memoryview", value.tobytes()),
    array: lambda value: named(f"array {value.typecode}", packed(value[:])),
    dt.datetime: _moment,
    dt.date: lambda value: named("date", value.isoformat()),
    dt.time: _clock,
    dt.timedelta: _span,
    dt.tzinfo: lambda value: named("tzinfo", str(value)),
    decimal.Decimal: lambda value: named("decimal", str(value)),
    fractions.Fraction: lambda value: named("fraction", str(value)),
    uuid.UUID: lambda value: named("uuid", value.hex),
    pathlib.PurePath: _path,
    re.Pattern: lambda value: named("pattern", f"{value.flags} {value.pattern!r}"),
    range: lambda value: named("range", f"{value.start} {value.stop} {value.step}"),
    type(Ellipsis): lambda _: named("ellipsis", ""),
    type(NotImplemented): lambda _: named("notimplemented", ""),
    types.BuiltinFunctionType: lambda value: named("builtin", f"{value.__module__}.{value.__qualname__}"),
}
