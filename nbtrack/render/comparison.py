"""Several runs side by side: which params, metrics, data and environments differ, what they share after that."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbtrack.records import Run
from nbtrack.render.direction import smaller_is_better
from nbtrack.render.document import to_dict
from nbtrack.render.highlights import metrics_by_name
from nbtrack.render.jsonable import finite

__all__ = ["comparison"]


def comparison(runs: Sequence[Run]) -> dict[str, Any]:
    """The runs in their short form, and rows of what they have: ``{"name", "values", "differs"}``.

    A row has one value per run, null where a run has none; of metrics also ``best``, the place of the best run or
    null. Rows that differ come first, then the order of first appearance.
    """
    return {
        "runs": [to_dict(run, full=False) for run in runs],
        "params": _rows(runs, _params),
        "metrics": [_with_best(row) for row in _rows(runs, _metrics)],
        "datasets": _rows(runs, _datasets),
        "environment": _rows(runs, _environment),
    }


def _rows(runs: Sequence[Run], told: Callable[[Run], dict[str, Any]]) -> list[dict[str, Any]]:
    values = [told(run) for run in runs]
    names = dict.fromkeys(name for one in values for name in one)
    rows = [_row(name, [one.get(name) for one in values]) for name in names]
    return sorted(rows, key=lambda row: not row["differs"])


def _row(name: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "values": values, "differs": any(_key(one) != _key(values[0]) for one in values)}


def _key(value: Any) -> tuple[str, Any]:
    """Of one type and equal: ``True`` is not 1, yet 1.0 is 1 to whoever compares numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return type(value).__name__, value
    return "number", value


def _params(run: Run) -> dict[str, Any]:
    chosen = sorted(
        run.params, key=lambda param: param.origin != "default"
    )  # a chosen value wins over a default
    return {param.name: finite(param.value) for param in chosen}


def _metrics(run: Run) -> dict[str, Any]:
    return {name: finite(metric.value) for name, metric in metrics_by_name(run).items()}


def _datasets(run: Run) -> dict[str, Any]:
    return {
        dataset.name: {
            "digest": dataset.content.digest,
            "shape": None if dataset.content.shape is None else list(dataset.content.shape),
            "kind": dataset.content.kind,
            "role": dataset.role,
        }
        for dataset in run.datasets
    }


def _environment(run: Run) -> dict[str, Any]:
    environment = run.environment
    if environment is None:
        return {}
    git = environment.git or {}
    told = {
        "python": environment.python,
        "platform": environment.platform,
        "git commit": git.get("commit"),
        "git dirty": git.get("dirty"),
    }
    return {name: finite(value) for name, value in told.items() if value is not None} | dict(
        environment.packages
    )


def _with_best(row: dict[str, Any]) -> dict[str, Any]:
    numbers = [
        (value, place)
        for place, value in enumerate(row["values"])
        if isinstance(value, int | float) and math.isfinite(value)
    ]
    best: int | None = None
    if len(numbers) > 1 and row["differs"]:
        choose: Callable[[Iterable[float]], float] = min if smaller_is_better(row["name"]) else max
        target = choose(value for value, _ in numbers)
        best = next(place for value, place in numbers if value == target)
    return {**row, "best": best}
