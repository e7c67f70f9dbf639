"""The graph of a session's executions, as it was found when they ran, or from their stored sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from nbtrack.lineage import Lineage, read
from nbtrack.provenance.plain import plain_python
from nbtrack.records import Effects, Execution
from nbtrack.store import Store
from nbtrack.store.effects import read_effects
from nbtrack.store.needs import needed_by, needing, newest_until

__all__ = ["SessionGraph", "later_than", "session_graph"]

_MOST_ANALYSED = 5000  # executions whose sources are looked at where it is not stored what they needed


class SessionGraph:
    """Executions of one session and what each depended on.

    Args:
        executions: in the order they ran.
        effects: what they were found to do and need when they ran, by id; where one lacks, all are found out again
            from their sources.
        cut: whether older executions were left out, since there are too many.
    """

    def __init__(
        self,
        executions: Iterable[Execution],
        effects: Mapping[str, Effects] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        self.executions = {each.id: each for each in executions}
        self.lineage = Lineage()
        self.cut = cut
        known = effects or {}
        if all(each in known for each in self.executions):
            for each in self.executions:
                self.lineage.restore(each, known[each])
        else:
            for execution in self.executions.values():
                self._analyse(execution)

    def _analyse(self, execution: Execution) -> None:
        tree = plain_python(execution.source)
        reached = None if execution.error is None else execution.error.line
        # What Python cannot read never ran: it stands in the graph and does nothing.
        self.lineage.add(execution.id, read("" if tree is None else tree), reached=reached)

    def needed(
        self, execution_ids: Iterable[str], *, draws: bool = False, restored: Collection[str] = ()
    ) -> list[Execution]:
        """These executions and all that they depend on, in the order they ran; unknown ids are left out.

        ``draws``: also those that are needed only to advance a sequence of random numbers, but for the global
        streams in ``restored``.
        """
        found: set[str] = set()
        for each in execution_ids:
            if each in self.executions:
                found.update((each, *self.lineage.slice(each, draws=draws, restored=restored)))
        return [execution for id_, execution in self.executions.items() if id_ in found]


def session_graph(
    store: Store,
    session_id: str,
    execution_ids: Collection[str],
    *,
    draws: bool = False,
    newest: int | None = None,
) -> SessionGraph:
    """The graph of these executions of a session and of all that they depended on: nothing else is read.

    Where it is not stored what one of them needed, all up to them are analysed, the newest few thousand at most.

    Args:
        store: the store.
        session_id: the session.
        execution_ids: what is asked about; executions of other sessions are left out.
        draws: also those that are needed only to advance a sequence of random numbers.
        newest: no more executions than these.
    """
    found = needed_by(store, session_id, execution_ids, draws=draws, limit=newest)
    if not found.known:
        found = newest_until(store, session_id, execution_ids, limit=_MOST_ANALYSED)
    executions = store.executions(session_id, found.ids)
    return SessionGraph(executions, read_effects(store, session_id, found.ids), cut=found.more)


def later_than(
    store: Store, session_id: str, execution_ids: Collection[str], limit: int
) -> tuple[list[str], bool]:
    """The first ``limit`` later executions of the session that needed one of these; and whether there are more."""
    found = needing(store, session_id, execution_ids, limit=limit)
    if found.known:
        return found.ids, found.more
    last = newest_until(store, session_id, None, limit=_MOST_ANALYSED)
    graph = SessionGraph(store.executions(session_id, last.ids))
    wanted = set(execution_ids)
    later: list[str] = []
    for each in graph.executions:
        if wanted.intersection(graph.lineage.dependencies(each)):
            wanted.add(each)
            later.append(each)
    later = [each for each in later if each not in execution_ids]
    return later[:limit], last.more or len(later) > limit
