"""Keeps the cells of a reproduction from writing the user's files, as far as Python itself does the writing.

An audit hook (PEP 578) sees every file that Python opens for writing, removes, renames or makes, also by absolute path,
and refuses what lies neither in the copy nor where programs keep temporary files and caches. What a library writes
in C, and what a shell command does, is not seen.
"""

from __future__ import annotations

import errno
import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["MARK", "guard"]

MARK = "outside the copy that a reproduction may write"
"""Stands in the message of what is refused."""

_CACHES = (
    *(
        ".cache",
        ".config",
        ".dask",
        ".huggingface",
        ".ipython",
        ".jupyter",
        ".keras",
        ".local",
        ".matplotlib",
        ".nv",
    ),
    *(
        ".torch",
        ".triton",
        "gensim-data",
        "nltk_data",
        "scikit_learn_data",
        "seaborn-data",
        "tensorflow_datasets",
    ),
)
# Which arguments of an event are paths that it changes.
_CHANGING = {
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (1,),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.setxattr": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def guard(copy: str, original: str) -> None:
    """Refuse, in this process from now on, to write outside of ``copy``, temporary folders and caches.

    ``original`` is the user's folder, refused wherever it lies.
    """
    sys.addaudithook(_Guard(os.path.realpath(copy), os.path.realpath(original)))


class _Guard:
    """The hook; an audit hook cannot be taken away again."""

    def __init__(self, copy: str, original: str) -> None:
        self._copy = copy
        self._original = original
        self._allowed = _allowed()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if any(letter in mode for letter in "wxa+") if mode else flags & _WRITING:
                self._check("open for writing", path)
        elif event in _CHANGING:
            for place in _CHANGING[event]:
                self._check(event, arguments[place])

    def _check(self, event: str, path: object) -> None:
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else None
        if text is None or self._is_fine(text):
            return  # a number is a file that is open already
        told = f"{event} is refused: this is {MARK}; in the notebook it would have been done"
        raise PermissionError(errno.EACCES, told, text)

    def _is_fine(self, path: str) -> bool:
        real = os.path.realpath(path)  # a link is judged by where it leads
        if _inside(real, self._copy):
            return True
        return not _inside(real, self._original) and any(_inside(real, folder) for folder in self._allowed)


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def _allowed() -> tuple[str, ...]:
    """Folders that are nobody's work: temporary ones, installed software, caches and settings of programs."""
    folders = {tempfile.gettempdir(), "/dev", "/proc", "/run", "/var/tmp", sys.prefix, sys.base_prefix}  # noqa: S108 - as the line above
    folders |= set(sysconfig.get_paths().values())
    home = Path.home()
    folders |= {str(home / name) for name in _CACHES}
    if sys.platform == "darwin":
        folders |= {str(home / "Library" / "Caches"), "/private/var/folders"}
    return tuple(os.path.realpath(folder) for folder in folders if folder)
