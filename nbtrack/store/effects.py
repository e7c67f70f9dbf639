"""What executions did and needed, and the files they read and wrote."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from nbtrack.errors import StoreCorrupt
from nbtrack.records import Effects, FileUse
from nbtrack.store.building import check
from nbtrack.store.values import clean, from_json, seal, to_json

if TYPE_CHECKING:
    from nbtrack.store.store import Store

__all__ = [
    "read_effects",
    "read_file_uses",
    "uses_of_file",
    "write_effects",
    "write_file_uses",
    "writers_of_file",
]

_EFFECTS = "f.execution, f.needs, f.draws, f.mutates, f.deletes, f.opaque, f.unseeded"


def write_effects(
    connection: sqlite3.Connection, execution_pk: int, session_pk: int, effects: Effects
) -> None:
    """Keep the effects of an execution, in the open transaction; what they refer to is written before."""
    row = (
        execution_pk,
        to_json(_sequences(connection, session_pk, effects.needs)),
        to_json({key: _sequences(connection, session_pk, ids) for key, ids in effects.draws.items()}),
        to_json(sorted(effects.mutates)),
        to_json(sorted(effects.deletes)),
        to_json([clean(each) for each in effects.opaque]),
        to_json(sorted(effects.unseeded)),
    )
    connection.execute("INSERT OR REPLACE INTO effects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, seal(*row)))


def _sequences(connection: sqlite3.Connection, session_pk: int, ids: tuple[str, ...]) -> list[int]:
    if not ids:
        return []
    rows = connection.execute(
        f"SELECT sequence FROM executions WHERE session = ? AND id IN ({', '.join('?' * len(ids))}) ORDER BY sequence",  # noqa: S608 - values are bound
        (session_pk, *ids),
    )
    return [sequence for (sequence,) in rows]


def read_effects(store: Store, session_id: str, execution_ids: Collection[str]) -> dict[str, Effects]:
    """The effects of these executions of a session by id; those whose effects were not followed are left out.

    What they needed is named as far as it is among these.

    Raises:
        StoreCorrupt: a row is not what was written.
    """
    with store.view() as connection:
        ids: dict[int, str] = {}
        rows = connection.execute(
            f"SELECT e.id, e.sequence, e.reads, e.writes, f.seal, {_EFFECTS} FROM executions e "  # noqa: S608 - the columns are ours
            "JOIN sessions s ON s.pk = e.session LEFT JOIN effects f ON f.execution = e.pk "
            "WHERE s.id = ? AND e.id IN (SELECT value FROM json_each(?)) ORDER BY e.sequence",
            (session_id, json.dumps(list(execution_ids))),
        ).fetchall()
    found: dict[str, Effects] = {}
    for execution_id, sequence, reads, writes, sealed, *row in rows:
        ids[sequence] = execution_id
        if sealed is None:
            continue
        if seal(*row) != sealed:
            raise StoreCorrupt(
                f"What execution {execution_id} needed is not what was written. Run `nbtrack doctor --full`."
            )
        found[execution_id] = _effects(reads, writes, row, ids)
    return found


def _effects(reads: str | None, writes: str | None, row: list[Any], ids: dict[int, str]) -> Effects:
    needs, draws, mutates, deletes, opaque, unseeded = (from_json(each) for each in row[1:])
    return Effects(
        reads=frozenset(from_json(reads) if reads else ()),
        writes=frozenset(from_json(writes) if writes else ()),
        deletes=frozenset(deletes),
        mutates=frozenset(mutates),
        opaque=tuple(opaque),
        unseeded=frozenset(unseeded),
        needs=tuple(ids[each] for each in needs if each in ids),
        draws={stream: tuple(ids[each] for each in drew if each in ids) for stream, drew in draws.items()},
    )


def write_file_uses(connection: sqlite3.Connection, uses: Iterable[tuple[int | None, FileUse]]) -> None:
    """Keep which files executions, given by their row numbers, read and wrote, in the open transaction."""
    connection.executemany(
        "INSERT INTO execution_files VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns, digest = excluded.digest, "
        "seal = excluded.seal WHERE excluded.digest IS NOT NULL",
        [(*row, seal(*row)) for pk, use in uses if pk is not None for row in [_use_row(pk, use)]],
    )


def _use_row(pk: int, use: FileUse) -> tuple[int, str, int, int, int, str | None]:
    return (pk, clean(use.path), int(use.generated), use.size_bytes, use.modified_ns, use.digest)


_USES = (
    "SELECT e.id, f.seal, f.execution, f.path, f.generated, f.size_bytes, f.modified_ns, f.digest "
    "FROM execution_files f "
    "JOIN executions e ON e.pk = f.execution "
)


def read_file_uses(store: Store, execution_ids: Iterable[str]) -> list[FileUse]:
    """The files that these executions read and wrote, in the order they were stored."""
    sql = f"{_USES} WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY e.pk, f.generated, f.path"  # noqa: S608 - the columns are ours
    return _uses(store, sql, json.dumps(list(execution_ids)))


def uses_of_file(store: Store, path: str) -> list[FileUse]:
    """Who read and wrote the file at a path, in the order it was stored."""
    return _uses(store, f"{_USES} WHERE f.path = ? ORDER BY e.pk, f.generated", path)


def writers_of_file(store: Store, path: str, modified_ns: int) -> list[FileUse]:
    """Who wrote the file at a path in the state that was last modified then."""
    sql = f"{_USES} WHERE f.path = ? AND f.modified_ns = ? AND f.generated = 1 ORDER BY e.pk"
    return _uses(store, sql, path, modified_ns)


def _uses(store: Store, sql: str, *values: object) -> list[FileUse]:
    with store.view() as connection:
        rows = connection.execute(sql, values).fetchall()
    for id_, sealed, *row in rows:
        check(row, sealed, f"a file of execution {id_}")
    return [
        FileUse(
            execution_id=id_, path=name, generated=bool(wrote), size_bytes=size, modified_ns=at, digest=digest
        )
        for id_, _, _, name, wrote, size, at, digest in rows
    ]
