"""The lineage of one run as a graph to walk: what it came from, what came of it, and other runs on the same data."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import NamedTuple

from nbtrack.provenance.lineage import lineage_of
from nbtrack.records import Edge, LineageGraph, Node, Run
from nbtrack.store import Store

__all__ = ["RunName", "run_graph", "runs_on_data"]

_BESIDE = 20  # other runs on the same data


class RunName(NamedTuple):
    """A run beside another; ``role`` is that of the data they share."""

    id: str
    label: str
    role: str | None = None


def run_graph(store: Store, run: Run) -> LineageGraph:
    """The run's lineage, up and down, with the newest other runs that used its data."""
    graph = lineage_of(store, run.id)
    nodes = {node.id: node for node in graph.nodes}
    edges = dict.fromkeys(graph.edges)
    with store.view() as connection:
        for dataset in run.datasets:
            digest = dataset.content.digest
            # A digest of pickled bytes means nothing in another process.
            if digest not in nodes or dataset.content.by_pickle:
                continue
            for other in runs_on_data(connection, digest, apart_from=run.id):
                nodes.setdefault(other.id, Node(other.id, "run", other.label, "same data", other.id))
                edges.setdefault(Edge(digest, other.id, "used"), None)
    return replace(graph, nodes=tuple(nodes.values()), edges=tuple(edges))


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
