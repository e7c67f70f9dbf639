"""pandas: the arrays that columns and indexes are made of, one way per kind of dtype.

Text is told alike whatever stores it: as Python objects, as NumPy's strings or in Arrow's buffers; the dtype ``str``
of pandas 3 is told like the object column of strings that the same data is in pandas 2. ``string``, whose missing
value is ``pandas.NA``, stays apart.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nbtrack.digests.arrays import strip
from nbtrack.digests.arrow import Naming, arrow_strip
from nbtrack.digests.encode import Encoder
from nbtrack.digests.recognise import leaf
from nbtrack.digests.tree import CHUNK_ROWS, Strip, node, raw_digest, size

__all__ = ["column"]


def column(name: str, values: Any, encoder: Encoder) -> Strip:
    """One column, from its NumPy array or its extension array."""
    np = sys.modules["numpy"]
    if type(values) is np.ndarray:
        return strip(name, values, encoder)
    if isinstance(values.dtype, np.dtype):  # moments without a zone, and arrays that pandas wraps
        return strip(name, values.to_numpy(), encoder)
    tell = _BY_DTYPE.get(type(values.dtype).__name__)
    if tell is None:
        tell = _masked if hasattr(values, "_mask") and hasattr(values, "_data") else _objects
    return tell(name, values, encoder)


def _numpy(name: str, values: Any, encoder: Encoder) -> Strip:
    return strip(name, values.to_numpy(), encoder)


def _zoned(name: str, values: Any, encoder: Encoder) -> Strip:
    """Moments in a time zone: the moments in UTC, and the zone in the dtype."""
    dtype = str(values.dtype)
    moments = strip(name, values.asi8, encoder)
    return moments._replace(dtype=dtype, raw=node(b"zoned", dtype.encode(), moments.raw))


def _period(name: str, values: Any, encoder: Encoder) -> Strip:
    dtype = str(values.dtype)
    ordinals = strip(name, values.asi8, encoder)
    return ordinals._replace(dtype=dtype, raw=node(b"period", dtype.encode(), ordinals.raw))


def _categorical(name: str, values: Any, encoder: Encoder) -> Strip:
    """Codes, categories in their order, and whether they are ordered."""
    np = sys.modules["numpy"]
    categories = column("", values.categories.array, encoder)
    # pandas takes the narrowest codes for the categories; an array of wider ones means the same.
    count = len(values.categories)
    narrow = np.int8 if count < 127 else np.int16 if count < 32_767 else np.int32  # noqa: PLR2004 - their largest
    codes = strip(name, np.asarray(values.codes).astype(narrow, copy=False), encoder)
    ordered = b"ordered" if values.ordered else b"unordered"
    raw = node(b"categorical", ordered, size(len(values.categories)), categories.raw, codes.raw)
    return codes._replace(dtype="category", raw=raw, pickled=categories.pickled)


def _interval(name: str, values: Any, encoder: Encoder) -> Strip:
    left = column("", values.left.array, encoder)
    right = column("", values.right.array, encoder)
    dtype = str(values.dtype)
    return Strip(name, dtype, node(b"interval", dtype.encode(), left.raw, right.raw))


def _masked(name: str, values: Any, encoder: Encoder) -> Strip:
    """Nullable numbers and booleans: what stands under the mask does not count."""
    np = sys.modules["numpy"]
    del encoder
    dtype = str(values.dtype)
    data, mask = values._data, values._mask  # noqa: SLF001 - the public way copies both to objects
    chunks = []
    for start in range(0, len(data), CHUNK_ROWS):
        part, hidden = data[start : start + CHUNK_ROWS], mask[start : start + CHUNK_ROWS]
        if hidden.any():
            part = np.where(hidden, np.zeros((), part.dtype), part)
            chunks.append(node(b"masked", _leaf(part), _leaf(hidden)))
        else:
            chunks.append(_leaf(part))
    return _strip(name, dtype, len(data), chunks)


def _leaf(part: Any) -> bytes:
    np = sys.modules["numpy"]
    return leaf(np.ascontiguousarray(part).view(np.uint8))


def _text(name: str, values: Any, encoder: Encoder) -> Strip:
    """A column of dtype ``str`` (missing: NaN) or ``string`` (missing: NA), whatever stores it."""
    pd = sys.modules["pandas"]
    dtype = str(values.dtype)
    missing = b"A" if values.dtype.na_value is pd.NA else b"n"
    told = "string" if missing == b"A" else "object"
    stored = getattr(values, "_pa_array", None)
    if stored is not None:
        return arrow_strip(name, stored, encoder, Naming(dtype, told, missing))
    return _cells(name, values, encoder, dtype=dtype, told=told)


def _arrow(name: str, values: Any, encoder: Encoder) -> Strip:
    """A column of Arrow's own types."""
    dtype = str(values.dtype)
    told = "string" if dtype in {"string[pyarrow]", "large_string[pyarrow]"} else dtype
    return arrow_strip(name, values._pa_array, encoder, Naming(dtype, told))  # noqa: SLF001 - no copy


def _objects(name: str, values: Any, encoder: Encoder) -> Strip:
    return _cells(name, values, encoder, dtype=str(values.dtype), told=str(values.dtype))


def _cells(name: str, values: Any, encoder: Encoder, *, dtype: str, told: str) -> Strip:
    """Any extension array, value by value."""
    np = sys.modules["numpy"]
    before = encoder.pickled
    chunks = [
        raw_digest(encoder.cells(np.asarray(values[start : start + CHUNK_ROWS], dtype=object).tolist()))
        for start in range(0, len(values), CHUNK_ROWS)
    ]
    found = _strip(name, told, len(values), chunks)
    return found._replace(dtype=dtype, pickled=encoder.pickled > before)


def _strip(name: str, dtype: str, rows: int, chunks: list[bytes]) -> Strip:
    raw = node(b"column", dtype.encode(), size(rows), b"".join(chunks))
    return Strip(name, dtype, raw, tuple(chunks) if rows >= CHUNK_ROWS else ())


_BY_DTYPE: dict[str, Callable[[str, Any, Encoder], Strip]] = {
    "NumpyEADtype": _numpy,
    "PandasDtype": _numpy,
    "DatetimeTZDtype": _zoned,
    "PeriodDtype": _period,
    "CategoricalDtype": _categorical,
    "IntervalDtype": _interval,
    "StringDtype": _text,
    "ArrowDtype": _arrow,
    "SparseDtype": _objects,
}
