"""A copy of the project's folder for a reproduction to run in, so that the user's own files are never written.

The copy lies under a temporary folder at the same path as the original, so that ``../data`` leads to a copy as well.
Blocks are shared with the original where the file system can (a reflink): never by hard links, through which a cell
that writes in place would write the original.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtrack.render.numbers import size
from nbtrack.store.processes import is_alive

__all__ = ["MOST_BYTES", "Scratch"]

MOST_BYTES = 2_000_000_000
MOST_FILES = 20_000
"""A larger folder is not copied whole, but what the run read and what is small and may be code."""

_SKIPPED = frozenset(
    {
        ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nbtrack", ".nox", ".pytest_cache", ".ruff_cache", ".svn",
        ".tox", ".venv", "__pycache__", "node_modules",
    }
)  # fmt: skip
_CODE = (".py", ".json", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".txt", ".sql", ".r", ".sh")
_PREFIX = "nbtrack-reproduce-"
_SMALL_BYTES = 1_000_000
_MOST_SEEN = 300_000
_FICLONE = 0x40049409  # linux/fs.h
_UPWARD = re.compile(r"(?:\.\./)+|(?<![.\w])\.\.(?![.\w])")


@dataclass(slots=True)
class _Found:
    """Files of a tree: path to (size, time of change, inode); ``cut``: there are more than were looked at."""

    files: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    links: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    cut: bool = False

    @property
    def total(self) -> int:
        """Bytes in all."""
        return sum(length for length, _, _ in self.files.values())


class Scratch:
    """The copy, from :meth:`make` to :meth:`remove`.

    Args:
        project: the folder that the ``.nbtrack`` folder is in.
        folder: the working directory that the run's session began in.
        store: the ``.nbtrack`` folder, which is not copied.

    Attributes:
        root: the temporary folder: everything written while reproducing is in it.
        notes: what was left out, in words.
        left_out: paths of files that were too many or too large to be copied.
    """

    def __init__(self, project: Path, folder: Path, store: Path) -> None:
        # A store that was put elsewhere says nothing about where the notebook is.
        inside = folder == project or project in folder.parents
        self.project = project if inside else folder
        self.folder = folder
        self.root = Path()
        self.notes: list[str] = []
        self.left_out: list[Path] = []
        self._store = store
        self._originals: dict[Path, tuple[int, int, int]] = {}

    def make(self, sources: Iterable[str], files: Iterable[Path]) -> None:
        """Copy.

        Args:
            sources: the cells to be executed: ``..`` in them widens what is copied.
            files: absolute paths of files that the run read, copied wherever they are, sizes notwithstanding.

        Raises:
            OSError: the temporary folder cannot be written, or has not room for what is needed.
        """
        _remove_abandoned()
        self.root = Path(os.path.realpath(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")))
        (self.root / "store").mkdir()
        (self.root / "control").mkdir()
        found = self._look(self._top(sources))
        self._originals = found.files
        chosen = self._chosen(found)
        for each in found.folders:
            self.at(each).mkdir(parents=True, exist_ok=True)
        for path in dict.fromkeys((*chosen, *files)):
            if path.is_file():
                _copy(path, self.at(path))
        for link in found.links:
            self._link(link)
        self.at(self.folder).mkdir(parents=True, exist_ok=True)

    def at(self, path: Path) -> Path:
        """Where the copy of ``path`` is."""
        return self.root / "tree" / path.relative_to(path.anchor)

    @property
    def copy(self) -> Path:
        """The copy of the project."""
        return self.at(self.project)

    def localised(self, source: str) -> str:
        """A cell's source with absolute paths into the project leading into the copy."""
        original = str(self.project)
        if len(self.project.parts) <= 2 or original not in source:  # noqa: PLR2004 - "/data" may mean anything
            return source
        return re.sub(re.escape(original) + r"(?![\w.-])", lambda _: str(self.copy), source)

    def original(self, text: str) -> str:
        """A text with paths into the copy leading to the original again."""
        tree = str(self.root / "tree")
        return text.replace(tree, "") if tree in text else text

    def written_originals(self) -> list[Path]:
        """Files of the user that changed while the reproduction ran, whoever did it."""
        return [path for path, state in self._originals.items() if _state(path) != state]

    def remove(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.root, onerror=_make_writable)

    def _top(self, sources: Iterable[str]) -> Path:
        """The folder to copy: the project, or as far above it as the cells reach by ``..``."""
        steps = max((match.count("..") for source in sources for match in _UPWARD.findall(source)), default=0)
        top = self.folder
        for _ in range(steps):
            top = top.parent
        home = Path.home()
        if top in self.project.parents and len(top.parts) > 2 and top != home and top not in home.parents:  # noqa: PLR2004 - never / or /home
            return top
        return self.project

    def _look(self, top: Path) -> _Found:
        found = _Found()
        pending = [top]
        while pending:
            folder = pending.pop()
            found.folders.append(folder)
            for entry in _entries(folder):
                path = Path(entry.path)
                if entry.is_symlink():
                    found.links.append(path)
                elif entry.is_dir():
                    if self._wanted(path):
                        pending.append(path)
                elif entry.is_file():
                    status = entry.stat()
                    found.files[path] = (status.st_size, status.st_mtime_ns, status.st_ino)
            if len(found.files) > _MOST_SEEN:
                found.cut = True
                break
        return found

    def _wanted(self, folder: Path) -> bool:
        return folder.name not in _SKIPPED and folder != self._store and not (folder / "pyvenv.cfg").exists()

    def _chosen(self, found: _Found) -> Iterable[Path]:
        """What is copied: all; of a tree that is too large, what may be code, and the project where that is not."""
        if not self._is_too_large(found):
            return found.files
        inner = _Found(
            files={path: state for path, state in found.files.items() if self.project in path.parents}
        )
        whole = inner.files if not found.cut and not self._is_too_large(inner) else {}
        code = [
            path
            for path, (length, _, _) in found.files.items()
            if length <= _SMALL_BYTES and path.suffix.lower() in _CODE
        ]
        chosen = dict.fromkeys((*whole, *code[:MOST_FILES]))
        self.left_out = sorted(found.files.keys() - chosen.keys())
        amount = f"{'more than ' if found.cut else ''}{len(found.files)} files of {size(found.total)}"
        besides = f" besides {self.project}" if whole else ""
        self.notes.append(
            f"{found.folders[0]} has {amount}: only code and the files that the run read were copied{besides}"
        )
        return chosen

    def _is_too_large(self, found: _Found) -> bool:
        return found.cut or len(found.files) > MOST_FILES or found.total > min(MOST_BYTES, self._room())

    def _room(self) -> int:
        return int(shutil.disk_usage(self.root).free * 0.8)

    def _link(self, link: Path) -> None:
        copy = self.at(link)
        target = link.readlink()
        if target.is_absolute() and (target == self.project or self.project in target.parents):
            target = self.at(target)
        elif not target.is_absolute():
            outside = Path(os.path.normpath(link.parent / target))
            # What lies outside of the copy is reached where it is; the guard keeps it from being written.
            target = target if self.at(outside).exists() else outside
        with contextlib.suppress(FileExistsError):
            copy.symlink_to(target)


def _remove_abandoned() -> None:
    """Remove the copies of processes that were killed before they could."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdecimal() and not is_alive(int(pid)) and os.access(left, os.W_OK):
                shutil.rmtree(left, onerror=_make_writable)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return  # not ours to read


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(
        OSError
    ):  # a file that the user may not read, or that is gone: the cells will tell
        if not _reflinked(source, target):
            shutil.copyfile(source, target)
        shutil.copystat(source, target)
        target.chmod(target.stat().st_mode | 0o600)


def _reflinked(source: Path, target: Path) -> bool:
    """Whether the file system could share the blocks, each file keeping its own from the first write on."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    with source.open("rb") as given, target.open("wb") as made:
        try:
            fcntl.ioctl(made, _FICLONE, given.fileno())
        except OSError:
            return False
    return True


def _make_writable(function: Any, path: str, _: Any) -> None:
    """For what a cell made read-only; what still cannot be deleted stays in the temporary folder."""
    with contextlib.suppress(OSError):
        os.chmod(Path(path).parent, 0o700)  # noqa: PTH101 - as rmtree has it
        os.chmod(path, 0o700)  # noqa: PTH101 - as above
        function(path)
