"""Removing runs: what they were leaves the database, a tombstone stays, their bytes are left to garbage collection.

Rows that runs share (params, contents of data, cell texts, environments) stay, since open sessions remember where they
are; so do executions, which the slices of other runs may go through.
"""

from __future__ import annotations

import platform
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace

from nbtrack.errors import UsageError
from nbtrack.records import Tombstone
from nbtrack.store.building import check
from nbtrack.store.chain import user
from nbtrack.store.roots import needed_blobs, reasons_to_stay
from nbtrack.store.store import Store
from nbtrack.store.values import clean, from_json, seal, to_json

__all__ = ["remove_runs", "tombstones"]

_COLUMNS = "run_id, label, experiment, started_at, removed_at, removed_by, model, datasets, files, blobs"
_DATASETS = "SELECT digest FROM run_datasets JOIN contents ON pk = content WHERE run = ? ORDER BY position"
_FILES = "SELECT digest FROM run_files JOIN files ON pk = file WHERE run = ? ORDER BY position"
_MODEL_BLOBS = (
    "SELECT b.blob FROM model_blobs b JOIN runs r ON r.model_digest = b.model "
    "WHERE r.pk = ? AND r.model_stored = 1 ORDER BY b.position"
)
# Of an execution that no other run was made in.
_ATTACHED = (
    "FROM attachments WHERE execution = (SELECT execution FROM runs WHERE pk = ?1) AND NOT EXISTS "
    "(SELECT 1 FROM runs o WHERE o.execution = attachments.execution AND o.pk <> ?1)"
)


def remove_runs(store: Store, refs: Sequence[str]) -> tuple[Tombstone, ...]:
    """Remove the runs that ``refs`` name, all or none of them.

    Raises:
        UnknownRun, AmbiguousRun: a reference names no run, or several.
        UsageError: a run must stay; the message says why.
    """
    ids = list(dict.fromkeys(store.get_run(ref).id for ref in refs))
    with store.writing() as connection:
        found = [_row_of(connection, run_id) for run_id in ids]
        reasons = [f"{label} {reason}." for pk, label in found for reason in reasons_to_stay(connection, pk)]
        if reasons:
            raise UsageError(" ".join(["Nothing was removed:", *reasons]))
        return tuple([_remove(connection, pk) for pk, _ in found])


def tombstones(store: Store) -> list[Tombstone]:
    """What remains of the runs that were removed, the last removed first."""
    with store.view() as connection:
        rows = connection.execute(
            f"SELECT {_COLUMNS}, seal FROM tombstones ORDER BY removed_at DESC"  # noqa: S608 - the columns are ours
        ).fetchall()
    for *row, sealed in rows:
        check(row, sealed, f"the tombstone of {row[1]}")
    names = _COLUMNS.split(", ")
    return [_tombstone(dict(zip(names, row[:-1], strict=True))) for row in rows]


def _tombstone(row: dict[str, object]) -> Tombstone:
    lists = {name: tuple(from_json(str(row[name]))) for name in ("datasets", "files", "blobs")}
    return Tombstone(**{**row, **lists})  # type: ignore[arg-type]


def _row_of(connection: sqlite3.Connection, run_id: str) -> tuple[int, str]:
    row = connection.execute("SELECT pk, label FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise UsageError(f"Nothing was removed: the run {run_id} was removed by somebody else meanwhile.")
    return int(row[0]), str(row[1])


def _remove(connection: sqlite3.Connection, pk: int) -> Tombstone:
    stone = _described(connection, pk)
    row = (
        stone.run_id,
        stone.label,
        stone.experiment,
        stone.started_at,
        stone.removed_at,
        stone.removed_by,
        stone.model,
        to_json(stone.datasets),
        to_json(stone.files),
        to_json(stone.blobs),
    )
    marks = ", ".join("?" * (len(row) + 1))
    connection.execute(f"INSERT INTO tombstones ({_COLUMNS}, seal) VALUES ({marks})", (*row, seal(*row)))  # noqa: S608 - as above
    connection.execute(f"DELETE {_ATTACHED}", (pk,))
    connection.execute("DELETE FROM runs WHERE pk = ?", (pk,))
    freed = connection.execute(
        f"SELECT TOTAL(stored) FROM blobs WHERE digest IN (SELECT value FROM json_each(?)) "  # noqa: S608 - as above
        f"AND digest NOT IN ({needed_blobs()})",
        (to_json(stone.blobs),),
    ).fetchone()[0]
    return replace(stone, freed_bytes=int(freed))


def _described(connection: sqlite3.Connection, pk: int) -> Tombstone:
    run_id, label, experiment, started_at, model = connection.execute(
        "SELECT r.id, r.label, x.name, r.started_at, r.model_digest FROM runs r "
        "JOIN experiments x ON x.pk = r.experiment WHERE r.pk = ?",
        (pk,),
    ).fetchone()

    def digests(query: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys([digest for (digest,) in connection.execute(query, (pk,))]))

    return Tombstone(
        run_id=run_id,
        label=label,
        experiment=experiment,
        started_at=started_at,
        removed_at=time.time(),
        removed_by=clean(f"{user()}@{platform.node()}"),
        model=model,
        datasets=digests(_DATASETS),
        files=digests(_FILES),
        blobs=digests(_MODEL_BLOBS) + digests(f"SELECT blob {_ATTACHED}"),
    )
