"""Slices as JSON-ready data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbtrack.records import Slice
from nbtrack.render.jsonable import timestamp

__all__ = ["slice_to_dict"]


def slice_to_dict(record: Slice, notes: Iterable[str], script: str) -> dict[str, Any]:
    """A slice, with the notes and the script that were made of it."""
    cells = [
        {
            "execution_id": each.execution_id,
            "execution_count": each.execution_count,
            "cell_id": each.cell_id,
            "source": each.source,
            "reached": each.reached,
            "started_at": None if each.started_at is None else timestamp(each.started_at),
            "own": each.own,
        }
        for each in record.cells
    ]
    run = {"id": record.run_id, "label": record.label}
    return {
        "run": run,
        "cells": cells,
        "notes": list(notes),
        "unseeded": list(record.unseeded),
        "script": script,
    }
