"""The commit a folder is at, asked in the background: no cell waits for git."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from nbtrack.records import JSON

__all__ = ["Repository"]

_TIMEOUT_SECONDS = 10.0
_FIRST_WAIT_SECONDS = 0.25
_FRESH_SECONDS = 5.0


class Repository:
    """What git says about ``folder``: ``{"commit": …, "dirty": …}``; None outside a repository or without git.

    ``dirty`` is whether files under version control differ from the commit. The first answer is waited for
    briefly; later ones are the latest known, while a newer one is asked for in the background.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answer: Mapping[str, JSON] | None = None
        self._asked_at = -_FRESH_SECONDS
        self._stamp: object = None
        self._thread: threading.Thread | None = None
        self._ask()

    def current(self) -> Mapping[str, JSON] | None:
        """The latest answer; the same object as long as it does not change."""
        if time.monotonic() - self._asked_at > _FRESH_SECONDS or _stamp(self._folder) != self._stamp:
            self._ask()
        if self._thread is not None and self._answer is None:
            self._thread.join(_FIRST_WAIT_SECONDS)
        return self._answer

    def wait(self) -> Mapping[str, JSON] | None:
        """The answer for now, however long git takes (at most ten seconds)."""
        if self._thread is not None:
            self._thread.join()
        self._ask()
        if self._thread is not None:
            self._thread.join()
        return self._answer

    def _ask(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._asked_at, self._stamp = time.monotonic(), _stamp(self._folder)
        if self._stamp is None:
            self._answer = self._thread = None
            return
        self._thread = threading.Thread(target=self._fetch, name="nbtrack-git", daemon=True)
        self._thread.start()

    def _fetch(self) -> None:
        answer = _status(self._folder)
        if answer != self._answer:
            self._answer = answer


def _stamp(folder: Path) -> object:
    """What changes with every commit, checkout and staging: HEAD and index of the repository; None outside one."""
    # Plain strings and system calls: this is asked for every training cell.
    place = str(folder)
    while True:
        git = os.path.join(place, ".git")  # noqa: PTH118 - as above
        modified = _modified(git)
        if modified:
            if os.path.isfile(git):  # noqa: PTH113 - as above; a work tree or a submodule: the file names the real folder
                named = Path(git).read_text(encoding="utf-8").removeprefix("gitdir:").strip()
                git = os.path.join(place, named)  # noqa: PTH118 - as above
            return tuple(_modified(f"{git}/{name}") for name in ("HEAD", "index", "logs/HEAD"))
        above = os.path.dirname(place)  # noqa: PTH120 - as above
        if above == place:
            return None
        place = above


def _modified(file: str) -> int:
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - as above
    except OSError:
        return 0


def _status(folder: Path) -> Mapping[str, JSON] | None:
    # Optional locks off: asking must not touch the index while the user's own git works on it.
    command = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(folder))
    question = ("status", "--porcelain=v2", "--branch", "--untracked-files=no")
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words and one folder, no shell
            (*command, *question),
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return None  # no git here, or it refuses: then nothing is known
    lines = answer.splitlines()
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), None)
    return {
        "commit": None if commit in {None, "(initial)"} else commit,
        "dirty": any(not line.startswith("#") for line in lines),
    }
