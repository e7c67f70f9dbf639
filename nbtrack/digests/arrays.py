"""NumPy: arrays of every dtype and their scalars.

An array is digested in C order, whatever its strides, byte order and padding: first by chunks of
:data:`~nbtrack.digests.tree.CHUNK_ROWS` rows (its first axis), those of wide rows by pieces. Small two-dimensional
arrays of numbers are also told column by column, which finds the column that changed; the root is the same.
Every NaN counts as the one NaN; 0.0 and -0.0 differ.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from blake3 import blake3

from nbtrack.digests.encode import Encoder, Teller
from nbtrack.digests.nans import NAN_BITS, nans_are_one
from nbtrack.digests.recognise import MOST_WHOLE_BYTES, Look, leaf, recognised, recognised_whole
from nbtrack.digests.scalars import Cell, named
from nbtrack.digests.spread import spread
from nbtrack.digests.tree import CHUNK_ROWS, PIECE_BYTES, Strip, Told, node, prefix, raw_digest, size
from nbtrack.progress import advance

__all__ = [
    "Form",
    "array_told",
    "fixed_leaf",
    "form_of",
    "lies_canonical",
    "look_into",
    "shape_bytes",
    "strip",
    "teller",
]

# Up to so many bytes and columns an array of numbers is also told by columns.
_BY_COLUMN_BYTES = 4 << 20
_BY_COLUMN_MOST = 256

_PLAIN = "biufcmM"  # kinds whose bytes are their values

# From so many bytes on, an array that lies column by column is recognised as it lies.
_LARGE_BYTES = 1 << 20

_forms: dict[Any, Form] = {}


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is one of NumPy's."""
    np = sys.modules.get("numpy")
    if np is None:
        return None
    for base, tell in (
        (np.ma.MaskedArray, _masked_told),
        (np.ndarray, array_told),
        (np.generic, _scalar),
        (np.ufunc, lambda value, _: named("numpy.ufunc", value.__name__)),
        (np.dtype, lambda value, _: named("numpy.dtype", repr(value.newbyteorder("<")))),
    ):
        if issubclass(cls, base):
            return tell
    return None


def array_told(array: Any, encoder: Encoder) -> Told:
    """The tree of an array; rows are its first axis."""
    # One of a single dimension costs one look anyway.
    if array.ndim > 1 and array.nbytes <= MOST_WHOLE_BYTES:
        look = Look(_tag(array))
        if look_into(look, array):
            return recognised_whole(look, lambda: _by_column(array, encoder))
    return _by_column(array, encoder)


def look_into(look: Look, array: Any) -> bool:
    """Note all that the digest of an array's values follows from; False where they do not lie plainly."""
    dtype, flags = array.dtype, array.flags
    if dtype.kind not in _PLAIN:
        return False
    look.add(dtype.str, array.shape, flags.c_contiguous)
    if flags.c_contiguous:
        look.read(array.view("u1") if array.size else b"")
    elif flags.f_contiguous:
        look.read(array.T.view("u1"))
    else:
        return False
    return True


def _by_column(array: Any, encoder: Encoder) -> Told:
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
        columns = sys.modules["numpy"].array(array.T, order="C", subok=False)
        strips = tuple(strip(str(place), column, encoder) for place, column in enumerate(columns))
    return Told(raw, array.shape, strips, array.nbytes)


def strip(name: str, array: Any, encoder: Encoder) -> Strip:
    """One array as a column; of an array of more dimensions, its rows in C order."""
    form = _forms.get(array.dtype) or form_of(array.dtype)
    shape = array.shape
    if form.single and len(shape) == 1 and 0 < shape[0] < CHUNK_ROWS and array.nbytes <= PIECE_BYTES:
        # The same node as below, for the many small columns.
        raw = blake3(form.single + size(shape[0]) + fixed_leaf(array, form)).digest()
        return Strip(name, form.label, raw)
    if form.fields:
        parts = [strip(field, array[field], encoder) for field in form.fields]
        raw = node(b"structured", *(part for one in parts for part in (one.name.encode(), one.raw)))
        return Strip(name, form.label, raw, (), any(one.pickled for one in parts))
    before = encoder.pickled
    if form.cells:
        chunks = _cell_chunks(array, encoder)
    elif array.flags.f_contiguous and len(shape) > 1 and array.nbytes >= _LARGE_BYTES:
        chunks = _column_major_chunks(array, form)
    else:
        chunks = _fixed_chunks(array, form)
    raw = node(b"column", form.encoded, shape_bytes(shape), b"".join(chunks))
    full = chunks if shape and shape[0] >= CHUNK_ROWS else ()
    return Strip(name, form.label, raw, full, encoder.pickled > before)


class Form(NamedTuple):
    """What there is to know of a dtype: its name, and how its values become bytes."""

    label: str
    encoded: bytes
    cells: bool  # Python objects
    fields: tuple[str, ...]
    native: bool  # little endian
    normal: str  # how bytes are made canonical; empty: they are
    single: bytes  # what precedes length and leaf in the node of a column of one chunk; empty for cells and fields


