"""The graph of a session's executions, as it was found when they ran, or from their stored sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from nbtrack.lineage import Lineage, analyse
from nbtrack.provenance.plain import plain_python
from nbtrack.records import Effects, Execution
from nbtrack.store import Store
from nbtrack.store.effects import read_effects

__all__ = ["SessionGraph", "session_graph"]


class SessionGraph:
    """The executions of one session and what each depended on.

    Args:
        executions: in the order they ran.
        effects: what they were found to do and need when they ran, by id; where one lacks, all are found out again
            from their sources.
    """

    def __init__(self, executions: Iterable[Execution], effects: Mapping[str, Effects] | None = None) -> None:
        self.executions = {each.id: each for each in executions}
        self.lineage = Lineage()
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
        self.lineage.add(execution.id, analyse("" if tree is None else tree), reached=reached)

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


def session_graph(store: Store, session_id: str) -> SessionGraph:
    """The graph of all executions of a session that the store has."""
    return SessionGraph(store.executions(session_id), read_effects(store, session_id))
