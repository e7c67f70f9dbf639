"""Which global names an object can be reached from, without going through all names after every execution.

Each object carries the names it may be reached from: a superset, brought up to date with what an execution bound and
changed. A name that no longer leads to an object is found out when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbtrack.lineage.things import Thing, Things, World, reached

__all__ = ["bring_up_to_date", "names_reaching"]


def bring_up_to_date(world: World, names: Iterable[str], changed: Iterable[Thing]) -> None:
    """Enter what ``names`` now lead to, and what objects that were changed now hold."""
    for name in names:
        binding = world.names.get(name)
        if binding is not None:
            _enter(binding.things, {name})
    for thing in changed:
        if thing.names:
            for held in thing.held.values():
                _enter(held, thing.names)


def _enter(things: Things, names: set[str]) -> None:
    pending = list(things)
    while pending:
        thing = pending.pop()
        if thing.names is None:
            thing.names = set(names)
        elif names <= thing.names:
            continue  # so do the objects that it holds: else it would be among the changed ones
        else:
            thing.names |= names
        for held in thing.held.values():
            pending.extend(held)


def names_reaching(world: World, changed: Iterable[Thing]) -> set[str]:
    """The global names from which one of the objects is reached now."""
    wanted = set(changed)
    candidates = {name for thing in wanted for name in thing.names or ()}
    return {
        name
        for name in candidates
        if (binding := world.names.get(name)) is not None
        and any(each in wanted for each in reached(binding.things))
    }
