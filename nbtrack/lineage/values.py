"""Names looked up, values read, objects changed: what one execution does to the state of the kernel."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

from nbtrack.lineage.knowledge import is_look_module
from nbtrack.lineage.things import UNKNOWN, Binding, Facet, Frame, Thing, Things, World, union
from nbtrack.lineage.types import EACH, SLICE, Branch, Either, Hold, Mix, Operand, Place, Step, Text, Value

__all__ = ["NAMESPACE", "Values"]

NAMESPACE = "builtins.globals()"
_ITERATION = ("__iter__", "__next__", "__getitem__")
_INDEXING = ("__getitem__",)
_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display", "exit", "quit", "__file__"}


class Values:
    """What one execution reads from and does to ``world``.

    Attributes:
        dependencies: earlier executions that bound or changed what this one read.
        draw_dependencies: earlier executions that only advanced an object's sequence of random numbers it goes on with.
        stream_dependencies: the same of the global streams, by stream.
        reads, writes, deletes: global names.
        external: what the names it read were bound to when it first read them.
        changed: objects that it changed in place, with the events they had before.
        notes: what could not be followed.
        unseeded: streams of random numbers that it drew from and that nobody had seeded.
    """

    def __init__(self, world: World, execution: int, *, bindings_known: bool = False) -> None:
        self.world = world
        self.execution = execution
        self.dependencies: set[int] = set()
        self.draw_dependencies: set[int] = set()
        self.stream_dependencies: dict[str, set[int]] = {}
        self.reads: set[str] = set()
        self.writes: dict[str, None] = {}
        self.deletes: set[str] = set()
        self.changed: dict[Thing, dict[Facet, tuple[int, ...]]] = {}
        self.external: dict[str, Things] = {}
        self.calls: set[str] = set()
        self.notes: list[str] = []
        self.unseeded: set[str] = set()
        self._observed: set[Thing] = set()
        self._log: list[tuple[dict[Any, Any], str, Any]] | None = None
        self._uncertain = 0
        self._bindings_known = bindings_known
        self._budget = 20_000
        self._seeded_and_used: set[str] = set()
        self._trained = False

    def run(self, steps: Iterable[Step], frame: Frame) -> None:
        """Run a block."""
        raise NotImplementedError

    def invoke(
        self, function: Thing, args: list[Things], keywords: dict[str, Things], receiver: Things
    ) -> Things:
        """Call a function of the notebook."""
        raise NotImplementedError

    def hand_over(self, things: Things) -> None:
        """Give objects to code that cannot be seen."""
        raise NotImplementedError

    def subscripted(self, thing: Thing, key: str) -> Things:
        """What indexing or iterating over an instance of a class of the notebook gives."""
        if thing.made_of is None:
            return ()
        methods = union(thing.method(name) for name in (_ITERATION if key == EACH else _INDEXING))
        found = union(self.invoke(each, [], {}, (thing,)) for each in methods)
        return union(each.part(EACH) or (each,) for each in found) if key == EACH else found

    # --- names

    def lookup(self, name: str, frame: Frame) -> Things:
        """The objects that ``name`` may be bound to where ``frame`` is."""
        inner: Frame | None = frame
        while inner is not None:
            found = inner.names.get(name)
            if found is not None:
                return found
            inner = inner.parent
        return () if name[0] == "%" else self._lookup_global(name)

    def _lookup_global(self, name: str) -> Things:
        binding = self.world.names.get(name)
        if binding is None:
            if name in _BUILTINS:
                return (_builtin(name),)
            if name in {"_", "__", "___", "Out"} or (name[0] == "_" and name[1:].isdigit()):
                self.dependencies.update(self.world.shown)
                self.notes.append(f"{name} is the output of an earlier cell")
                return (Thing(),)
            binding = Binding((Thing(),), (UNKNOWN,))
            self.world.names[name] = binding
        if binding.binders != (self.execution,):
            self.reads.add(name)
            self.external.setdefault(name, binding.things)
            self.dependencies.update(binding.binders)
            # Whoever looks at what was bound passes over names that IPython keeps, which begin so.
            if UNKNOWN in binding.binders and (name[0] == "_" or not self._bindings_known):
                self.dependencies.update(self.world.wild)
        return binding.things

    def bind(self, name: str, things: Things, frame: Frame) -> None:
        """Bind ``name`` as an assignment in ``frame`` does."""
        if name[0] == "%" or not self._is_global(name, frame):
            self._assign(self._scope(name, frame).names, name, things)
        else:
            self.bind_global(name, things)

    def bind_global(self, name: str, things: Things, *, besides: tuple[int, ...] = ()) -> None:
        """Bind a global name; ``besides`` are earlier executions whose binding of it still counts."""
        self._assign(self.world.names, name, Binding(things, (*besides, self.execution)))
        self.writes[name] = None
        self.deletes.discard(name)

    def delete(self, name: str, frame: Frame) -> None:
        """``del name`` in ``frame``."""
        if self._is_global(name, frame):
            self.lookup(name, frame)
            self._assign(self.world.names, name, None)
            self.deletes.add(name)
        else:
            self._assign(frame.names, name, None)

    @staticmethod
    def _is_global(name: str, frame: Frame) -> bool:
        if frame.is_class:
            return False
        return frame.function is None or name in frame.function.globals

    @staticmethod
    def _scope(name: str, frame: Frame) -> Frame:
        if frame.function is not None and name in frame.function.nonlocals:
            outer = frame.parent
            while outer is not None:
                if name in outer.names:
                    return outer
                outer = outer.parent
        return frame

    def _assign(self, names: dict[Any, Any], name: str, value: Any) -> None:
        if self._log is not None:
            self._log.append((names, name, names.get(name)))
        if value is None:
            names.pop(name, None)
        else:
            names[name] = value

    def branch(self, step: Branch, frame: Frame) -> None:
        """Run each block from the same state; afterwards a name may be bound to what any of them bound."""
        outer = self._log
        before: dict[tuple[int, str], tuple[dict[Any, Any], str, Any]] = {}
        outcomes: list[dict[tuple[int, str], Any]] = []
        for block in step.blocks:
            self._log = []
            self._uncertain += 1
            self.run(block, frame)
            self._uncertain -= 1
            first: dict[tuple[int, str], tuple[dict[Any, Any], str, Any]] = {}
            for names, name, old in self._log:
                first.setdefault((id(names), name), (names, name, old))
            self._log = None
            outcomes.append({key: names.get(name) for key, (names, name, _) in first.items()})
            for names, name, old in first.values():
                self._assign(names, name, old)
            before.update(first)
        self._log = outer
        for key, (names, name, old) in before.items():
            self._assign(names, name, _joined([outcome.get(key, old) for outcome in outcomes]))

    # --- values

    def evaluate(self, value: Value, frame: Frame) -> Things:
        """The objects that ``value`` may be; they count as read."""
        kind = type(value)
        if kind is str:
            things = self.lookup(value, frame)  # type: ignore[arg-type]
            self.observe(things)
            return things
        if kind is Place:
            return self._evaluate_place(value, frame)  # type: ignore[arg-type]
        if kind is Mix:
            return (self._mixed(value, frame),)  # type: ignore[arg-type]
        if kind is Text:
            return (Thing(text=value.text, scalar=True),)  # type: ignore[union-attr]
        if kind is Either:
            return union(self.evaluate(each, frame) for each in value.choices)  # type: ignore[union-attr]
        assert isinstance(value, Hold)
        held: dict[str, Things] = {}
        for key, operand in value.parts:
            things = self.evaluate(operand, frame)
            held[key] = union((held[key], things)) if key in held else things
        return (Thing.holding(held),)

    def _mixed(self, mix: Mix, frame: Frame) -> Thing:
        path = False
        for source in mix.sources:
            for thing in self.evaluate(source, frame):
                path = path or thing.text is not None
                if thing.made_of is not None:
                    self.hand_over((thing,))  # its operators may be methods of the notebook
        return Thing(text="" if path else None, scalar=not mix.sources)

    def _evaluate_place(self, place: Place, frame: Frame) -> Things:
        roots = self.lookup(place.root, frame)
        found: list[Thing] = []
        for root in roots:
            found.extend(self._reached(root, place.path, frame))
        return tuple(found)

    def _reached(self, root: Thing, path: tuple[str, ...], frame: Frame) -> Things:
        things: Things = (root,)
        for index, key in enumerate(path):
            inner = union(self._inside(each, key, frame) for each in things)
            if not inner:
                self.observe(things if index else (root,))
                return (_part_of(root, path),)
            self.observe_alone(things)
            things = inner
        self.observe(things)
        return things

    def _inside(self, thing: Thing, key: str, frame: Frame) -> Things:
        """What ``thing`` is known to hold or to give under ``key``; empty where nothing is known."""
        if key == SLICE and thing.container:
            inside = thing.part(EACH)
            return (Thing.holding({EACH: inside} if inside else {}),)
        if key == EACH and thing.streams:
            self.draw(thing.streams)
        found = thing.part(key)
        if found:
            return found
        if thing.origin == NAMESPACE:
            return self.lookup(key[2:-2], frame) if key[:2] == "['" else ()
        return self.subscripted(thing, key) if key[0] == "[" else self._attribute(thing, key)

    def _attribute(self, thing: Thing, name: str) -> Things:
        if thing.imported:
            member = Thing(f"{thing.origin}.{name}")
            member.imported = True
            return (member,)
        found = thing.method(name) if thing.members is None else thing.member(name)
        for each in found:
            if each.kind == "property":
                return self.invoke(each, [], {}, (thing,))
        return found

    def places(self, operand: Operand, frame: Frame) -> Things:
        """The objects that a change at ``operand`` would change: those held there, else what it is reached from."""
        if isinstance(operand, str):
            return self.lookup(operand, frame)
        things = self.lookup(operand.root, frame)
        for key in operand.path:
            inner = union(self._inside(each, key, frame) or (each,) for each in things)
            self.observe_alone(things)
            things = inner
        return things

    # --- reading and changing objects

    def observe(self, things: Iterable[Thing], without: frozenset[Facet] = frozenset()) -> None:
        """All that was done to the objects, and to those they hold, is depended on; ``without`` some facets."""
        for thing in things:
            if thing in self._observed:
                continue
            if not without:
                self._observed.add(thing)
            self._depend(thing, without)
            for held in tuple(thing.held.values()):
                self.observe([each for each in held if each is not thing], without)

    def observe_alone(self, things: Iterable[Thing]) -> None:
        """As :meth:`observe`, of the objects without what they hold."""
        for thing in things:
            if thing not in self._observed:
                self._depend(thing, frozenset())

    def _depend(self, thing: Thing, without: frozenset[Facet]) -> None:
        for facet, executions in thing.events.items():
            if facet == "draws":
                self.draw_dependencies.update(executions)
            elif facet not in without:
                self.dependencies.update(executions)
        if thing.imported and self.world.settings:
            self.dependencies.update(self.world.settings.get(thing.package, ()))

    def change(self, things: Iterable[Thing], facet: Facet = "value", *, anew: bool = False) -> None:
        """The objects are changed in place; ``anew``: what was done to the facet before no longer matters."""
        for thing in things:
            if thing.scalar or thing.imported:
                continue
            if thing.base and facet in {"value", "fit"}:
                self.change(thing.base)
            earlier = thing.events.get(facet, ())
            if thing not in self.changed:
                self.changed[thing] = dict(thing.events)
            if self.execution not in earlier:
                known = self.draw_dependencies if facet == "draws" else self.dependencies
                # Who needs this execution needs what it depends on: only other executions are kept besides.
                replaced = (anew and not self._uncertain) or known.issuperset(earlier)
                thing.events[facet] = (self.execution,) if replaced else (*earlier, self.execution)

    def draw(self, streams: Iterable[str]) -> None:
        """Random numbers are drawn from the global streams."""
        for stream in streams:
            seeds = self.world.seeds.get(stream, ())
            self.dependencies.update(seeds)
            if stream not in self.world.seeded:
                self.unseeded.add(stream)
            if self.execution in seeds:
                self._seeded_and_used.add(stream)
            self.stream_dependencies.setdefault(stream, set()).update(self.world.draws.get(stream, ()))
            self.world.draws[stream] = (self.execution,)

    def seed(self, streams: Iterable[str]) -> None:
        """The global streams are seeded: what was drawn before no longer matters."""
        for stream in streams:
            earlier = self.world.seeds.get(stream, ()) if self._uncertain else ()
            self.world.seeds[stream] = (*earlier, self.execution)
            self.world.seeded.add(stream)
            self.world.draws.pop(stream, None)

    def settle_seeds(self) -> None:
        """After the execution: what it seeded for its own use is no seed for others.

        Cells that draw later go on with the sequence where this one left it, so that they need it as they need any
        other that drew, not as they need a cell that seeds for all.
        """
        for stream, seeds in list(self.world.seeds.items()):
            if self.execution in seeds and (self._trained or stream in self._seeded_and_used):
                self.world.seeds[stream] = tuple(each for each in seeds if each != self.execution)
                self.world.draws[stream] = (self.execution,)

    def note(self, text: str, *, wild: bool = False, binds_only: bool = False) -> None:
        """Something cannot be followed; ``wild``: any name may have been bound; ``binds_only``: that is all.

        Where it is known which names the execution bound, that much is no secret.
        """
        if text not in self.notes and not (binds_only and self._bindings_known):
            self.notes.append(text)
        if wild and self.execution not in self.world.wild:
            self.world.wild = (*self.world.wild, self.execution)


def _builtin(name: str) -> Thing:
    thing = Thing(f"builtins.{name}")
    thing.imported = True
    return thing


def _part_of(root: Thing, path: tuple[str, ...]) -> Thing:
    """Something inside ``root`` that nothing is known of."""
    thing = Thing(root.origin if root.origin and is_look_module(root.origin) else "")
    # A subscript may be a copy; an attribute, or what is iterated over, is the thing itself, and so is a part of an
    # array.
    array = root.package in {"numpy", "torch"} and not any(key.startswith("['") for key in path)
    if array or EACH in path or all(key[0] != "[" for key in path):
        thing.base = (root,)
    return thing


def _joined(values: list[Any]) -> Any:
    """What a name is bound to after a branch, from what it is bound to after each block (None: to nothing)."""
    bound = [each for each in values if each is not None]
    if not bound or not isinstance(bound[0], Binding):
        return union(bound) if bound else None
    binders = dict.fromkeys(number for each in bound for number in each.binders)
    if len(bound) < len(values):
        binders[UNKNOWN] = None
    return Binding(union(each.things for each in bound), tuple(binders))
