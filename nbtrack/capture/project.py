"""The store that the user means where he names none."""

from __future__ import annotations

from pathlib import Path

from nbtrack.capture.explicit import kernel_store
from nbtrack.config import FOLDER, find_store

__all__ = ["project_folder"]


def project_folder(given: Path | str | None = None) -> Path:
    """The ``.nbtrack`` folder: the given one or that of a given project, else the watched kernel's, else the nearest.

    Raises:
        StoreNotFound: none is given, and there is none here or above.
    """
    if given is not None:
        folder = Path(given).resolve()
        return folder / FOLDER if folder.name != FOLDER and (folder / FOLDER).is_dir() else folder
    # In a watched kernel its own store, also after the notebook has changed its working directory.
    watched = kernel_store()
    return watched if watched is not None else find_store()
