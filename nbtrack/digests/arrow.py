"""Arrow: tables, batches, arrays and scalars of pyarrow, and the Arrow columns of pandas.

Chunking, offsets into shared buffers, what lies under a null, the width of offsets and dictionary encoding are
layout and do not count. Text and binary columns are hashed from their buffers; lists, structs and maps value by
value.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from blake3 import blake3

from nbtrack.digests.arrays import fixed_leaf
from nbtrack.digests.encode import Encoder, Teller, head_of
from nbtrack.digests.recognise import recognised
from nbtrack.digests.scalars import Cell, named
from nbtrack.digests.spread import spread
from nbtrack.digests.tree import CHUNK_ROWS, Strip, Told, node, raw_digest, size

__all__ = ["Naming", "arrow_strip", "teller"]

_LAYOUTS = {
    "large_string": "string",
    "string_view": "string",
    "large_binary": "binary",
    "binary_view": "binary",
}


def teller(cls: type) -> Teller | None:
    """How values of ``cls`` are told, if it is one of pyarrow's."""
    pa = sys.modules.get("pyarrow")
    if pa is None or not hasattr(pa, "Table"):
        return None
    if issubclass(cls, pa.Table | pa.RecordBatch):
        return _table
    if issubclass(cls, pa.Array | pa.ChunkedArray):
        return _array
    if issubclass(cls, pa.Scalar):
        return _scalar
    if issubclass(cls, pa.DataType | pa.Schema | pa.Field):
        return lambda value, _: named("pyarrow.type", str(value))
    return None


def _table(table: Any, encoder: Encoder) -> Told:
    strips = [
        arrow_strip(name, values, encoder)
        for name, values in zip(table.schema.names, table.columns, strict=True)
    ]
    raw = node(
        b"table",
        size(table.num_rows),
        encoder.encode(list(table.schema.names)),
        b"".join(strip.raw for strip in strips),
    )
    return Told(raw, (table.num_rows, table.num_columns), strips, table.nbytes)


def _array(values: Any, encoder: Encoder) -> Told:
    strip = arrow_strip("", values, encoder)
    return Told(node(b"arrow array", strip.raw), (len(values),), (strip,), values.nbytes)


def _scalar(value: Any, encoder: Encoder) -> Cell:
    return named("pyarrow.Scalar", encoder.encode((str(value.type), value.as_py())))


class Naming(NamedTuple):
    """How a column is named that pandas keeps in Arrow: to show, to digest, and the kind that nulls in text have."""

    dtype: str
    told: str
    missing: bytes = b"A"


def arrow_strip(name: str, values: Any, encoder: Encoder, naming: Naming | None = None) -> Strip:
    """An Arrow array, chunked or not, as a column; named by its own type unless ``naming`` says otherwise."""
    before = encoder.pickled
    if naming is None:
        label = _label(values.type)
        naming = Naming(label, label)
    starts = range(0, len(values), CHUNK_ROWS)
    # What has buffers of its own is hashed by whoever has time; Python objects are for one thread.
    nbytes = values.nbytes if _is_flat(values.type) else 0
    chunks = tuple(
        spread(lambda start: _chunk(_window(values, start), encoder, naming.missing), starts, nbytes)
    )
    # The same form as of NumPy's columns, so that text is told alike.
    raw = node(b"column", naming.told.encode(), size(len(values)), b"".join(chunks))
    full = chunks if len(values) >= CHUNK_ROWS else ()
    return Strip(name, naming.dtype, raw, full, encoder.pickled > before)


def _label(kind: Any) -> str:
    name = str(kind)
    return _LAYOUTS.get(name, name)


def _is_flat(kind: Any) -> bool:
    types = sys.modules["pyarrow"].types
    text = types.is_string(kind) or types.is_large_string(kind)
    return text or types.is_binary(kind) or types.is_large_binary(kind) or _fixed_width(kind, types)


def _window(values: Any, start: int) -> Any:
    """The next :data:`CHUNK_ROWS` rows, as one plain array."""
    pa = sys.modules["pyarrow"]
    window = values.slice(start, CHUNK_ROWS)
    if isinstance(window, pa.ChunkedArray):
        pieces = [piece for piece in window.chunks if len(piece)]
        window = pieces[0] if len(pieces) == 1 else _joined(pieces)
    return window.storage if isinstance(window, pa.ExtensionArray) else window


