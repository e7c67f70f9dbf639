"""Where a run's metric stands among those of its experiment."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left
from collections import Counter, defaultdict
from typing import NamedTuple

from nbtrack.store.counting import counts

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
        rows = connection.execute(
            "SELECT run, value FROM metrics INDEXED BY metrics_by_value "
            "WHERE name = (SELECT pk FROM names WHERE name = ?)",
            (metric,),
        ).fetchall()
        values = dict(rows)
        if len(values) < len(rows):  # some runs have several
            values |= _counted(connection, metric, rows)
        values = {run: value for run, value in values.items() if value is not None}
        names = dict(connection.execute("SELECT pk, name FROM experiments").fetchall())
        self._values = {
            names[experiment]: sorted(of if smallest else [-value for value in of])
            for experiment, of in _by_experiment(connection, values).items()
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


def _counted(
    connection: sqlite3.Connection, metric: str, rows: list[tuple[int, float | None]]
) -> dict[int, float | None]:
    """The values that count of the runs that have more than one."""
    several = [run for run, count in Counter(run for run, _ in rows).items() if count > 1]
    found = connection.execute(
        "SELECT m.run, m.value FROM json_each(?) j CROSS JOIN metrics m ON m.run = j.value "  # noqa: S608 - a condition of ours
        f"WHERE m.name = (SELECT pk FROM names WHERE name = ?) AND {counts('m')}",
        (json.dumps(several), metric),
    )
    return dict(found.fetchall())


def _by_experiment(connection: sqlite3.Connection, best: dict[int, float]) -> dict[int, list[float]]:
    rows = connection.execute("SELECT pk, experiment FROM runs INDEXED BY runs_by_experiment").fetchall()
    experiments = dict(rows)
    if len(set(experiments.values())) <= 1:  # the common case, without a step per run
        return {experiment: list(best.values()) for experiment in set(experiments.values()) if best}
    grouped: dict[int, list[float]] = defaultdict(list)
    for run, value in best.items():
        grouped[experiments[run]].append(value)
    return grouped
