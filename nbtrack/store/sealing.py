"""What a seal covers: the columns of runs and executions, and the rows that belong to a run, in a fixed order.

A column added to these in a later version of the schema needs a migration that seals every row anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, TypeAlias

from nbtrack.store.values import seal

__all__ = [
    "BELONGINGS_OF_MANY",
    "BELONGINGS_OF_ONE",
    "EXECUTION_COLUMNS",
    "RUN_COLUMNS",
    "Row",
    "Rows",
    "run_seal",
    "seal_execution",
    "seal_run",
]

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = list[Row]

RUN_COLUMNS = (
    "r.pk, r.id, r.label, r.name, r.state, r.experiment, r.execution, r.started_at, r.duration_seconds, "
    "r.capture_seconds, r.capture_notes, r.explicit, r.fits, r.starred, r.note, r.class, r.model_variable, "
    "r.model_digest, r.model_size, r.model_stored, r.model_retained, r.environment"
)
EXECUTION_COLUMNS = (
    "e.id, e.session, e.sequence, e.execution_count, e.cell_id, e.notebook_path, e.source, e.started_at, "
    "e.duration_seconds, e.state, e.error_name, e.error_message, e.error_traceback, e.error_line, e.reads, e.writes"
)
# What belongs to a run, in the order in which the seal covers it. Each begins with the run and is in order of place.
_BELONGINGS = {
    "params": (
        "SELECT run, position, param, execution, execution_id, name, chosen FROM run_params WHERE run {} "
        "ORDER BY run, position"
    ),
    "metrics": (
        "SELECT run, position, name, value, origin, variable, dataset, execution, execution_id, points, at "
        "FROM metrics WHERE run {} ORDER BY run, position"
    ),
    "datasets": (
        "SELECT run, position, name, role, content, size_bytes FROM run_datasets WHERE run {} ORDER BY run, position"
    ),
    "files": "SELECT run, position, file FROM run_files WHERE run {} ORDER BY run, position",
    "dependencies": (
        "SELECT run, position, execution, elsewhere FROM run_dependencies WHERE run {} ORDER BY run, position"
    ),
    "tags": "SELECT run, name, value FROM run_tags WHERE run {} ORDER BY run, name",
}
BELONGINGS_OF_MANY = {
    key: sql.format("IN (SELECT value FROM json_each(?))") for key, sql in _BELONGINGS.items()
}
BELONGINGS_OF_ONE = {key: sql.format("= ?") for key, sql in _BELONGINGS.items()}
_EXECUTION_ROW = f"SELECT {EXECUTION_COLUMNS} FROM executions e WHERE e.pk = ?"  # noqa: S608 - as above
_RUN_ROW = f"SELECT {RUN_COLUMNS} FROM runs r WHERE r.pk = ?"  # noqa: S608 - the columns are ours


def run_seal(row: Row, belongings: Iterable[Rows]) -> int:
    """The seal of a run: of its row and of the rows that belong to it."""
    return seal(row, *belongings)


def seal_run(connection: sqlite3.Connection, run_pk: int) -> None:
    """Compute the seal of a run from its rows as they are now, and write it."""
    row = connection.execute(_RUN_ROW, (run_pk,)).fetchone()
    belongings = [connection.execute(sql, (run_pk,)).fetchall() for sql in BELONGINGS_OF_ONE.values()]
    connection.execute("UPDATE runs SET seal = ? WHERE pk = ?", (run_seal(row, belongings), run_pk))


def seal_execution(connection: sqlite3.Connection, execution_pk: int) -> None:
    """The same for an execution."""
    row = connection.execute(_EXECUTION_ROW, (execution_pk,)).fetchone()
    connection.execute("UPDATE executions SET seal = ? WHERE pk = ?", (seal(*row), execution_pk))
