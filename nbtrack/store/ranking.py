"""Where a run's metric stands among those of its experiment."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections import defaultdict
from typing import NamedTuple

__all__ = ["Ranking", "Scope"]


class Scope(NamedTuple):
    """One experiment: its best and worst value of the metric, and how many runs have one."""

    best: float
    worst: float
    runs: int


class Ranking:
    """The values of one metric by experiment, each run once, as they stood at one moment."""

    def __init__(self, connection: sqlite3.Connection, metric: str, *, smallest: bool) -> None:
        self.metric = metric
        self.smallest = smallest
        # The index gives the values in order, worst first: of a run with several the last is its best.
        rows = connection.execute(
            "SELECT run, value FROM metrics INDEXED BY metrics_by_value "  # noqa: S608 - one of two constants
            "WHERE name = (SELECT pk FROM names WHERE name = ?) AND value IS NOT NULL "
            f"ORDER BY value {'DESC' if smallest else 'ASC'}",
            (metric,),
        )
        best = dict(rows.fetchall())
        names = dict(connection.execute("SELECT pk, name FROM experiments").fetchall())
        self._values = {
            names[experiment]: sorted(of if smallest else [-value for value in of])
            for experiment, of in _by_experiment(connection, best).items()
        }

    def rank(self, experiment: str, value: float) -> int:
        """1 for the best, the same for equal values; NaN comes last."""
        values = self._values.get(experiment, [])
        if value != value:  # noqa: PLR0124 - NaN
            return len(values) + 1
        return bisect_left(values, value if self.smallest else -value) + 1

    def scope(self, experiment: str) -> Scope | None:
        """The experiment's values in short; None: it has none."""
        values = self._values.get(experiment)
        if not values:
            return None
        sign = 1 if self.smallest else -1
        return Scope(sign * values[0], sign * values[-1], len(values))


def _by_experiment(connection: sqlite3.Connection, best: dict[int, float]) -> dict[int, list[float]]:
    rows = connection.execute("SELECT pk, experiment FROM runs INDEXED BY runs_by_experiment").fetchall()
    experiments = dict(rows)
    if len(set(experiments.values())) <= 1:  # the common case, without a step per run
        return {experiment: list(best.values()) for experiment in set(experiments.values()) if best}
    grouped: dict[int, list[float]] = defaultdict(list)
    for run, value in best.items():
        grouped[experiments[run]].append(value)
    return grouped
