"""Files that were left half written by processes that ended, or on disks that failed: garbage once they are old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["leftovers"]

_HALF_WRITTEN = ("blobs/?/.*.tmp", "sessions/*.new", "spool/.*.tmp", "backups/*.db-journal")


def leftovers(folder: Path) -> Iterator[Path]:
    """Those in the store's ``folder``; the young among them may belong to a write that is under way."""
    for pattern in _HALF_WRITTEN:
        yield from folder.glob(pattern)
    for file in folder.glob("spool/*.bytes"):  # bytes of models whose capture never came, or was taken in
        if not file.with_suffix(".json").exists() and not file.with_suffix(".damaged").exists():
            yield file
