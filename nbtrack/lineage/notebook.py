"""A slice as a notebook of format 4.5: the cells as they were typed, without outputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from nbtrack.lineage.source import before_failure
from nbtrack.records import ExecutedCell

__all__ = ["notebook"]

_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def notebook(cells: Iterable[ExecutedCell], title: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """A notebook of the cells, under one that has the title and the notes."""
    heading = "\n".join([title, *(f"\n- {note}" for note in notes)])
    made = [{"cell_type": "markdown", "id": "nbtrack-slice", "metadata": {}, "source": heading}]
    used = {"nbtrack-slice"}
    for place, cell in enumerate(cells, start=1):
        made.append(_code(before_failure(cell), _free_id(cell.cell_id, place, used)))
    return {
        "cells": made,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _code(source: str, id_: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id_,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _free_id(wanted: str | None, place: int, used: set[str]) -> str:
    """The cell's own id, where it is valid and its first use: a cell that ran twice is in a slice twice."""
    if wanted is None or wanted in used or not _CELL_ID.fullmatch(wanted):
        wanted = f"execution-{place}"
        while wanted in used:
            wanted += "-"
    used.add(wanted)
    return wanted
