"""Notes the files that a cell opens for reading or writing, by an audit hook (PEP 578).

An audit hook cannot be removed, so there is one for the life of the process, and it looks only while a cell runs.
Readers written in C or Rust (Parquet, polars) do not raise audit events: they are watched at their call sites.
"""

from __future__ import annotations

import os
import re
import site
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from glob import iglob
from itertools import islice
from pathlib import Path
from typing import Any

__all__ = ["FilesRead"]

_MOST_PATHS = 200
_LONGEST_PATH = 1024
_QUOTED = re.compile(r"'([^'\n]+\.\w{2,8}(?:\.gz|\.zst)?)'")
_EVENTS = frozenset({"open", "os.rename", "import"})
_SOURCE = (".py", ".pyc", ".pyi", ".so", ".ipynb", ".pth", ".toml", ".lock", ".cfg")
_FOLDERS = {
    ".nbtrack",
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    ".ipynb_checkpoints",
    "node_modules",
    ".ipython",
}


class FilesRead:
    """The files read while it is on, as absolute paths in the order of first opening.

    Attributes:
        written: those that were written, once it is stopped.
    """

    def __init__(self) -> None:
        self.written: tuple[str, ...] = ()
        self._seen: dict[str, None] | None = None
        self.on_import: Callable[[], None] = _nothing
        """Called, while it is on, whenever the import of a module begins; must not raise."""
        self._changed: dict[str, None] = {}
        self._hooked = False
        self._elsewhere = _installed_folders()

    def start(self) -> None:
        """Begin to note."""
        self._seen, self._changed = {}, {}
        if not self._hooked:
            self._hooked = True
            sys.addaudithook(_hook(self._hear))

    def stop(self) -> tuple[str, ...]:
        """Stop noting; returns what was read."""
        seen, self._seen = self._seen, None
        self.written = self._data(self._changed)
        return self._data(seen or ())

    def _data(self, paths: Iterable[str]) -> tuple[str, ...]:
        return tuple(path for path in (_absolute(each) for each in paths) if self._is_data(path))

    def note(self, function: object, arguments: Iterable[object]) -> None:
        """Enter the paths that a watched reader was given; of a query to DuckDB those that it names."""
        seen = self._seen
        if seen is None:
            return
        for given in arguments:
            parts = given if isinstance(given, list | tuple) else [given]
            for part in parts[:_MOST_PATHS]:
                if isinstance(part, str | os.PathLike):
                    text = os.fspath(part)
                    if isinstance(text, str):
                        for path in _paths(function, text):
                            seen.setdefault(path)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        seen = self._seen
        if seen is None:
            return
        if event == "import":
            self.on_import()
            return
        if event == "os.rename":
            # Writing beside the file and renaming is how careful programs write.
            if args[0] in self._changed and type(args[1]) is str:
                self._changed[args[1]] = None
            return
        path, mode, flags = args
        if type(path) is str and path not in seen and not path.endswith(_SOURCE):
            writes = any(letter in mode for letter in "wxa+") if mode else flags & (os.O_WRONLY | os.O_RDWR)
            (self._changed if writes else seen)[path] = None

    def _is_data(self, path: str) -> bool:
        return (
            not path.startswith(self._elsewhere)
            and not _FOLDERS & set(Path(path).parts)
            and not Path(path).name.startswith(".")
            and not _is_setting(path)
            and Path(path).is_file()  # folders are opened to list or sync them, and may hold a whole disk
        )


def _hook(hear: Callable[[str, tuple[Any, ...]], None]) -> Callable[[str, tuple[Any, ...]], None]:
    """Passes on what is listened for.

    Every ``id()`` and every look at a frame is an audit event, thousands in a cell. Of a hook Python asks each time
    whether it may be traced: a function says no at once, a bound method only by an exception that is made and dropped.
    """

    def hook(event: str, args: tuple[Any, ...], heard: frozenset[str] = _EVENTS) -> None:
        if event in heard:
            hear(event, args)

    return hook


def _paths(function: object, text: str) -> Iterator[str]:
    """The files that a path, a pattern or a folder stands for, or that a query reads."""
    if len(text) > _LONGEST_PATH or "\n" in text or " " in text.strip():
        owner = getattr(function, "__self__", None)
        module = getattr(function, "__module__", None) or type(owner).__module__
        names = _QUOTED.findall(text) if "duckdb" in str(module) else [text]
    else:
        names = [text]
    for name in names:
        if "://" in name or len(name) > _LONGEST_PATH or name.endswith(_SOURCE):
            continue
        path = Path(name)
        if any(letter in name for letter in "*?["):
            yield from islice(iglob(name, recursive=True), _MOST_PATHS)  # noqa: PTH207 - the pattern is the user's text
        elif path.is_dir():
            yield from (
                str(each) for each in islice(sorted(path.rglob("*.*")), _MOST_PATHS) if each.is_file()
            )
        elif path.is_file():
            yield name


def _nothing() -> None:
    """Nobody wants to know."""


def _is_setting(path: str) -> bool:
    """Whether the file lies in a hidden folder of the home folder, where programs keep their settings."""
    home = str(Path.home()) + os.sep
    return path.startswith(home) and path[len(home) :].startswith(".")


def _absolute(path: str) -> str:
    # Not resolved: a link is the file that the user named.
    return os.path.abspath(path)  # noqa: PTH100 - as the comment says


def _installed_folders() -> tuple[str, ...]:
    """Where installed software and the system live: what is read there is no data of the user's."""
    folders = {"/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/run", sys.prefix, sys.base_prefix}
    folders |= {path for path in sysconfig.get_paths().values() if path}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    home = Path.home()
    folders |= {
        str(home / name) for name in (".cache", ".config", ".local", ".ipython", ".jupyter", ".matplotlib")
    }
    return tuple(_absolute(folder) + os.sep for folder in folders)
