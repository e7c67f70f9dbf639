"""Lineage as a graph that people and programs can walk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from nbtrack.records.record import record

__all__ = ["Activity", "Edge", "EdgeKind", "LineageGraph", "Node", "NodeKind"]

NodeKind: TypeAlias = Literal[
    "run", "execution", "dataset", "variable", "file", "model", "metric", "registered"
]
EdgeKind: TypeAlias = Literal["used", "generated"]


@record(kw_only=False)
class Node:
    """A thing in the graph: an execution or a run, which do something, or what they used and generated.

    ``detail`` is for people; ``run`` is the id of the run that it leads to.
    """

    id: str
    kind: NodeKind
    label: str
    detail: str = ""
    run: str | None = None


@record(kw_only=False)
class Edge:
    """What flowed from ``source`` to ``target``: ``target`` used it, or ``source`` generated it."""

    source: str
    target: str
    kind: EdgeKind


@record
class Activity:
    """When and where an execution or a run went on: seconds since the epoch, None where unknown.

    ``within`` is, of a run, the execution that made it.
    """

    started_at: float
    ended_at: float | None = None
    state: str = "COMPLETE"
    notebook_path: str | None = None
    cell_id: str | None = None
    execution_count: int | None = None
    session_id: str | None = None
    within: str | None = None


@record
class LineageGraph:
    """Nodes and edges, each once; ``subject`` is the id of the node that was asked for.

    ``activities`` tells of executions and runs when they went on; ``cut`` says in words what was left out.
    """

    subject: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    activities: Mapping[str, Activity] = field(default_factory=dict)
    cut: tuple[str, ...] = ()
