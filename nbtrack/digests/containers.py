"""Canonical forms of Python's containers: what they are, and the encoding of what is in them."""

from __future__ import annotations

import functools
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol

from nbtrack.digests.scalars import Cell, named, qualified
from nbtrack.digests.tree import CHUNK_ROWS, size

__all__ = ["CONTAINERS", "Within", "dataclass_cell", "other_cell"]


class Within(Protocol):
    """What encodes the values within a container (:class:`nbtrack.digests.encode.Encoder`)."""

    def encode(self, value: Any) -> bytes:
        """One value."""
        ...

    def cells(self, values: Sequence[Any]) -> bytes:
        """A sequence of values, by columns."""
        ...

    def chunks(self, values: Sequence[Any]) -> tuple[bytes, ...]:
        """A long sequence of values, by the digests of its chunks."""
        ...

    def pickle(self, value: Any) -> Cell:
        """A value that has no canonical form."""
        ...


def _sequence(kind: bytes) -> Callable[[Sequence[Any], Within], Cell]:
    def contain(value: Sequence[Any], within: Within) -> Cell:
        return kind, _counted(value, within)

    return contain


def _counted(values: Sequence[Any], within: Within) -> bytes:
    """How many values, and they themselves; of many, the digests of chunks, so that nothing long is put together."""
    many = len(values) > CHUNK_ROWS
    return size(len(values)) + (b"".join(within.chunks(values)) if many else within.cells(values))


def _tuple(value: tuple[Any, ...], within: Within) -> Cell:
    names = getattr(type(value), "_fields", None)
    if isinstance(names, tuple) and len(names) == len(value):
        return named("namedtuple", _members(type(value), zip(names, value, strict=True), within))
    return b"u", _counted(value, within)


def _dict(value: Mapping[Any, Any], within: Within) -> Cell:
    cls = type(value)
    items: Iterable[tuple[Any, Any]] = value.items()
    if cls is OrderedDict:
        return named("ordereddict", within.encode(list(items)))
    plain = _items(items, within)
    # Subclasses (Counter, defaultdict, Bunch) are compared by their items but are not plain dicts.
    return (b"d", plain) if cls is dict else named(cls.__qualname__, plain)


def _items(items: Iterable[tuple[Any, Any]], within: Within) -> bytes:
    pairs = sorted(((within.encode(key), value) for key, value in items), key=_first)
    keys = within.cells([key for key, _ in pairs])
    return size(len(pairs)) + size(len(keys)) + keys + within.cells([value for _, value in pairs])


def _first(pair: tuple[bytes, Any]) -> bytes:
    return pair[0]


def _set(value: Iterable[Any], within: Within) -> Cell:
    members = sorted(within.encode(member) for member in value)
    return b"S", _counted(members, within)


def dataclass_cell(value: Any, within: Within) -> Cell:
    """An instance of a dataclass, by its fields."""
    members = [(field.name, getattr(value, field.name, None)) for field in fields(value)]
    return named("dataclass", _members(type(value), members, within))


def _members(cls: type, members: Iterable[tuple[str, Any]], within: Within) -> bytes:
    return qualified(cls).encode() + b"\0" + within.encode(dict(members))


def _namespace(value: types.SimpleNamespace, within: Within) -> Cell:
    return named("namespace", within.encode(vars(value)))


def _slice(value: slice, within: Within) -> Cell:
    return named("slice", within.encode((value.start, value.stop, value.step)))


def _partial(value: functools.partial[Any], within: Within) -> Cell:
    return named("partial", within.encode((value.func, value.args, value.keywords)))


def _deque(value: deque[Any], within: Within) -> Cell:
    return named("deque", within.encode(list(value)))


def other_cell(value: Any, within: Within) -> Cell:
    """A function that can be imported is told by where it is; another, and whatever else, only by its pickle."""
    home, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if callable(value) and isinstance(home, str) and isinstance(path, str) and home != "__main__":
        found: Any = sys.modules.get(home)
        for part in path.split("."):
            found = getattr(found, part, None)
        if found is value:
            return named("reference", f"{home}.{path}")
    return within.pickle(value)


def _class(value: type, within: Within) -> Cell:
    return within.pickle(value) if value.__module__ == "__main__" else named("type", qualified(value))


CONTAINERS: Mapping[type, Callable[[Any, Within], Cell]] = {
    list: _sequence(b"l"),
    tuple: _tuple,
    dict: _dict,
    set: _set,
    frozenset: _set,
    types.MappingProxyType: _dict,
    types.SimpleNamespace: _namespace,
    slice: _slice,
    deque: _deque,
    functools.partial: _partial,
    type: _class,
}
