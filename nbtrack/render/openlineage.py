"""Lineage graphs as OpenLineage run events (https://openlineage.io, version 2-0-2 of the specification)."""

from __future__ import annotations

from typing import Any

from nbtrack.records import Activity, Edge, LineageGraph, Node
from nbtrack.render.jsonable import timestamp

__all__ = ["openlineage_events"]

_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets"
_PRODUCER = "urn:nbtrack"
_TYPES = {"COMPLETE": "COMPLETE", "FAILED": "FAIL", "CANCELED": "ABORT", "RUNNING": "RUNNING"}
_THINGS = frozenset({"dataset", "variable", "file", "model", "metric", "registered"})


def openlineage_events(graph: LineageGraph, namespace: str) -> list[dict[str, Any]]:
    """Events of each execution and each run, oldest first: its start, and its end with what it used and generated.

    ``namespace`` names the project; files get the namespace ``file``, as OpenLineage asks.
    """
    nodes = {node.id: node for node in graph.nodes}
    events: list[dict[str, Any]] = []
    for id_, activity in graph.activities.items():
        if id_ in nodes:
            end = _event(graph, nodes, nodes[id_], activity, namespace)
            start = {
                "eventType": "START",
                "eventTime": timestamp(activity.started_at),
                "inputs": [],
                "outputs": [],
            }
            events += [{**end, **start}] if activity.state == "RUNNING" else [{**end, **start}, end]
    return sorted(events, key=lambda event: str(event["eventTime"]))


def _event(
    graph: LineageGraph, nodes: dict[str, Node], node: Node, activity: Activity, namespace: str
) -> dict[str, Any]:
    facets: dict[str, Any] = {}
    if activity.within is not None and activity.within in nodes:
        parent = nodes[activity.within]
        facets["parent"] = {
            **_facet("1-2-0/ParentRunFacet"),
            "run": {"runId": parent.id},
            "job": {"namespace": namespace, "name": _job(parent, graph.activities[parent.id])},
        }
    return {
        "eventType": _TYPES.get(activity.state, "OTHER"),
        "eventTime": timestamp(activity.ended_at or activity.started_at),
        "producer": _PRODUCER,
        "schemaURL": _SCHEMA,
        "run": {"runId": node.id, "facets": facets},
        "job": {
            "namespace": namespace,
            "name": _job(node, activity),
            "facets": {
                "jobType": {
                    **_facet("2-0-4/JobTypeJobFacet"),
                    "processingType": "BATCH",
                    "integration": "NBTRACK",
                    "jobType": "TRAINING" if node.kind == "run" else "CELL",
                }
            },
        },
        "inputs": [_thing(nodes[id_], namespace) for id_ in _things(graph.edges, nodes, node.id, "used")],
        "outputs": [
            _thing(nodes[id_], namespace) for id_ in _things(graph.edges, nodes, node.id, "generated")
        ],
    }


def _things(edges: tuple[Edge, ...], nodes: dict[str, Node], id_: str, kind: str) -> list[str]:
    found = [
        edge.source if kind == "used" else edge.target
        for edge in edges
        if edge.kind == kind and id_ == (edge.target if kind == "used" else edge.source)
    ]
    return [each for each in dict.fromkeys(found) if each in nodes and nodes[each].kind in _THINGS]


def _job(node: Node, activity: Activity) -> str:
    """The cell, which stays when it runs again; of a run its class in it."""
    place = activity.notebook_path or "session"
    cell = activity.cell_id or node.id
    name = f"{place}#{cell}"
    return f"{name}/{node.label.rpartition('-')[0] or node.label}" if node.kind == "run" else name


def _thing(node: Node, namespace: str) -> dict[str, Any]:
    facets = {
        "documentation": {
            **_facet("1-1-0/DocumentationDatasetFacet"),
            "description": f"{node.kind}: {node.label} {node.detail}".strip(),
        }
    }
    if node.kind == "file":
        return {"namespace": "file", "name": node.label, "facets": facets}
    return {"namespace": namespace, "name": f"{node.kind}/{node.id}", "facets": facets}


def _facet(name: str) -> dict[str, str]:
    return {"_producer": _PRODUCER, "_schemaURL": f"{_FACETS}/{name}.json"}
