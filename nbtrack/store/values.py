"""Values at the border of SQLite: typed params, JSON columns, texts, seals.

SQLite would take ``2**63`` and lone surrogates with an error, NaN as NULL and a NumPy integer as raw bytes; so
everything that is bound passes here first.
"""

from __future__ import annotations

import json
import marshal
import math
import zlib
from collections.abc import Mapping
from typing import Any

from blake3 import blake3

from nbtrack.errors import CaptureError, StoreCorrupt
from nbtrack.records import JSON

__all__ = [
    "clean",
    "clean_or_none",
    "from_json",
    "from_packed",
    "metric_from_sql",
    "metric_to_sql",
    "param_from_sql",
    "param_to_sql",
    "seal",
    "to_json",
    "to_packed",
]

_ASK = "Run `nbtrack doctor --full`."
_INT64 = range(-(2**63), 2**63)


def param_to_sql(name: str, value: JSON) -> tuple[int | float | str, str]:
    """The stored value and the kind of a param's value; -0.0 goes as JSON, since SQLite's 0.0 equals it.

    Raises:
        CaptureError: the value is not JSON.
    """
    if isinstance(value, bool):
        return int(value), "bool"
    if isinstance(value, int) and value in _INT64:
        return int(value), "int"
    if isinstance(value, float) and math.isfinite(value) and (value or math.copysign(1, value) > 0):
        return float(value), "float"
    if isinstance(value, str) and _encodable(value):
        return str.__str__(value), "str"
    try:
        return to_json(value), "json"
    except (TypeError, ValueError, RecursionError) as error:
        raise CaptureError(
            f"The value of param {name!r}, of type {type(value).__name__}, is not JSON ({error}); "
            "record it as text or as numbers."
        ) from error


def param_from_sql(value: Any, kind: str) -> JSON:
    """The inverse of :func:`param_to_sql`; sequences come back as lists."""
    if kind == "bool":
        return bool(value)
    return from_json(value) if kind == "json" else value  # type: ignore[no-any-return]


def metric_to_sql(value: float) -> float | None:
    """NaN as NULL; the infinities are floats to SQLite too."""
    number = float(value)
    return None if math.isnan(number) else number


def metric_from_sql(value: float | None) -> float:
    """The inverse of :func:`metric_to_sql`."""
    return math.nan if value is None else value


def to_json(value: Any) -> str:
    """Compact ASCII JSON, so that lone surrogates and NUL pass; NaN and infinities as Python writes them."""
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a value of type {type(value).__name__} inside it")


_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=_plain)


def from_json(text: str) -> Any:
    """The inverse of :func:`to_json`.

    Raises:
        StoreCorrupt: it is none.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise StoreCorrupt(f"A stored value is not what was written ({error}). {_ASK}") from error


def to_packed(value: Any) -> bytes:
    """JSON compressed by zlib, for what is seldom read."""
    return zlib.compress(to_json(value).encode("ascii"), 1)


def from_packed(data: bytes) -> Any:
    """The inverse of :func:`to_packed`.

    Raises:
        StoreCorrupt: it is none.
    """
    try:
        return json.loads(zlib.decompress(data))
    except (ValueError, zlib.error) as error:
        raise StoreCorrupt(f"A stored value is not what was written ({error}). {_ASK}") from error


def clean(text: str) -> str:
    r"""``text`` as UTF-8 can hold it: a lone surrogate becomes its escape, ``\udc80``."""
    if type(text) is not str:
        text = str.__str__(text)  # a subclass, such as NumPy's
    return (
        text
        if text.isascii() or _encodable(text)
        else text.encode("utf-8", "backslashreplace").decode("utf-8")
    )


def clean_or_none(text: str | None) -> str | None:
    """:func:`clean`, where there may be no text."""
    return None if text is None else clean(text)


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def seal(*values: Any) -> int:
    """64 bits of BLAKE3 over the values, signed as SQLite's integers are.

    The values are numbers, texts, bytes, None, and tuples and lists of them.

    The bytes are those of ``marshal``, seven times faster than ``repr``, in its format 2, which knows no back
    references (equal values give equal bytes) and is the same in every Python 3; a test pins it.
    """
    return int.from_bytes(blake3(marshal.dumps(values, 2)).digest(8), "big", signed=True)
