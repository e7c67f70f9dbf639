"""The main metric of a page of runs: each one's value, its rank in its experiment, and a small curve."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from nbtrack.records import Metric, Run, State
from nbtrack.render.curves import thinned
from nbtrack.render.direction import smaller_is_better
from nbtrack.render.highlights import metrics_by_name
from nbtrack.render.jsonable import finite
from nbtrack.server.stores import Place
from nbtrack.store import Store
from nbtrack.store.ranking import Ranking

__all__ = ["Headline"]

_SPARKLINE = 32  # values


class Headline:
    """What stands first about each run of a page."""

    def __init__(self, ranking: Ranking | None) -> None:
        self._ranking = ranking

    @classmethod
    def of(
        cls,
        connection: sqlite3.Connection,
        place: Place,
        runs: Sequence[Run],
        metric: str | None,
        direction: str | None,
    ) -> Headline:
        """For the metric that is asked for; else for the one that most runs of the newest's experiment have."""
        chosen = metric or _commonest(runs)
        if chosen is None:
            return cls(None)
        smallest = smaller_is_better(chosen) if direction is None else direction == "min"
        return cls(place.ranking(connection, chosen, smallest=smallest))

    def column(self, name: str, store: Store, runs: Sequence[Run]) -> list[Any]:
        """The column ``value``, ``rank`` or ``sparkline``."""
        metrics = [self._metric(run) for run in runs]
        if name == "sparkline":
            return [_sparkline(store, run, metric) for run, metric in zip(runs, metrics, strict=True)]
        if name == "value":
            return [None if metric is None else finite(metric.value) for metric in metrics]
        return [self._rank(run, metric) for run, metric in zip(runs, metrics, strict=True)]

    def to_dict(self, runs: Sequence[Run]) -> dict[str, Any] | None:
        """The metric, its direction, and how its values lie in each experiment of the page."""
        if self._ranking is None:
            return None
        scopes = {name: self._ranking.scope(name) for name in {run.experiment for run in runs}}
        return {
            "name": self._ranking.metric,
            "direction": "min" if self._ranking.smallest else "max",
            "experiments": {
                name: {"best": finite(scope.best), "worst": finite(scope.worst), "count": scope.runs}
                for name, scope in scopes.items()
                if scope is not None
            },
        }

    def _metric(self, run: Run) -> Metric | None:
        return None if self._ranking is None else metrics_by_name(run).get(self._ranking.metric)

    def _rank(self, run: Run, metric: Metric | None) -> int | None:
        # What a run that goes on has so far is no result yet: it has no place among the others.
        if metric is None or self._ranking is None or math.isnan(metric.value) or run.state is State.RUNNING:
            return None
        return self._ranking.rank(run.experiment, metric.value)


def _commonest(runs: Sequence[Run]) -> str | None:
    if not runs:
        return None
    experiment = max(runs, key=lambda run: run.started_at).experiment
    counts = Counter(name for run in runs if run.experiment == experiment for name in metrics_by_name(run))
    return counts.most_common(1)[0][0] if counts else None


def _sparkline(store: Store, run: Run, metric: Metric | None) -> list[float | None] | None:
    curves = [one for one in (metric, *run.metrics) if one is not None and one.points > 1]
    if not curves:
        return None
    points = store.points(run.id, curves[0].name, dataset=curves[0].dataset)
    return [point.value if math.isfinite(point.value) else None for point in thinned(points, _SPARKLINE)]
