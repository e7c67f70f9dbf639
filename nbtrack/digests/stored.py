"""How pandas stores small frames and series: what tells one from another without a look at each column.

Told column by column, a small frame costs the calls for each column rather than its bytes, in every training cell that
uses it again. Where everything is stored plainly, all that its digest follows from is a few buffers (its blocks, its
labels) and what says how to read them. Objects, categories, moments in a zone and hierarchical indexes are not plain:
they are told as ever.
"""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.digests.arrays import look_into
from nbtrack.digests.recognise import MOST_WHOLE_BYTES, Look

__all__ = ["look_at_frame", "look_at_series"]


def look_at_frame(frame: Any) -> Look | None:
    """What the digest of a frame follows from; None where it is large or not stored plainly."""
    try:
        manager = frame._mgr  # noqa: SLF001 - the public ways make a Series of each column
        look = Look("frame", frame.shape)
        plain = _labels(look, frame.columns) and _labels(look, frame.index)
        for block in manager.blocks if plain else ():
            look.add(block.mgr_locs.as_array.tobytes())
            plain = plain and _values(look, block.values)
    except (AttributeError, TypeError, ValueError):  # another pandas than those whose insides are known here
        return None
    return look if plain and look.nbytes <= MOST_WHOLE_BYTES else None


def look_at_series(series: Any) -> Look | None:
    """The same for a series."""
    try:
        look = Look("series", series.shape, series.name)
        plain = (
            _is_name(series.name) and _labels(look, series.index) and _values(look, series._values)  # noqa: SLF001 - as above
        )
    except (AttributeError, TypeError, ValueError):  # as above
        return None
    return look if plain and look.nbytes <= MOST_WHOLE_BYTES else None


def _labels(look: Look, labels: Any) -> bool:
    pd = sys.modules["pandas"]
    cls = type(labels)
    name = labels.name
    look.add(cls, name)
    if not _is_name(name):
        return False
    if cls is pd.RangeIndex:
        look.add(labels.start, labels.step, len(labels))
        return True
    if cls is not pd.Index:
        return False
    values = labels._values  # noqa: SLF001 - as above
    if getattr(values.dtype, "kind", "") == "O" and type(values) is sys.modules["numpy"].ndarray:
        texts = values.tolist()
        look.add(*texts)
        return all(type(text) is str for text in texts)
    return _values(look, values)


def _is_name(name: Any) -> bool:
    return name is None or type(name) is str


def _values(look: Look, values: Any) -> bool:
    np = sys.modules["numpy"]
    if type(values) is not np.ndarray:
        stored = getattr(values, "_pa_array", None)
        return (
            stored is not None
            and type(values.dtype).__name__ == "StringDtype"
            and _text(look, values, stored)
        )
    return look_into(look, values)


def _text(look: Look, values: Any, stored: Any) -> bool:
    look.add(values.dtype.na_value is sys.modules["pandas"].NA, stored.type.id, stored.num_chunks)
    for chunk in stored.chunks:
        look.add(chunk.offset, len(chunk))
        for buffer in chunk.buffers():
            if buffer is None:
                look.add(None)
            else:
                look.read(buffer)
    return True
