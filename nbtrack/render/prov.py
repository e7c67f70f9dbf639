"""Lineage graphs as W3C PROV-JSON (https://www.w3.org/submissions/prov-json/)."""

from __future__ import annotations

from typing import Any

from nbtrack.records import Edge, LineageGraph, Node
from nbtrack.render.jsonable import timestamp

__all__ = ["prov_document"]

_NAMESPACE = "urn:nbtrack:"


def prov_document(graph: LineageGraph) -> dict[str, Any]:
    """The graph as entities, activities, and the relations ``used``, ``wasGeneratedBy``, ``wasInformedBy``.

    A run is an activity that its execution started; data, files, models and metrics are entities.
    """
    document: dict[str, Any] = {
        "prefix": {"nbtrack": _NAMESPACE, "xsd": "http://www.w3.org/2001/XMLSchema#"},
        "entity": {},
        "activity": {},
        "used": {},
        "wasGeneratedBy": {},
        "wasInformedBy": {},
    }
    names = {node.id: _name(node, number) for number, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        part = "activity" if node.id in graph.activities else "entity"
        document[part][names[node.id]] = _attributes(graph, node)
    for number, edge in enumerate(graph.edges):
        if edge.source in names and edge.target in names:
            relation, ends = _relation(graph, names, edge)
            document[relation][f"_:{number}"] = ends
    return {key: value for key, value in document.items() if value}


def _name(node: Node, number: int) -> str:
    """A qualified name: ids that are no local names, such as a file's, are numbered."""
    plain = node.id.replace(":", "-")
    return f"nbtrack:{node.kind}-{plain if plain.replace('-', '').isalnum() else number}"


def _attributes(graph: LineageGraph, node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"prov:label": node.label, "prov:type": _typed(f"nbtrack:{node.kind}")}
    if node.detail:
        found["nbtrack:detail"] = node.detail
    activity = graph.activities.get(node.id)
    if activity is None:
        found["nbtrack:id"] = node.id
        return found
    found["prov:startTime"] = timestamp(activity.started_at)
    if activity.ended_at is not None:
        found["prov:endTime"] = timestamp(activity.ended_at)
    facts = {
        "state": activity.state,
        "notebook": activity.notebook_path,
        "cell": activity.cell_id,
        "execution_count": activity.execution_count,
        "session": activity.session_id,
    }
    return found | {f"nbtrack:{key}": value for key, value in facts.items() if value is not None}


def _typed(name: str) -> dict[str, str]:
    return {"$": name, "type": "xsd:QName"}


def _relation(graph: LineageGraph, names: dict[str, str], edge: Edge) -> tuple[str, dict[str, str]]:
    source, target = names[edge.source], names[edge.target]
    if edge.source in graph.activities and edge.target in graph.activities:
        return "wasInformedBy", {"prov:informed": target, "prov:informant": source}
    if edge.kind == "used":
        return "used", {"prov:activity": target, "prov:entity": source}
    return "wasGeneratedBy", {"prov:entity": target, "prov:activity": source}
