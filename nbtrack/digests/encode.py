"""Canonical bytes of Python values: a kind and a payload for each, so that ``True``, ``1`` and ``1.0`` all differ.

A sequence of values (a list, a chunk of an object column) is encoded by columns: the kinds, the lengths of those
payloads whose kind does not fix it, the payloads. A million strings so cost one join, and Arrow's string buffers
are nearly canonical as they stand. Equal values give equal bytes in every process, whatever the hash seed.

=====  ==========================================================  =================================
kind   of                                                          payload
=====  ==========================================================  =================================
``N``  None                                                        none
``n``  a float that is NaN, of whatever bits                       none
``A``  ``pandas.NA``, a null of Arrow or polars                    none
``t``  ``pandas.NaT``                                              none
``T``  True                                                        none
``F``  False                                                       none
``i``  int of 64 bits                                              8 bytes, little endian
``I``  other int                                                   two's complement, little endian
``f``  float                                                       8 bytes, little endian
``c``  complex                                                     16 bytes, little endian
``s``  str and its subclasses                                      UTF-8, lone surrogates passed
``b``  bytes and its subclasses                                    as they are
``x``  scalar with a name                                          name, zero byte, text or encoding
``l``  list                                                        count and values
``u``  tuple                                                       count and values
``d``  dict                                                        count, keys and values by key bytes
``S``  set or frozenset                                            count and values by their bytes
``O``  array, frame, …                                             32 bytes, the root of its tree
``P``  what has no canonical form                                  32 bytes, of its pickle
=====  ==========================================================  =================================
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import is_dataclass
from itertools import compress, repeat
from typing import Any, TypeAlias

from nbtrack.digests.containers import CONTAINERS, Within, dataclass_cell, other_cell
from nbtrack.digests.pickled import pickle_digest
from nbtrack.digests.scalars import EXACT, SCALARS, Cell, packed
from nbtrack.digests.tree import CHUNK_ROWS, Told, raw_digest
from nbtrack.errors import DigestError

__all__ = ["Encoder", "Teller", "head_of"]

Teller: TypeAlias = "Callable[[Any, Encoder], Told | Cell]"
"""What a family gives for a type it knows: a root of a tree, or the canonical form of a scalar."""

# Kinds whose payload has no fixed length.
_SIZED = frozenset((b"I", b"s", b"b", b"x", b"l", b"u", b"d", b"S", b"O", b"P"))
_MANY = 1024

# Kinds of the usual cells of a text column; others are looked at one by one.
_USUAL = {str: b"s"[0], type(None): b"N"[0]}
_IS_STRING = bytes(kind == b"s"[0] for kind in range(256))
_UINT32_MAX = (1 << 32) - 1


class Encoder:
    """One digesting of one value: encodes what is inside it, and notes what had to be pickled.

    ``pickled`` counts those; ``teller`` finds the family of a type.
    """

    __slots__ = ("_inside", "_tellers", "pickled", "teller")

    def __init__(self, teller: Callable[[type], Teller | None]) -> None:
        self.teller = teller
        self.pickled = 0
        self._inside: set[int] = set()
        self._tellers: dict[type, Callable[[Any], Cell]] = {}

    def cell(self, value: Any) -> Cell:
        """Kind and payload of any value.

        Raises:
            DigestError: the value contains itself, or has no canonical form and cannot be pickled either.
        """
        cls = type(value)
        encode = EXACT.get(cls)
        if encode is not None:
            return encode(value)
        known = self._tellers.get(cls)
        if known is None:
            known = self._tellers[cls] = self._encoding(cls)
        return known(value)

    def encode(self, value: Any) -> bytes:
        """The kind and the payload of any value in one."""
        kind, payload = self.cell(value)
        return kind + payload

    def cells(self, values: Sequence[Any]) -> bytes:
        """The encoding of a sequence by columns; together with its length it tells the values apart."""
        if not values:
            return b""
        first = type(values[0])
        if first is str or first is float or first is int:
            found = _uniform(values, first)
            if found is not None:
                return found
        return _strings_with_missing(values, self) or self._mixed(values)

    def chunks(self, values: Sequence[Any]) -> tuple[bytes, ...]:
        """The digests of the rows of ``values``, :data:`CHUNK_ROWS` at a time."""
        return tuple(
            raw_digest(self.cells(values[start : start + CHUNK_ROWS]))
            for start in range(0, len(values), CHUNK_ROWS)
        )

    def pickle(self, value: Any) -> Cell:
        """A cell for what has no canonical form."""
        self.pickled += 1
        return b"P", pickle_digest(value)

    def _mixed(self, values: Iterable[Any]) -> bytes:
        kinds = bytearray()
        lengths = []
        payloads = []
        exact, other = EXACT.get, self.cell
        for value in values:
            encode = exact(type(value), other)
            kind, payload = encode(value)
            kinds += kind
            if kind in _SIZED:
                lengths.append(len(payload))
            payloads.append(payload)
        return _sections(bytes(kinds), lengths, b"".join(payloads))

    def _encoding(self, cls: type) -> Callable[[Any], Cell]:
        """How values of a type that is not a plain scalar are encoded."""
        teller = self.teller(cls)
        if teller is not None:
            return lambda value: self._told(teller, value)
        for base, encode in SCALARS.items():
            if issubclass(cls, base):
                return encode
        for base, contain in CONTAINERS.items():
            if issubclass(cls, base):
                return lambda value: self._contained(contain, value)
        if is_dataclass(cls):
            return lambda value: self._contained(dataclass_cell, value)
        return lambda value: other_cell(value, self)

    def _told(self, teller: Teller, value: Any) -> Cell:
        told = teller(value, self)
        return (b"O", told.raw) if isinstance(told, Told) else told

    def _contained(self, contain: Callable[[Any, Within], Cell], value: Any) -> Cell:
        mark = id(value)
        if mark in self._inside:
            raise DigestError(
                f"A value of type {type(value).__qualname__} contains itself and so cannot be given a digest. "
                "Digest the parts that matter instead."
            )
        self._inside.add(mark)
        try:
            return contain(value, self)
        except RecursionError as error:
            raise DigestError(
                f"A value of type {type(value).__qualname__} is nested too deeply to be given a digest."
            ) from error
        finally:
            self._inside.discard(mark)


def head_of(kinds: bytes, longest: int) -> tuple[bytes, bool]:
    """The first part of a chunk: its kinds, one each or one for all; whether lengths up to ``longest`` take 8 bytes."""
    same = kinds.count(kinds[:1]) == len(kinds)
    wide = longest > _UINT32_MAX
    mark = (b"U" if same else b"M") if wide else (b"u" if same else b"m")
    return mark + (kinds[:1] if same else kinds), wide


def _sections(kinds: bytes, lengths: list[int], payload: bytes) -> bytes:
    """The three parts of a chunk in one: kinds, lengths of 4 bytes (8 if need be), payload."""
    head, wide = head_of(kinds, max(lengths, default=0))
    return b"".join((head, packed(array("Q" if wide else "I", lengths)), payload))


def _joined(values: Sequence[str]) -> tuple[bytes, list[int]]:
    """All strings in UTF-8, joined, and their lengths in bytes; TypeError where one is not a string."""
    joined = "".join(values)
    if joined.isascii():
        return joined.encode(), list(map(len, values))
    np = sys.modules.get("numpy")
    if np is None or len(values) < _MANY:
        encoded = [value.encode("utf-8", "surrogatepass") for value in values]
        return b"".join(encoded), list(map(len, encoded))
    data = joined.encode("utf-8", "surrogatepass")
    # Where each string ends, in characters and so in bytes: a character begins where a byte does not continue one.
    characters = np.cumsum(np.fromiter(map(len, values), np.int64, len(values)))
    begins = np.flatnonzero((np.frombuffer(data, np.uint8) & 0xC0) != 0x80)  # noqa: PLR2004 - the bits 10xxxxxx
    ends = np.append(begins, len(data))[characters]
    return data, np.diff(ends, prepend=0).tolist()


def _uniform(values: Sequence[Any], cls: type) -> bytes | None:
    """The encoding of values that are all of one plain type; None where they are not."""
    if cls is str:
        try:
            data, lengths = _joined(values)
        except TypeError:
            return None
        return _sections(b"s", lengths, data)
    if set(map(type, values)) != {cls}:
        return None
    if cls is int:
        try:
            return b"ui" + packed(array("q", values))
        except OverflowError:
            return None
    total = sum(values)
    # A sum that is not a number may come from one NaN or from infinities: either way, look at each.
    return None if total != total else b"uf" + packed(array("d", values))  # noqa: PLR0124 - only NaN differs from itself


def _strings_with_missing(values: Sequence[Any], encoder: Encoder) -> bytes | None:
    """The encoding of strings among which some are missing: the usual text column; None for other values."""
    kinds = bytearray(map(_USUAL.get, map(type, values), repeat(0)))
    if kinds.count(b"s") * 4 < len(kinds):
        return None
    row = kinds.find(0)
    while row >= 0:
        kind, payload = encoder.cell(values[row])
        if payload or kind in _SIZED:
            return None
        kinds[row] = kind[0]
        row = kinds.find(0, row + 1)
    data, lengths = _joined(list(compress(values, kinds.translate(_IS_STRING))))
    return _sections(bytes(kinds), lengths, data)
