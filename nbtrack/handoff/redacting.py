"""Text on its way out of the machine: without secrets, and without the paths of somebody's home."""

from __future__ import annotations

import re
from pathlib import Path

from nbtrack.observe.redaction import redact

__all__ = ["outward"]

_HOMES = re.compile(r"(?<![\w.])(/home/|/Users/|[A-Za-z]:\\\\?Users\\\\?)[^/\\\s'\":]+")


def outward(text: str) -> str:
    """``text`` with each secret replaced, and each home folder as ``~``."""
    home = str(Path.home())
    text = redact(text)
    if home not in {"/", "."}:
        text = re.sub(rf"(?<![\w.]){re.escape(home)}(?![\w.-])", "~", text)
    return _HOMES.sub("~", text)
