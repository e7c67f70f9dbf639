"""A lock file with hashes for the environment, where a resolver and a package index are at hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from nbtrack.handoff.redacting import outward

__all__ = ["lock"]

_TIMEOUT_SECONDS = 120


def lock(folder: Path, python: str) -> bool:
    """Write ``pylock.toml`` beside ``requirements.txt`` (PEP 751); False where it cannot be had.

    It asks the package index that is configured on this machine.
    """
    resolver = shutil.which("uv") or _installed()
    if resolver is None:
        return False
    target = folder / "pylock.toml"
    command = [
        resolver,
        *("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--format", "pylock.toml"),
        *("--generate-hashes", "--python-version", ".".join(python.split(".")[:2]), "-o", target.name),
        "requirements.txt",
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a resolver with our own file
            command, cwd=folder, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        target.unlink(missing_ok=True)
        return False
    if done.returncode != 0 or not target.is_file():
        target.unlink(missing_ok=True)
        return False
    text = target.read_text(encoding="utf-8")
    if outward(text) != text:  # an index whose address holds a password
        target.unlink()
        return False
    return True


def _installed() -> str | None:
    """The resolver where it came as a package of this environment."""
    try:
        from uv import find_uv_bin
    except ImportError:
        return None
    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        return None
