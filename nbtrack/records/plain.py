"""Records as plain values that JSON can hold, and back, read off the types of their fields."""

from __future__ import annotations

import base64
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["from_plain", "to_plain"]

_Record = TypeVar("_Record")


def to_plain(value: Any) -> Any:
    """A record as dictionaries, lists, strings and numbers, bytes as base64; numbers may be NaN or infinite.

    Raises:
        TypeError: a field holds what has no plain form.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(each) for key, each in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Sequence | frozenset) and not isinstance(value, bytearray | memoryview):
        return [to_plain(each) for each in value]
    raise TypeError(f"A {type(value).__name__} has no plain form: {value!r:.80}")


def from_plain(kind: type[_Record], value: Any) -> _Record:
    """The record of ``kind`` that :func:`to_plain` made ``value`` of.

    Raises:
        TypeError, KeyError, ValueError: it was made of no such record.
    """
    found = _read(kind, value)
    assert isinstance(found, kind)
    return found


def _read(hint: Any, value: Any) -> Any:  # noqa: PLR0911 - a line for each form that a field has
    if isinstance(hint, type) and is_dataclass(hint):
        hints = _hints(hint)
        return hint(**{name: _read(hints[name], each) for name, each in value.items()})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is bytes:
        return base64.b64decode(value, validate=True)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        # Records are optional at most: of several kinds of values only plain ones are allowed, which stay as they are.
        kinds = [each for each in inner if each is not type(None)]
        return value if value is None or len(kinds) != 1 else _read(kinds[0], value)
    if origin is tuple:
        each_kind = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_read(kind, each) for kind, each in zip(each_kind, value, strict=True))
    if origin is frozenset:
        return frozenset(_read(inner[0], each) for each in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _read(inner[1], each) for key, each in value.items()}
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    # What is JSON already is kept as it is; the alias refers to itself, which cannot be resolved.
    return get_type_hints(kind, localns={"JSON": Any})
