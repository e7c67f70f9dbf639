"""A 64-bit mark of each row, to find rows of one table in another.

Marks are made with keys that are drawn when the process starts and never leave it: they mean nothing elsewhere, and
nobody can find out from one what was in its row. What is recorded is how many rows two tables share, not the marks.

Equal rows have equal marks: numbers by their value whatever their type, missing values alike, 0.0 and -0.0 alike.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from nbtrack.digests.frames import arrays_of

__all__ = ["RowMarks", "row_marks", "shared"]

_CHUNK_ROWS = 4096
_EXACT = 2**53  # integers up to it are told by floats
_MIXED = 0xFF51AFD7ED558CCD
_FEW = 5000
_MISSING = secrets.randbits(63)
_SEED = secrets.randbits(128)

_keys: list[Any] = []


class RowMarks:
    """The marks of a table's rows (``uint64``, one a row), and how many columns each is of."""

    __slots__ = ("columns", "marks")

    def __init__(self, marks: Any, columns: int) -> None:
        self.marks = marks
        self.columns = columns


def row_marks(value: Any, most_cells: int) -> RowMarks | None:
    """The marks of the rows of a frame, array, tensor, matrix, list or the container of a booster.

    None where the value has no rows, fewer than two of them, more than ``most_cells`` values, or values that cannot
    be told by their content. Columns go by their place, so that a frame and its array have the same marks.
    """
    np = sys.modules.get("numpy")
    value = _inner(value)
    shape: tuple[int, ...] = getattr(value, "shape", None) or (
        (len(value),) if isinstance(value, list | tuple) else ()
    )
    if np is None or not shape or shape[0] < 2 or not 0 < _cells(shape) <= most_cells:  # noqa: PLR2004 - rows
        return None
    if hasattr(type(value), "tocsr"):
        return RowMarks(_sparse(np, value.tocsr()), int(shape[1]))
    total: Any = None
    count = 0
    for block in _blocks(np, value):
        if block is None:
            return None
        marks = _marks(np, block, count)
        total = marks if total is None else total + marks
        count += block.shape[1]
    return None if total is None else RowMarks(total, count)


def shared(rows: RowMarks, among: RowMarks) -> int:
    """How many of ``rows`` are also in ``among``."""
    if max(len(rows.marks), len(among.marks)) <= _FEW:
        known = set(among.marks.tolist())
        return sum(one in known for one in rows.marks.tolist())
    return int(sys.modules["numpy"].isin(rows.marks, among.marks).sum())


def _inner(value: Any) -> Any:
    """The table inside: of a booster's container, a data set or a loader its inputs; of a tensor its array."""
    name, home = type(value).__name__, type(value).__module__.partition(".")[0]
    if home == "xgboost" and hasattr(type(value), "get_data"):
        return value.get_data()
    if home == "lightgbm" and name == "Dataset":
        return value.data
    if home == "torch":
        value = getattr(value, "dataset", value) if name == "DataLoader" else value
        if name in {"DataLoader", "TensorDataset"} and hasattr(value, "tensors"):
            value = value.tensors[0]
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            return value.numpy() if str(value.layout) == "torch.strided" else None
    if home == "tensorflow" and hasattr(value, "numpy"):
        return value.numpy()
    return value


def _cells(shape: tuple[int, ...]) -> int:
    cells = 1
    for size in shape:
        cells *= int(size)
    return cells


def _blocks(np: Any, value: Any) -> Iterator[Any]:
    """The values as matrices of whole columns, each of ``uint64``, ``float64`` or numbers that become such; or None."""
    if isinstance(value, np.ndarray):
        yield from _block(np, value)
    elif hasattr(type(value), "iloc"):
        yield from _pandas_blocks(np, value)
    elif isinstance(value, list | tuple):
        array = np.asarray(value) if not isinstance(value[0], str) else np.asarray(value, dtype=object)
        yield from _block(np, array)
    elif hasattr(value, "iter_columns"):  # polars
        for series in value.iter_columns():
            yield from _block(np, series.to_numpy())
    elif hasattr(type(value), "itercolumns"):  # Arrow
        for column in value.itercolumns():
            yield from _block(np, column.to_numpy())
    elif hasattr(type(value), "to_numpy") and len(value.shape) == 1:
        yield from _block(np, value.to_numpy())
    else:
        yield None


def _pandas_blocks(np: Any, value: Any) -> Iterator[Any]:
    arrays: Iterable[Any]
    if len(value.shape) == 1:
        arrays = (value.array,)
    elif getattr(getattr(value, "_mgr", None), "is_single_block", False):
        arrays = (value.to_numpy(),)  # a view
    else:
        arrays = arrays_of(value)
    for array in arrays:
        yield from _block(np, array)


