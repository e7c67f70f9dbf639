"""Files that one cell writes and another reads, as far as their paths stand in the sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbtrack.lineage.things import Things
from nbtrack.lineage.types import Call

if TYPE_CHECKING:
    from nbtrack.lineage.values import Values

__all__ = ["change_folder", "follow_call", "follow_shell", "wrote"]

_WRITING = (
    *(
        "copy",
        "download",
        "dump",
        "export",
        "extract",
        "imsave",
        "imwrite",
        "makedirs",
        "mkdir",
        "move",
        "rename",
    ),
    *("save", "symlink", "to_", "touch", "urlretrieve", "write"),
)
_LONGEST_MODE = 3  # "rb+"
_FILE_NAME = re.compile(r"[^\s*?<>|]*(\.\w{1,8}|/[\w.-]*)")
_DOWNLOADERS = frozenset(
    {"aria2c", "cp", "curl", "gdown", "gunzip", "kaggle", "mkdir", "mv", "tar", "unzip", "wget", "7z"}
)


def follow_call(tracer: Values, name: str, step: Call, given: Things) -> None:
    """A call that is given a path may read or write the file."""
    paths: list[object] = [text for text in step.texts if text]
    paths += [each.text or each for each in given if each.text is not None]
    if not paths:
        return
    if _writes(name, step):
        for path in paths:
            wrote(tracer, path)
    else:
        for path in paths:
            _read(tracer, path)


def _writes(name: str, step: Call) -> bool:
    if name == "open":
        mode = step.constants.get("mode") or (step.texts[-1] if step.texts else "r")
        return (
            isinstance(mode, str) and len(mode) <= _LONGEST_MODE and any(letter in mode for letter in "wax")
        )
    return name.startswith(_WRITING) and name not in {
        "to_datetime",
        "to_numeric",
        "to_list",
        "to_numpy",
        "to_categorical",
    }


def wrote(tracer: Values, path: object) -> None:
    """The execution wrote the file at ``path``."""
    key = _normal(path) if isinstance(path, str) else path
    known = tracer.world.files.get(key, ())
    if tracer.execution not in known:
        tracer.world.files[key] = (*known, tracer.execution)


def _read(tracer: Values, path: object) -> None:
    world = tracer.world
    if not isinstance(path, str):
        tracer.dependencies.update(world.files.get(path, ()))
        return
    if world.folder and _FILE_NAME.fullmatch(path) and not path.startswith(("/", "http:", "https:", "s3:")):
        tracer.dependencies.update(world.folder)
    if not world.files:
        return
    normal = _normal(path)
    tracer.dependencies.update(world.files.get(normal, ()))
    if "/" in normal:
        for part in (normal.partition("/")[0], normal.rpartition("/")[2]):
            # Only downloads and archives are known by part of their name.
            tracer.dependencies.update(world.files.get(("fetched", part), ()))
    tracer.dependencies.update(world.files.get(("fetched", normal), ()))


def _normal(path: str) -> str:
    return path.removeprefix("./").rstrip("/")


def follow_shell(tracer: Values, text: str) -> None:
    """A shell command may write files that a later cell reads, and read files that an earlier one wrote."""
    for line in text.splitlines():
        words = line.replace("'", " ").replace('"', " ").split()
        if not words:
            continue
        writes = words[0] in _DOWNLOADERS or words[:2] == ["git", "clone"] or ">" in line
        for word in words[1:]:
            if word.startswith("-") or not _FILE_NAME.fullmatch(word):
                continue
            if writes:
                for name in _fetched_names(word):
                    wrote(tracer, name)
            _read(tracer, word)


def _fetched_names(word: str) -> list[object]:
    last = word.rstrip("/").rpartition("/")[2].partition("?")[0]
    stem = re.sub(r"(\.tar)?\.\w{1,4}$", "", last)
    return [word, ("fetched", last), ("fetched", stem)]


def change_folder(tracer: Values, path: str) -> None:
    """The working directory changes: relative paths mean other files from here on."""
    world = tracer.world
    world.folder = (tracer.execution,) if path.startswith(("/", "~")) else (*world.folder, tracer.execution)
