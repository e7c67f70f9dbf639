"""Data that runs were measured on, in and out of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from nbtrack.records import Scored
from nbtrack.store.building import check
from nbtrack.store.values import clean, clean_or_none, seal

if TYPE_CHECKING:
    from nbtrack.store.store import Store

__all__ = ["scored_data", "write_scored"]


def write_scored(connection: sqlite3.Connection, found: Iterable[tuple[int, Scored]]) -> None:
    """Add data to the runs that were measured on it, given by row number; of one run and name the latest stays."""
    for run_pk, each in found:
        values = (
            run_pk,
            clean(each.dataset),
            each.rows,
            clean_or_none(each.inputs),
            each.digest,
            each.truth,
            each.shared,
            clean(each.reason),
        )
        connection.execute(
            "INSERT OR REPLACE INTO scored VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, seal(*values))
        )


def scored_data(store: Store, run_id: str) -> tuple[Scored, ...]:
    """The data that a run was measured on.

    Raises:
        StoreCorrupt: a row is not what was written.
    """
    with store.view() as connection:
        rows = connection.execute(
            "SELECT s.run, s.dataset, s.rows, s.inputs, s.digest, s.truth, s.shared, s.reason, s.seal "
            "FROM scored s JOIN runs r ON r.pk = s.run WHERE r.id = ? ORDER BY s.dataset",
            (run_id,),
        ).fetchall()
    found = []
    for *values, sealed in rows:
        check(values, sealed, f"scored data {values[1]!r}")
        _, dataset, count, inputs, digest, truth, shared, reason = values
        found.append(
            Scored(
                run_id=run_id, dataset=dataset, rows=count, inputs=inputs, digest=digest, truth=truth,
                shared=shared, reason=reason,
            )
        )  # fmt: skip
    return tuple(found)
