"""Which notebook a kernel belongs to, where the front end tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["notebook_path"]


def notebook_path(namespace: Mapping[str, Any]) -> str | None:
    """The notebook's path: relative to the working directory where it lies below it; None where nobody tells.

    Jupyter Server sets ``JPY_SESSION_NAME`` in the kernel's environment, VS Code ``__vsc_ipynb_file__`` in the user's
    namespace.
    """
    told = namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    if not isinstance(told, str) or not told.endswith(".ipynb"):
        return None
    path = Path(told)
    if path.is_absolute():
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)
    return str(path)
