"""What a value contains, as a record: its digest, kind, shape and columns."""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.digests.encode import Encoder
from nbtrack.digests.families import teller_of
from nbtrack.digests.tree import Strip, Told, node, text
from nbtrack.errors import DigestError
from nbtrack.records import Column, Content

__all__ = ["content", "digest", "kind_of"]

_MOST = 256

_known: dict[object, Content] = {}


def digest(value: Any) -> str:
    """The digest of a value's logical content: ``b3:<hex>``.

    Equal content has an equal digest in every process, whatever its layout in memory, the file it came from and
    the version of the library that holds it; any other value, dtype, name, order, index, category, time zone or
    kind of missing value has another. A value without canonical form gets ``b3-pickle:<hex>``, which means nothing
    outside this process.

    Raises:
        DigestError: the value, or something in it, has no canonical form and cannot be pickled.
    """
    return content(value).digest


def content(value: Any) -> Content:
    """The digest of a value (see :func:`digest`), its kind, its shape and the digests of its columns.

    A frame, table or series has its columns; a structured array its fields; an array of numbers with two
    dimensions, up to 256 columns and 4 MB has columns named ``"0"``, ``"1"``, …; any other array or tensor one
    column named ``""`` with the dtype and the row chunks of the whole. A column of fewer than
    :data:`~nbtrack.digests.tree.CHUNK_ROWS` rows has no chunks: its digest says as much.

    Raises:
        DigestError: the value, or something in it, has no canonical form and cannot be pickled.
    """
    encoder = Encoder(teller_of)
    cls = type(value)
    told = _told(value, encoder)
    if encoder.pickled:
        return _content(kind_of(cls), told, pickled=True)
    # Labels are not in the digest: an object column and one of dtype str may have the same.
    key = (told.raw, kind_of(cls), told.nbytes, tuple([strip.dtype for strip in told.strips]))
    known = _known.get(key)
    if known is None:
        if len(_known) > _MOST:
            _known.clear()
        known = _known[key] = _content(kind_of(cls), told, pickled=False)
    return known


def _told(value: Any, encoder: Encoder) -> Told:
    teller = teller_of(type(value))
    try:
        told = teller(value, encoder) if teller else None
        if isinstance(told, Told):
            return told
        kind, payload = told or encoder.cell(value)
    except DigestError:
        raise
    except Exception as error:  # of a library, in a value that it made itself and cannot read
        reason = (
            "it contains itself or is nested too deeply"
            if isinstance(error, RecursionError)
            else repr(error)[:300]
        )
        raise DigestError(f"A {kind_of(type(value))} cannot be given a digest: {reason}.") from error
    return Told(node(b"value", kind, payload), _length(value))


def _content(kind: str, told: Told, *, pickled: bool) -> Content:
    return Content(
        digest=text(told.raw, "b3-pickle" if pickled else "b3"),
        kind=kind,
        shape=told.shape,
        columns=tuple(map(_column, told.strips)),
        size_bytes=told.nbytes,
        by_pickle=pickled,
    )


def kind_of(cls: type) -> str:
    """The public name of a type: ``pandas.DataFrame``, ``scipy.sparse.csr_matrix``, ``list``."""
    home, name = cls.__module__, cls.__qualname__
    if home == "builtins":
        return name
    top = home.partition(".")[0]
    if getattr(sys.modules.get(top), name, None) is cls:
        return f"{top}.{name}"
    public = [part for part in home.split(".") if not part.startswith("_") or part == "__main__"]
    return ".".join((*public, name))


def _length(value: Any) -> tuple[int, ...] | None:
    return (len(value),) if isinstance(value, list | tuple | dict | set | frozenset) else None


def _column(strip: Strip) -> Column:
    form = "b3-pickle:" if strip.pickled else "b3:"
    chunks = tuple(form + chunk.hex() for chunk in strip.chunks)
    return Column(name=strip.name, dtype=strip.dtype, digest=form + strip.raw.hex(), chunks=chunks)
