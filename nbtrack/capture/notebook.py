"""Which notebook a kernel belongs to, where the front end tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbtrack.config import notebook_name
from nbtrack.observe.redaction import redact

__all__ = ["notebook_path"]


@lru_cache(maxsize=8)  # asked for each cell, and the folders do not move
def _name(notebook: Path, store: Path, folder: Path) -> str:
    return redact(notebook_name(notebook, store, folder))


def notebook_path(namespace: Mapping[str, Any], store: Path, folder: Path) -> str | None:
    """The notebook's path in the project of ``store`` (see :func:`nbtrack.config.notebook_name`); None: nobody tells.

    Secrets in it are replaced. ``folder`` is the working directory that the kernel began in. Jupyter Server sets
    ``JPY_SESSION_NAME`` in the kernel's environment, VS Code ``__vsc_ipynb_file__`` in the user's namespace.
    """
    told = namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    if not isinstance(told, str) or not told.endswith(".ipynb"):
        return None
    return _name(folder / told, store, folder)
