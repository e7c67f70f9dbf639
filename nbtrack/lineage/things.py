"""The objects that names are bound to, as far as sources tell, and what executions did to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from nbtrack.lineage.knowledge import makes_model
from nbtrack.lineage.types import EACH, ELEMENT, Function

__all__ = ["UNKNOWN", "Binding", "Facet", "Frame", "Thing", "Things", "World", "reached", "union"]

UNKNOWN = -1
"""Stands among the binders of a name that may have been bound by something that is not known."""

Facet: TypeAlias = str
"""What of an object was changed: its ``value``, what it was last ``fit`` to, how it was last ``compile``d, its ``mode``
(train or eval of a network), or only its position in a sequence of random ``draws``."""

Things: TypeAlias = "tuple[Thing, ...]"


class Thing:
    """An object of the notebook. Names that may be bound to the same object share one.

    Attributes:
        events: executions that changed it in place after it was made, by facet.
        held: what it holds, by attribute name or subscript.
        origin: dotted name of the import it is, or of what made it; "" where unknown.
        function: what it does when called; ``closure`` is the frame it was defined in, ``defaults`` its defaults.
        members: of a class: its methods and attributes; ``bases`` its base classes.
        made_of: of an instance: its class.
        owner: of a method: the class it was defined in.
        base: what it is an attribute or an element of, where that is all that is known of it: changed with it.
        container: a list, dict, set or tuple made in the notebook.
        scalar: a constant that no operation changes in place.
        text: the string it is; "" for a path computed from others; None otherwise.
        streams: global streams of random numbers that using it draws from.
        warm: fitting it goes on from its last fit.
        names: global names that it may be reached from; None: none yet (see :mod:`nbtrack.lineage.reach`).
    """

    __slots__ = (
        "base",
        "bases",
        "closure",
        "container",
        "defaults",
        "events",
        "function",
        "held",
        "imported",
        "kind",
        "made_of",
        "members",
        "names",
        "origin",
        "owner",
        "scalar",
        "streams",
        "text",
        "warm",
    )

    def __init__(self, origin: str = "", text: str | None = None, *, scalar: bool = False) -> None:
        self.events: dict[Facet, tuple[int, ...]] = {}
        self.held: dict[str, Things] = {}
        self.origin = origin
        self.imported = False
        self.function: Function | None = None
        self.closure: Frame | None = None
        self.defaults: Mapping[str, Things] = {}
        self.kind = ""
        self.members: dict[str, Things] | None = None
        self.bases: Things = ()
        self.made_of: Thing | None = None
        self.owner: Thing | None = None
        self.base: Things = ()
        self.container = False
        self.scalar = scalar
        self.text = text
        self.streams: tuple[str, ...] = ()
        self.warm = False
        self.names: set[str] | None = None

    @classmethod
    def holding(cls, held: dict[str, Things]) -> Thing:
        """A new container."""
        thing = cls()
        thing.container = True
        thing.held = held
        return thing

    def copy(self) -> Thing:
        """Another object of the same make, with a history of its own."""
        thing = Thing(self.origin, self.text, scalar=self.scalar)
        thing.container, thing.held, thing.made_of = self.container, dict(self.held), self.made_of
        thing.streams, thing.warm = self.streams, self.warm
        return thing

    @property
    def package(self) -> str:
        """The top package of where it comes from; "" where unknown."""
        return self.origin.partition(".")[0]

    @property
    def is_model(self) -> bool:
        """Whether it is certainly something to be trained: made by a class that a library or the notebook gives."""
        if self.made_of is not None:
            return any(base.origin for base in self.made_of.bases)
        return bool(self.origin) and not self.imported and makes_model(self.origin)

    def part(self, key: str) -> Things:
        """What it holds under ``key``; all that may be meant when the key is not known."""
        if key in {ELEMENT, EACH}:
            return union(self.held.values()) if self.container else self.held.get(EACH, ())
        found = self.held.get(key, ())
        if key[0] != "[":
            return found
        return union([found, self.held.get(ELEMENT, ()), self.held.get(EACH, ())])

    def method(self, name: str) -> Things:
        """The member ``name`` of its class or of the nearest base that the notebook defines."""
        return () if self.made_of is None else self.made_of.member(name)

    def member(self, name: str) -> Things:
        """Of a class: the member ``name``, looked up through the bases."""
        if self.members is not None:
            found = self.members.get(name)
            if found:
                return found
        for base in self.bases:
            found = base.member(name)
            if found:
                return found
        return ()

    def add(self, key: str, things: Things) -> None:
        """Hold ``things`` under ``key``, besides what is held there."""
        known = self.held.get(key, ())
        fresh = tuple(each for each in things if each not in known and each is not self)
        if fresh:
            self.held[key] = known + fresh


def union(groups: Iterable[Things]) -> Things:
    """All things of ``groups``, each once."""
    return tuple(dict.fromkeys(each for group in groups for each in group))


def reached(things: Things) -> Iterator[Thing]:
    """``things`` and all that they hold, directly or not."""
    seen = set(things)
    pending = list(things)
    while pending:
        thing = pending.pop()
        yield thing
        for held in thing.held.values():
            fresh = [each for each in held if each not in seen]
            seen.update(fresh)
            pending.extend(fresh)


class Binding(NamedTuple):
    """What a global name may be bound to, and the executions that may have bound it."""

    things: Things
    binders: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Frame:
    """Names of a function call, of a class body, or the temporaries of a cell."""

    parent: Frame | None = None
    function: Function | None = None
    names: dict[str, Things] = field(default_factory=dict)
    returned: list[Things] = field(default_factory=list)
    yields: bool = False
    is_class: bool = False
    owner: Thing | None = None
    receiver: Things = ()


@dataclass(slots=True)
class World:
    """The state of the kernel that executions hand on, by execution number.

    Attributes:
        names: the global namespace.
        seeds: of each global stream of random numbers, the executions that seeded it last.
        draws: of each stream, the executions that drew from it since.
        seeded: the streams that were seeded at some time.
        files: executions that wrote a file, by its path as written or by the object that is its path.
        settings: executions that changed a package's settings.
        folder: executions that changed the working directory.
        search_path: executions that changed where modules are found.
        wild: executions that may have bound any name.
        packages: packages imported so far.
        shown: the last execution whose value was displayed.
    """

    names: dict[str, Binding] = field(default_factory=dict)
    seeds: dict[str, tuple[int, ...]] = field(default_factory=dict)
    draws: dict[str, tuple[int, ...]] = field(default_factory=dict)
    seeded: set[str] = field(default_factory=set)
    files: dict[object, tuple[int, ...]] = field(default_factory=dict)
    settings: dict[str, tuple[int, ...]] = field(default_factory=dict)
    folder: tuple[int, ...] = ()
    search_path: tuple[int, ...] = ()
    wild: tuple[int, ...] = ()
    packages: set[str] = field(default_factory=set)
    shown: tuple[int, ...] = ()

    def makers(self, name: str) -> frozenset[int]:
        """The executions that gave a global name its present value: that bound it, and that changed its object."""
        binding = self.names.get(name)
        if binding is None:
            return frozenset()
        found = set(binding.binders)
        for thing in reached(binding.things):
            for facet, executions in thing.events.items():
                found.update(executions if facet != "draws" else ())
        found.discard(UNKNOWN)
        return frozenset(found)
