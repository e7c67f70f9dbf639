"""pandas: frames, series, indexes, their scalars and extension arrays.

A frame's root stands over its column labels, its index and its columns. A column's digest is of its dtype and
content alone, so that a renamed or moved column is recognised. An index of evenly spaced integers is told by its
start, step and length, whether or not it is stored as a range.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from nbtrack.digests.columns import column
from nbtrack.digests.encode import Encoder, Teller
from nbtrack.digests.matrices import interleaved
from nbtrack.digests.matrices import strips as interleaved_strips
from nbtrack.digests.recognise import recognised_whole
from nbtrack.digests.scalars import MISSING, Cell, named
from nbtrack.digests.stored import look_at_frame, look_at_series
from nbtrack.digests.tree import Strip, Told, node, size

__all__ = ["arrays_of", "teller"]


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is one of pandas'."""
    pd = sys.modules.get("pandas")
    if pd is None or not hasattr(pd, "DataFrame"):
        return None
    for base, tell in (
        (pd.DataFrame, _frame),
        (pd.Series, _series),
        (pd.Index, _index_told),
        (pd.api.extensions.ExtensionArray, _extension_array),
    ):
        if issubclass(cls, base):
            return tell
    return _scalar_teller(cls, pd)


def _frame(frame: Any, encoder: Encoder) -> Told:
    look = look_at_frame(frame)
    if look is None:
        return _by_column(frame, encoder)
    return recognised_whole(look, lambda: _by_column(frame, encoder))


def _by_column(frame: Any, encoder: Encoder) -> Told:
    labels = frame.columns
    names = labels.tolist()
    arrays = list(arrays_of(frame))
    strips = _strips(list(map(str, names)), arrays, encoder)
    raw = node(
        b"frame",
        size(len(frame)),
        encoder.encode(list(labels.names)),
        encoder.encode(names),
        _index(frame.index, encoder),
        b"".join(strip.raw for strip in strips),
    )
    return Told(raw, frame.shape, strips, sum([values.nbytes for values in arrays]))


def _strips(names: list[str], arrays: list[Any], encoder: Encoder) -> list[Strip]:
    """The columns, those together that lie interleaved in one matrix."""
    strips: list[Strip] = []
    place = 0
    while place < len(arrays):
        matrix = interleaved(arrays, place)
        if matrix is None:
            strips.append(column(names[place], arrays[place], encoder))
            place += 1
        else:
            end = place + matrix.shape[1]
            strips += interleaved_strips(names[place:end], matrix)
            place = end
    return strips


def arrays_of(frame: Any) -> Iterator[Any]:
    """The columns' arrays, without the cost of a Series each where pandas offers that."""
    iterate = getattr(frame, "_iter_column_arrays", None)
    if iterate is not None:
        yield from iterate()
        return
    for place in range(frame.shape[1]):
        values = frame.iloc[:, place].array
        yield values.to_numpy() if type(values).__name__ == "NumpyExtensionArray" else values


def _series(series: Any, encoder: Encoder) -> Told:
    look = look_at_series(series)
    if look is None:
        return _one_column(series, encoder)
    return recognised_whole(look, lambda: _one_column(series, encoder))


def _one_column(series: Any, encoder: Encoder) -> Told:
    values = series.array
    name = "" if series.name is None else str(series.name)
    strip = column(name, values, encoder)
    raw = node(b"series", encoder.encode(series.name), _index(series.index, encoder), strip.raw)
    return Told(raw, series.shape, (strip,), values.nbytes)


def _index_told(index: Any, encoder: Encoder) -> Told:
    raw = _index(index, encoder)
    name = "" if index.name is None else str(index.name)
    return Told(node(b"labels", raw), index.shape, (Strip(name, str(index.dtype), raw),))


def _extension_array(values: Any, encoder: Encoder) -> Told:
    strip = column("", values, encoder)
    return Told(node(b"extension", strip.raw), (len(values),), (strip,))


def _index(index: Any, encoder: Encoder) -> bytes:
    """The digest of an index: its names and its values."""
    names = encoder.encode(list(index.names))
    if index.nlevels > 1:
        levels = [_level(index.get_level_values(place), encoder) for place in range(index.nlevels)]
        return node(b"multiindex", names, size(len(index)), *levels)
    return node(b"index", names, _level(index, encoder))


def _level(index: Any, encoder: Encoder) -> bytes:
    spaced = _spaced(index)
    if spaced is not None:
        return node(b"range", *map(size, spaced))
    return column("", index.array, encoder).raw


def _spaced(index: Any) -> tuple[int, int, int] | None:
    """Start, step and length of evenly spaced integers; None of others."""
    pd = sys.modules["pandas"]
    count = len(index)
    if isinstance(index, pd.RangeIndex):
        start, step = index.start, index.step
    elif str(index.dtype) == "int64":
        np = sys.modules["numpy"]
        values = index.to_numpy()
        if count == 0:
            return 0, 0, 0
        start = int(values[0])
        step = int(values[1]) - start if count > 1 else 0
        for place in range(1, count, 1 << 16):
            piece = values[place - 1 : place + (1 << 16)]
            if not (np.diff(piece) == step).all():
                return None
    else:
        return None
    return (start if count else 0), (step if count > 1 else 0), count


def _scalar_teller(cls: type, pd: Any) -> Teller | None:
    for base, tell in (
        (type(pd.NA), lambda _value, _encoder: MISSING),
        (type(pd.NaT), lambda _value, _encoder: (b"t", b"")),
        (pd.Timestamp, _timestamp),
        (pd.Timedelta, lambda value, _: named("pandas.Timedelta", value.isoformat())),
        (pd.Period, lambda value, _: named("pandas.Period", f"{value.freqstr} {value.ordinal}")),
        (pd.Interval, _interval),
        (pd.api.extensions.ExtensionDtype, _dtype),
        (
            pd.offsets.BaseOffset,
            lambda value, _: named("pandas.offset", f"{type(value).__name__} {value.freqstr}"),
        ),
    ):
        if issubclass(cls, base):
            return tell
    return None


def _timestamp(value: Any, _encoder: Encoder) -> Cell:
    return named("pandas.Timestamp", f"{value.isoformat()} {value.tz} {value.fold}")


def _interval(value: Any, encoder: Encoder) -> Cell:
    return named("pandas.Interval", encoder.encode((value.left, value.right, value.closed)))


def _dtype(value: Any, encoder: Encoder) -> Cell:
    categories = getattr(value, "categories", None)
    ordered = getattr(value, "ordered", None)
    return named("pandas.dtype", encoder.encode((str(value), ordered, categories)))
