"""Bytes under their digest: small ones in the database, others as files under ``blobs/``.

A file is written under a temporary name (0600, exclusive, no symlink followed), synced, made read-only, renamed,
and its folder synced, all before the transaction that names it: a row never points to bytes that a power cut can
take away. Files are written as they are, so that nobody waits for more than the disk; what a quick look finds to
shrink well is compressed once nobody waits (:mod:`nbtrack.store.packing`). Reading verifies the digest before a byte
is handed out.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from nbtrack.digests import digest_bytes, recognised_digest
from nbtrack.digests.spread import spread
from nbtrack.errors import BlobCorrupt, CaptureError, StoreUnwritable
from nbtrack.interrupts import heed
from nbtrack.progress import advance
from nbtrack.store.durable import sync_folder
from nbtrack.store.encoding import decoded, encoded
from nbtrack.store.mapping import lay_over

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = [
    "INLINE_BYTES",
    "Blob",
    "Buffer",
    "Parts",
    "blob_digest",
    "blob_file",
    "blob_files",
    "digest_of_file",
    "find_blob",
    "insert_blob",
    "read_blob",
    "read_blobs",
    "read_joined",
    "write_files",
    "write_packed",
]

INLINE_BYTES = 100_000  # up to about this size a row is faster than a file of its own
_HEX_DIGITS = 64
_WRITTEN_AT_ONCE = 1 << 24
_MAPPED_BYTES = 1_000_000  # from this size on a blob is mapped rather than read
_FEW = 4  # fewer files are not worth threads
_THREADS = 4
_OPEN_FILES = 64
_SUFFIXES = {"raw": "", "zstd": ".zst"}
_CHANGED = "The model was changed while it was stored, so its bytes were not kept."

Buffer: TypeAlias = "bytes | bytearray | memoryview | mmap.mmap"
Parts: TypeAlias = "Sequence[bytes | bytearray | memoryview]"
"""The bytes of one blob, in as many pieces as they happen to lie in."""

blob_digest = digest_bytes


class Blob(NamedTuple):
    """A row of ``blobs``: how many bytes, how many as kept, in which encoding, and they if they stand in the row."""

    digest: str
    size: int
    stored: int
    encoding: str
    data: bytes | None


def blob_file(folder: Path, digest: str, encoding: str) -> Path:
    """Where the bytes of ``digest`` are kept as a file in the store's folder, in that encoding."""
    algorithm, _, text = digest.partition(":")
    if algorithm != "b3" or len(text) != _HEX_DIGITS or not set(text) <= set("0123456789abcdef"):
        raise BlobCorrupt(f"{digest!r} is not a digest of a blob.", digest)
    if encoding not in _SUFFIXES:
        raise BlobCorrupt(
            f"The blob {digest} is kept in the encoding {encoding!r}, which this nbtrack does not know.",
            digest,
        )
    return folder / "blobs" / text[0] / (text[1:] + _SUFFIXES[encoding])


def blob_files(folder: Path, digest: str) -> list[Path]:
    """All places where the bytes of ``digest`` may be kept as a file."""
    return [blob_file(folder, digest, encoding) for encoding in _SUFFIXES]


def digest_of_file(file: Path) -> str | None:
    """The digest of the bytes that a file under ``blobs/`` keeps; None: it is no file of a blob."""
    text = file.parent.name + file.name.removesuffix(".zst")
    return f"b3:{text}" if len(text) == _HEX_DIGITS and set(text) <= set("0123456789abcdef") else None


# Writing ---------------------------------------------------------------------------------------------------------


def write_files(folder: Path, blobs: Iterable[tuple[str, Parts]]) -> None:
    """Write those that are too large for a row and not there yet; durable on return. Small ones are only checked.

    Raises:
        CaptureError: bytes that do not have their digest: they were changed since it was taken.
        StoreUnwritable: the disk is full or refuses.
    """
    missing = []
    try:
        for digest, parts in blobs:
            size = _length(parts)
            if size <= INLINE_BYTES:
                _check(digest, parts)
            elif _there(folder, digest, size) is None:
                missing.append((digest, parts))
        _write_all(folder, missing)
    except OSError as error:
        raise StoreUnwritable(f"A model cannot be stored in {folder}: {error.strerror}.") from error