def _joined(pieces: list[Any]) -> Any:
    pa = sys.modules["pyarrow"]
    if pa.types.is_dictionary(pieces[0].type):
        pieces = [piece.dictionary_decode() for piece in pieces]
    return pa.concat_arrays(pieces)


def _chunk(window: Any, encoder: Encoder, missing: bytes) -> bytes:
    types = sys.modules["pyarrow"].types
    kind = window.type
    if types.is_dictionary(kind):
        window = window.dictionary_decode()
        kind = window.type
    if str(kind) in {"string_view", "binary_view"}:
        window = window.cast(_large(kind))
        kind = window.type
    if types.is_string(kind) or types.is_large_string(kind):
        return _text(window, b"s", missing)
    if types.is_binary(kind) or types.is_large_binary(kind):
        return _text(window, b"b", missing)
    if types.is_boolean(kind) or _fixed_width(kind, types):
        return _fixed(window, types)
    return raw_digest(encoder.cells(window.to_pylist()))


def _large(kind: Any) -> Any:
    pa = sys.modules["pyarrow"]
    return pa.large_string() if str(kind) == "string_view" else pa.large_binary()


def _fixed_width(kind: Any, types: Any) -> bool:
    if types.is_null(kind) or types.is_nested(kind):
        return False
    return bool(types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind))


def _text(window: Any, kind: bytes, missing: bytes) -> bytes:
    """The chunk of strings, in the form that :meth:`Encoder.cells` gives the same strings."""
    np = sys.modules["numpy"]
    validity, offsets, data = window.buffers()
    width = 8 if str(window.type).startswith("large") else 4
    count = len(window)
    raw = memoryview(offsets)[window.offset * width : (window.offset + count + 1) * width]
    ends = np.frombuffer(raw, f"i{width}")
    payload = memoryview(data)[int(ends[0]) : int(ends[-1])] if data is not None else memoryview(b"")
    key = ("text", kind, missing, width, window.offset % 8, window.null_count > 0)
    bits = memoryview(validity)[window.offset // 8 : (window.offset + count + 7) // 8] if key[-1] else b""
    return recognised(
        (*key, count), (raw, payload, bits), lambda: _text_digest(window, ends, payload, kind, missing)
    )


def _text_digest(window: Any, ends: Any, payload: Any, kind: bytes, missing: bytes) -> bytes:
    np = sys.modules["numpy"]
    lengths = np.diff(ends)
    kinds = kind
    if window.null_count:
        absent = _absent(window)
        kinds = np.where(absent, missing[0], kind[0]).astype(np.uint8).tobytes()
        if lengths[absent].any():
            shown = window.drop_null()
            ends = np.frombuffer(shown.buffers()[1], ends.dtype, len(shown) + 1, shown.offset * ends.itemsize)
            payload = memoryview(shown.buffers()[2])[int(ends[0]) : int(ends[-1])]
        lengths = lengths[~absent]
    head, wide = head_of(kinds, int(lengths.max(initial=0)))
    hasher = blake3(head)
    hasher.update(np.ascontiguousarray(lengths, "<u8" if wide else "<u4").view(np.uint8))
    hasher.update(payload)
    return hasher.digest()


def _fixed(window: Any, types: Any) -> bytes:
    """The chunk of values of one width; of nulls counts only where they are."""
    np = sys.modules["numpy"]
    kind = window.type
    data = window.buffers()[1]
    if types.is_boolean(kind):
        bits = np.frombuffer(data, np.uint8)
        values = np.unpackbits(bits, bitorder="little")[window.offset : window.offset + len(window)]
    else:
        width = kind.bit_width // 8
        number = (
            f"f{width}" if types.is_floating(kind) else f"u{width}" if width in {1, 2, 4, 8} else f"V{width}"
        )
        values = np.frombuffer(data, number, len(window), window.offset * width)
    if not window.null_count:
        return fixed_leaf(values)
    absent = _absent(window)
    shown = values.copy()
    shown[absent] = np.zeros((), values.dtype)
    return node(b"masked", fixed_leaf(shown), fixed_leaf(absent))


def _absent(window: Any) -> Any:
    return window.is_null().to_numpy(zero_copy_only=False)
