"""Notebook files as they are on the disk now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbtrack.digests import digest_text
from nbtrack.observe.redaction import redact

__all__ = ["NotebookCell", "NotebookFile", "find_notebook"]

_DEEPEST = ("*", "*/*", "*/*/*")


@dataclass(frozen=True, slots=True)
class NotebookCell:
    """A code cell: its id (None in old formats), its text with secrets replaced and the digest of that."""

    id: str | None
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """A notebook's code cells in its order; ``saved_at`` is when it was last saved, in seconds."""

    path: Path
    cells: tuple[NotebookCell, ...]
    saved_at: float


def find_notebook(project: Path, recorded: str | None) -> NotebookFile | None:
    """The notebook that executions name ``recorded``; None where it is gone, unreadable, or not to be told.

    The path is relative to the folder the kernel ran in, which is the project's or one below it.
    """
    if recorded is None:
        return None
    path = project / recorded
    if not path.is_file():
        name = Path(recorded).name
        found = [
            each
            for level in _DEEPEST
            for each in project.glob(f"{level}/{name}")
            if _is_visible(project, each)
        ]
        if len(found) != 1:
            return None
        path = found[0]
    try:
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # no notebook, whatever its name says


def _is_visible(project: Path, path: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(project).parts)


@lru_cache(maxsize=64)
def _read(path: Path, modified_ns: int, _size: int) -> NotebookFile:
    document = json.loads(path.read_text(encoding="utf-8"))
    # Notebooks of format 3 keep their cells in worksheets.
    cells = (
        document["cells"] if "cells" in document else [c for w in document["worksheets"] for c in w["cells"]]
    )
    code = tuple(_cell(each) for each in cells if each["cell_type"] == "code")
    return NotebookFile(path, code, modified_ns / 1e9)


def _cell(cell: dict[str, Any]) -> NotebookCell:
    source = cell.get("source", cell.get("input", ""))
    text = redact(source if isinstance(source, str) else "".join(source))
    return NotebookCell(cell.get("id"), text, digest_text(text))
