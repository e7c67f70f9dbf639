"""Captures that could not be saved, as files until somebody can write the database.

``spool/<session>.<execution>.json`` holds the session and the capture, ``….bytes`` beside it the bytes of its models.
The session itself takes them in at its next save; of a session that died, whoever opens the store next does. A file is
removed once the transaction that took it in is durable, so that a capture may be taken in twice, but never not at all:
rows go by their ids, so that the second time changes nothing.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from nbtrack.errors import StoreCorrupt, StoreUnwritable
from nbtrack.records import Capture, ModelBytes, Session
from nbtrack.records.plain import from_plain, to_plain
from nbtrack.store.blobs import Buffer
from nbtrack.store.durable import from_disk, sync_folder
from nbtrack.store.links import refuse_links

__all__ = ["Spooled", "keep", "remove", "taken"]

_FORMAT = 1


class Spooled(NamedTuple):
    """A capture in the spool, and whose it is."""

    session: Session
    capture: Capture


def keep(folder: Path, session: Session, capture: Capture) -> Path:
    """Put a capture into the spool of the store in ``folder``; durable on return.

    Raises:
        StoreUnwritable: the disk is full or refuses, too, or the store has a link that leads out of it.
    """
    refuse_links(folder)
    place = folder / "spool"
    file = place / f"{session.id}.{capture.execution.id}.json"
    text = json.dumps(
        {
            "format": _FORMAT,
            "session": to_plain(session),
            "capture": to_plain(replace(capture, models={})),
            "models": [[run_id, *_described(model)] for run_id, model in capture.models.items()],
        }
    )
    try:
        for each in (folder, place):
            each.mkdir(mode=0o700, exist_ok=True)
        if capture.models:
            _write(file.with_suffix(".bytes"), _segments(capture))
            sync_folder(place)  # a power cut must not leave the other without it
        _write(file, [text.encode("ascii")])  # last: it says that the rest is there
        for each in (place, folder):
            sync_folder(each)
    except OSError as error:
        with contextlib.suppress(StoreUnwritable):  # by which nothing is said that is not known
            remove(file)
        raise StoreUnwritable(f"{place} cannot be written: {error.strerror}.") from error
    return file


@contextlib.contextmanager
def taken(file: Path) -> Iterator[Spooled]:
    """A capture of the spool; its models' bytes are maps of their file, which hold for the ``with`` block.

    Raises:
        FileNotFoundError: somebody else took it in.
        StoreCorrupt: it is not what was written.
        StoreUnwritable: the disk does not give it.
    """
    try:
        with from_disk(file):
            text = file.read_bytes()
        content = json.loads(text)
        if content["format"] != _FORMAT:
            raise StoreCorrupt(f"{file} was written by another nbtrack. Upgrade, and it will be taken in.")
        session, capture = (
            from_plain(Session, content["session"]),
            from_plain(Capture, content["capture"]),
        )
        described = content["models"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorrupt(f"{file} is damaged ({error}). Move it away to go on without it.") from error
    with (
        _mapped(file.with_suffix(".bytes")) if described else contextlib.nullcontext(memoryview(b"")) as data
    ):
        models, at = {}, 0
        for run_id, digest, sizes, blob_digests, size_bytes in described:
            ends = list(accumulate(sizes, initial=at))
            stream, *buffers = [data[a:b] for a, b in pairwise(ends)]
            at = ends[-1]
            models[run_id] = ModelBytes(
                digest=digest,
                stream=bytes(stream),
                buffers=tuple(buffers),
                blob_digests=tuple(blob_digests),
                size_bytes=size_bytes,
            )
        yield Spooled(session, replace(capture, models=models))


def remove(file: Path) -> None:
    """Take a capture out of the spool: it is in the database.

    Raises:
        StoreUnwritable: the disk refuses; what is left is taken out by the next who tries.
    """
    # In this order, also after a power cut: without the first, the second says nothing.
    data = file.with_suffix(".bytes")
    with from_disk(file):
        file.unlink(missing_ok=True)
        if data.exists():
            sync_folder(file.parent)
            data.unlink(missing_ok=True)


def _described(model: ModelBytes) -> list[Any]:
    sizes = [len(model.stream), *(buffer.nbytes for buffer in model.buffers)]
    return [model.digest, sizes, list(model.blob_digests), model.size_bytes]


def _segments(capture: Capture) -> Iterator[Buffer]:
    for model in capture.models.values():
        yield model.stream
        yield from model.buffers


def _write(file: Path, parts: Iterable[Buffer]) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as opened:
            for part in parts:
                opened.write(part)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.rename(file)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _mapped(file: Path) -> Iterator[memoryview]:
    try:
        with from_disk(file), file.open("rb") as opened:
            # Not closed here: views on it may outlive the block for a moment; the last of them takes it along.
            empty = os.fstat(opened.fileno()).st_size == 0
            data = memoryview(b"" if empty else mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError as error:
        raise StoreCorrupt(f"{file} is missing: the models that belong to it are lost.") from error
    yield data
