"""What the user's names are bound to, looked at before and after every cell.

IPython adds names of its own with every cell (``_i7``, ``_7``), so going through the whole namespace would cost more
the longer a session lasts. New names come last in a dictionary: only what stands behind the name that was last before
is gone through, besides the names that are known.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

__all__ = ["Bindings"]

_MISSING = object()
_MISSING_ID = id(_MISSING)
_MISSINGS = repeat(_MISSING)


class Bindings:
    """The names of one namespace."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._last: tuple[str, int] | None = None
        self._length = 0

    def look(self, namespace: dict[str, Any]) -> dict[str, int]:
        """What the names are bound to, by identity, without those that begin with ``_``; nothing is kept alive."""
        try:
            found = self._known(namespace)
        except RuntimeError:  # a thread binds names meanwhile
            found = None
        if found is None:
            items = list(namespace.items())
            found = {name: id(value) for name, value in items if name[:1] != "_"}
            self._names = dict.fromkeys(found)
            self._end(namespace)
        return found

    def _known(self, namespace: dict[str, Any]) -> dict[str, int] | None:
        """The same by what was known; None where names were deleted that nobody counted."""
        gone: list[str] = []
        last, held = self._last or ("", 0)
        if id(namespace.get(last, _MISSING)) != held:
            return None  # it may have been deleted and bound again: then new names stand before it
        # Without a step of the interpreter for each name: this is done twice a cell.
        found = dict(zip(self._names, map(id, map(namespace.get, self._names, _MISSINGS)), strict=False))
        if _MISSING_ID in found.values():
            gone = [name for name, value in found.items() if value == _MISSING_ID]
            for name in gone:
                del found[name]
        fresh: list[str] = []
        for name in reversed(namespace):
            if name == last:
                break
            fresh.append(name)
        if len(namespace) != self._length + len(fresh) - len(gone):
            return None
        for name in gone:
            del self._names[name]
        for name in reversed(fresh):
            if name[:1] != "_":
                found[name] = id(namespace[name])
                self._names[name] = None
        self._end(namespace)
        return found

    def _end(self, namespace: dict[str, Any]) -> None:
        last = next(reversed(namespace), None)
        self._last = None if last is None else (last, id(namespace[last]))
        self._length = len(namespace)
