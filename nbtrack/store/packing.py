"""Compressing stored files afterwards, where that pays.

A training cell waits for its model to be durable, and writing is quicker than compressing: so files are written as they
are, and garbage collection compresses those that a look at a sample finds to shrink: the trees of forests do, weights
do not. The compressed file is durable before the row says so, and the plain one goes after that, each under the store's
write lock: whoever reads meanwhile, or whenever this is killed, finds the bytes in the one place or the other.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import NamedTuple

from nbtrack.errors import BlobCorrupt
from nbtrack.store.blobs import blob_file, read_blob, write_packed
from nbtrack.store.durable import from_disk
from nbtrack.store.encoding import encoded, shrinks
from nbtrack.store.store import Store

__all__ = ["Packed", "compress_files"]


class Packed(NamedTuple):
    """How many files were compressed, and how many bytes that saved (of a dry run: will at least be looked at)."""

    files: int = 0
    saved_bytes: int = 0


def compress_files(store: Store, *, dry_run: bool = False) -> Packed:
    """Compress the files of blobs that shrink by a quarter or more.

    A dry run reads a sample of each and tells how many there are and how many bytes they have.

    Raises:
        StoreUnwritable: the store may only be read, or the disk is full, and this is no dry run.
        StoreBusy: another process kept it locked.
    """
    count = saved = 0
    for digest, size in _plain(store):
        file = blob_file(store.folder, digest, "raw")
        # Gone since, or damaged: that is for doctor to tell.
        with suppress(OSError, BlobCorrupt):
            if shrinks(file, size):
                less = size if dry_run else _compress(store, digest, size)
                count += less > 0
                saved += less
    if not dry_run:
        _sweep(store)
    return Packed(count, saved)


def _plain(store: Store) -> list[tuple[str, int]]:
    """Digest and size of the blobs that are kept as files as they are, and needed."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT digest, size FROM blobs WHERE data IS NULL AND encoding = 'raw' AND condemned_at IS NULL"
        )
        return [(digest, size) for digest, size in rows]


def _compress(store: Store, digest: str, size: int) -> int:
    """Compress one file; the bytes that were saved."""
    with store.view() as connection:
        data = read_blob(connection, store.folder, digest, f"the blob {digest}")
    encoding, small = encoded(memoryview(data))
    if encoding == "raw":
        return 0
    write_packed(store.folder, digest, encoding, small)
    with store.writing() as connection:
        changed = connection.execute(
            "UPDATE blobs SET encoding = ?, stored = ? WHERE digest = ? AND data IS NULL AND encoding = 'raw'",
            (encoding, len(small), digest),
        ).rowcount
    with store.writing() as connection:
        _drop_plain(connection, store, digest)
    return size - len(small) if changed else 0


def _sweep(store: Store) -> None:
    """Take away plain files that are left beside compressed ones, as by a killed collection."""
    with store.view() as connection:
        rows = connection.execute("SELECT digest FROM blobs WHERE encoding <> 'raw' AND data IS NULL")
        left = [digest for (digest,) in rows if blob_file(store.folder, digest, "raw").exists()]
    for digest in left:
        with store.writing() as connection:
            _drop_plain(connection, store, digest)


def _drop_plain(connection: sqlite3.Connection, store: Store, digest: str) -> None:
    """Delete the plain file if the row, as it is under the lock, says that a compressed one is what is kept."""
    row = connection.execute("SELECT encoding FROM blobs WHERE digest = ?", (digest,)).fetchone()
    if row is not None and row[0] != "raw" and blob_file(store.folder, digest, row[0]).exists():
        plain = blob_file(store.folder, digest, "raw")
        with suppress(FileNotFoundError), from_disk(plain):
            plain.unlink()
