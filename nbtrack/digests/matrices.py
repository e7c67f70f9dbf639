"""Frames whose numbers lie row by row, as pandas keeps those that were made from a matrix.

Column by column, such memory would be read once for every column. It is passed once instead, by bands of rows that
fit the processor's cache, with one hasher for each column.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from blake3 import blake3

from nbtrack.digests.arrays import Form, canonical_bytes, form_of, lies_canonical
from nbtrack.digests.recognise import recognised_parts
from nbtrack.digests.spread import spread
from nbtrack.digests.tree import CHUNK_ROWS, PIECE_BYTES, Strip, node, size

__all__ = ["interleaved", "strips"]

# A band fits the processor's cache, together with what is made of it; BLAKE3 wants 32 kB at a time or more.
_BAND_BYTES = 1 << 18
_UPDATE_ROWS = 8192
_SCRATCH_BYTES = 1 << 22  # for each thread
_LONG_BYTES = 65_536


def interleaved(arrays: Sequence[Any], place: int) -> Any:
    """The matrix that this column and its neighbours to the right are views on; None if they are few or short."""
    np = sys.modules["numpy"]
    first = arrays[place]
    if type(first) is not np.ndarray or first.flags.c_contiguous or first.nbytes < _LONG_BYTES:
        return None
    stride, width = first.strides[0], first.itemsize
    if first.dtype.hasobject or stride <= 0 or width * CHUNK_ROWS > PIECE_BYTES:
        return None
    address = _address(first)
    count = 1
    for other in arrays[place + 1 : place + stride // width]:
        same = type(other) is np.ndarray and other.dtype == first.dtype and other.strides == first.strides
        if not same or _address(other) != address + count * width:
            break
        count += 1
    if count == 1:
        return None
    return np.lib.stride_tricks.as_strided(first, (len(first), count), (stride, width), writeable=False)


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def strips(names: Sequence[str], matrix: Any) -> list[Strip]:
    """The columns of such a matrix, each as it would be alone."""
    form = form_of(matrix.dtype)
    columns: list[list[bytes]] = [[] for _ in names]
    slabs = [matrix[start : start + CHUNK_ROWS] for start in range(0, len(matrix), CHUNK_ROWS)]
    for joined in spread(lambda slab: _leaves(slab, form), slabs, matrix.nbytes):
        for place, chunks in enumerate(columns):
            chunks.append(joined[place * 32 : place * 32 + 32])
    rows = len(matrix)
    return [
        Strip(
            name,
            form.label,
            node(b"column", form.encoded, size(rows), b"".join(chunks)),
            tuple(chunks) if rows >= CHUNK_ROWS else (),
        )
        for name, chunks in zip(names, columns, strict=True)
    ]


def _leaves(slab: Any, form: Form) -> bytes:
    """The leaves of all columns of a chunk of rows, joined."""
    rows, width = slab.shape
    step = _band_rows(width * slab.itemsize)
    bands = [slab[top : top + step] for top in range(0, rows, step)]
    if not slab.flags.c_contiguous:
        return _hashed(bands, slab, form)
    key = ("rows", form.label, form.native, rows, width)
    flat = [band.reshape(-1).view("u1") for band in bands]
    return recognised_parts(
        key, flat, lambda passing: _hashed((bands[at] for at, _ in enumerate(passing)), slab, form)
    )


def _band_rows(row_bytes: int) -> int:
    """As many rows as fit the cache: a power of two, so that bands fill an update exactly."""
    return min(_UPDATE_ROWS, max(16, 1 << (_BAND_BYTES // row_bytes | 1).bit_length() - 1))


def _hashed(bands: Iterable[Any], slab: Any, form: Form) -> bytes:
    """BLAKE3 of each column; the bands are of equal length, but the last, and each is read while it is in the cache."""
    np = sys.modules["numpy"]
    width = slab.shape[1]
    hashers = [blake3() for _ in range(width)]
    room = max(16, 1 << (_SCRATCH_BYTES // (width * slab.itemsize) | 1).bit_length() - 1)
    scratch = np.empty((width, min(_UPDATE_ROWS, room)), slab.dtype)
    filled, plain = 0, True
    for band in bands:
        if filled + len(band) > scratch.shape[1]:
            _update(hashers, scratch[:, :filled], form, plain=plain)
            filled, plain = 0, True
        # One look at all columns as they lie is cheaper than one at each.
        plain = plain and band.flags.c_contiguous and lies_canonical(band.reshape(-1), form)
        scratch[:, filled : filled + len(band)] = band.T
        filled += len(band)
    _update(hashers, scratch[:, :filled], form, plain=plain)
    return b"".join([hasher.digest() for hasher in hashers])


def _update(hashers: Sequence[Any], columns: Any, form: Form, *, plain: bool) -> None:
    for hasher, column in zip(hashers, columns, strict=True):
        hasher.update(column.view("u1") if plain else canonical_bytes(column, form))
