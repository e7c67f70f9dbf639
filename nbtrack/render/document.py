"""A run as JSON-ready data: the one form that the command line, the web routes and ``to_dict`` give.

Numbers that JSON lacks are the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``; times are ISO 8601 in
UTC with milliseconds. Keys that only some runs can fill (``trials``, ``name``, ``fits`` above 1, a dataset's
``by_pickle``, a parameter's ``redacted`` and ``execution_id``) are left out where they would say nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from nbtrack.records import (
    Dataset,
    Environment,
    Execution,
    Metric,
    Model,
    Param,
    Point,
    Run,
    SourceFile,
    Trials,
)
from nbtrack.render.jsonable import finite, timestamp
from nbtrack.render.verdict import reproduction_to_dict

__all__ = ["curve", "to_dict"]


def to_dict(run: Run, *, full: bool = True) -> dict[str, Any]:
    """``run`` as nested dictionaries and lists that ``json.dumps(…, allow_nan=False)`` takes.

    ``full=False`` is the form for lists: without ``execution.source``, ``datasets[].columns`` and
    ``environment.packages``.
    """
    document = {
        "id": run.id,
        "label": run.label,
        "state": run.state.value,
        "experiment": run.experiment,
        "tags": dict(run.tags),
        "starred": run.starred,
        "note": run.note,
        "started_at": timestamp(run.started_at),
        "duration_seconds": finite(run.duration_seconds),
        "capture_seconds": finite(run.capture_seconds),
        "capture_notes": list(run.capture_notes),
        "notebook": _notebook(run.execution),
        "execution": _execution(run.execution, full=full),
        "model": None if run.model is None else _model(run.model),
        "params": [_param(param) for param in run.params],
        "metrics": [_metric(metric) for metric in run.metrics],
        "datasets": [_dataset(dataset, full=full) for dataset in run.datasets],
        "files": [_file(file) for file in run.files],
        "depends_on": [
            {"execution_id": one.execution_id, "execution_count": one.execution_count, "cell_id": one.cell_id}
            for one in run.depends_on
        ],
        "stale": [dataclasses.asdict(each) for each in run.stale],
        "environment": None if run.environment is None else _environment(run.environment, full=full),
        "reproduction": None if run.reproduction is None else reproduction_to_dict(run.reproduction),
        "registered": finite(run.registered),
    }
    said = {
        "name": run.name,
        "fits": run.fits if run.fits > 1 else None,
        "top_to_bottom": None if run.top_to_bottom is None else dataclasses.asdict(run.top_to_bottom),
    }
    document |= {key: value for key, value in said.items() if value is not None}
    if run.trials is not None:
        document["trials"] = _trials(run.trials)
    return document


def curve(points: Iterable[Point]) -> list[list[Any]]:
    """A metric's curve as ``[[step, value, time], …]``, time in seconds since the epoch."""
    return [[point.step, finite(point.value), point.time] for point in points]


def _notebook(execution: Execution) -> dict[str, Any]:
    return {
        "path": execution.notebook_path,
        "cell_id": execution.cell_id,
        "execution_count": execution.execution_count,
        "session_id": execution.session_id,
    }


def _execution(execution: Execution, *, full: bool) -> dict[str, Any]:
    error = execution.error
    line = {} if error is None or error.line is None else {"line": error.line}
    return {
        "id": execution.id,
        **({"source": execution.source} if full else {}),
        "source_digest": execution.source_digest,
        "error": None
        if error is None
        else {"name": error.name, "message": error.message, "traceback": error.traceback, **line},
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "variable": model.variable,
        "class": model.class_name,
        "module": model.module,
        "framework": model.framework,
        "digest": model.digest,
        "size_bytes": model.size_bytes,
        "stored": model.stored,
        "retained": model.retained,
    }


def _param(param: Param) -> dict[str, Any]:
    return {
        "name": param.name,
        "value": finite(param.value),
        "origin": param.origin,
        **({"execution_id": param.execution_id} if param.execution_id is not None else {}),
        **({"redacted": True} if param.redacted else {}),
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "value": finite(metric.value),
        "origin": metric.origin,
        "variable": metric.variable,
        "dataset": metric.dataset,
        "execution_id": metric.execution_id,
        "points": metric.points,
    }


def _dataset(dataset: Dataset, *, full: bool) -> dict[str, Any]:
    content = dataset.content
    columns = [{"name": one.name, "dtype": one.dtype, "digest": one.digest} for one in content.columns]
    return {
        "name": dataset.name,
        "role": dataset.role,
        "digest": content.digest,
        "kind": content.kind,
        "shape": None if content.shape is None else list(content.shape),
        **({"columns": columns} if full else {}),
        **({"by_pickle": True} if content.by_pickle else {}),
        **({"sampled": True} if content.sampled else {}),
    }


def _file(file: SourceFile) -> dict[str, Any]:
    return {"path": file.path, "digest": file.digest, "size_bytes": file.size_bytes}


def _environment(environment: Environment, *, full: bool) -> dict[str, Any]:
    return {
        "digest": environment.digest,
        "python": environment.python,
        **({"packages": dict(environment.packages)} if full else {}),
        **({"modules": finite(environment.modules)} if full else {}),
        "git": finite(environment.git),
    }


def _trials(trials: Trials) -> dict[str, Any]:
    return {"columns": list(trials.columns), "rows": [finite(row) for row in trials.rows]}
