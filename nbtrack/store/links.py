"""Symbolic links in a store: there are none of ours, so one that is there was put there by somebody."""

from __future__ import annotations

import os
from pathlib import Path

from nbtrack.errors import StoreUnwritable

__all__ = ["refuse_links"]

_NAMES = (
    "lineage.db", "lineage.db-wal", "lineage.db-shm", "lineage.db-journal", "write.lock",
    "blobs", "sessions", "spool", "backups",
)  # fmt: skip


def refuse_links(folder: Path) -> None:
    """Refuse a store in which a name that we would open leads elsewhere; ``folder`` itself may be a link.

    Files that are written are opened so that no link is followed at that moment either; this says so beforehand, and
    for the folders and the database, which others open for us.

    Raises:
        StoreUnwritable: there is a link; the message names it.
    """
    with_digits = [f"blobs{os.sep}{digit}" for digit in "0123456789abcdef"]
    for name in (*_NAMES, *with_digits):
        path = folder / name
        if path.is_symlink():
            raise StoreUnwritable(
                f"{path} is a symbolic link, and nothing in a store may lead out of it. Remove the link; to keep a "
                f"store elsewhere, let {folder} itself be a link, or name its place in [tool.nbtrack] of "
                "pyproject.toml."
            )
