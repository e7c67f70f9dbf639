"""What must stay: the one place that says which bytes are needed, and which runs may not be removed.

A feature whose rows refer to stored bytes or to runs adds its query here; garbage collection, removal and ``doctor``
go by nothing else.
"""

from __future__ import annotations

import sqlite3

__all__ = ["BLOBS", "RUNS", "needed_blobs", "reasons_to_stay"]

# Each query gives digests of blobs that must stay.
BLOBS = (
    # Models of the runs there are.
    "SELECT b.blob FROM model_blobs b WHERE b.model IN (SELECT model_digest FROM runs WHERE model_stored = 1)",
    # Figures that executions showed, and data kept on request.
    "SELECT blob FROM attachments",
)

# Each query gives the row number of a run that may not be removed, and why, as the end of a sentence that begins
# with the run's label; with what to do about it.
RUNS = (
    """
    SELECT r.pk, 'is still being trained: interrupt its cell, or wait for it'
    FROM runs r WHERE r.state = 'RUNNING'
    """,
    """
    SELECT v.run AS pk, 'is ' || m.name || ':v' || v.version || ', and a registered version is never removed'
    FROM model_versions v JOIN registered_models m ON m.pk = v.model
    """,
    "SELECT run AS pk, 'was exported as ' || name || ', and a run that was exported is kept' FROM exports",
)


def needed_blobs() -> str:
    """A query of all digests that must stay, for use as a subquery."""
    return " UNION ALL ".join(BLOBS)


def reasons_to_stay(connection: sqlite3.Connection, run_pk: int) -> list[str]:
    """Why a run may not be removed; empty: it may."""
    found: list[str] = []
    for query in RUNS:
        rows = connection.execute(f"SELECT * FROM ({query}) WHERE pk = ?", (run_pk,))  # noqa: S608 - the queries are ours
        found += [reason for _, reason in rows]
    return found
