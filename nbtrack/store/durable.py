"""The disk beside the database: syncing the names in a folder, and what the system says of it in our words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbtrack.errors import StoreUnwritable

__all__ = ["from_disk", "sync_folder"]


@contextmanager
def from_disk(file: Path) -> Iterator[None]:
    """Turn what the system says of ``file`` in the ``with`` block into an error of the store.

    That a file is not there is not turned: somebody else was quicker, which is for the caller to judge.

    Raises:
        StoreUnwritable: the disk is full, or broken, or somebody else's.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreUnwritable(
            f"{file} cannot be used: {error.strerror}. Check its permissions and its disk."
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