def _write_all(folder: Path, blobs: Sequence[tuple[str, Parts]]) -> None:
    """Write the files, and sync the folders that got new names."""
    if len(blobs) >= _FEW:
        from concurrent.futures import ThreadPoolExecutor

        # No threads are to be had while the interpreter ends, or where the system has no more of them.
        with contextlib.suppress(RuntimeError):
            # Writing and syncing let other threads run, and the disk syncs several things in one go.
            with ThreadPoolExecutor(_THREADS, thread_name_prefix="nbtrack-blobs") as pool:
                for start in range(0, len(blobs), _OPEN_FILES):
                    some = blobs[start : start + _OPEN_FILES]
                    _write_together(pool, folder, some)
                    advance(sum(_length(parts) for _, parts in some))
            return
    for each in {one for digest, parts in blobs for one in _write_file(folder, digest, parts)}:
        sync_folder(each)


def _write_together(pool: ThreadPoolExecutor, folder: Path, blobs: Sequence[tuple[str, Parts]]) -> None:
    """Some files at once: the disk is at work on all of them before any is waited for."""
    files = [(_Unfinished(blob_file(folder, digest, "raw")), digest, parts) for digest, parts in blobs]
    try:
        list(pool.map(lambda one: one[0].write(one[2], lambda: _check(one[1], one[2])), files))
        list(pool.map(lambda one: one[0].finish(), files))
    finally:
        for file, *_ in files:
            file.close()
    list(pool.map(sync_folder, set().union(*(file.renamed for file, *_ in files))))


def _write_file(folder: Path, digest: str, parts: Parts) -> set[Path]:
    # After they were written: what has its digest now had it then.
    return _write_durably(blob_file(folder, digest, "raw"), parts, lambda: _check(digest, parts))


def write_packed(folder: Path, digest: str, encoding: str, data: bytes | memoryview) -> None:
    """Write the bytes of a blob in another encoding beside those that are there; durable on return.

    Raises:
        StoreUnwritable: the disk is full or refuses.
    """
    try:
        for each in sorted(_write_durably(blob_file(folder, digest, encoding), (data,))):
            sync_folder(each)
    except OSError as error:
        raise StoreUnwritable(f"The blob {digest} cannot be compressed: {error.strerror}.") from error


def _write_durably(file: Path, parts: Parts, check: Callable[[], object] = bool) -> set[Path]:
    """Write a file in one step, as everybody else sees it; returns the folders that got new names."""
    with contextlib.closing(_Unfinished(file)) as unfinished:
        unfinished.write(parts, check)
        unfinished.finish()
    return unfinished.renamed


class _Unfinished:
    """A file under a temporary name, which goes again unless it is finished."""

    def __init__(self, file: Path) -> None:
        self.renamed: set[Path] = set()
        """The folders that got new names."""
        self._file = file
        self._temporary = file.parent / f".{os.getpid()}-{os.urandom(6).hex()}.tmp"
        self._descriptor = -1

    def write(self, parts: Parts, check: Callable[[], object]) -> None:
        """Write the bytes, and tell the disk to begin with them; then ``check`` whether they are the right ones."""
        self.renamed |= _make_parent(self._file)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(self._temporary, flags, 0o600)
        for part in parts:
            rest = memoryview(part).cast("B")
            while rest:
                rest = rest[os.write(self._descriptor, rest[:_WRITTEN_AT_ONCE]) :]
        if hasattr(os, "posix_fadvise"):
            # On Linux what was written goes to the disk from now on, and not only once it is waited for.
            with contextlib.suppress(OSError):
                os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        check()

    def finish(self) -> None:
        """Make the file durable, read-only and visible."""
        os.fsync(self._descriptor)
        os.fchmod(self._descriptor, 0o400)
        self._temporary.rename(self._file)
        self.renamed.add(self._file.parent)

    def close(self) -> None:
        """Close the file; take it away where it was not finished."""
        if self._descriptor >= 0:
            if self._file.parent not in self.renamed:
                with contextlib.suppress(OSError):
                    self._temporary.unlink()
            os.close(self._descriptor)
            self._descriptor = -1


