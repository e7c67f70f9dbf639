"""Recognises bytes that were already digested in this process, at the speed of reading them.

Every leaf is first passed through XXH3-128 with a seed drawn at start-up. A leaf of known bytes takes its BLAKE3
digest from memory; others are hashed while they are still in the processor's cache, so that looking first costs
nothing. All bytes are read each time: a change in place, through whatever view, library or shared memory, is seen,
and a copy of known data is known too. What is remembered is never written down: the identity stays BLAKE3.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from blake3 import blake3
from xxhash import xxh3_128_digest

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from nbtrack.digests.tree import Told

__all__ = ["MOST_WHOLE_BYTES", "Look", "forget", "leaf", "recognised", "recognised_parts", "recognised_whole"]

_SEED = int.from_bytes(os.urandom(8), "little")
_MOST = 131_072  # entries of about 200 bytes each; as many chunks of numbers are 64 GB
_LEAST_BYTES = 512  # below, hashing is as quick as looking

MOST_WHOLE_BYTES = 4 << 20
"""Larger values are not looked at whole: the bytes are what costs, and those of new ones would be read twice."""

_MOST_WHOLES = 512

_known: dict[object, bytes] = {}
_wholes: dict[object, Told] = {}


class Look:
    """What the digest of a whole value follows from: buffers, and what says how to read them.

    Two values whose looks are equal have the same digest.
    """

    __slots__ = ("_buffers", "_facts", "nbytes")

    def __init__(self, *facts: Any) -> None:
        self._facts: list[Any] = list(facts)
        self._buffers: list[Buffer] = []
        self.nbytes = 0
        """Of all buffers."""

    def add(self, *facts: Any) -> None:
        """Note facts that can be hashed; numbers that are equal but of other types must stand for the same."""
        self._facts += facts

    def read(self, buffer: Any) -> None:
        """Note a C-contiguous buffer; its bytes are read when the look is compared."""
        self._facts.append(len(self._buffers))
        self._buffers.append(buffer)
        self.nbytes += getattr(buffer, "nbytes", None) or len(buffer)

    def key(self) -> tuple[Any, ...]:
        """What is compared."""
        return (*self._facts, *(xxh3_128_digest(buffer, _SEED) for buffer in self._buffers))


def leaf(
    data: Any, form: str = "", canonical: Callable[[Any], Buffer] | None = None, source: Any = None
) -> bytes:
    """The BLAKE3 digest (32 bytes) of ``data``, a flat buffer of bytes.

    Where ``canonical`` is given, ``canonical(source)`` is hashed instead: it must follow from nothing but ``data``,
    in the way that ``form`` names.
    """
    if len(data) < _LEAST_BYTES:
        return blake3(canonical(source) if canonical else data).digest()
    seen = xxh3_128_digest(data, _SEED)
    key = (form, seen) if form else seen
    known = _known.get(key)
    if known is None:
        known = blake3(canonical(source) if canonical else data).digest()
        _remember(key, known)
    return known


def recognised(key: object, buffers: tuple[Buffer, ...], digest: Callable[[], bytes]) -> bytes:
    """What ``digest()`` gives for these buffers, from memory where it was asked before under the same ``key``.

    ``digest`` must depend on nothing but ``key`` and the bytes of the buffers.
    """
    full = (key, *(xxh3_128_digest(buffer, _SEED) for buffer in buffers))
    known = _known.get(full)
    if known is None:
        known = digest()
        _remember(full, known)
    return known


def recognised_parts(key: object, parts: Sequence[Any], digest: Callable[[Iterator[Any]], bytes]) -> bytes:
    """What ``digest(parts)`` gives, from memory where it was asked before of equal parts under the same ``key``.

    Where already the first part is unknown, each is looked at when ``digest`` comes to it, and memory is read once.
    """
    start = (key, "begins", xxh3_128_digest(parts[0], _SEED))
    if start in _known:
        known = _known.get((key, _joined(parts)))
        if known is not None:
            return known
    seen: list[bytes] = []

    def passing() -> Iterator[Any]:
        for part in parts:
            seen.append(xxh3_128_digest(part, _SEED))
            yield part

    known = digest(passing())
    _remember(start, b"")
    _remember((key, xxh3_128_digest(b"".join(seen), _SEED)), known)
    return known


def _joined(parts: Sequence[Any]) -> bytes:
    return xxh3_128_digest(b"".join([xxh3_128_digest(part, _SEED) for part in parts]), _SEED)


def recognised_whole(look: Look, tell: Callable[[], Told]) -> Told:
    """What ``tell()`` gives for the value that was looked at, from memory where it was asked before."""
    key = look.key()
    known = _wholes.get(key)
    if known is None:
        known = tell()
        if len(_wholes) >= _MOST_WHOLES:
            _wholes.clear()
        _wholes[key] = known
    return known


def forget() -> None:
    """Forget all that was seen; digests stay the same, only the next ones take longer."""
    _known.clear()
    _wholes.clear()


def _remember(key: object, known: bytes) -> None:
    # Each step is one step of the interpreter: threads need no lock here, and a forked child inherits none.
    if len(_known) >= _MOST:
        for old in list(_known)[: _MOST // 4]:
            _known.pop(old, None)
    _known[key] = known
