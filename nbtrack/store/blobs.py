"""Bytes under their digest: small ones in the database, others as files under ``blobs/``.

A file is written under a temporary name (0600, exclusive, no symlink followed), synced, made read-only, renamed,
and its folder synced, all before the transaction that names it: a row never points to bytes that a power cut can
take away. Reading verifies the digest before a byte is handed out.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from blake3 import blake3

from nbtrack.errors import BlobCorrupt, CaptureError, StoreUnwritable

__all__ = ["INLINE_BYTES", "Buffer", "blob_digest", "blob_path", "insert_blob", "read_blob", "write_files"]

INLINE_BYTES = 100_000  # up to about this size a row is faster than a file of its own
_HEX_DIGITS = 64
_MAPPED_BYTES = 1_000_000  # from this size on a blob is mapped rather than read
_CHANGED = "The model was changed while it was stored, so its bytes were not kept."
Buffer: TypeAlias = "bytes | memoryview | mmap.mmap"


def blob_digest(data: Buffer) -> str:
    """``b3:`` and the BLAKE3 of the bytes."""
    return "b3:" + blake3(data).hexdigest()


def blob_path(folder: Path, digest: str) -> Path:
    """Where the bytes of ``digest`` are kept as a file in the store's folder."""
    algorithm, _, text = digest.partition(":")
    if algorithm != "b3" or len(text) != _HEX_DIGITS or not set(text) <= set("0123456789abcdef"):
        raise BlobCorrupt(f"{digest!r} is not a digest of a blob.", digest)
    return folder / "blobs" / text[:2] / text[2:]


def write_files(folder: Path, blobs: Iterable[tuple[str, Buffer]]) -> None:
    """Write those that are too large for a row and not there yet; durable on return. Small ones are only checked.

    Raises:
        CaptureError: bytes that do not have their digest: they were changed since it was taken.
        StoreUnwritable: the disk is full or refuses.
    """
    folders = set()
    try:
        for digest, data in blobs:
            file = blob_path(folder, digest)
            if _size(data) <= INLINE_BYTES:
                if blob_digest(data) != digest:
                    raise CaptureError(_CHANGED)
            elif not _is_there(file, data):
                folders |= _write_file(file, digest, data)
        for each in sorted(folders):
            _sync_folder(each)
    except OSError as error:
        raise StoreUnwritable(f"A model cannot be stored in {folder}: {error.strerror}.") from error


def _size(data: Buffer) -> int:
    return memoryview(data).nbytes


def _is_there(file: Path, data: Buffer) -> bool:
    try:
        return file.lstat().st_size == _size(data)
    except OSError:
        return False


def _write_file(file: Path, digest: str, data: Buffer) -> set[Path]:
    made = set()
    if not file.parent.is_dir():
        file.parent.mkdir(mode=0o700, exist_ok=True)
        made.add(file.parent.parent)
    temporary = file.parent / f".{os.getpid()}-{os.urandom(6).hex()}.tmp"
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    try:
        hasher = blake3()
        rest = memoryview(data).cast("B")
        while rest:
            written = os.write(descriptor, rest[: 1 << 24])
            hasher.update(rest[:written])
            rest = rest[written:]
        if "b3:" + hasher.hexdigest() != digest:
            raise CaptureError(_CHANGED)  # noqa: TRY301 - the handler below removes the file
        os.fsync(descriptor)
        os.fchmod(descriptor, 0o400)
        temporary.rename(file)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    finally:
        os.close(descriptor)
    return made | {file.parent}


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def insert_blob(connection: sqlite3.Connection, digest: str, data: Buffer) -> None:
    """The row of a blob, with its bytes if they are few; :func:`write_files` was called before."""
    if connection.execute("SELECT 1 FROM blobs WHERE digest = ?", (digest,)).fetchone():
        return
    size = _size(data)
    inline = bytes(memoryview(data)) if size <= INLINE_BYTES else None
    connection.execute("INSERT INTO blobs VALUES (?, ?, 'raw', ?)", (digest, size, inline))


def read_blob(connection: sqlite3.Connection, folder: Path, digest: str, whose: str) -> Buffer:
    """The bytes of a blob, their digest verified; large ones as a private writable map of the file.

    Raises:
        BlobCorrupt: it is missing, or not what was written; the message says whose it is.
    """
    row = connection.execute("SELECT size, data FROM blobs WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        raise BlobCorrupt(
            f"The blob {digest} of {whose} is not in the store; its record can still be read.", digest
        )
    size, data = row
    if data is None:
        data = _read_file(blob_path(folder, digest), size, digest, whose)
    if blob_digest(data) != digest:
        where = blob_path(folder, digest) if row[1] is None else "the database"
        raise BlobCorrupt(
            f"The blob {digest} of {whose}, in {where}, is not what was written. The run's record can still be "
            "read; the model can be made again with `%track reproduce`.",
            digest,
        )
    return data  # type: ignore[no-any-return]


def _read_file(file: Path, size: int, digest: str, whose: str) -> Buffer:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if size < _MAPPED_BYTES or os.fstat(descriptor).st_size != size:
                with os.fdopen(os.dup(descriptor), "rb") as stream:
                    return stream.read()
            # Copy on write: arrays of a loaded model must be writable, and the file must not change.
            return mmap.mmap(descriptor, size, access=mmap.ACCESS_COPY)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BlobCorrupt(
            f"The blob of {whose} cannot be read from {file}: {error.strerror}. The run's record can still be read.",
            digest,
        ) from error
