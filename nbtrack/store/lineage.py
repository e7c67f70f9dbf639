"""Where data, files and models occur: the runs and executions that used or made them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nbtrack.store.store import Store

__all__ = [
    "Occurrence",
    "digests_like",
    "paths_like",
    "runs_made_by",
    "runs_with_digest",
    "runs_with_file",
    "session_of",
]


class Occurrence(NamedTuple):
    """A digest and what has it: ``dataset``, ``file`` or ``model``."""

    digest: str
    kind: str


def digests_like(store: Store, prefix: str, limit: int = 12) -> list[Occurrence]:
    """The digests of data, files and models that begin so, at most ``limit`` of each kind."""
    found: list[Occurrence] = []
    queries = (
        ("dataset", "SELECT DISTINCT digest FROM contents WHERE digest >= ?1 AND digest < ?2 LIMIT ?3"),
        ("file", "SELECT DISTINCT digest FROM files WHERE digest >= ?1 AND digest < ?2 LIMIT ?3"),
        (
            "model",
            "SELECT DISTINCT model_digest FROM runs WHERE model_digest >= ?1 AND model_digest < ?2 LIMIT ?3",
        ),
    )
    with store.view() as connection:
        for kind, sql in queries:
            rows = connection.execute(sql, (prefix, prefix + "g", limit)).fetchall()
            found += [Occurrence(digest, kind) for (digest,) in rows]
    return found


def paths_like(store: Store, path: str) -> list[str]:
    """The paths of files that runs or executions read or wrote and that are or end in ``path``."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT path FROM files UNION SELECT path FROM execution_files ORDER BY 1"
        ).fetchall()
    known = [each for (each,) in rows]
    return [path] if path in known else [each for each in known if each.endswith(f"/{path}")]


def runs_with_digest(store: Store, digest: str, kind: str, limit: int) -> list[str]:
    """Ids of the newest runs that used the data, read the file, or made the model."""
    sql = {
        "dataset": "run_datasets d JOIN contents c ON c.pk = d.content JOIN runs r ON r.pk = d.run WHERE c.digest = ?",
        "file": "run_files f JOIN files c ON c.pk = f.file JOIN runs r ON r.pk = f.run WHERE c.digest = ?",
        "model": "runs r WHERE r.model_digest = ?",
    }[kind]
    return _runs(store, sql, digest, limit)


def runs_with_file(store: Store, path: str, limit: int) -> list[str]:
    """Ids of the newest runs that read the file at a path, in whatever state it was."""
    sql = "run_files f JOIN files c ON c.pk = f.file JOIN runs r ON r.pk = f.run WHERE c.path = ?"
    return _runs(store, sql, path, limit)


def _runs(store: Store, sql: str, value: str, limit: int) -> list[str]:
    with store.view() as connection:
        rows = connection.execute(
            f"SELECT DISTINCT r.id, r.started_at FROM {sql} ORDER BY r.started_at DESC LIMIT ?",  # noqa: S608 - the tables are ours
            (value, limit),
        )
        return [row[0] for row in rows]


def runs_made_by(store: Store, execution_ids: Iterable[str]) -> list[tuple[str, str]]:
    """``(execution id, run id)`` of the runs that these executions made, in order."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT e.id, r.id FROM executions e JOIN runs r ON r.execution = e.pk "
            "WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY r.started_at, r.pk",
            (json.dumps(list(execution_ids)),),
        )
        return rows.fetchall()


def session_of(store: Store, execution_id: str) -> str | None:
    """The id of the session that an execution belongs to; None where the store does not have it."""
    with store.view() as connection:
        row = connection.execute(
            "SELECT s.id FROM executions e JOIN sessions s ON s.pk = e.session WHERE e.id = ?",
            (execution_id,),
        ).fetchone()
    return None if row is None else row[0]
