"""The names that runs have: for menus, for completing a query, for the metric that is shown first."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from nbtrack.store.search import Request, find

__all__ = ["MetricName", "Names", "names"]

_NEWEST = 1000  # runs among which names are counted
_MOST = 1000  # names of each kind
_VALUES = 20  # of a tag


class MetricName(NamedTuple):
    """A metric's name, how many of the newest runs have it, and whether one of them has a curve of it."""

    name: str
    runs: int
    curve: bool


class Names(NamedTuple):
    """Names, the commonest first; params with how many of the newest runs have chosen them, tags with their values."""

    metrics: list[MetricName]
    params: list[tuple[str, int]]
    tags: list[tuple[str, list[str]]]
    experiments: list[str]
    notebooks: list[str]
    models: list[str]


def names(
    connection: sqlite3.Connection, *, experiment: str | None = None, notebook: str | None = None
) -> Names:
    """Names that the newest runs of an experiment or notebook have; where neither is given, all there are."""
    newest = find(connection, Request(limit=_NEWEST, experiment=experiment, notebook=notebook))
    scope = "run IN (SELECT value FROM json_each(?))"
    pks = (str(newest),)
    metrics = connection.execute(
        "SELECT n.name, COUNT(DISTINCT m.run), MAX(m.points) > 1 FROM metrics m JOIN names n ON n.pk = m.name "  # noqa: S608 - values are bound
        f"WHERE m.{scope} GROUP BY n.name ORDER BY 2 DESC, n.name LIMIT {_MOST}",
        pks,
    ).fetchall()
    params = connection.execute(
        "SELECT n.name, COUNT(DISTINCT CASE WHEN p.chosen THEN p.run END) FROM run_params p "  # noqa: S608 - as above
        f"JOIN names n ON n.pk = p.name WHERE p.{scope} GROUP BY n.name ORDER BY 2 DESC, n.name LIMIT {_MOST}",
        pks,
    ).fetchall()
    found = Names(
        [MetricName(name, count, bool(curve)) for name, count, curve in metrics],
        [(name, count) for name, count in params],
        _tags(connection, scope, pks),
        _column(connection, "SELECT x.name FROM experiments x WHERE EXISTS "
                "(SELECT 1 FROM runs WHERE experiment = x.pk) ORDER BY x.pk DESC"),
        # A notebook's name may change while its kernel lives: sessions have the first, executions the later ones.
        _column(connection, "SELECT notebook_path FROM sessions WHERE notebook_path IS NOT NULL UNION "
                "SELECT e.notebook_path FROM runs r JOIN executions e ON e.pk = r.execution WHERE r.pk IN "
                "(SELECT value FROM json_each(?)) AND e.notebook_path IS NOT NULL ORDER BY 1", *pks),
        _column(connection, "SELECT DISTINCT name FROM classes ORDER BY name"),
    )  # fmt: skip
    return found if experiment is not None or notebook is not None else _with_older(connection, found)


def _tags(connection: sqlite3.Connection, scope: str, pks: tuple[str]) -> list[tuple[str, list[str]]]:
    values: dict[str, list[str]] = {}
    rows = connection.execute(
        f"SELECT name, value FROM run_tags WHERE {scope} GROUP BY name, value "  # noqa: S608 - values are bound
        f"ORDER BY COUNT(*) DESC, name, value LIMIT {_MOST}",
        pks,
    )
    for name, value in rows:
        if len(values.setdefault(name, [])) < _VALUES:
            values[name].append(value)
    return list(values.items())


def _column(connection: sqlite3.Connection, sql: str, *values: str) -> list[str]:
    return [row[0] for row in connection.execute(f"{sql} LIMIT {_MOST}", values)]


def _with_older(connection: sqlite3.Connection, found: Names) -> Names:
    """With the names that only older runs have, at the end."""
    known = {one.name for one in found.metrics}
    metrics = _column(
        connection, "SELECT name FROM names n WHERE EXISTS (SELECT 1 FROM metrics WHERE name = n.pk)"
    )
    params = _column(
        connection, "SELECT name FROM names n WHERE EXISTS (SELECT 1 FROM params WHERE name = n.pk)"
    )
    chosen = {name for name, _ in found.params}
    return found._replace(
        metrics=found.metrics + [MetricName(name, 0, curve=False) for name in metrics if name not in known],
        params=found.params + [(name, 0) for name in params if name not in chosen],
    )
