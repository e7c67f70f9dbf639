"""The graph of executions: which depended on which, through the versions of names.

It is fed in the order the executions ran, never in the notebook's order, so that edited, deleted, re-run and
out-of-order cells need no care: an execution keeps the source it ran with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from nbtrack.lineage.edges import Tracer
from nbtrack.lineage.names import changed_names
from nbtrack.lineage.reach import bring_up_to_date, names_reaching
from nbtrack.lineage.things import UNKNOWN, Thing, World
from nbtrack.lineage.topology import reachable
from nbtrack.lineage.types import Statement
from nbtrack.records import GENERATOR, Effects, revised

__all__ = ["Lineage", "Version"]

VersionKind: TypeAlias = Literal["write", "mutate", "delete"]


class Version(NamedTuple):
    """A state of a name: the execution that gave it, and whether it bound, changed or deleted the name."""

    execution_id: str
    kind: VersionKind


class Lineage:
    """The executions of one kernel and what each depended on."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}
        self._direct: list[frozenset[int]] = []
        self._draws: list[frozenset[int]] = []
        self._streams: list[Mapping[str, set[int]]] = []
        self._effects: list[Effects] = []
        self._versions: dict[str, list[Version]] = {}
        self._makers: dict[str, list[tuple[int, frozenset[int]]]] = {}
        self._world = World()

    def add(  # noqa: PLR0913 - what is known of one execution, each by its name
        self,
        execution_id: str,
        statements: Iterable[Statement],
        *,
        bound: Iterable[str] | None = None,
        changed: Iterable[str] = (),
        unchanged: Iterable[str] = (),
        wrote_before: Iterable[str] = (),
        reached: int | None = None,
    ) -> Effects:
        """Enter the next execution.

        Args:
            execution_id: its id, not yet in the graph.
            statements: its source, as :func:`nbtrack.lineage.read` gives it.
            bound: the names that it is known to have bound, whatever the source tells; None where nobody looked.
                Without, what cannot be followed may have bound any name.
            changed: names whose objects it is known to have changed.
            unchanged: names whose objects are known to be the same after it as before.
            wrote_before: earlier executions that are known to have written files it read.
            reached: the line it failed on; what stands below had no effect.

        Raises:
            ValueError: the id is already in the graph.
            KeyError: an execution that wrote a file is not in the graph.
        """
        number = self._begin(execution_id)
        tracer = Tracer(self._world, number, bindings_known=bound is not None)
        tracer.trace(statements, reached)
        tracer.dependencies.update(self._numbers[each] for each in wrote_before)
        self._apply_evidence(tracer, frozenset((*(bound or ()), *changed)), frozenset(unchanged))
        self._direct.append(frozenset(each for each in tracer.dependencies if 0 <= each < number))
        self._draws.append(frozenset(each for each in tracer.draw_dependencies if 0 <= each < number))
        self._streams.append(tracer.stream_dependencies)
        effects = revised(
            self._summary(tracer),
            needs=self._named(self._direct[number]),
            draws=self._named_draws(number),
        )
        self._effects.append(effects)
        self._enter_versions(execution_id, effects)
        for name in (*effects.writes, *effects.mutates, *effects.deletes):
            self._makers.setdefault(name, []).append((number, self._world.makers(name)))
        return effects

    def restore(self, execution_id: str, effects: Effects) -> None:
        """Enter the next execution as it was once found to be; what it refers to that is not in the graph is left out.

        A graph is made either by this or by :meth:`add`: what names are bound to is not known from effects alone.

        Raises:
            ValueError: the id is already in the graph.
        """
        number = self._begin(execution_id)
        known = self._numbers
        self._direct.append(frozenset(known[each] for each in effects.needs if each in known))
        drawn = {key: {known[each] for each in ids if each in known} for key, ids in effects.draws.items()}
        self._draws.append(frozenset(drawn.pop(GENERATOR, set())))
        self._streams.append(drawn)
        self._effects.append(effects)
        for name in (*effects.writes, *effects.mutates):
            makers = self._makers.setdefault(name, [])
            before = makers[-1][1] if makers and name not in effects.writes else frozenset()
            makers.append((number, before | {number}))
        self._enter_versions(execution_id, effects)

    def _begin(self, execution_id: str) -> int:
        if execution_id in self._numbers:
            raise ValueError(
                f"Execution {execution_id!r} is already in the lineage; each has an id of its own."
            )
        number = len(self._ids)
        self._numbers[execution_id] = number
        self._ids.append(execution_id)
        return number

    def _named_draws(self, number: int) -> dict[str, tuple[str, ...]]:
        drawn = {GENERATOR: self._draws[number], **self._streams[number]}
        others = {stream: frozenset(drew) - self._direct[number] for stream, drew in drawn.items()}
        return {
            stream: self._named(each for each in drew if each >= 0) for stream, drew in others.items() if drew
        }

    def effects(self, execution_id: str) -> Effects:
        """What the execution did."""
        return self._effects[self._numbers[execution_id]]

    def versions(self, name: str) -> tuple[Version, ...]:
        """The states that a global name went through, oldest first."""
        return tuple(self._versions.get(name, ()))

    def dependencies(self, execution_id: str) -> tuple[str, ...]:
        """The earlier executions whose bindings and changes this one read, in the order they ran.

        Raises:
            KeyError: no such execution.
        """
        return self._named(self._direct[self._numbers[execution_id]])

    def slice(
        self,
        execution_id: str,
        names: Iterable[str] | None = None,
        *,
        draws: bool = False,
        restored: Collection[str] = (),
    ) -> tuple[str, ...]:
        """The executions that are needed, in the order they ran.

        Args:
            execution_id: where to look back from.
            names: without it, what is needed to run the execution again, itself left out. With it, what is needed
                to get the values that these global names had after the execution, itself included if it gave one.
            draws: also executions that are needed only to advance a sequence of random numbers: those that drew
                from the same generator before.
            restored: global streams of random numbers whose states are known, so that ``draws`` needs nobody for them.

        Raises:
            KeyError: no such execution.
        """
        number = self._numbers[execution_id]
        edges = self._with_draws(restored) if draws else self._direct
        if names is None:
            return self._named(reachable(edges, edges[number]))
        first: set[int] = set()
        for name in names:
            first |= self._made_by(name, number)
        return self._named(reachable(edges, first))

    def _with_draws(self, restored: Collection[str]) -> list[frozenset[int]]:
        return [
            direct.union(objects, *(drew for stream, drew in streams.items() if stream not in restored))
            for direct, objects, streams in zip(self._direct, self._draws, self._streams, strict=True)
        ]

    def _named(self, numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(self._ids[each] for each in sorted(numbers))

    def _made_by(self, name: str, number: int) -> frozenset[int]:
        """The executions up to ``number`` that gave ``name`` the value it had then."""
        for maker, makers in reversed(self._makers.get(name, ())):
            if maker <= number:
                return makers
        return frozenset()

    def _apply_evidence(self, tracer: Tracer, changed: frozenset[str], unchanged: frozenset[str]) -> None:
        known = self._world.names
        for name in unchanged & known.keys():
            for thing in known[name].things:
                self._undo(thing, tracer)
        for name in changed - tracer.writes.keys():
            binding = known.get(name)
            if binding is None or binding.binders == (UNKNOWN,):
                tracer.bind_global(name, (Thing(),))
            elif not any(each in tracer.changed for each in binding.things):
                tracer.change(binding.things)

    @staticmethod
    def _undo(thing: Thing, tracer: Tracer) -> None:
        before = tracer.changed.pop(thing, None)
        if before is not None:
            thing.events = before

    def _summary(self, tracer: Tracer) -> Effects:
        bring_up_to_date(self._world, {*tracer.writes, *tracer.external}, tracer.changed)
        changed = changed_names(tracer.external, tracer) | names_reaching(self._world, tracer.changed)
        return Effects(
            reads=frozenset(tracer.reads),
            writes=frozenset(tracer.writes) - tracer.deletes,
            deletes=frozenset(tracer.deletes),
            mutates=frozenset(changed - tracer.writes.keys()),
            opaque=tuple(tracer.notes),
            unseeded=frozenset(tracer.unseeded),
        )

    def _enter_versions(self, execution_id: str, effects: Effects) -> None:
        kinds: tuple[tuple[frozenset[str], VersionKind], ...] = (
            (effects.writes, "write"),
            (effects.mutates, "mutate"),
            (effects.deletes, "delete"),
        )
        for names, kind in kinds:
            for name in names:
                self._versions.setdefault(name, []).append(Version(execution_id, kind))
