"""NumPy: arrays of every dtype and their scalars.

An array is digested in C order, whatever its strides, byte order and padding: first by chunks of
:data:`~nbtrack.digests.tree.CHUNK_ROWS` rows (its first axis), those of wide rows by pieces. Small two-dimensional
arrays of numbers are also told column by column, which finds the column that changed; the root is the same.
Every NaN counts as the one NaN; 0.0 and -0.0 differ.
"""

from __future__ import annotations

import sys
from typing import Any

from nbtrack.digests.encode import Cell, Encoder, Teller, named
from nbtrack.digests.recognise import leaf
from nbtrack.digests.tree import CHUNK_ROWS, PIECE_BYTES, Strip, Told, node, raw_digest, size

__all__ = ["array_told", "dtype_name", "fixed_leaf", "shape_bytes", "strip", "teller"]

# Up to so many bytes and columns an array of numbers is also told by columns.
_BY_COLUMN_BYTES = 4 << 20
_BY_COLUMN_MOST = 256

_names: dict[Any, str] = {}


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is one of NumPy's."""
    np = sys.modules.get("numpy")
    if np is None:
        return None
    if issubclass(cls, np.ma.MaskedArray):
        return _masked_told
    if issubclass(cls, np.ndarray):
        return array_told
    if issubclass(cls, np.generic):
        return _scalar
    if issubclass(cls, np.dtype):
        return lambda value, _: named("numpy.dtype", repr(value.newbyteorder("<")))
    return None


def array_told(array: Any, encoder: Encoder) -> Told:
    """The tree of an array; rows are its first axis."""
    whole = strip("", array, encoder)
    raw = node(_tag(array), shape_bytes(array.shape), whole.raw)
    strips: tuple[Strip, ...] = (whole,)
    if array.dtype.names:
        strips = tuple(strip(name, array[name], encoder) for name in array.dtype.names)
    elif (
        array.ndim == 2  # noqa: PLR2004 - rows and columns
        and array.nbytes <= _BY_COLUMN_BYTES
        and array.dtype.kind in "biufcmM"
        and 1 < array.shape[1] <= _BY_COLUMN_MOST
    ):
        columns = _in_c_order(array.T)
        strips = tuple(strip(str(place), columns[place], encoder) for place in range(len(columns)))
    return Told(raw, array.shape, strips, array.nbytes)


def strip(name: str, array: Any, encoder: Encoder) -> Strip:
    """One array as a column; of an array of more dimensions, its rows in C order."""
    dtype = array.dtype
    label = dtype_name(dtype)
    if dtype.names:
        parts = [strip(field, array[field], encoder) for field in dtype.names]
        raw = node(b"structured", *(part for one in parts for part in (one.name.encode(), one.raw)))
        return Strip(name, label, raw, (), any(one.pickled for one in parts))
    before = encoder.pickled
    chunks = _cell_chunks(array, encoder) if dtype.hasobject or dtype.kind == "T" else _fixed_chunks(array)
    raw = node(b"column", label.encode(), shape_bytes(array.shape), b"".join(chunks))
    full = chunks if array.ndim and array.shape[0] >= CHUNK_ROWS else ()
    return Strip(name, label, raw, full, encoder.pickled > before)


def dtype_name(dtype: Any) -> str:
    """The dtype's name without its byte order: ``float64``, ``datetime64[ns]``, ``str160``."""
    name = _names.get(dtype)
    if name is None:
        name = f"{dtype.name}[{dtype.na_object!r}]" if hasattr(dtype, "na_object") else str(dtype.name)
        if dtype.names:
            name = "structured"
        _names[dtype] = name
    return name


def shape_bytes(shape: tuple[int, ...]) -> bytes:
    """A shape as a part of a node."""
    return b"".join(map(size, shape))


def _tag(array: Any) -> bytes:
    """Subclasses that only say where the memory is or how it is reached count as plain arrays."""
    np = sys.modules["numpy"]
    cls = type(array)
    if cls in (np.ndarray, np.memmap, np.recarray):
        return b"ndarray"
    return f"ndarray {cls.__module__.split('.')[0]}.{cls.__qualname__}".encode()


