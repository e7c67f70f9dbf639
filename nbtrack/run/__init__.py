"""Runs in the user's hands: ``nbtrack.runs()`` as a table, ``nbtrack.get(RUN)`` as one object."""

from __future__ import annotations

from nbtrack.run.differing import RunDiff
from nbtrack.run.one import Run, get
from nbtrack.run.table import runs

__all__ = ["Run", "RunDiff", "get", "runs"]
