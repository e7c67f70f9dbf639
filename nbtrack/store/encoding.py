"""Zstandard, where it pays: a quick look at the bytes decides.

Pickle streams and the trees of forests shrink to a third, weights hardly at all: the look compresses a sample. What
would not shrink by a quarter is kept as it is, and can then be mapped. Bytes that stand in rows are compressed as they
come, files when nobody waits for them (:mod:`nbtrack.store.packing`).
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

from nbtrack.errors import StoreError

__all__ = ["can_compress", "decoded", "encoded", "shrinks"]

_LEAST_BYTES = 512
_SAMPLE_BYTES = 1 << 15  # of begin, middle and end
_SAMPLED_BYTES = 4 * _SAMPLE_BYTES  # fewer are compressed without a look at a sample first
_WORTH = 0.75  # of the size, at most, is what compressing must leave
_LEVEL = 1
_of_thread = threading.local()


def can_compress() -> bool:
    """Whether Zstandard is installed here."""
    return _library() is not None


def encoded(data: bytes | memoryview) -> tuple[str, bytes | memoryview]:
    """How to keep the bytes, and they in that form: ``raw``, or ``zstd`` where that pays."""
    if len(data) < _LEAST_BYTES or (len(data) > _SAMPLED_BYTES and not _shrinks(_sample(data))):
        return "raw", data
    small = _compress(data)
    return ("zstd", small) if small is not None and len(small) <= len(data) * _WORTH else ("raw", data)


def shrinks(file: Path, size: int) -> bool:
    """Whether a sample of a file of so many bytes shrinks by a quarter; no more than the sample is read.

    Raises:
        OSError: it cannot be read.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        places = sorted({0, max(0, size // 2), max(0, size - _SAMPLE_BYTES)})
        return _shrinks(b"".join([os.pread(descriptor, _SAMPLE_BYTES, place) for place in places]))
    finally:
        os.close(descriptor)


def decoded(encoding: str, data: bytes, size: int) -> bytes:
    """The ``size`` bytes again; of damaged ones something else, whose digest is not theirs.

    Raises:
        StoreError: Zstandard is not installed here.
    """
    if encoding == "raw":
        return data
    return _decompress(data, size)


def _sample(data: bytes | memoryview) -> bytes | memoryview:
    middle = len(data) // 2
    return b"".join((data[:_SAMPLE_BYTES], data[middle : middle + _SAMPLE_BYTES], data[-_SAMPLE_BYTES:]))


def _shrinks(sample: bytes | memoryview) -> bool:
    small = _compress(sample)
    return small is not None and len(small) <= len(sample) * _WORTH


def _compress(data: bytes | memoryview) -> bytes | None:
    library = _library()
    if library is None:
        return None
    if library.__name__ == "zstandard":
        return bytes(_compressor().compress(data))
    return bytes(library.compress(data, level=_LEVEL))


def _compressor() -> Any:
    """The thread's own: making one takes longer than compressing a small model, and threads cannot share it."""
    found = getattr(_of_thread, "compressor", None)
    if found is None:
        import zstandard

        found = _of_thread.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    return found


def _decompress(data: bytes, size: int) -> bytes:
    library = _library()
    if library is None:
        raise StoreError(
            "These bytes are kept compressed by Zstandard, which is not installed here. `pip install zstandard`."
        )
    try:
        if library.__name__ == "zstandard":
            return bytes(library.ZstdDecompressor().decompress(data, max_output_size=size))
        return bytes(library.ZstdDecompressor().decompress(data, max_length=size))
    except (library.ZstdError, ValueError, EOFError, MemoryError):
        return b""


def _library() -> ModuleType | None:
    """The standard library's Zstandard (Python 3.14), or the package of that name; None: there is neither."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd

            return zstd
        import zstandard
    except ImportError:
        return None
    else:
        return zstandard
