"""A record like another, in a fraction of the time of ``dataclasses.replace``: a training cell makes ten of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

__all__ = ["revised"]

_Record = TypeVar("_Record")
_Slot = tuple[str, Callable[[Any, type], Any], Callable[[Any, Any], None]]

_slots: dict[type, tuple[_Slot, ...]] = {}


def revised(record: _Record, /, **values: Any) -> _Record:
    """``record``, a dataclass with slots and without ``__post_init__``, with other values in the named fields.

    The slots are read and written directly: by its own ``__init__`` a frozen dataclass looks each field up by name.

    Raises:
        TypeError: it has no field of one of these names.
    """
    cls = record.__class__
    slots = _slots.get(cls)
    if slots is None:
        slots = _slots[cls] = _slots_of(cls)
    new = object.__new__(cls)
    used = 0
    for name, read, write in slots:
        if name in values:
            write(new, values[name])
            used += 1
        else:
            write(new, read(record, cls))
    if used != len(values):
        unknown = sorted(values.keys() - {name for name, _, _ in slots})
        raise TypeError(f"A {cls.__name__} has no field called {', '.join(unknown)}.")
    return new


def _slots_of(cls: type) -> tuple[_Slot, ...]:
    found = [(each.name, getattr(cls, each.name)) for each in fields(cls)]
    return tuple((name, slot.__get__, slot.__set__) for name, slot in found)