def _check(digest: str, parts: Parts) -> None:
    if recognised_digest(parts) != digest:
        raise CaptureError(_CHANGED)


def _length(parts: Parts) -> int:
    return sum([memoryview(part).nbytes for part in parts])


def _there(folder: Path, digest: str, size: int) -> tuple[str, int] | None:
    """Encoding and size of the file that keeps these bytes, which are ``size``; None: there is none."""
    for encoding in _SUFFIXES:
        with contextlib.suppress(OSError):
            stored = blob_file(folder, digest, encoding).lstat().st_size
            if encoding != "raw" or stored == size:
                return encoding, stored
    return None


def _make_parent(file: Path) -> set[Path]:
    if file.parent.is_dir():
        return set()
    file.parent.mkdir(mode=0o700, exist_ok=True)
    return {file.parent.parent}


def insert_blob(connection: sqlite3.Connection, folder: Path, digest: str, parts: Parts) -> None:
    """The row of a blob, with its bytes if they are few; :func:`write_files` was called before.

    Garbage collection may have taken a file meanwhile that was there before: under the write lock, which the caller
    holds, this is seen and mended.

    Raises:
        StoreUnwritable: the disk is full or refuses.
    """
    size = _length(parts)
    row = connection.execute(
        "SELECT data IS NULL, condemned_at FROM blobs WHERE digest = ?", (digest,)
    ).fetchone()
    if row is not None and row[1] is not None:
        connection.execute("UPDATE blobs SET condemned_at = NULL WHERE digest = ?", (digest,))
    if row is not None and not row[0]:
        return
    encoding, stored, data = (
        _kept_inline(parts) if size <= INLINE_BYTES else _kept_in_file(folder, digest, parts)
    )
    if row is None:
        connection.execute(
            "INSERT INTO blobs (digest, size, encoding, stored, data) VALUES (?, ?, ?, ?, ?)",
            (digest, size, encoding, stored, data),
        )
    else:  # a file that was written again may have another encoding
        connection.execute(
            "UPDATE blobs SET encoding = ?, stored = ? WHERE digest = ? AND encoding <> ?",
            (encoding, stored, digest, encoding),
        )


def _kept_inline(parts: Parts) -> tuple[str, int, bytes | None]:
    encoding, data = encoded(b"".join(parts))
    return encoding, len(data), bytes(data)


def _kept_in_file(folder: Path, digest: str, parts: Parts) -> tuple[str, int, bytes | None]:
    kept = _there(folder, digest, _length(parts))
    if kept is None:
        write_files(folder, [(digest, parts)])
        kept = _there(folder, digest, _length(parts))
        assert kept is not None
    return (*kept, None)


# Reading ---------------------------------------------------------------------------------------------------------


def find_blob(connection: sqlite3.Connection, digest: str, whose: str) -> Blob:
    """The row of a blob.

    Raises:
        BlobCorrupt: there is none; the message says whose it is.
    """
    row = connection.execute(
        "SELECT digest, size, stored, encoding, data FROM blobs WHERE digest = ?", (digest,)
    ).fetchone()
    if row is None:
        raise BlobCorrupt(
            f"The blob {digest} of {whose} is not in the store; its record can still be read.", digest
        )
    return Blob(*row)


def read_blob(connection: sqlite3.Connection, folder: Path, digest: str, whose: str) -> Buffer:
    """The bytes of a blob, their digest verified; large ones as a private writable map of the file.

    Raises:
        BlobCorrupt: it is missing, or not what was written; the message says whose it is.
    """
    return _read(folder, find_blob(connection, digest, whose), whose)


def read_blobs(
    connection: sqlite3.Connection, folder: Path, digests: Sequence[str], whose: str
) -> list[Buffer]:
    """The same of several blobs, decompressed and verified by several threads."""
    blobs = [find_blob(connection, digest, whose) for digest in digests]
    return spread(lambda blob: _read(folder, blob, whose), blobs, sum([blob.size for blob in blobs]))


def _read(folder: Path, blob: Blob, whose: str) -> Buffer:
    if blob.encoding == "raw" and blob.data is None and blob.size >= _MAPPED_BYTES:
        return _read_mapped(folder, [blob], whose)
    data = _decoded(folder, blob, whose)
    _verify(folder, blob, whose, data)
    return data


