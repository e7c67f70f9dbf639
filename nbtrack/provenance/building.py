"""Puts a lineage graph together, node by node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from nbtrack.records import Activity, Edge, EdgeKind, LineageGraph, Node

__all__ = ["GraphBuilder"]


class GraphBuilder:
    """Nodes and edges, each once, in the order they were found.

    Args:
        subject: the id of the node that is asked for.
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.nodes: dict[str, Node] = {}
        self.edges: dict[Edge, None] = {}
        self.activities: dict[str, Activity] = {}
        self.cut: dict[str, None] = {}

    def add(self, node: Node, activity: Activity | None = None) -> str:
        """Add a node unless it is there; returns its id."""
        self.nodes.setdefault(node.id, node)
        if activity is not None:
            self.activities.setdefault(node.id, activity)
        return node.id

    def link(self, source: str, target: str, kind: EdgeKind) -> None:
        """Add an edge unless it is there, or leads back to where it begins."""
        if source != target:
            self.edges.setdefault(Edge(source, target, kind), None)

    def done(self) -> LineageGraph:
        """The graph; edges whose ends are not both in it are left out."""
        edges = [each for each in self.edges if each.source in self.nodes and each.target in self.nodes]
        return LineageGraph(
            subject=self.subject,
            nodes=tuple(self.nodes.values()),
            edges=tuple(edges),
            activities=dict(self.activities),
            cut=tuple(self.cut),
        )

    def keep(self, starts: Iterable[str], *, up: bool, down: bool) -> None:
        """Drop what neither leads to the starts (``up``) nor comes from them (``down``)."""
        found = set(starts)
        if up:
            found |= self._reached(starts, backwards=True)
        if down:
            found |= self._reached(starts, backwards=False)
        self.nodes = {id_: node for id_, node in self.nodes.items() if id_ in found}
        self.activities = {id_: each for id_, each in self.activities.items() if id_ in found}

    def _reached(self, starts: Iterable[str], *, backwards: bool) -> set[str]:
        following: dict[str, list[str]] = defaultdict(list)
        for edge in self.edges:
            ends = (edge.target, edge.source) if backwards else (edge.source, edge.target)
            following[ends[0]].append(ends[1])
        found, pending = set(starts), list(starts)
        while pending:
            for each in following[pending.pop()]:
                if each not in found:
                    found.add(each)
                    pending.append(each)
        return found
