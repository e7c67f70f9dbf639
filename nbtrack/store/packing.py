"""Compressing stored files afterwards, where that pays.

A training cell waits for its model to be durable, and writing is quicker than compressing: so files are written as they
are. Kernels compress them while no cell runs, and garbage collection what is left, if a look at a sample finds them to
shrink: the trees of forests do, weights do not, which is noted, so that nobody looks again. The compressed files are
durable before a row says so, and the plain ones go after that, each under the store's write lock: whoever reads or
writes or compresses meanwhile, or whenever this is killed, finds the bytes in the one place or the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from nbtrack.errors import BlobCorrupt
from nbtrack.store.blobs import blob_file, read_blob, write_packed
from nbtrack.store.durable import from_disk
from nbtrack.store.encoding import can_compress, encoded, shrinks
from nbtrack.store.store import Store

__all__ = ["Packed", "compress_files"]

_AT_ONCE = 16  # files whose rows are changed in one transaction
# Larger ones (kept data: models are in pieces) fill memory, and are left to garbage collection.
_MOST_BYTES = 1 << 26


class Packed(NamedTuple):
    """How many files were compressed, and how many bytes that saved (of a dry run: will at least be looked at)."""

    files: int = 0
    saved_bytes: int = 0


def compress_files(
    store: Store, *, dry_run: bool = False, going_on: Callable[[], bool] | None = None
) -> Packed:
    """Compress the files of blobs that shrink by a quarter or more.

    A dry run reads a sample of each and tells how many there are and how many bytes they have. ``going_on`` is asked
    before each file whether there is time for it; where it is given, files that would take much memory are passed over.

    Raises:
        StoreUnwritable: the store may only be read, or the disk is full, and this is no dry run.
        StoreBusy: another process kept it locked.
    """
    if not can_compress():
        return Packed()
    packer = _Packer(store)
    for digest, size in _plain(store):
        if going_on is not None and (size > _MOST_BYTES or not going_on()):
            continue
        # Gone since, or damaged: that is for doctor to tell.
        with suppress(OSError, BlobCorrupt):
            if not shrinks(blob_file(store.folder, digest, "raw"), size):
                packer.dense.append(digest)
            elif dry_run:
                packer.files, packer.saved_bytes = packer.files + 1, packer.saved_bytes + size
            else:
                packer.compress(digest, size)
    if not dry_run:
        packer.record()
        if going_on is None or going_on():
            _sweep(store)
    return Packed(packer.files, packer.saved_bytes)


def _plain(store: Store) -> list[tuple[str, int]]:
    """Digest and size of the blobs that are kept as files as they are, needed, and not known to be dense."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT digest, size FROM blobs "
            "WHERE data IS NULL AND encoding = 'raw' AND dense = 0 AND condemned_at IS NULL"
        )
        return [(digest, size) for digest, size in rows]


class _Packer:
    """Compresses files, and records some of them at once."""

    def __init__(self, store: Store) -> None:
        self.files = self.saved_bytes = 0
        self.dense: list[str] = []
        self._store = store
        self._packed: list[tuple[str, int, str, int]] = []

    def compress(self, digest: str, size: int) -> None:
        """Compress one file, which stays until that is recorded."""
        store = self._store
        with store.view() as connection:
            row = connection.execute("SELECT encoding FROM blobs WHERE digest = ?", (digest,)).fetchone()
            if row is None or row[0] != "raw":
                return  # collected, or compressed by another process
            data = read_blob(connection, store.folder, digest, f"the blob {digest}")
        encoding, small = encoded(memoryview(data))
        if encoding == "raw":
            self.dense.append(digest)
            return
        write_packed(store.folder, digest, encoding, small)
        self._packed.append((digest, size, encoding, len(small)))
        if len(self._packed) >= _AT_ONCE:
            self.record()

    def record(self) -> None:
        """Say in the database what was found and done, then take the plain files away."""
        packed, self._packed = self._packed, []
        dense, self.dense = self.dense, []
        if not packed and not dense:
            return
        with self._store.writing() as connection:
            for digest, size, encoding, small in packed:
                changed = connection.execute(
                    "UPDATE blobs SET encoding = ?, stored = ? "
                    "WHERE digest = ? AND data IS NULL AND encoding = 'raw'",
                    (encoding, small, digest),
                ).rowcount
                self.files += changed
                self.saved_bytes += (size - small) * changed
            connection.executemany("UPDATE blobs SET dense = 1 WHERE digest = ?", [(one,) for one in dense])
        _drop(self._store, [digest for digest, *_ in packed])


def _sweep(store: Store) -> None:
    """Take away plain files that are left beside compressed ones, as by a killed collection."""
    with store.view() as connection:
        rows = connection.execute("SELECT digest FROM blobs WHERE encoding <> 'raw' AND data IS NULL")
        left = [digest for (digest,) in rows if blob_file(store.folder, digest, "raw").exists()]
    _drop(store, left)


def _drop(store: Store, digests: list[str]) -> None:
    for start in range(0, len(digests), _AT_ONCE):
        with store.writing() as connection:
            for digest in digests[start : start + _AT_ONCE]:
                _drop_plain(connection, store, digest)


def _drop_plain(connection: sqlite3.Connection, store: Store, digest: str) -> None:
    """Delete the plain file if the row, as it is under the lock, says that a compressed one is what is kept."""
    row = connection.execute("SELECT encoding FROM blobs WHERE digest = ?", (digest,)).fetchone()
    if row is not None and row[0] != "raw" and blob_file(store.folder, digest, row[0]).exists():
        plain = blob_file(store.folder, digest, "raw")
        with suppress(FileNotFoundError), from_disk(plain):
            plain.unlink()
