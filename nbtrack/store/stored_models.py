"""Models as the store keeps them: which blobs, and their bytes again as the segments that they were cut from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from nbtrack.digests import layout, split
from nbtrack.errors import BlobCorrupt
from nbtrack.records import ModelBytes
from nbtrack.store.blobs import Buffer, Parts, insert_blob, read_blobs, read_joined
from nbtrack.store.values import from_json, seal, to_json

__all__ = ["blobs_of", "insert_model", "read_segments"]


def blobs_of(model: ModelBytes) -> Iterator[tuple[str, Parts]]:
    """Digest and bytes of each blob that a model is cut into."""
    return zip(model.blob_digests, split([model.stream, *model.buffers]), strict=True)


def insert_model(connection: sqlite3.Connection, folder: Path, model: ModelBytes) -> None:
    """The rows of a model and of its blobs, whose files were written before.

    Raises:
        StoreUnwritable: a file was collected as garbage meanwhile, and cannot be written again.
    """
    for digest, parts in blobs_of(model):
        insert_blob(connection, folder, digest, parts)
    sizes = [len(model.stream), *(buffer.nbytes for buffer in model.buffers)]
    row = (model.digest, to_json(sizes))
    connection.execute(
        "INSERT OR IGNORE INTO models VALUES (?, ?, ?)", (*row, seal(*row, list(model.blob_digests)))
    )
    connection.executemany(
        "INSERT OR IGNORE INTO model_blobs VALUES (?, ?, ?)",
        [(model.digest, position, blob) for position, blob in enumerate(model.blob_digests)],
    )


def read_segments(connection: sqlite3.Connection, folder: Path, digest: str, whose: str) -> list[Buffer]:
    """The pickle stream and the buffers of a model, every blob's digest verified.

    Raises:
        BlobCorrupt: one is missing, or not what was written; the message says whose it is.
    """
    row = connection.execute("SELECT sizes, seal FROM models WHERE digest = ?", (digest,)).fetchone()
    rows = connection.execute("SELECT blob FROM model_blobs WHERE model = ? ORDER BY position", (digest,))
    blobs = [blob for (blob,) in rows]
    intact = row is not None and seal(digest, row[0], blobs) == row[1]
    sizes: Sequence[int] = from_json(row[0]) if intact else ()
    plan = layout(sizes)
    if not blobs or len(plan) != len(blobs):
        raise BlobCorrupt(
            f"The database does not say which blobs make {whose}; its record can still be read.", digest
        )
    segments: list[Buffer] = [b""] * len(sizes)
    # What lies alone in its blobs is one stretch of memory, however many they are.
    for segment, group in groupby(
        zip(plan, blobs, strict=True), key=lambda one: one[0][0].segment if len(one[0]) == 1 else -1
    ):
        members = list(group)
        if segment >= 0:
            joined = [(blob, spans[0].stop - spans[0].start) for spans, blob in members]
            segments[segment] = read_joined(connection, folder, joined, whose)
            continue
        read = read_blobs(connection, folder, [blob for _, blob in members], whose)
        for (spans, _), held in zip(members, read, strict=True):
            data = memoryview(held)
            for span in spans:
                segments[span.segment] = data[span.at : span.at + span.stop - span.start]
    return segments
