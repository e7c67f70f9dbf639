"""The lineage of one run as a graph that people can walk: executions, data, files, the model, and the runs beside."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from nbtrack.lineage.source import where
from nbtrack.provenance.building import GraphBuilder
from nbtrack.provenance.sessions import SessionGraph, session_graph
from nbtrack.records import ExecutedCell, Execution, LineageGraph, Node, Run
from nbtrack.render.numbers import shape, short_digest, size
from nbtrack.store import Store

__all__ = ["RunName", "run_graph", "runs_on_data"]

_BESIDE = 20  # other runs on the same data
_MOST_EXECUTIONS = 200


class RunName(NamedTuple):
    """A run in another's graph; ``role`` is that of the data they share."""

    id: str
    label: str
    role: str | None = None


def run_graph(store: Store, run: Run) -> LineageGraph:
    """The executions that a run needed, what went in, what came out, and other runs of those executions and data."""
    session = session_graph(store, run.execution.session_id)
    needed = session.needed([run.execution.id])[-_MOST_EXECUTIONS:] or [run.execution]
    graph = GraphBuilder(run.id)
    mine = graph.add(_run_node(RunName(run.id, run.label), "this run"))
    with store.view() as connection:
        siblings = _runs_of(connection, [each.id for each in needed])
        _add_executions(graph, session, needed)
        for execution_id, of in siblings.items():
            for each in of:
                graph.link(execution_id, graph.add(_run_node(each, "")), "generated")
        graph.link(run.execution.id, mine, "generated")
        _add_data(graph, connection, session, needed, run)
    _add_outcome(graph, run)
    return graph.done()


def runs_on_data(
    connection: sqlite3.Connection, digest: str, *, apart_from: str, limit: int = _BESIDE
) -> list[RunName]:
    """The newest other runs that used data of this digest."""
    rows = connection.execute(
        "SELECT r.id, r.label, MIN(d.role) FROM contents c JOIN run_datasets d ON d.content = c.pk "
        "JOIN runs r ON r.pk = d.run WHERE c.digest = ? AND r.id != ? GROUP BY r.pk "
        "ORDER BY r.started_at DESC, r.pk DESC LIMIT ?",
        (digest, apart_from, limit),
    )
    return [RunName(*row) for row in rows]


def _run_node(run: RunName, detail: str) -> Node:
    return Node(run.id, "run", run.label, detail, run.id)


def _runs_of(connection: sqlite3.Connection, executions: list[str]) -> Mapping[str, list[RunName]]:
    found: dict[str, list[RunName]] = {}
    for execution_id in executions:
        rows = connection.execute(
            "SELECT r.id, r.label FROM runs r JOIN executions e ON e.pk = r.execution WHERE e.id = ? "
            "ORDER BY r.pk LIMIT ?",
            (execution_id, _BESIDE),
        )
        found[execution_id] = [RunName(*row) for row in rows]
    return found


def _add_executions(graph: GraphBuilder, session: SessionGraph, needed: list[Execution]) -> None:
    known = {each.id for each in needed}
    for each in needed:
        cell = ExecutedCell(
            source=each.source,
            execution_id=each.id,
            execution_count=each.execution_count,
            cell_id=each.cell_id,
        )
        lines = [line.strip() for line in each.source.splitlines() if line.strip()]
        telling = next((line for line in lines if not line.startswith(("#", "%"))), lines[0] if lines else "")
        graph.add(Node(each.id, "execution", where(cell) or "[ ]", telling[:80]))
        if each.id in session.executions:
            for earlier in session.lineage.dependencies(each.id):
                if earlier in known:
                    graph.link(earlier, each.id, "used")


def _add_data(
    graph: GraphBuilder,
    connection: sqlite3.Connection,
    session: SessionGraph,
    needed: list[Execution],
    run: Run,
) -> None:
    for dataset in run.datasets:
        content = dataset.content
        told = [dataset.role, *([shape(content.shape)] if content.shape is not None else [])]
        node = graph.add(
            Node(
                content.digest, "dataset", dataset.name, f"{', '.join(told)}, {short_digest(content.digest)}"
            )
        )
        graph.link(node, run.id, "used")
        # The last that bound or changed the name before the run; what the cell itself made has no earlier maker.
        makers = [
            each.id for each in needed if each.id != run.execution.id and _makes(session, each, dataset.name)
        ]
        if makers:
            graph.link(makers[-1], node, "generated")
        if not content.by_pickle:  # such a digest means nothing in another process
            for other in runs_on_data(connection, content.digest, apart_from=run.id):
                graph.link(node, graph.add(_run_node(other, "same data")), "used")
    for file in run.files:
        node = graph.add(
            Node(
                f"{file.path} {file.digest}",
                "file",
                file.path,
                f"{size(file.size_bytes)}, {short_digest(file.digest)}",
            )
        )
        graph.link(node, run.id, "used")


def _makes(session: SessionGraph, execution: Execution, name: str) -> bool:
    if execution.id not in session.executions:
        return False
    effects = session.lineage.effects(execution.id)
    return name in effects.writes or name in effects.mutates


def _add_outcome(graph: GraphBuilder, run: Run) -> None:
    if run.model is None:
        return
    digest = run.model.digest
    model = graph.add(
        Node(
            f"model {digest or run.id}",
            "model",
            run.model.class_name,
            short_digest(digest) if digest else "not stored",
        )
    )
    graph.link(run.id, model, "generated")
    for one in run.registered:
        name = f"{one.get('name')}:v{one.get('version')}"
        graph.link(model, graph.add(Node(f"registered {name}", "registered", name)), "generated")