def form_of(dtype: Any) -> Form:
    """The form of a dtype; its label leaves the byte order out: ``float64``, ``datetime64[ns]``, ``str160``."""
    form = _forms.get(dtype)
    if form is None:
        label = str(dtype.name)
        if hasattr(dtype, "na_object"):
            label = f"{label}[{dtype.na_object!r}]"
        if dtype.names:
            label = "structured"
        kind = dtype.kind
        native = (dtype.isnative and sys.byteorder == "little") or dtype.byteorder in "<|"
        normal = "" if kind in "iumMUSV" else label
        cells = dtype.hasobject or kind == "T"
        encoded = label.encode()
        single = b"" if cells or dtype.names else prefix(b"column", len(encoded), 8, 32) + encoded
        form = Form(label, encoded, cells, dtype.names or (), native, normal, single)
        _forms[dtype] = form
    return form


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


def _fixed_chunks(array: Any, form: Form) -> tuple[bytes, ...]:
    """The digests of the row chunks of an array whose values have a fixed width."""
    if array.ndim == 0:
        array = array.reshape(1)
    rows, nbytes = len(array), array.nbytes
    if nbytes == 0:
        return ()
    if nbytes <= PIECE_BYTES and rows <= CHUNK_ROWS:
        return (fixed_leaf(array, form),)
    step = max(1, min(CHUNK_ROWS, PIECE_BYTES * rows // nbytes))
    ranges = [
        (at, min(at + step, start + CHUNK_ROWS, rows))
        for start in range(0, rows, CHUNK_ROWS)
        for at in range(start, min(start + CHUNK_ROWS, rows), step)
    ]
    leaves = spread(lambda piece: fixed_leaf(array[piece[0] : piece[1]], form), ranges, nbytes)
    per_chunk = -(-CHUNK_ROWS // step)
    if per_chunk == 1:
        return tuple(leaves)
    chunks = (leaves[at : at + per_chunk] for at in range(0, len(leaves), per_chunk))
    return tuple(pieces[0] if len(pieces) == 1 else node(b"pieces", *pieces) for pieces in chunks)


def _column_major_chunks(array: Any, form: Form) -> tuple[bytes, ...]:
    """The same, recognised by the memory as it lies rather than by a copy in C order."""
    if array.flags.c_contiguous:
        return _fixed_chunks(array, form)
    memory = array.T.reshape(-1).view(sys.modules["numpy"].uint8)
    key = ("columns", form.label, form.native, array.shape)
    joined = recognised(key, (memory,), lambda: b"".join(_fixed_chunks(array, form)))
    return tuple(joined[at : at + 32] for at in range(0, len(joined), 32))


def fixed_leaf(array: Any, form: Form | None = None) -> bytes:
    """The leaf of a piece of an array: of its bytes in C order, little endian, with one NaN and no padding."""
    if form is None:
        form = form_of(array.dtype)
    flat = _flat(array, form)
    data = flat.view("u1")
    return leaf(data, form.normal, _NORMAL[form.normal == "bool"], flat) if form.normal else leaf(data)


def canonical_bytes(array: Any, form: Form) -> Any:
    """The bytes that the leaf of a piece of an array is hashed from."""
    flat = _flat(array, form)
    return _NORMAL[form.normal == "bool"](flat) if form.normal else flat.view("u1")


def lies_canonical(flat: Any, form: Form) -> bool:
    """Whether the bytes of contiguous values are canonical as they lie; False also where a quick look cannot tell."""
    if not form.native or flat.dtype.kind == "c":
        return False
    if form.normal == "bool":
        return bool(flat.view("u1").max() <= 1)
    return not form.normal or (flat.dtype.itemsize in NAN_BITS and nans_are_one(flat))


def _flat(array: Any, form: Form) -> Any:
    """The values in C order and little endian, with one dimension; not copied where they lie so already."""
    np = sys.modules["numpy"]
    if not form.native:
        array = array.astype(array.dtype.newbyteorder("<"))
    if not array.flags.c_contiguous:
        array = np.ascontiguousarray(array)
    if type(array) is not np.ndarray:
        array = array.view(np.ndarray)
    return array if array.ndim == 1 else array.reshape(-1)


def _one_true(flat: Any) -> Any:
    """The bytes of booleans, of which a view can make other numbers than 0 and 1."""
    data = flat.view("u1")
    return (data != 0).view("u1") if data.max() > 1 else data


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
    elif not nans_are_one(flat):
        bits = flat.view(f"u{flat.dtype.itemsize}")
        flat = np.where(np.isnan(flat), bits.dtype.type(NAN_BITS[flat.dtype.itemsize]), bits)
    return flat.view(np.uint8)


_NORMAL = (_one_nan, _one_true)


def _cell_chunks(array: Any, encoder: Encoder) -> tuple[bytes, ...]:
    """The digests of the row chunks of an array of objects."""
    if array.ndim == 0:
        return (raw_digest(encoder.cells([array.item()])),)
    chunks = []
    for start in range(0, len(array), CHUNK_ROWS):
        chunk = array[start : start + CHUNK_ROWS]
        chunks.append(raw_digest(encoder.cells(chunk.ravel().tolist())))
        advance(chunk.nbytes)
    return tuple(chunks)


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
