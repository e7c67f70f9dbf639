"""Lineage graphs as text and as JSON-ready data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from nbtrack.records import Edge, LineageGraph, Node
from nbtrack.render.plain import clean, cut, pad, width

__all__ = ["graph_to_dict", "lineage_text"]

_NAMES = 4  # things that are named one by one


def graph_to_dict(graph: LineageGraph) -> dict[str, Any]:
    """``subject``, ``nodes`` (id, kind, label, detail, run), ``edges`` (source, target, kind) and ``cut``."""
    return {
        "subject": graph.subject,
        "nodes": [asdict(node) for node in graph.nodes],
        "edges": [asdict(edge) for edge in graph.edges],
        "cut": list(graph.cut),
    }


def lineage_text(graph: LineageGraph, columns: int = 100) -> str:
    """What the subject came from and what came of it: an execution a line, with what it used and what it made."""
    nodes = {node.id: node for node in graph.nodes}
    subject = nodes.get(graph.subject)
    if subject is None:
        return "Nothing is known of it but its name."
    above = _reached(graph.edges, graph.subject, backwards=True)
    below = _reached(graph.edges, graph.subject, backwards=False) - above
    blocks = [cut(f"{clean(subject.label)}  {subject.kind}  {clean(subject.detail)}".rstrip(), columns)]
    for heading, ids in (("Came from", above), ("Led to", below)):
        lines = _section(graph, nodes, ids, columns)
        if lines:
            blocks.append("\n".join((heading, *lines)))
    if len(blocks) == 1:
        blocks.append("Nothing else is known of where it came from or what came of it.")
    if graph.cut:
        blocks.append(cut(f"Left out: {'; '.join(graph.cut)}.", columns))
    return "\n\n".join(blocks)


def _reached(edges: Iterable[Edge], start: str, *, backwards: bool) -> set[str]:
    following: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        ends = (edge.target, edge.source) if backwards else (edge.source, edge.target)
        following[ends[0]].append(ends[1])
    found, pending = set[str](), [start]
    while pending:
        for each in following[pending.pop()]:
            if each not in found and each != start:
                found.add(each)
                pending.append(each)
    return found


def _section(graph: LineageGraph, nodes: dict[str, Node], ids: set[str], columns: int) -> list[str]:
    """Files that nothing here made, executions in the order they ran, runs with their numbers."""
    flows = _Flows(graph, nodes)
    files = [
        nodes[each] for each in sorted(ids) if nodes[each].kind == "file" and not flows.makers(each) & ids
    ]
    rows = [["file", clean(each.label), clean(each.detail), ""] for each in files]
    lines = _rows(rows, columns)
    acting = sorted(
        (each for each in ids if nodes[each].kind == "execution" and each in graph.activities),
        key=lambda each: graph.activities[each].started_at,
    )
    rows = [flows.execution_row(each) for each in acting if flows.tells(each)]
    lines += _rows(rows, columns)
    runs = [each for each in nodes.values() if each.kind == "run" and each.id in ids | {graph.subject}]
    runs.sort(key=lambda each: graph.activities[each.id].started_at if each.id in graph.activities else 0.0)
    told = {each: flows.numbers(each.id, ids) for each in runs}
    return lines + _rows([["run", clean(run.label), text, ""] for run, text in told.items() if text], columns)


class _Flows:
    """What each execution used and made; what its runs used and made counts as its own."""

    def __init__(self, graph: LineageGraph, nodes: dict[str, Node]) -> None:
        self._graph = graph
        self._nodes = nodes
        self._used: dict[str, list[Node]] = defaultdict(list)
        self._made: dict[str, list[Node]] = defaultdict(list)
        self._makers: dict[str, set[str]] = defaultdict(set)
        within = {id_: each.within or id_ for id_, each in graph.activities.items()}
        for edge in graph.edges:
            source, target = nodes[edge.source], nodes[edge.target]
            if edge.kind == "used" and source.id not in graph.activities:
                self._used[within.get(target.id, target.id)].append(source)
            elif edge.kind == "generated":
                self._makers[target.id].add(source.id)
                if source.kind == "execution":
                    self._made[source.id].append(target)

    def makers(self, id_: str) -> set[str]:
        """The ids of the executions and runs that made something."""
        return self._makers[id_]

    def tells(self, id_: str) -> bool:
        """Whether an execution is worth a line: one that only imports is not."""
        imports = self._nodes[id_].detail.startswith(("import ", "from "))
        return bool(self._used[id_] or self._made[id_]) or not imports

    def execution_row(self, id_: str) -> list[str]:
        """Number, first telling line, what it used, what it made."""
        node = self._nodes[id_]
        # A run stands for its model.
        made = [each for each in self._made[id_] if each.kind not in {"metric", "model"}]
        return [
            clean(node.label),
            cut(clean(node.detail), 40),
            _named(self._used[id_], "from"),
            _named(made, "→"),
        ]

    def numbers(self, run_id: str, ids: set[str]) -> str:
        """The metrics of a run, and what it is registered as."""
        metrics = [each for each in self._nodes.values() if each.kind == "metric" and each.run == run_id]
        registered = [
            each for each in self._nodes.values() if each.kind == "registered" and each.run == run_id
        ]
        told = [clean(each.label) for each in metrics if each.id in ids]
        told += [f"registered as {clean(each.label)}" for each in registered if each.id in ids]
        return ", ".join(told)


def _named(things: Sequence[Node], word: str) -> str:
    names = list(dict.fromkeys(clean(each.label) for each in things))
    if not names:
        return ""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{word} {', '.join(names[:_NAMES])}{more}"


def _rows(rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    widths = [max((width(row[place]) for row in rows), default=0) for place in range(3)]
    return [
        cut(
            "  " + "  ".join([*(pad(row[place], widths[place]) for place in range(3)), row[3]]), columns
        ).rstrip()
        for row in rows
    ]
