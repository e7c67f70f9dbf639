"""The columns of a value, as arrays of numbers or as a sample of cells: what profiles are computed from."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nbtrack.digests.frames import arrays_of

__all__ = ["Cells", "Converted", "columns"]

_SAMPLE_ROWS = 16_384
_LONG_ROWS = 1 << 16  # longer columns that have to be converted are converted a part at a time
_PART_ROWS = 1 << 18


class Cells(NamedTuple):
    """A column of other things than numbers: its rows, the missing of them, and present values of spaced rows.

    ``counts`` are of all rows, where they cost little (categories); ``sampled``: the sample is not of all rows.
    """

    rows: int
    missing: int
    sample: list[Any]
    sampled: bool = False
    counts: Counter[str] | None = None


class Converted:
    """A long column whose numbers are kept in another way: ``float64``, converted where it is sliced."""

    ndim = 1

    def __init__(self, rows: int, part: Callable[[slice], Any]) -> None:
        self.dtype = sys.modules["numpy"].dtype("f8")
        self.size = rows
        self.nbytes = rows * 8
        self._part = part

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, rows: slice) -> Any:
        return self._part(rows)


def _converted(values: Any, part: Callable[[Any], Any]) -> Any:
    """``part(values)`` as an array, or what converts its slices so."""
    rows = len(values)
    return part(values) if rows <= _LONG_ROWS else Converted(rows, lambda where: part(values[where]))


def columns(value: Any, count: int) -> list[tuple[str, Any]]:
    """Name and data of each column, in the order of the content's columns; empty where there are none to be had.

    Data is an array of numbers, flags or moments without a zone, :class:`Converted` numbers, or :class:`Cells`.
    """
    for library, split in _SPLITS.items():
        if library in sys.modules and _is_of(value, library):
            return split(value, count)
    return []


def _is_of(value: Any, library: str) -> bool:
    return any(base.__module__.partition(".")[0] == library for base in type(value).__mro__)


# NumPy and PyTorch -----------------------------------------------------------------------------------------------


def _of_array(value: Any, count: int) -> list[tuple[str, Any]]:
    np = sys.modules["numpy"]
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        return []
    value = np.asarray(value)
    if value.dtype.names:
        return [(name, _array(value[name])) for name in value.dtype.names]
    if value.ndim == 2 and count == value.shape[1] and count > 1:  # noqa: PLR2004 - rows and columns
        return [(str(place), _array(value[:, place])) for place in range(count)]
    return [("", _array(value))]


def _of_tensor(value: Any, count: int) -> list[tuple[str, Any]]:
    torch = sys.modules["torch"]
    if not isinstance(value, torch.Tensor) or value.layout is not torch.strided or value.device.type != "cpu":
        return []
    try:
        return [("", value.detach().resolve_conj().resolve_neg().numpy())] * count
    except (TypeError, RuntimeError):  # a dtype that NumPy lacks
        return []


def _array(values: Any) -> Any:
    if values.dtype.kind in "biufmM":
        return values
    flat = values.reshape(-1)
    return _cells(len(flat), flat[_spaced(len(flat))].tolist())


def _cells(rows: int, sample: list[Any], missing: int | None = None) -> Cells:
    """Cells of a sample that still has its missing values; their number in all rows, where it is known."""
    present = [value for value in sample if not _is_missing(value)]
    sampled = len(sample) < rows
    absent = len(sample) - len(present)
    if missing is None:
        missing = round(absent * rows / len(sample)) if sampled else absent
    return Cells(rows, missing, present, sampled)


def _is_missing(value: Any) -> bool:
    # NaN and NaT differ from themselves; NA's comparison is NA, which is neither.
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and value != value  # noqa: PLR0124 - only NaN differs from itself


def _spaced(rows: int) -> slice:
    return slice(None, None, max(1, -(-rows // _SAMPLE_ROWS)))


# pandas ----------------------------------------------------------------------------------------------------------


def _of_pandas(value: Any, count: int) -> list[tuple[str, Any]]:
    pd = sys.modules["pandas"]
    if isinstance(value, pd.DataFrame):
        return [
            (str(name), _pandas_array(one))
            for name, one in zip(value.columns.tolist(), arrays_of(value), strict=True)
        ]
    if isinstance(value, pd.Series | pd.Index) and getattr(value, "nlevels", 1) == 1:
        return [("" if value.name is None else str(value.name), _pandas_array(value.array))] * count
    return []


def _pandas_array(values: Any) -> Any:
    """A NumPy array that is a column already, or an extension array of pandas."""
    np, pd = sys.modules["numpy"], sys.modules["pandas"]
    dtype = values.dtype
    if isinstance(dtype, np.dtype) or type(dtype).__name__ == "NumpyEADtype":
        return _array(np.asarray(values))
    if isinstance(dtype, pd.CategoricalDtype):
        codes = values.codes
        counts = _counts(codes, len(dtype.categories))
        named = Counter(
            {str(name): count for name, count in zip(dtype.categories, counts, strict=True) if count}
        )
        return Cells(len(codes), len(codes) - sum(counts), [], counts=named)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return np.asarray(values.tz_convert(None))
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        return _converted(values, lambda part: part.to_numpy(dtype="float64", na_value=np.nan))
    stored = getattr(values, "_pa_array", None)
    if stored is not None:
        return _cells(len(values), _arrow_sample(stored), stored.null_count)
    sample = np.asarray(values[_spaced(len(values))], dtype=object).tolist()
    return _cells(len(values), sample, int(values.isna().sum()))


def _counts(codes: Any, count: int) -> list[int]:
    """How often each code from 0 to ``count`` - 1 occurs; missing values have the code -1."""
    np = sys.modules["numpy"]
    total = np.zeros(count + 1, np.int64)
    for start in range(0, len(codes), _PART_ROWS):
        part = codes[start : start + _PART_ROWS].astype(np.intp)
        part += 1
        total += np.bincount(part, minlength=count + 1)
    return total[1:].tolist()  # type: ignore[no-any-return]


# polars and Arrow ------------------------------------------------------------------------------------------------


def _of_polars(value: Any, count: int) -> list[tuple[str, Any]]:
    pl = sys.modules["polars"]
    if isinstance(value, pl.DataFrame):
        return [(series.name, _polars_series(series)) for series in value.get_columns()]
    return [(value.name, _polars_series(value))] * count if isinstance(value, pl.Series) else []


def _polars_series(series: Any) -> Any:
    if series.dtype.is_numeric() and not series.dtype.is_decimal():
        # Nulls become NaN.
        if not series.null_count() and series.n_chunks() == 1:
            return series.to_numpy()
        return _converted(series, lambda part: part.cast(float).to_numpy())
    step = _spaced(len(series)).step
    sample = series.gather_every(step).to_list()
    return _cells(len(series), sample, series.null_count())


def _of_arrow(value: Any, count: int) -> list[tuple[str, Any]]:
    pa = sys.modules["pyarrow"]
    if isinstance(value, pa.Table | pa.RecordBatch):
        return [(name, _arrow(one)) for name, one in zip(value.schema.names, value.columns, strict=True)]
    return [("", _arrow(value))] * count if isinstance(value, pa.Array | pa.ChunkedArray) else []


def _arrow(values: Any) -> Any:
    pa = sys.modules["pyarrow"]
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        if isinstance(values, pa.Array) and not values.null_count:
            found = values.to_numpy(zero_copy_only=False)
            return found if found.dtype.kind in "iuf" else found.astype("f8")
        return _converted(values, _arrow_floats)
    return _cells(len(values), _arrow_sample(values), values.null_count)


def _arrow_floats(values: Any) -> Any:
    pa = sys.modules["pyarrow"]
    options = {} if isinstance(values, pa.ChunkedArray) else {"zero_copy_only": False}
    return values.to_numpy(**options).astype("f8", copy=False)


def _arrow_sample(values: Any) -> list[Any]:
    """Evenly spaced values, chunk by chunk: taken from all at once, Arrow would join the chunks first."""
    pa = sys.modules["pyarrow"]
    step = _spaced(len(values)).step
    sample: list[Any] = []
    start = 0
    for chunk in values.chunks if isinstance(values, pa.ChunkedArray) else [values]:
        places = range(-start % step, len(chunk), step)
        sample += chunk.take(pa.array(places, pa.int64())).to_pylist()
        start += len(chunk)
    return sample


_SPLITS: Mapping[str, Callable[[Any, int], list[tuple[str, Any]]]] = {
    "pandas": _of_pandas,
    "numpy": _of_array,
    "polars": _of_polars,
    "pyarrow": _of_arrow,
    "torch": _of_tensor,
}