def _fixed_chunks(array: Any) -> tuple[bytes, ...]:
    """The digests of the row chunks of an array whose values have a fixed width."""
    if array.ndim == 0:
        array = array.reshape(1)
    rows = len(array)
    if array.nbytes == 0:
        return ()
    width = array.nbytes // rows
    if width * rows <= PIECE_BYTES and rows <= CHUNK_ROWS:
        return (fixed_leaf(array),)
    step = max(1, min(CHUNK_ROWS, PIECE_BYTES // width))
    chunks = []
    for start in range(0, rows, CHUNK_ROWS):
        end = min(start + CHUNK_ROWS, rows)
        pieces = [fixed_leaf(array[at : min(at + step, end)]) for at in range(start, end, step)]
        chunks.append(pieces[0] if len(pieces) == 1 else node(b"pieces", *pieces))
    return tuple(chunks)


def fixed_leaf(array: Any) -> bytes:
    """The leaf of a piece of an array: of its bytes in C order, little endian, with one NaN and no padding."""
    np = sys.modules["numpy"]
    dtype = array.dtype
    kind = dtype.kind
    if not dtype.isnative or sys.byteorder != "little":
        array = array.astype(dtype.newbyteorder("<"))
    flat = _in_c_order(array)
    if type(flat) is not np.ndarray:
        flat = flat.view(np.ndarray)
    flat = flat.reshape(-1)
    bytes_ = flat.view(np.uint8)
    if kind in "iumMUSV":
        return leaf(bytes_)
    if kind == "b":
        return leaf(bytes_, "bool", lambda: bytes_ != 0 if bytes_.max() > 1 else bytes_)
    return leaf(bytes_, dtype.name, lambda: _one_nan(flat))


def _one_nan(flat: Any) -> Any:
    """The bytes of floats in which every NaN has the same bits, and long doubles no random padding."""
    np = sys.modules["numpy"]
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    if flat.dtype.itemsize > 8:  # noqa: PLR2004 - the 80 bits of x87 in 16 bytes
        flat = flat.copy()
        if np.finfo(flat.dtype).nmant == 63:  # noqa: PLR2004 - as above
            flat.view(np.uint8).reshape(len(flat), -1)[:, 10:] = 0
        flat[np.isnan(flat)] = np.nan
    else:
        with np.errstate(invalid="ignore"):
            least = np.minimum.reduce(flat)
        if np.isnan(least):
            missing = np.isnan(flat)
            bits = flat.view(f"u{flat.dtype.itemsize}")
            nan = np.array(np.nan, flat.dtype).view(bits.dtype)
            if (bits[missing] != nan).any():
                flat = np.where(missing, nan, bits)
    return flat.view(np.uint8)


def _in_c_order(array: Any) -> Any:
    return array if array.flags.c_contiguous else sys.modules["numpy"].ascontiguousarray(array)


def _cell_chunks(array: Any, encoder: Encoder) -> tuple[bytes, ...]:
    """The digests of the row chunks of an array of objects."""
    if array.dtype.kind == "V":  # a subarray or void with objects in it
        array = array.astype(object)
    if array.ndim == 0:
        return (raw_digest(encoder.cells([array.item()])),)
    return tuple(
        raw_digest(encoder.cells(array[start : start + CHUNK_ROWS].ravel().tolist()))
        for start in range(0, len(array), CHUNK_ROWS)
    )


def _masked_told(array: Any, encoder: Encoder) -> Told:
    """What stands under the mask does not count."""
    np = sys.modules["numpy"]
    mask = np.ma.getmaskarray(array)
    data = np.array(array.data, copy=True)
    data[mask] = np.zeros((), data.dtype)
    values = strip("", data, encoder)
    raw = node(b"masked", shape_bytes(array.shape), values.raw, strip("", mask, encoder).raw)
    return Told(raw, array.shape, (Strip("", values.dtype, raw, (), values.pickled),), array.nbytes)


def _scalar(value: Any, encoder: Encoder) -> Cell:
    np = sys.modules["numpy"]
    if isinstance(value, np.str_ | np.bytes_):
        return encoder.cell(value.item())
    return named("numpy.generic", strip("", np.asarray(value), encoder).raw)
