"""Cells behind executions: what they were when they ran, and what they were when they ran last."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nbtrack.store.store import Store

__all__ = ["CellRun", "cells_of", "last_runs_of", "texts_of"]


class CellRun(NamedTuple):
    """One execution of a cell; ``digest`` is of its text with secrets replaced, ``started_at`` in seconds."""

    execution_id: str
    execution_count: int | None
    cell_id: str | None
    notebook_path: str | None
    digest: str
    started_at: float


_COLUMNS = "e.id, e.execution_count, e.cell_id, e.notebook_path, t.digest, e.started_at"


def cells_of(store: Store, execution_ids: Iterable[str]) -> dict[str, CellRun]:
    """The executions with these ids, by id; those that are not in the store are left out."""
    with store.view() as connection:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM executions e JOIN sources t ON t.pk = e.source "  # noqa: S608 - the columns are ours
            "WHERE e.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(execution_ids)),),
        )
        return {row[0]: CellRun(*row) for row in rows}


def last_runs_of(
    store: Store, cells: Iterable[tuple[str | None, str]]
) -> dict[tuple[str | None, str], CellRun]:
    """The last execution of each cell, given by notebook path and cell id, by these."""
    found = {}
    with store.view() as connection:
        for place in dict.fromkeys(cells):
            # The newest first by the index: of a cell executed ten thousand times one is read.
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM executions e JOIN sources t ON t.pk = e.source "  # noqa: S608 - as above
                "WHERE e.notebook_path IS ? AND e.cell_id = ? ORDER BY e.started_at DESC, e.pk DESC LIMIT 1",
                place,
            ).fetchone()
            if row is not None:
                found[place] = CellRun(*row)
    return found


def texts_of(store: Store, digests: Iterable[str]) -> dict[str, str]:
    """The texts of cells by their digests."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT digest, text FROM sources WHERE digest IN (SELECT value FROM json_each(?))",
            (json.dumps(list(digests)),),
        )
        return dict(rows.fetchall())
