"""What functions and containers give back of what they were given: elements, copies, tuples of them."""

from __future__ import annotations

from collections.abc import Mapping

from nbtrack.lineage.things import Thing, Things, union
from nbtrack.lineage.types import EACH

__all__ = ["elements", "given_by_container", "passed_on"]


def elements(things: Things) -> Things:
    """What iterating over ``things`` may give: what containers hold, else something of the thing itself."""
    found: list[Things] = []
    for thing in things:
        inside = thing.part(EACH)
        if inside or thing.container:
            found.append(inside)
        elif thing.is_model or thing.made_of is not None or thing.base:
            found.append((thing,))
    return union(found)


def passed_on(name: str, args: list[Things], keywords: Mapping[str, Things]) -> Things:
    """The result of a function that gives back what it was given, or copies of it."""
    first = args[0] if args else ()
    if name in {"copy", "clone"}:
        return tuple(each.copy() for each in first) or (Thing(),)
    if name == "deepcopy":
        return tuple(_deep_copy(each, {}) for each in first) or (Thing(),)
    if name in {"partial", "delayed"}:
        return first or (Thing(),)
    if name in {"dict", "OrderedDict"}:
        return (_dictionary(first, keywords),)
    inside = [elements(each) for each in args]
    if name in {"max", "min", "next"}:
        return (inside[0] if len(inside) == 1 else union(args)) or (Thing(),)
    if name in {"enumerate", "zip"}:
        # Each element is a tuple: of enumerate its second is what was in the argument.
        places = [(f"[{index + (name == 'enumerate')}]", each) for index, each in enumerate(inside)]
        inside = [(Thing.holding({key: each for key, each in places if each}),)]
    return (_holding(EACH, union(inside)),)


def given_by_container(container: Thing, name: str, args: list[Things]) -> Things:
    """What a method of a container made in the notebook gives of what it holds; empty where it gives nothing."""
    inside = union(container.held.values())
    if not inside:
        return ()
    if name == "items":
        return (_holding(EACH, (_holding("[1]", inside),)),)
    if name == "values":
        return (_holding(EACH, inside),)
    return union([inside, *args[1:]]) if name in {"get", "pop", "popitem", "setdefault"} else ()


def _holding(key: str, things: Things) -> Thing:
    return Thing.holding({key: things} if things else {})


def _dictionary(given: Things, keywords: Mapping[str, Things]) -> Thing:
    """``dict(given, **keywords)``: of another dict its values, of pairs their second elements."""
    held = {f"[{key!r}]": things for key, things in keywords.items() if things}
    for thing in given:
        for key, things in thing.held.items():
            seconds = union(each.held.get("[1]", ()) for each in things)
            if key[:2] == "['":
                held[key] = union([held.get(key, ()), things])
            else:
                held[EACH] = union([held.get(EACH, ()), things, seconds])
    return Thing.holding(held)


def _deep_copy(thing: Thing, copies: dict[Thing, Thing]) -> Thing:
    found = copies.get(thing)
    if found is None:
        found = copies[thing] = thing.copy()
        found.held = {
            key: tuple(_deep_copy(each, copies) for each in held) for key, held in thing.held.items()
        }
    return found
