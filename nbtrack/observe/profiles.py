"""Profiles of columns: how many values, how many missing, their range, centre and spread, the commonest categories.

A profile says how data changed where its digest says that it did. Counts, least, greatest, mean and standard
deviation (of n - 1) are of all rows; quantiles and categories of a long column are of evenly spaced rows, and
``of_rows`` then says of how many. Of text there are categories only where a few make up the column: names,
addresses and free text leave no values behind, and neither does what redaction takes for a secret.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from nbtrack.digests.matrices import interleaved
from nbtrack.digests.spread import spread
from nbtrack.observe.columns import Cells, Converted, columns
from nbtrack.observe.moments import Moments
from nbtrack.observe.redaction import is_secret_name, redact
from nbtrack.records import JSON

__all__ = ["Profile", "profiles"]

Profile: TypeAlias = Mapping[str, JSON]

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SAMPLE_ROWS = 4096
_PART_ROWS = 1 << 17  # more calls cost more than what leaves the nearer caches
_STRETCH = 8  # parts that one thread takes in, one after the other
_BAND_ROWS = 8192
_BAND_BYTES = 1 << 20
_MOST_CATEGORIES = 5
# Text is a category if rows share it: at most so many distinct values, each of so many characters.
_DISTINCT = 50
_CHARACTERS = 64


def profiles(value: Any, count: int) -> list[Profile | None]:
    """One profile for each of the ``count`` columns that the content of the value has; None: it has no profile."""
    found = columns(value, count)
    told: list[Profile | None] = [None] * count
    if len(found) != count:
        return told
    short: dict[Any, list[int]] = {}
    strided: list[int] = []
    for place, (name, data) in enumerate(found):
        if is_secret_name(name):
            continue
        if _is_short(data):
            short.setdefault((data.dtype, len(data)), []).append(place)
        elif _is_strided(data):
            strided.append(place)
        else:
            told[place] = _profile(data)
    for places in short.values():
        stack = sys.modules["numpy"].stack([found[place][1] for place in places])
        for place, profile in zip(places, _short_numbers(stack), strict=True):
            told[place] = profile
    for place, profile in zip(strided, _side_by_side([found[place][1] for place in strided]), strict=True):
        told[place] = profile
    return told


def _is_strided(data: Any) -> bool:
    """Whether it is a long column of numbers that do not lie side by side, as those of a matrix that lies by rows."""
    if isinstance(data, Cells | Converted) or data.dtype.kind not in "iuf":
        return False
    return data.ndim == 1 and not data.flags.c_contiguous


def _is_short(data: Any) -> bool:
    """Whether a column's numbers are few enough to be sorted whole, together with others of their dtype."""
    if isinstance(data, Cells) or data.dtype.kind not in "iuf":
        return False
    return data.ndim == 1 and 0 < len(data) <= _SAMPLE_ROWS


def _profile(data: Any) -> Profile:
    if isinstance(data, Cells):
        return _categories(data)
    if data.dtype.kind == "b":
        return _flags(data)
    return _moments(data) if data.dtype.kind in "mM" else _numbers(data)


def _short_numbers(stack: Any) -> list[Profile]:
    """The profiles of the rows of a matrix: one sort gives ranges and quantiles of all."""
    np = sys.modules["numpy"]
    stack.sort(axis=1)  # NaN comes last
    if stack.dtype.kind == "f" and stack.dtype.itemsize < 8:  # noqa: PLR2004 - sums of half precision overflow
        stack = stack.astype(np.float64)
    width = stack.shape[1]
    absent = np.isnan(stack) if stack.dtype.kind == "f" else np.zeros(stack.shape, bool)
    counts = width - absent.sum(axis=1)
    with np.errstate(all="ignore"):
        shown = np.where(absent, 0, stack)
        means = shown.sum(axis=1, dtype=np.float64) / counts
        spread = np.where(absent, 0, shown - means[:, None])
        deviations = np.sqrt((spread * spread).sum(axis=1) / (counts - 1))
    rows = np.arange(len(stack))[:, None]
    quantiles = _between(stack, rows, counts[:, None])
    ends = stack[rows[:, 0], np.maximum(counts - 1, 0)].tolist()
    return [
        _of_numbers(count, width - count, (least, greatest), (mean, deviation), quantile)
        for count, least, greatest, mean, deviation, quantile in zip(
            counts.tolist(),
            stack[:, 0].tolist(),
            ends,
            means.tolist(),
            deviations.tolist(),
            quantiles,
            strict=True,
        )
    ]


def _between(stack: Any, rows: Any, counts: Any) -> list[list[float]]:
    """Quantiles of sorted rows by linear interpolation, as NumPy's default (type 7 of Hyndman and Fan, 1996)."""
    np = sys.modules["numpy"]
    places = np.maximum(counts - 1, 0) * np.array(_QUANTILES)
    below = np.floor(places).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0))
    low = stack[rows, below].astype(np.float64)
    with np.errstate(all="ignore"):
        between = low + np.where(above > below, (stack[rows, above] - low) * (places - below), 0)
    return between.tolist()  # type: ignore[no-any-return]


