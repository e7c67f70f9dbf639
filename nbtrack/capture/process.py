"""The record of the process that the user works in."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path

from nbtrack.records import Session

__all__ = ["this_process"]


def this_process(id_: str, notebook: str | None, folder: str) -> Session:
    """The record of a session of this process that began in ``folder``."""
    return Session(
        id=id_,
        started_at=time.time(),
        pid=os.getpid(),
        host=platform.node(),
        boot_id=_boot_id(),
        python=platform.python_version(),
        notebook_path=notebook,
        folder=folder,
        executable=sys.executable or None,
        hash_seed=os.environ.get("PYTHONHASHSEED"),
    )


def _boot_id() -> str:
    """Tells one boot of this machine from another, where the system says (Linux); else empty."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
