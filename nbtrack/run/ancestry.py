"""Lineage in the user's hands: what a run, data or a file came from, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbtrack.provenance.lineage import lineage_of
from nbtrack.records import LineageGraph
from nbtrack.render.boxed import boxed
from nbtrack.render.lineage import graph_to_dict, lineage_text
from nbtrack.render.openlineage import openlineage_events
from nbtrack.render.prov import prov_document
from nbtrack.store import Store

__all__ = ["Ancestry", "ancestry"]


class Ancestry:
    """The lineage of one subject; as text it is an execution a line.

    Attributes:
        record: the graph as a :class:`nbtrack.records.LineageGraph`.
    """

    __slots__ = ("_project", "record")

    def __init__(self, record: LineageGraph, project: str) -> None:
        self.record = record
        self._project = project

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, as ``nbtrack lineage --json`` prints it."""
        return graph_to_dict(self.record)

    def openlineage(self) -> list[dict[str, Any]]:
        """OpenLineage run events: of each execution and run its start and its end."""
        return openlineage_events(self.record, f"nbtrack.{self._project}")

    def prov(self) -> dict[str, Any]:
        """A W3C PROV-JSON document."""
        return prov_document(self.record)

    def __repr__(self) -> str:
        return lineage_text(self.record)

    def _repr_html_(self) -> str:
        return boxed(repr(self))


def ancestry(folder: Path, subject: str, *, up: bool = True, down: bool = True) -> Ancestry:
    """The lineage of a run, a digest or a file; see :func:`nbtrack.provenance.lineage.lineage_of`."""
    with Store.open(folder) as store:
        return Ancestry(lineage_of(store, subject, up=up, down=down), store.folder.parent.name)
