"""Routes over several runs: their differences, their comparison, and that as a file to keep."""

from __future__ import annotations

from importlib.metadata import version
from time import time
from typing import Any
from uuid import UUID

from nbtrack.differences import between
from nbtrack.errors import UsageError
from nbtrack.records import Run
from nbtrack.render.comparison import comparison
from nbtrack.render.comparison_page import comparison_page
from nbtrack.render.curves import curve_columns
from nbtrack.render.differences import reason_to_dict
from nbtrack.render.jsonable import timestamp
from nbtrack.server.answer import File, Look
from nbtrack.server.asked import Asked
from nbtrack.store import Store

__all__ = ["CompareFileRoute", "CompareRoute", "DiffRoute", "checked_id"]

_FEWEST, _MOST = 2, 100
_POINTS, _MOST_POINTS = 500, 5000
_MOST_METRICS = 50


def checked_id(text: str) -> str:
    """A run's id, whole.

    Raises:
        UsageError: it is none.
    """
    try:
        known: str | None = str(UUID(text))
    except ValueError:
        known = None
    if known != text:
        raise UsageError(f"{text[:60]!r} is no id of a run; ids are those that /nbtrack/api/runs gives.")
    return text


class DiffRoute(Look):
    """``GET diff``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The reasons why two runs differ."""
        a, b = (checked_id(asked.needed(name)) for name in ("a", "b"))
        with self.place().looking() as store:
            found = between(store, store.get_run(a), store.get_run(b))
        return {
            "a": {"id": found.then_id, "label": found.then_label},
            "b": {"id": found.now_id, "label": found.now_label},
            "differences": [reason_to_dict(reason) for reason in found.reasons],
            "same": dict(found.same),
            "notes": list(found.notes),
        }


class CompareRoute(Look):
    """``GET compare``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The runs side by side."""
        with self.place().looking() as store:
            return _compared(store, asked)


class CompareFileRoute(Look):
    """``GET compare.html``: a download, and even then nothing in it may run."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The comparison as a file."""
        with self.place().looking() as store:
            document = _compared(store, asked)
        made = f"Made by nbtrack {version('nbtrack')} at {timestamp(time())}."
        page = comparison_page(document, made).encode("utf-8", "backslashreplace")
        return File(page, "text/html; charset=utf-8", save_as="comparison.html")


def _compared(store: Store, asked: Asked) -> dict[str, Any]:
    text = asked.needed("ids")
    ids = list(dict.fromkeys(checked_id(one) for one in text.split(",")))
    if not _FEWEST <= len(ids) <= _MOST:
        raise UsageError(f"{len(ids)} runs are to be compared; it takes {_FEWEST} to {_MOST}.")
    limit = asked.number("points", _POINTS, 2, _MOST_POINTS)
    runs = [store.get_run(run_id) for run_id in ids]
    return {**comparison(runs), "curves": _curves(store, runs, limit)}


def _curves(store: Store, runs: list[Run], limit: int) -> list[dict[str, Any]]:
    curves: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        for metric in run.metrics:
            if metric.points > 1 and (metric.name in curves or len(curves) < _MOST_METRICS):
                points = store.points(run.id, metric.name, dataset=metric.dataset)
                series = {"run": run.id, "dataset": metric.dataset, **curve_columns(points, limit)}
                curves.setdefault(metric.name, []).append(series)
    return [{"metric": name, "series": series} for name, series in curves.items()]
