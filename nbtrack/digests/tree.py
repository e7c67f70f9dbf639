"""The tree that a digest is the root of: leaves are raw bytes, nodes name what stands under them.

A leaf is BLAKE3 over at most :data:`PIECE_BYTES` bytes of one column's row range, nothing added, so that hashing
runs at the library's own speed. A node is BLAKE3 over a tag and length-prefixed parts, so that neither joins nor
types can collide: ``node(b"a", b"1", b"23")`` is not ``node(b"a", b"12", b"3")``.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CHUNK_ROWS", "PIECE_BYTES", "Strip", "Told", "node", "prefix", "raw_digest", "size", "text"]

CHUNK_ROWS = 65_536
"""Rows per chunk: the finest row range that two digested values can be told apart by."""

PIECE_BYTES = CHUNK_ROWS * 8
"""A chunk whose rows are wider is cut into pieces of so many bytes: they fit the processor's cache, which makes
recognising a piece and hashing it cost one read of memory."""


class Strip(NamedTuple):
    """A column, digested: ``raw`` of dtype and content, ``chunks`` of its full row ranges, ``pickled`` in part."""

    name: str
    dtype: str
    raw: bytes
    chunks: tuple[bytes, ...] = ()
    pickled: bool = False


class Told(NamedTuple):
    """What a family tells of a value: the root's 32 bytes, shape, columns, size in memory (bytes)."""

    raw: bytes
    shape: tuple[int, ...] | None = None
    strips: Sequence[Strip] = ()
    nbytes: int | None = None


def node(tag: bytes, *parts: bytes) -> bytes:
    """The digest (32 bytes) of an inner node."""
    return blake3(b"".join((prefix(tag, *map(len, parts)), *parts))).digest()


def prefix(tag: bytes, *lengths: int) -> bytes:
    """What an inner node's parts are joined after: its tag and their lengths."""
    return struct.pack(f"<B{len(tag)}sQ{len(lengths)}Q", len(tag), tag, len(lengths), *lengths)


def size(number: int) -> bytes:
    """A count or a length as a part of a node: 8 bytes, little endian."""
    return number.to_bytes(8, "little", signed=True)


def raw_digest(data: Buffer) -> bytes:
    """BLAKE3 (32 bytes) of the bytes of any C-contiguous buffer."""
    if not isinstance(data, bytes):
        view = memoryview(data)
        data = view if view.format == "B" and view.ndim == 1 else _as_bytes(view)
    return blake3(data).digest()


def text(raw: bytes, form: str = "b3") -> str:
    """The digest as text: ``b3:<hex>``."""
    return f"{form}:{raw.hex()}"


def _as_bytes(view: memoryview) -> memoryview:
    # A memoryview with a zero in its shape cannot be cast.
    return view.cast("B") if view.nbytes else memoryview(b"")