def _block(np: Any, values: Any) -> Iterator[Any]:
    """One array as a matrix that marks are made of: numbers as they are, of anything else a hash each."""
    dtype = values.dtype
    if hasattr(dtype, "categories") and hasattr(values, "codes"):
        known = _hashes(np, np.asarray(values.categories, dtype=object))
        yield None if known is None else np.append(known, np.uint64(_MISSING))[values.codes][:, None]
        return
    if not isinstance(values, np.ndarray):
        values = _plain(np, values)
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:  # noqa: PLR2004 - as below
        yield _integers(np, values).reshape(len(values), -1)
    elif values.dtype.kind in "biuf" and values.dtype.itemsize <= 8:  # noqa: PLR2004 - of 64 bits
        yield values.reshape(len(values), -1)
    elif values.dtype.kind in "mM":
        yield np.ascontiguousarray(values).view("u8").reshape(len(values), -1)
    elif values.dtype.kind in "OUS":
        flat = _hashes(np, values.reshape(-1))
        yield None if flat is None else flat.reshape(len(values), -1)
    else:
        yield None


def _integers(np: Any, values: Any) -> Any:
    """The bits of the float of the same value, where there is one; of larger integers their own."""
    values = np.ascontiguousarray(values)
    exact = values.astype("f8").view("u8")
    large = (values >= _EXACT) | (values <= -_EXACT) if values.dtype.kind == "i" else values >= _EXACT
    return np.where(large, values.view("u8"), exact) if large.any() else exact


def _plain(np: Any, values: Any) -> Any:
    """An extension array as an array of NumPy's: numbers with NaN for what is missing, moments, or objects."""
    kind = getattr(values.dtype, "kind", "O")
    if kind in "biuf":
        return values.to_numpy(dtype="f8", na_value=np.nan)
    if kind == "M" and hasattr(values, "asi8"):
        return values.asi8.view("u8")
    return np.asarray(values, dtype=object)


def _hashes(np: Any, values: Any) -> Any:
    """The interpreter's hash of each value, which is of this process alone too; None where one has none."""
    pandas = sys.modules.get("pandas")
    try:
        found = np.fromiter(map(hash, values.tolist()), "i8", len(values)).view("u8")
    except TypeError:
        return None
    if values.dtype.kind == "O":
        missing = pandas.isna(values) if pandas is not None else np.asarray([one != one for one in values])  # noqa: PLR0124 - NaN
        found[missing] = _MISSING
    return found


def _marks(np: Any, block: Any, first: int) -> Any:
    """What a matrix's columns, of which the first stands at ``first``, add to the marks of its rows."""
    keys = _column_keys(np, first + block.shape[1])[first:]
    by_column = block.flags.f_contiguous and not block.flags.c_contiguous
    found = np.empty(len(block), "u8")
    for start in range(0, len(block), _CHUNK_ROWS):
        part = block[start : start + _CHUNK_ROWS]
        if by_column:
            found[start : start + _CHUNK_ROWS] = (_mixed(np, part.T) * keys[:, None]).sum(0)
        else:
            found[start : start + _CHUNK_ROWS] = np.einsum("ij,j->i", _mixed(np, part), keys)
    return found


def _mixed(np: Any, part: Any) -> Any:
    """Each value's bits, stirred so that every bit of it counts in every bit of the product with a key."""
    if part.dtype != np.uint64:
        part = _one_nan(np, part.astype("f8") + 0.0)
    bits = part ^ (part >> np.uint64(33))
    bits *= np.uint64(_MIXED)
    bits ^= bits >> np.uint64(29)
    return bits


def _one_nan(np: Any, part: Any) -> Any:
    with np.errstate(invalid="ignore"):
        if np.isnan(part.sum()):  # infinities of both signs also make one
            part[np.isnan(part)] = np.nan
    return part.view("u8")


def _sparse(np: Any, matrix: Any) -> Any:
    """The marks of a matrix's rows by the entries that are no zeros."""
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    keys = _column_keys(np, matrix.shape[1])
    values = matrix.data
    entries = (
        _mixed(np, _integers(np, values) if values.dtype in ("i8", "u8") else values) * keys[matrix.indices]
    )
    entries[matrix.data == 0] = 0
    before = np.concatenate([np.zeros(1, "u8"), np.cumsum(entries, dtype="u8")])
    return before[matrix.indptr[1:]] - before[matrix.indptr[:-1]]


def _column_keys(np: Any, count: int) -> Any:
    """An odd random number for each column, the same for the same place."""
    if not _keys or len(_keys[0]) < count:
        drawn = np.random.default_rng(_SEED).integers(0, 2**63, max(256, 2 * count), dtype="u8")
        _keys[:] = [drawn | np.uint64(1)]
    return _keys[0][:count]
