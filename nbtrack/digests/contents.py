"""What a value contains, as a record: its digest, kind, shape and columns."""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.digests.encode import Encoder
from nbtrack.digests.families import teller_of
from nbtrack.digests.rows import len_of, rows_of, spacing
from nbtrack.digests.tree import Strip, Told, node, size, text
from nbtrack.errors import DigestError
from nbtrack.records import Column, Content

__all__ = ["begins_with", "content", "digest", "kind_of"]

_MOST = 256

_known: dict[object, Content] = {}


def digest(value: Any, *, sample: int | None = None) -> str:
    """The digest of a value's logical content: ``b3:<hex>``.

    Equal content has an equal digest in every process, whatever its layout in memory, the file it came from and
    the version of the library that holds it; any other value, dtype, name, order, index, category, time zone or
    kind of missing value has another. A value without canonical form gets ``b3-pickle:<hex>``, which means nothing
    outside this process.

    Args:
        value: what to digest.
        sample: of longer data, read only so many evenly spaced rows. Such a digest is ``b3-sampled:<hex>``; changes
            in other rows do not show.

    Raises:
        DigestError: the value, or something in it, has no canonical form and cannot be pickled.
    """
    return content(value, sample=sample).digest


def content(value: Any, *, sample: int | None = None) -> Content:
    """The digest of a value (see :func:`digest`), its kind, its shape and the digests of its columns.

    A frame, table or series has its columns; a structured array its fields; an array of numbers with two
    dimensions, up to 256 columns and 4 MB has columns named ``"0"``, ``"1"``, …; any other array or tensor one
    column named ``""`` with the dtype and the row chunks of the whole. A column of fewer than
    :data:`~nbtrack.digests.tree.CHUNK_ROWS` rows has no chunks: its digest says as much.

    Raises:
        DigestError: the value, or something in it, has no canonical form and cannot be pickled.
    """
    encoder = Encoder(teller_of)
    step = spacing(value, sample) if sample is not None else 1
    told = _told(rows_of(value, slice(None, None, step)) if step > 1 else value, encoder)
    form = "b3"
    if step > 1:
        shape = (len_of(value), *(told.shape or ())[1:])
        told = Told(node(b"sampled", size(shape[0]), size(step), told.raw), shape, told.strips)
        form = "b3-sampled"
    kind = kind_of(type(value))
    if encoder.pickled:
        return _content(kind, told, "b3-pickle")
    # Labels are not in the digest: an object column and one of dtype str may have the same.
    key = (form, told.raw, kind, told.nbytes, tuple([strip.dtype for strip in told.strips]))
    known = _known.get(key)
    if known is None:
        if len(_known) > _MOST:
            _known.clear()
        known = _known[key] = _content(kind, told, form)
    return known


def begins_with(value: Any, earlier: Content) -> bool:
    """Whether the first rows of ``value`` are all that ``earlier`` was: rows were appended and nothing else changed.

    Raises:
        DigestError: the rows cannot be digested.
    """
    if earlier.shape is None or not earlier.shape or earlier.sampled or earlier.by_pickle:
        return False
    if len_of(value) <= earlier.shape[0] or kind_of(type(value)) != earlier.kind:
        return False
    return content(rows_of(value, slice(earlier.shape[0]))).digest == earlier.digest


def _told(value: Any, encoder: Encoder) -> Told:
    teller = teller_of(type(value))
    try:
        told = teller(value, encoder) if teller else None
        if isinstance(told, Told):
            return told
        kind, payload = told or encoder.cell(value)
    except (DigestError, KeyboardInterrupt):
        raise
    except BaseException as error:  # of a library, or of the user's own classes, SystemExit included
        reason = (
            "it contains itself or is nested too deeply"
            if isinstance(error, RecursionError)
            else repr(error)[:300]
        )
        raise DigestError(f"A {kind_of(type(value))} cannot be given a digest: {reason}.") from error
    return Told(node(b"value", kind, payload), _length(value))


def _content(kind: str, told: Told, form: str) -> Content:
    return Content(
        digest=text(told.raw, form),
        kind=kind,
        shape=told.shape,
        columns=tuple([_column(strip, form) for strip in told.strips]),
        size_bytes=told.nbytes,
        by_pickle=form == "b3-pickle",
        sampled=form == "b3-sampled",
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


def _column(strip: Strip, form: str) -> Column:
    # Of a value that was pickled in part, the columns that were not are as good as ever.
    form = "b3-pickle" if strip.pickled else "b3" if form == "b3-pickle" else form
    chunks = () if form == "b3-sampled" else tuple([text(chunk, form) for chunk in strip.chunks])
    return Column(name=strip.name, dtype=strip.dtype, digest=text(strip.raw, form), chunks=chunks)
