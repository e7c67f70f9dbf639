"""Outcomes of scored rows, in and out of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from nbtrack.records import Outcomes
from nbtrack.store.building import check
from nbtrack.store.values import clean, seal

__all__ = ["read_outcomes", "write_outcomes"]


def write_outcomes(connection: sqlite3.Connection, found: Iterable[tuple[int, Outcomes]]) -> None:
    """Add outcomes to their runs, given by row number; of one run and dataset the latest of each kind stays."""
    for run_pk, each in found:
        values = (run_pk, clean(each.dataset), each.kind, each.truth, each.rows, each.data)
        connection.execute(
            "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, seal(*values))
        )


def read_outcomes(connection: sqlite3.Connection, run_id: str) -> tuple[Outcomes, ...]:
    """The outcomes of a run's scored data.

    Raises:
        StoreCorrupt: a row is not what was written.
    """
    rows = connection.execute(
        "SELECT o.run, o.dataset, o.kind, o.truth, o.rows, o.data, o.seal "
        "FROM outcomes o JOIN runs r ON r.pk = o.run WHERE r.id = ?",
        (run_id,),
    ).fetchall()
    for *values, sealed in rows:
        check(values, sealed, f"outcomes on {values[1]!r}")
    return tuple(
        Outcomes(run_id=run_id, dataset=dataset, kind=kind, truth=truth, rows=count, data=data)
        for _, dataset, kind, truth, count, data, _ in rows
    )