def read_joined(
    connection: sqlite3.Connection, folder: Path, blobs: Sequence[tuple[str, int]], whose: str
) -> Buffer:
    """The bytes of several blobs, given by digest and size, as one stretch of memory, every digest verified.

    All but the last are to be of a size that is a multiple of the page size.

    Raises:
        BlobCorrupt: one is missing, or not what was written; the message says whose it is.
    """
    if len(blobs) == 1:
        return read_blob(connection, folder, blobs[0][0], whose)
    found = [find_blob(connection, digest, whose) for digest, _ in blobs]
    for blob, (digest, size) in zip(found, blobs, strict=True):
        if blob.size != size:
            raise _corrupt(folder, blob, whose, digest)
    return _read_mapped(folder, found, whose)


def _read_mapped(folder: Path, blobs: Sequence[Blob], whose: str) -> Buffer:
    ends = list(accumulate([blob.size for blob in blobs]))
    memory = mmap.mmap(-1, ends[-1], flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def fill(part: tuple[Blob, int]) -> None:
        blob, end = part
        start = end - blob.size
        mapped = False
        if blob.encoding == "raw" and blob.data is None:
            mapped = _map_file(folder, blob, whose, memory, start)
        with memoryview(memory) as whole, whole[start:end] as view:
            if not mapped:
                data = _decoded(folder, blob, whose)
                if len(data) != blob.size:
                    raise _corrupt(folder, blob, whose)
                view[:] = data
            _verify(folder, blob, whose, view)

    spread(fill, list(zip(blobs, ends, strict=True)), ends[-1])
    return memory


def _map_file(folder: Path, blob: Blob, whose: str, memory: mmap.mmap, start: int) -> bool:
    """Lay the file of a blob over ``memory``; False: this system cannot."""
    file = blob_file(folder, blob.digest, "raw")
    try:
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False  # compressed since the row was read, or gone: reading it will tell
        try:
            # A shorter file would end the process at the first byte that is missing.
            if os.fstat(descriptor).st_size != blob.size:
                raise _corrupt(folder, blob, whose)
            return lay_over(memory, start, descriptor, blob.size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(file, blob.digest, whose, error) from error


def _decoded(folder: Path, blob: Blob, whose: str) -> bytes:
    if blob.data is not None:
        return decoded(blob.encoding, blob.data, blob.size)
    encoding, data = _from_file(folder, blob, whose)
    return decoded(encoding, data, blob.size)


def _from_file(folder: Path, blob: Blob, whose: str) -> tuple[str, bytes]:
    """The file's bytes and their encoding: that of the row, or another where it was compressed since."""
    file = blob_file(folder, blob.digest, blob.encoding)
    failed: OSError | None = None
    for encoding in (blob.encoding, *(other for other in _SUFFIXES if other != blob.encoding)):
        each = blob_file(folder, blob.digest, encoding)
        try:
            with os.fdopen(os.open(each, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
                return encoding, stream.read()
        except FileNotFoundError as error:
            failed = failed or error
        except OSError as error:
            raise _unreadable(file, blob.digest, whose, error) from error
    assert failed is not None
    raise _unreadable(file, blob.digest, whose, failed) from failed


def _verify(folder: Path, blob: Blob, whose: str, data: bytes | memoryview) -> None:
    heed()  # before each blob: a model may have thousands
    if len(data) != blob.size or digest_bytes(data) != blob.digest:
        raise _corrupt(folder, blob, whose)


def _corrupt(folder: Path, blob: Blob, whose: str, digest: str = "") -> BlobCorrupt:
    where = blob_file(folder, blob.digest, blob.encoding) if blob.data is None else "the database"
    return BlobCorrupt(
        f"The blob {blob.digest} of {whose}, in {where}, is not what was written. The run's record can still be "
        "read; the model can be made again with `%track reproduce`.",
        digest or blob.digest,
    )


def _unreadable(file: Path, digest: str, whose: str, error: OSError) -> BlobCorrupt:
    return BlobCorrupt(
        f"The blob of {whose} cannot be read from {file}: {error.strerror}. The run's record can still be read.",
        digest,
    )
