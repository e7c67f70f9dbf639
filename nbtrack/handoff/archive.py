"""Bundles as zip files: written with equal bytes for equal contents, read with nothing taken on trust.

A zip is looked through whole before a byte of it is written: names that lead elsewhere or are one file on some
systems, links, encrypted members, and sizes that no bundle has are refused, by name.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from nbtrack.errors import BundleRefused
from nbtrack.frameworks.saving.archives import entry
from nbtrack.handoff.shipped.verify import MANIFEST, SIGNATURE, name_problem, read_manifest

__all__ = ["extract", "write_zip"]

_MOST_FILES = 10_000
_MOST_RATIO = 300  # compressed zeros reach 1,030; weights 10, a table of text 30
_SMALL = 10 << 20  # below this size a ratio says nothing
_PIECE = 1 << 20


def write_zip(folder: Path, target: Path, epoch: float) -> None:
    """Write the files of ``folder`` into a zip, in the order of their names, all of the time ``epoch``."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            info = entry(file.relative_to(folder).as_posix(), epoch)
            info.file_size = file.stat().st_size
            with file.open("rb") as source, archive.open(info, "w") as member:
                shutil.copyfileobj(source, member, _PIECE)


def extract(file: Path, folder: Path) -> None:
    """Extract the bundle in the zip ``file`` into the empty ``folder``.

    The manifest is read first, and only what it names is written, no byte more of each than it says.

    Raises:
        BundleRefused: it is no bundle, or one of the above is in it; nothing but parts of a bundle was written.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _without_folders(archive.infolist())
            _check(members)
            files = _manifest(archive, members)
            for info in members:
                limit = files[info.filename]["size"] if info.filename in files else _SMALL
                _write(archive, info, folder, limit)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise BundleRefused(f"{file.name} is not a zip that can be read: {error}.", file.name) from error


def _without_folders(members: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files: who packs a bundle again gets a member for each folder too, which says nothing."""
    for info in members:
        problem = name_problem(info.orig_filename.removesuffix("/")) if _is_folder(info) else None
        if problem is not None:
            raise BundleRefused(
                f"The zip has a member {info.orig_filename!r}: {problem}.", info.orig_filename
            )
    if len(members) > _MOST_FILES:
        raise BundleRefused(f"The zip has {len(members)} members; a bundle has at most {_MOST_FILES}.", "")
    return [info for info in members if not _is_folder(info)]


def _is_folder(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return info.orig_filename.endswith("/") and info.file_size == 0 and kind in {0, stat.S_IFDIR}


def _check(members: Sequence[zipfile.ZipInfo]) -> None:
    folded: dict[str, str] = {}
    for info in members:
        name = info.orig_filename
        problem = name_problem(name) or _member_problem(info)
        if problem is not None:
            raise BundleRefused(f"The zip has a member {name!r}: {problem}.", name)
        twin = folded.setdefault(name.casefold(), name)
        if folded[name.casefold()] is not name:
            what = "twice" if twin == name else f"and {twin!r}, which are one file on some systems"
            raise BundleRefused(f"The zip has {name!r} {what}.", name)
    _check_room(members)
    parts = {parent for name in folded for parent in _parents(name)}
    for name in folded.keys() & parts:
        raise BundleRefused(f"The zip has {folded[name]!r} as a file and as a folder.", folded[name])


def _check_room(members: Sequence[zipfile.ZipInfo]) -> None:
    """No member may lie over another: a few bytes would otherwise stand for any number of files."""
    end, before = 0, ""
    for info in sorted(members, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise BundleRefused(f"{info.filename} and {before} share their bytes in the zip.", info.filename)
        end, before = info.header_offset + info.compress_size, info.filename


def _parents(name: str) -> list[str]:
    pieces = name.split("/")
    return ["/".join(pieces[:count]) for count in range(1, len(pieces))]


def _member_problem(info: zipfile.ZipInfo) -> str | None:
    mode = info.external_attr >> 16
    if info.filename != info.orig_filename:
        return "its name is cut or changed on reading"
    if info.flag_bits & 0x1:
        return "it is encrypted"
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        return "it is a link or a special file"
    if info.file_size > _SMALL and info.file_size > _MOST_RATIO * max(info.compress_size, 1):
        return f"it would grow {info.file_size // max(info.compress_size, 1)} times"
    return None


def _manifest(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> dict[str, dict[str, int]]:
    info = next((one for one in members if one.filename == MANIFEST), None)
    if info is None:
        raise BundleRefused(f"The zip has no {MANIFEST}: it is no bundle of nbtrack.", MANIFEST)
    with archive.open(info) as source:
        try:
            files: dict[str, dict[str, int]] = read_manifest(source.read(_SMALL + 1))["files"]
        except ValueError as error:
            raise BundleRefused(str(error), MANIFEST) from error
    for one in members:
        if one.filename not in files and one.filename not in {MANIFEST, SIGNATURE}:
            raise BundleRefused(
                f"{one.filename} is not in the manifest: it was added or renamed.", one.filename
            )
        if one.filename in files and one.file_size != files[one.filename]["size"]:
            size = files[one.filename]["size"]
            raise BundleRefused(f"{one.filename} has {one.file_size} bytes; it had {size}.", one.filename)
    present = {one.filename for one in members}
    for name in sorted(files.keys() - present):
        raise BundleRefused(f"{name} is missing.", name)
    return files


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, limit: int) -> None:
    target = folder / info.filename
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with archive.open(info) as source, os.fdopen(os.open(target, flags, 0o600), "wb") as out:
        if not _copy(source, out, limit):
            raise BundleRefused(
                f"{info.filename} holds more than the {limit} bytes that are told.", info.filename
            )


def _copy(source: IO[bytes], out: IO[bytes], limit: int) -> bool:
    """Copy at most ``limit`` bytes; False where there are more."""
    while piece := source.read(min(_PIECE, limit + 1)):
        limit -= len(piece)
        if limit < 0:
            return False
        out.write(piece)
    return True
