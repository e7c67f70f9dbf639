"""polars: frames, series and their types, read column by column without pyarrow.

The rows' chunking and the codes of a Categorical do not count; its text does, and of an Enum its categories too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nbtrack.digests.arrays import fixed_leaf
from nbtrack.digests.encode import Encoder, Teller, head_of
from nbtrack.digests.scalars import named
from nbtrack.digests.tree import CHUNK_ROWS, Strip, Told, node, raw_digest, size

__all__ = ["teller"]


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is one of polars'."""
    pl = sys.modules.get("polars")
    if pl is None or not hasattr(pl, "DataFrame"):
        return None
    if issubclass(cls, pl.DataFrame):
        return _frame
    if issubclass(cls, pl.Series):
        return _series
    if issubclass(cls, pl.DataType):
        return lambda value, _: named("polars.dtype", str(value))
    return None


def _frame(frame: Any, encoder: Encoder) -> Told:
    strips = [_strip(series, encoder) for series in frame.get_columns()]
    raw = node(
        b"polars frame",
        size(frame.height),
        encoder.encode(list(frame.columns)),
        b"".join(strip.raw for strip in strips),
    )
    return Told(raw, frame.shape, strips, int(frame.estimated_size()))


def _series(series: Any, encoder: Encoder) -> Told:
    strip = _strip(series, encoder)
    raw = node(b"polars series", encoder.encode(series.name), strip.raw)
    return Told(raw, (len(series),), (strip,), int(series.estimated_size()))


def _strip(series: Any, encoder: Encoder) -> Strip:
    pl = sys.modules["polars"]
    before = encoder.pickled
    dtype = series.dtype
    label = str(dtype)
    extra = b""
    if dtype == pl.Enum:
        extra = encoder.encode(dtype.categories.to_list())
        label = "Enum"
    chunk = _chunk_of(dtype)
    chunks = tuple(
        chunk(series.slice(start, CHUNK_ROWS), encoder) for start in range(0, len(series), CHUNK_ROWS)
    )
    raw = node(b"polars column", label.encode(), extra, size(len(series)), b"".join(chunks))
    full = chunks if len(series) >= CHUNK_ROWS else ()
    return Strip(series.name, label, raw, full, encoder.pickled > before)


def _chunk_of(dtype: Any) -> Callable[[Any, Encoder], bytes]:
    pl = sys.modules["polars"]
    if dtype == pl.String or dtype in (pl.Categorical, pl.Enum):
        return _text
    if dtype.is_decimal():
        return _cells
    if dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean:
        return _fixed
    return _cells


def _cells(series: Any, encoder: Encoder) -> bytes:
    return raw_digest(encoder.cells(series.to_list()))


def _text(series: Any, encoder: Encoder) -> bytes:
    del encoder
    pl = sys.modules["polars"]
    import numpy as np

    if series.dtype != pl.String:
        series = series.cast(pl.String)
    kinds = b"s"
    if series.null_count():
        absent = series.is_null().to_numpy()
        kinds = np.where(absent, b"A"[0], b"s"[0]).astype(np.uint8).tobytes()
        series = series.drop_nulls()
    lengths = series.str.len_bytes().to_numpy()
    head, wide = head_of(kinds, int(lengths.max(initial=0)))
    joined = series.str.join("").item() if len(series) else ""
    return raw_digest(b"".join((head, lengths.astype("<u8" if wide else "<u4").tobytes(), joined.encode())))


def _fixed(series: Any, encoder: Encoder) -> bytes:
    del encoder
    values = series.to_physical()
    if not values.null_count():
        return fixed_leaf(values.to_numpy())
    absent = values.is_null().to_numpy()
    shown = values.fill_null(False if str(values.dtype) == "Boolean" else 0).to_numpy()
    return node(b"masked", fixed_leaf(shown), fixed_leaf(absent))
