"""Runs as columns: one array per field, which is what large tables in a browser need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbtrack.records import Run
from nbtrack.render.highlights import metrics_by_name
from nbtrack.render.jsonable import finite

__all__ = ["FIELDS", "columns"]

FIELDS: Mapping[str, Callable[[Run], Any]] = {
    "id": lambda run: run.id,
    "label": lambda run: run.label,
    "name": lambda run: run.name,
    "state": lambda run: run.state.value,
    "experiment": lambda run: run.experiment,
    "model": lambda run: None if run.model is None else run.model.class_name,
    "framework": lambda run: None if run.model is None else run.model.framework,
    "started_at": lambda run: run.started_at,
    "duration": lambda run: finite(run.duration_seconds),
    "starred": lambda run: run.starred,
    "tags": lambda run: dict(run.tags),
    "note": lambda run: run.note,
    "notebook": lambda run: run.execution.notebook_path,
    "cell_id": lambda run: run.execution.cell_id,
    "execution_id": lambda run: run.execution.id,
    "execution_count": lambda run: run.execution.execution_count,
    "fits": lambda run: run.fits,
    "stale": lambda run: len(run.stale),
    "verdict": lambda run: None if run.reproduction is None else str(run.reproduction.verdict),
    "error": lambda run: None if run.execution.error is None else run.execution.error.name,
    "notes": lambda run: len(run.capture_notes),
}
"""Fields of a run by name, and how each is read."""


def columns(runs: Sequence[Run], names: Sequence[str]) -> dict[str, list[Any]]:
    """Columns over ``runs``: fields, ``metric.NAME``, ``param.NAME``, ``tag.NAME``; None where a run has none.

    Raises:
        KeyError: a name that is none of these.
    """
    return {name: _column(runs, name) for name in names}


def _column(runs: Sequence[Run], name: str) -> list[Any]:
    if name in FIELDS:
        read = FIELDS[name]
        return [read(run) for run in runs]
    kind, _, rest = name.partition(".")
    if kind == "metric" and rest:
        found = [metrics_by_name(run).get(rest) for run in runs]
        return [None if metric is None else finite(metric.value) for metric in found]
    if kind == "param" and rest:
        return [_param(run, rest) for run in runs]
    if kind == "tag" and rest:
        return [run.tags.get(rest) for run in runs]
    raise KeyError(name)


def _param(run: Run, name: str) -> Any:
    value = None
    for param in run.params:
        if param.name == name:
            value = param.value
            if param.origin != "default":
                return finite(value)
    return finite(value)
