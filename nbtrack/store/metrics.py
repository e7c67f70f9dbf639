"""Metrics and their curves into rows, in the caller's transaction.

A metric is known by its name and the dataset it was measured on. What was once acknowledged stays: saving a run again,
a later cell, or a dead session's journal add to its metrics or bring them up to date, and never drop one. Points that
were logged one by one win over a curve that was handed over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbtrack.records import Metric, Point
from nbtrack.store.entries import Curves
from nbtrack.store.points import PIECE, Columns, pack, unpack
from nbtrack.store.reading import Reader
from nbtrack.store.values import clean, clean_or_none, metric_to_sql
from nbtrack.store.writing import Writer

__all__ = ["fold", "write_metrics"]

_TAIL = (
    512  # a shorter last piece is packed anew with what is added, so that many cells do not make many pieces
)


def write_metrics(
    connection: sqlite3.Connection, writer: Writer, run_pk: int, metrics: Sequence[Metric], *, new: bool
) -> tuple[Metric, ...]:
    """Add the metrics, with their curves, to those the run has; returns all it has then."""
    if not metrics and new:
        return ()
    logged = _logged(connection, run_pk) if not new else {}
    for metric in metrics:
        if metric.curve and (metric.name, metric.dataset) not in logged:
            _write_curve(connection, writer, run_pk, metric)
    merged = {} if new else {(one.name, one.dataset): one for one in Reader().metrics(connection, run_pk)}
    # In the order of the new ones: of several with one name the last is the most recent.
    told = [_with_curve(metric) for metric in metrics]
    keys = {(one.name, one.dataset) for one in told}
    rows = [*told, *(one for key, one in merged.items() if key not in keys)]
    rows += [
        Metric(name=name, dataset=dataset, value=0.0, origin="explicit")
        for name, dataset in logged
        if (name, dataset) not in keys and (name, dataset) not in merged
    ]
    result = tuple([_with_logged(one, logged) for one in rows])
    _replace(connection, writer, run_pk, result, new=new)
    return result


def fold(connection: sqlite3.Connection, writer: Writer, curves: Curves) -> set[int]:
    """Take the points of a journal into the database; returns the runs that got some.

    Points of a run that is not in the store any more are left out: it was deleted.
    """
    touched = set()
    for (run_id, name), points in curves.items():
        found = connection.execute("SELECT pk FROM runs WHERE id = ?", (run_id,)).fetchone()
        if found is not None and points:
            _append_points(
                connection, (found[0], writer.interned.name(connection, name), ""), points, logged=1
            )
            touched.add(int(found[0]))
    return touched


def _with_curve(metric: Metric) -> Metric:
    return replace(metric, points=len(metric.curve), curve=()) if metric.curve else metric


def _with_logged(metric: Metric, logged: dict[tuple[str, str | None], tuple[int, Point]]) -> Metric:
    found = logged.get((metric.name, metric.dataset))
    if found is None:
        return metric
    count, last = found
    return replace(metric, value=last.value, points=count, at=last.time)


def _logged(connection: sqlite3.Connection, run_pk: int) -> dict[tuple[str, str | None], tuple[int, Point]]:
    """Length and last point of the curves that were logged point by point."""
    rows = connection.execute(
        "SELECT names.name, dataset, MAX(first), count, data FROM points JOIN names ON names.pk = points.name "
        "WHERE run = ? AND logged = 1 GROUP BY points.name, dataset",
        (run_pk,),
    )
    return {
        (name, dataset or None): (first + count, unpack(data, count).points(count - 1)[0])
        for name, dataset, first, count, data in rows.fetchall()
    }


def _write_curve(connection: sqlite3.Connection, writer: Writer, run_pk: int, metric: Metric) -> None:
    name, dataset = writer.interned.name(connection, metric.name), clean(metric.dataset or "")
    connection.execute(
        "DELETE FROM points WHERE run = ? AND name = ? AND dataset = ?", (run_pk, name, dataset)
    )
    _append_points(connection, (run_pk, name, dataset), Columns.of(metric.curve), logged=0)


def _append_points(
    connection: sqlite3.Connection, key: tuple[int, int, str], points: Columns, *, logged: int
) -> None:
    # A logged point takes the place of a curve that was handed over before.
    connection.execute(
        "DELETE FROM points WHERE run = ? AND name = ? AND dataset = ? AND logged < ?", (*key, logged)
    )
    last = connection.execute(
        "SELECT first, count, data FROM points WHERE run = ? AND name = ? AND dataset = ? ORDER BY first DESC LIMIT 1",
        key,
    ).fetchone()
    first = 0
    if last is not None:
        first, count, data = last
        if count < _TAIL:
            tail = unpack(data, count)
            tail.extend(points.steps, points.micros, points.values)
            points = tail
            connection.execute(
                "DELETE FROM points WHERE run = ? AND name = ? AND dataset = ? AND first = ?", (*key, first)
            )
        else:
            first += count
    for start in range(0, len(points), PIECE):
        piece = points.part(start, start + PIECE)
        connection.execute(
            "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, first + start, len(piece), logged, pack(piece)),
        )


def _replace(
    connection: sqlite3.Connection, writer: Writer, run_pk: int, metrics: Iterable[Metric], *, new: bool
) -> None:
    if not new:
        connection.execute("DELETE FROM metrics WHERE run = ?", (run_pk,))
    connection.executemany(
        "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                run_pk,
                writer.interned.name(connection, metric.name),
                position,
                metric_to_sql(metric.value),
                metric.origin,
                clean_or_none(metric.variable),
                clean_or_none(metric.dataset),
                *writer.reference(connection, metric.execution_id),
                metric.points,
                None if metric.at is None else float(metric.at),
            )
            for position, metric in enumerate(metrics)
        ],
    )
