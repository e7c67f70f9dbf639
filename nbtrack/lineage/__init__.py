"""Lineage between cells: what a cell does to names, and the graph of executions. Pure: syntax in, records out."""

from __future__ import annotations

from nbtrack.lineage.graph import Lineage, Version
from nbtrack.lineage.names import analyse, read
from nbtrack.lineage.types import CellNames, FunctionNames

__all__ = ["CellNames", "FunctionNames", "Lineage", "Version", "analyse", "read"]
