"""How the user can get at an object: the name, or the place in a container or object of the notebook, that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["held_as", "name_of"]

_MAX_ITEMS = 1000
_HISTORY = frozenset({"In", "Out"})  # the shell's own record of a session


def name_of(namespace: Mapping[str, Any], thing: object) -> str | None:
    """The first public name that is bound to this very object; else None."""
    return next(
        (name for name, value in namespace.items() if value is thing and not name.startswith("_")), None
    )


def held_as(namespace: Mapping[str, Any], thing: object) -> str | None:
    """The name of an object, or ``name['key']``, ``name[0]``, ``name.attribute`` of what holds it; else None."""
    name = name_of(namespace, thing)
    if name is not None:
        return name
    for outer, value in namespace.items():
        if not outer.startswith("_") and outer not in _HISTORY:
            for place, held in _places(value):
                if held is thing or (
                    type(held) in {list, tuple} and any(each is thing for each in held[:_MAX_ITEMS])
                ):
                    return f"{outer}{place}"
    return None


def _places(value: object) -> Iterator[tuple[str, Any]]:
    if type(value) is dict:
        yield from _first((f"[{key!r}]", held) for key, held in value.items())
    elif type(value) in {list, tuple}:
        yield from _first((f"[{index}]", held) for index, held in enumerate(value))  # type: ignore[arg-type,var-annotated]
    elif type(value).__module__ == "__main__":
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict):
            yield from _first((f".{name}", held) for name, held in attributes.items())


def _first(places: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for _, place in zip(range(_MAX_ITEMS), places, strict=False):
        yield place
