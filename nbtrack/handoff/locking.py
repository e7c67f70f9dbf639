"""A lock file with hashes for the environment, where a resolver and a package index are at hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from nbtrack.handoff.redacting import outward

__all__ = ["lock"]

_TIMEOUT_SECONDS = 120


def lock(folder: Path, python: str) -> str | None:
    """Write ``pylock.toml`` beside ``requirements.txt`` (PEP 751); where it cannot be had, says why.

    It asks the package index that is configured on this machine.
    """
    resolver = shutil.which("uv") or _installed()
    if resolver is None:
        return "uv, which resolves it, is not installed"
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
    except (OSError, subprocess.TimeoutExpired) as error:
        target.unlink(missing_ok=True)
        return f"uv gave none: {type(error).__name__}"
    if done.returncode != 0 or not target.is_file():
        target.unlink(missing_ok=True)
        told = outward(done.stderr.decode("utf-8", "replace").strip())
        said = told.partition("\n\n")[0]  # then come hints
        return f"uv gave none: {' '.join(said.split()) or f'exit code {done.returncode}'}"[:300]
    text = target.read_text(encoding="utf-8")
    if outward(text) != text:  # an index whose address holds a password
        target.unlink()
        return "its package index has an address that holds a password"
    return None


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
