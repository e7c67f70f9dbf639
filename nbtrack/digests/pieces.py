"""How the bytes of a model are cut into blobs, and the digests of those.

A model is a row of segments: its pickle stream and its out-of-band buffers. A large segment is cut alone, every
:data:`BLOB_BYTES`, so that a change within it costs the blobs it lies in; middling ones are blobs of their own as long
as there are few; all others share blobs, one after the other, each at a multiple of 64 bytes. The cut follows from the
segments' sizes and nothing else, so that it need not be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from nbtrack.digests.recognise import leaf, recognised
from nbtrack.digests.tree import text

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["BLOB_BYTES", "Span", "layout", "recognised_digest", "split"]

BLOB_BYTES = 1 << 22
"""The largest blob that a model is cut into; a multiple of every page size, so that they can be mapped side by side."""

_LARGE_BYTES = 1 << 20
_MIDDLING_BYTES = 1 << 17
_MOST_MIDDLING = 16
_ALIGNMENT = 64


class Span(NamedTuple):
    """Bytes ``start`` to ``stop`` of a segment, which stand at offset ``at`` of a blob."""

    segment: int
    start: int
    stop: int
    at: int


def layout(sizes: Sequence[int]) -> list[list[Span]]:
    """What each blob consists of, for segments of these sizes (bytes); the first is the pickle stream."""
    blobs: list[list[Span]] = []
    shared: list[Span] = []
    middling = end = 0
    for segment, size in enumerate(sizes):
        alone = segment == 0 or size >= _LARGE_BYTES
        if not alone and size >= _MIDDLING_BYTES and middling < _MOST_MIDDLING:
            alone, middling = True, middling + 1
        if alone:
            starts = range(0, max(size, 1), BLOB_BYTES)
            blobs += [[Span(segment, start, min(start + BLOB_BYTES, size), 0)] for start in starts]
            continue
        if end + size > BLOB_BYTES:
            blobs.append(shared)
            shared, end = [], 0
        shared.append(Span(segment, 0, size, end))
        end = -(-(end + size) // _ALIGNMENT) * _ALIGNMENT
    return [*blobs, shared] if shared else blobs


def split(segments: Sequence[Buffer]) -> Iterator[list[bytes | memoryview]]:
    """The bytes of each blob, in pieces that are views on the segments."""
    views = [memoryview(segment).cast("B") for segment in segments]
    for spans in layout([view.nbytes for view in views]):
        pieces: list[bytes | memoryview] = []
        end = 0
        for span in spans:
            if span.at > end:
                pieces.append(bytes(span.at - end))
            pieces.append(views[span.segment][span.start : span.stop])
            end = span.at + span.stop - span.start
        yield pieces


def recognised_digest(pieces: Sequence[Buffer]) -> str:
    """``b3:`` and the BLAKE3 of the bytes of all pieces; of bytes seen before in this process, from memory."""
    if len(pieces) == 1:
        return text(leaf(pieces[0]))
    return text(recognised("pieces", tuple(pieces), lambda: _hashed(pieces)))


def _hashed(pieces: Sequence[Buffer]) -> bytes:
    hasher = blake3()
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest()
