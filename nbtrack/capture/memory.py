"""Remembers things about objects by their identity, without keeping the objects alive where they allow that."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

__all__ = ["IdentityMap"]

T = TypeVar("T")

_MAX_HELD = 64


class IdentityMap(Generic[T]):
    """A mapping from objects, by identity, to what is known about them.

    Objects that allow weak references are forgotten when they die. Of the others (lists, tuples, dicts, numbers)
    the 64 latest are held, since a reused id would otherwise make one object pass for another.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], T]] = {}
        self._held: OrderedDict[int, tuple[object, T]] = OrderedDict()

    def __setitem__(self, thing: object, fact: T) -> None:
        key = id(thing)
        known = self._known
        try:
            reference = weakref.ref(thing, lambda _: known.pop(key, None))
        except TypeError:
            self._held[key] = (thing, fact)
            self._held.move_to_end(key)
            if len(self._held) > _MAX_HELD:
                self._held.popitem(last=False)
        else:
            known[key] = (reference, fact)

    def get(self, thing: object) -> T | None:
        """What is known about this very object; None when nothing is."""
        key = id(thing)
        entry = self._known.get(key)
        if entry is not None:
            return entry[1] if entry[0]() is thing else None
        held = self._held.get(key) if self._held else None
        return held[1] if held is not None else None

    def __len__(self) -> int:
        return len(self._known) + len(self._held)

    def __contains__(self, thing: object) -> bool:
        return self.get(thing) is not None

    def has_any(self, things: Iterable[object]) -> bool:
        """Whether something may be known about one of these, or about the array that it is a part of."""
        known, held = self._known, self._held
        for thing in things:
            key = id(thing)
            if key in known or key in held or type(thing).__module__ == "numpy":
                return True
        return False
