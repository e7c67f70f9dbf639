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
        best = "MIN(m.value)" if smallest else "MAX(m.value)"
        rows = connection.execute(
            f"SELECT x.name, {best} FROM metrics m JOIN runs r ON r.pk = m.run "  # noqa: S608 - one of two constants
            "JOIN experiments x ON x.pk = r.experiment WHERE m.name = (SELECT pk FROM names WHERE name = ?) "
            "AND m.value IS NOT NULL GROUP BY m.run",
            (metric,),
        )
        values: dict[str, list[float]] = defaultdict(list)
        for experiment, value in rows:
            # Kept so that the smaller is the better.
            values[experiment].append(value if smallest else -value)
        self._values = {experiment: sorted(of) for experiment, of in values.items()}

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