def _numbers(array: Any) -> Profile:
    """The profile of a long column, or of all values of an array: part by part, so that it copies little."""
    step = max(1, _PART_ROWS * len(array) // array.size) if array.size and array.ndim else 1
    return _finished(_taken(array, 1, step, lambda part: part.reshape(1, -1)), 0, array)


def _taken(array: Any, width: int, step: int, shown: Callable[[Any], Any]) -> Moments:
    """The moments of all rows, ``step`` rows at a time; ``shown`` makes of such a part what ``Moments`` takes.

    Long data is cut into stretches at fixed places, and what is summed does not follow from who sums it.
    """
    total = Moments(width)
    if not array.ndim:
        total.take(array.reshape(1, 1))
        return total
    total.take(shown(array[:step]))
    rows = step * _STRETCH

    def take(start: int) -> Moments:
        moments = Moments(width, like=total)
        for at in range(start, min(start + rows, len(array)), step):
            moments.take(shown(array[at : min(at + step, start + rows)]))
        return moments.done()

    for moments in spread(take, range(step, len(array), rows), array.nbytes):
        total.add(moments)
    return total


def _side_by_side(arrays: Sequence[Any]) -> list[Profile]:
    """The profiles of long columns that lie row by row: by bands, so that memory is read once and not once a column."""
    found: list[Profile] = []
    while len(found) < len(arrays):
        matrix = interleaved(arrays, len(found))
        if matrix is None:
            found.append(_numbers(arrays[len(found)]))
            continue
        step = min(_BAND_ROWS, max(64, _BAND_BYTES // (matrix.shape[1] * matrix.itemsize)))
        total = _taken(matrix, matrix.shape[1], step, lambda band: band.T)
        columns = arrays[len(found) : len(found) + matrix.shape[1]]
        found += [_finished(total, place, column) for place, column in enumerate(columns)]
    return found


def _finished(total: Moments, place: int, array: Any) -> Profile:
    sample = _spaced(array)
    count, missing, ends, moments = total.of(place)
    profile = _of_numbers(count, missing, ends, moments, None)
    if count and len(sample):
        profile["quantiles"] = _short_numbers(sample[None].copy())[0].get("quantiles")
        if len(sample) < array.size:
            profile["of_rows"] = len(sample)
    return profile


def _spaced(array: Any) -> Any:
    """Evenly spaced values, some 4,096 at most."""
    if array.ndim != 1 and array.size > _SAMPLE_ROWS:
        rows = array[:: max(1, -(-len(array) // 64))]
        array = rows.reshape(len(rows), -1)[:, :: max(1, -(-(array.size // len(array)) // 64))]
    flat = array if array.ndim == 1 else array.reshape(-1)
    return flat[:: max(1, -(-len(flat) // _SAMPLE_ROWS))]


def _of_numbers(
    count: int,
    missing: int,
    ends: tuple[Any, Any],
    moments: tuple[float, float],
    quantiles: Sequence[float] | None,
) -> dict[str, JSON]:
    if not count:
        return {"count": 0, "missing": missing}
    told: dict[str, JSON] = {"count": count, "missing": missing, "min": _json(ends[0]), "max": _json(ends[1])}
    told["mean"] = _json(moments[0])
    told["std"] = _json(moments[1]) if count > 1 else None
    if quantiles is not None:
        told["quantiles"] = {
            str(place): _json(value) for place, value in zip(_QUANTILES, quantiles, strict=True)
        }
    return told


def _json(number: Any) -> JSON:
    if isinstance(number, float) and not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    return number  # type: ignore[no-any-return]


def _flags(array: Any) -> Profile:
    true = int(array.sum())
    top: list[JSON] = [["True", true], ["False", array.size - true]]
    return {"count": array.size, "missing": 0, "top": [pair for pair in top if pair[1]]}  # type: ignore[index]


def _moments(array: Any) -> Profile:
    np = sys.modules["numpy"]
    missing, least, greatest = 0, None, None
    array = np.atleast_1d(array)
    for start in range(0, len(array), _PART_ROWS):
        part = array[start : start + _PART_ROWS]
        absent = np.isnat(part)
        missing += int(np.count_nonzero(absent))
        present = part[~absent]
        if present.size:
            least = present.min() if least is None else min(least, present.min())
            greatest = present.max() if greatest is None else max(greatest, present.max())
    if least is None:
        return {"count": 0, "missing": missing}
    return {
        "count": int(array.size) - missing,
        "missing": missing,
        "min": str(least),
        "max": str(greatest),
    }


def _categories(cells: Cells) -> Profile:
    """Count, missing, and the commonest categories where the column has any."""
    told: dict[str, JSON] = {"count": cells.rows - cells.missing, "missing": cells.missing}
    counts = cells.counts if cells.counts is not None else _counted(cells.sample)
    if counts is None:
        return told
    told["distinct"] = len(counts)
    if cells.sampled:
        told["of_rows"] = len(cells.sample)
    shown = [text for text, _ in counts.most_common(_MOST_CATEGORIES)]
    shared = len(counts) <= _DISTINCT and len(counts) * 2 <= max(counts.total(), 2)
    if shared and all(len(text) <= _CHARACTERS and redact(text) == text for text in shown):
        told["top"] = [[text, count] for text, count in counts.most_common(_MOST_CATEGORIES)]
    return told


def _counted(sample: Sequence[Any]) -> Counter[str] | None:
    """How often each text occurs; None where the values are other things than text, numbers and flags."""
    if not all(isinstance(value, str | int | float) for value in sample):
        return None
    return Counter(map(str, sample))
