"""Digests of files and folders, each read once for as long as it does not change.

A file's digest is BLAKE3 of its bytes, as ``b3sum`` gives it. A folder's is over the names and digests of all that
is in it, at any depth, so that two files that swap their contents change it.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from blake3 import blake3

from nbtrack.digests.tree import node, text
from nbtrack.errors import DigestError
from nbtrack.records import SourceFile

__all__ = ["digest_file", "forget"]

_BUFFER_BYTES = 1 << 20
# A file written to again within the clock tick of its last change keeps its time: one so fresh is not remembered.
_SETTLED_NS = 100_000_000
_MOST = 65_536

_Stamp = tuple[int, int, int, int, int]

_known: dict[_Stamp, bytes] = {}


def digest_file(path: str | os.PathLike[str]) -> SourceFile:
    """The digest and the size in bytes of a file, or of all that a folder holds; ``path`` as given.

    A symbolic link is followed if it is ``path`` itself; inside a folder, links to files are followed and links to
    folders are told by their target.

    Raises:
        DigestError: it is not there, cannot be read, is neither file nor folder, or was written to meanwhile.
    """
    place = Path(path)
    try:
        found = place.stat()
        if stat.S_ISDIR(found.st_mode):
            raw, size = _folder(place)
        elif stat.S_ISREG(found.st_mode):
            raw, size = _file(place)
        else:
            raise DigestError(f"{place} is neither a file nor a folder, and so has no digest.")
    except OSError as error:
        raise DigestError(f"{place} cannot be given a digest: {error.strerror or error}.") from error
    return SourceFile(path=os.fspath(path), digest=text(raw), size_bytes=size)


def forget() -> None:
    """Forget all files: the next digest of each reads it."""
    _known.clear()


def _file(place: Path) -> tuple[bytes, int]:
    """The raw digest and the size of a file."""
    with place.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        stamp = _stamp(before)
        known = _known.get(stamp)
        if known is not None:
            return known, before.st_size
        hasher = blake3()
        buffer = bytearray(_BUFFER_BYTES)
        view = memoryview(buffer)
        while count := file.readinto(buffer):
            hasher.update(view[:count])
        after = os.fstat(file.fileno())
    if _stamp(after) != stamp:
        raise DigestError(f"{place} was written to while it was read, and so has no digest. Try again.")
    raw = hasher.digest()
    if time.time_ns() - max(after.st_mtime_ns, after.st_ctime_ns) > _SETTLED_NS:
        if len(_known) >= _MOST:
            _known.clear()
        _known[stamp] = raw
    return raw, after.st_size


def _stamp(found: os.stat_result) -> _Stamp:
    # The time of the last change of status too: a program can set the other one back.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _folder(place: Path) -> tuple[bytes, int]:
    """The raw digest of a folder, and the size of all files in it."""
    parts = []
    total = 0
    with os.scandir(place) as entries:
        # By bytes: names need not be text, and no locale may change their order.
        for entry in sorted(entries, key=lambda one: os.fsencode(one.name)):
            name = os.fsencode(entry.name)
            inside = Path(entry.path)
            if entry.is_symlink() and not inside.is_file():
                parts += [name, b"link", os.fsencode(inside.readlink())]
            elif entry.is_dir():
                raw, size = _folder(inside)
                parts += [name, b"folder", raw]
                total += size
            elif entry.is_file():
                raw, size = _file(inside)
                parts += [name, b"file", raw]
                total += size
            else:
                parts += [name, b"other", b""]
    return node(b"folder", *parts), total
