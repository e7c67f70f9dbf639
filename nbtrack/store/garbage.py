"""Garbage collection: freeing stored bytes that nothing needs any more.

In two phases. What nothing needs (see :mod:`nbtrack.store.roots`) is condemned first, and freed by a later collection,
once its grace period is over and only if nothing needs it still. Rows go in one transaction, files in later ones, each
under the store's write lock; a kernel that is about to record bytes looks under the same lock whether they are still
there, and writes them again if not (:func:`nbtrack.store.blobs.insert_blob`). So nothing that a run needs is ever
missing, whatever runs beside, and whenever any of them is killed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nbtrack.records import Collection, Garbage
from nbtrack.store.blobs import blob_files, digest_of_file
from nbtrack.store.durable import from_disk
from nbtrack.store.leftovers import leftovers
from nbtrack.store.packing import compress_files
from nbtrack.store.roots import needed_blobs
from nbtrack.store.store import Store
from nbtrack.store.values import from_json, to_json

__all__ = ["GRACE_SECONDS", "collect_garbage"]

GRACE_SECONDS = 3600.0
_LEAST_SECONDS = (
    600.0  # a younger file without a row may be one that a kernel is writing, whatever the grace period
)
_FILES_AT_ONCE = 200  # deleted under one holding of the lock, so that kernels need not wait


class _Loose(NamedTuple):
    """A file that no row of the database speaks of."""

    file: Path
    digest: str | None  # None: left half written
    size: int
    changed_at: float


def collect_garbage(
    store: Store, *, dry_run: bool = False, grace_seconds: float = GRACE_SECONDS, now: float | None = None
) -> Collection:
    """Condemn what nothing needs, free what was condemned at least ``grace_seconds`` ago, compress what shrinks.

    A dry run changes nothing: it tells what a real one would do. ``now`` is the time to go by, in seconds since the
    epoch; None: the clock's.

    Raises:
        StoreUnwritable: the store may only be read, and this is no dry run.
        StoreBusy: another process kept it locked.
    """
    now = time.time() if now is None else now
    if dry_run:
        with store.view() as connection:
            condemned = _condemned(connection, now)
    else:
        with store.writing() as connection:
            _condemn(connection, now)
            condemned = _condemned(connection, now)
            _forget(connection, [one.name for one in condemned if one.free_at + grace_seconds <= now])
    condemned = [_at(one, one.free_at + grace_seconds) for one in condemned]
    freed = [one for one in condemned if one.free_at <= now]
    gone = {one.name for one in freed}
    loose = [one for one in _loose_files(store) if one.digest not in gone]
    old = [one for one in loose if one.changed_at + max(grace_seconds, _LEAST_SECONDS) <= now]
    if not dry_run:
        _delete(store, [*_files_of(store.folder, gone), *(one.file for one in old)])
    freed += [_garbage(store.folder, one, now) for one in old]
    packed = compress_files(store, dry_run=dry_run)
    return Collection(
        dry_run=dry_run,
        grace_seconds=grace_seconds,
        freed=tuple(freed),
        waiting=tuple([one for one in condemned if one.free_at > now]),
        compressed=packed.files,
        saved_bytes=packed.saved_bytes,
    )


def _at(one: Garbage, free_at: float) -> Garbage:
    return Garbage(name=one.name, size_bytes=one.size_bytes, runs=one.runs, free_at=free_at)


def _condemn(connection: sqlite3.Connection, now: float) -> None:
    """Mark what nothing needs, from now on, and unmark what something needs again."""
    # A clock that was set back must not keep anything condemned into the future.
    connection.execute(
        "UPDATE blobs SET condemned_at = MIN(COALESCE(condemned_at, ?1), ?1) "  # noqa: S608 - our queries
        f"WHERE digest NOT IN ({needed_blobs()})",
        (now,),
    )
    connection.execute(
        f"UPDATE blobs SET condemned_at = NULL WHERE condemned_at IS NOT NULL AND digest IN ({needed_blobs()})"  # noqa: S608 - as above
    )


def _condemned(connection: sqlite3.Connection, now: float) -> list[Garbage]:
    """What nothing needs; ``free_at`` is when it was condemned, or would be."""
    rows = connection.execute(
        "SELECT digest, stored, COALESCE(condemned_at, ?), "  # noqa: S608 - as above
        "(SELECT json_group_array(t.label) FROM tombstones t WHERE EXISTS "
        "(SELECT 1 FROM json_each(t.blobs) WHERE value = digest)) "
        f"FROM blobs WHERE digest NOT IN ({needed_blobs()}) ORDER BY stored DESC, digest",
        (now,),
    )
    return [
        Garbage(name=digest, size_bytes=size, runs=tuple(from_json(labels)), free_at=at)
        for digest, size, at, labels in rows
    ]


def _forget(connection: sqlite3.Connection, digests: list[str]) -> None:
    """Delete the rows of these blobs, and of the models that consisted of any of them."""
    given = to_json(digests)
    connection.execute(
        "DELETE FROM models WHERE digest IN "
        "(SELECT model FROM model_blobs WHERE blob IN (SELECT value FROM json_each(?)))",
        (given,),
    )
    connection.execute("DELETE FROM blobs WHERE digest IN (SELECT value FROM json_each(?))", (given,))


def _loose_files(store: Store) -> list[_Loose]:
    files = list(_all_files(store.folder))
    with store.view() as connection:  # after the files: what is recorded meanwhile is known then
        known = {digest for (digest,) in connection.execute("SELECT digest FROM blobs WHERE data IS NULL")}
    return [one for one in files if one.digest not in known]


def _all_files(folder: Path) -> Iterator[_Loose]:
    """Files that this package wrote; what else somebody put there is not ours to delete."""
    blobs = (file for file in (folder / "blobs").glob("?/*") if digest_of_file(file) is not None)
    for file in (*blobs, *leftovers(folder)):
        digest = digest_of_file(file)
        with suppress(FileNotFoundError):
            status = file.lstat()
            yield _Loose(file, digest, status.st_size, status.st_mtime)


def _files_of(folder: Path, digests: Iterable[str]) -> Iterator[Path]:
    for digest in digests:
        yield from blob_files(folder, digest)


def _garbage(folder: Path, one: _Loose, now: float) -> Garbage:
    name = one.digest or str(one.file.relative_to(folder))
    return Garbage(name=name, size_bytes=one.size, free_at=now)


def _delete(store: Store, files: Iterable[Path]) -> None:
    """Delete files, but for those that were recorded meanwhile."""
    rest = iter(files)
    while batch := list(islice(rest, _FILES_AT_ONCE)):
        with store.writing() as connection:
            for file in batch:
                digest = digest_of_file(file)
                known = connection.execute("SELECT 1 FROM blobs WHERE digest = ?", (digest,)).fetchone()
                if known is None:
                    with suppress(FileNotFoundError), from_disk(file):
                        file.unlink()
