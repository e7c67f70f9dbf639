"""The graph of a session's executions, made again from their stored sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from nbtrack.lineage import Lineage, analyse
from nbtrack.provenance.plain import plain_python
from nbtrack.records import Execution
from nbtrack.store import Store

__all__ = ["SessionGraph", "session_graph"]


class SessionGraph:
    """The executions of one session and what each depended on.

    Args:
        executions: in the order they ran.
    """

    def __init__(self, executions: Iterable[Execution]) -> None:
        self.executions = {each.id: each for each in executions}
        self.lineage = Lineage()
        for execution in self.executions.values():
            tree = plain_python(execution.source)
            # What Python cannot read never ran: it stands in the graph and does nothing.
            self.lineage.add(execution.id, analyse("" if tree is None else tree))

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
    return SessionGraph(store.executions(session_id))
