"""The global generators of random numbers of a process: their states taken, and put back.

The streams are ``python`` (the module random), ``numpy`` (the legacy global generator, which scikit-learn and SciPy use
too) and ``torch`` (the CPU's default generator). A generator that the notebook makes itself is an object like
others. States are small (2.5 to 5 kB) and plain bytes, so that the store need not know what they are of.
"""

from __future__ import annotations

import ctypes
import random
import struct
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

__all__ = ["STREAMS", "FirstSight", "put_back", "states", "taken"]

_PYTHON = struct.Struct("<B625I?d")
_NUMPY_TAIL = struct.Struct("<i?d")
_WORDS = 624
_MEMORY_BYTES = 4 * (_WORDS + 1)  # the words and the place in them, as NumPy's mt19937_state has them
_HEAD_BYTES = object.__basicsize__  # the reference count moves all the time
_JUST_SEEDED = {(_WORDS - 1, False), (_WORDS, False)}
"""Position and whether a normal number is kept: of a generator seeded by the system, and of one seeded by a number."""


def states() -> dict[str, Any]:
    """The states now of the streams whose libraries are loaded, comparable with ``==``; costs some 20 µs."""
    found = {}
    for name, stream in STREAMS.items():
        try:
            state = stream.look()
        except Exception:  # noqa: S112 - a library that is half imported, or whose generator was replaced: no state
            continue
        if state is not None:
            found[name] = state
    return found


class FirstSight:
    """The state of NumPy's stream when it was first seen, where NumPy is imported in the middle of a cell.

    A cell that imports scikit-learn and trains at once has no state before it: NumPy's generator was seeded by the
    operating system in its middle. But imports go on after NumPy is there, and that is when to look.
    """

    def __init__(self) -> None:
        self.state: bytes | None = None
        self._waiting = "numpy.random" not in sys.modules

    def look(self) -> None:
        """An import begins. Raises nothing, and takes no state that was drawn from already."""
        if not self._waiting or "numpy.random" not in sys.modules:
            return
        try:
            numpy_random: Any = sys.modules["numpy.random"]
            lock = numpy_random.get_bit_generator().lock
            if not lock.acquire(blocking=False):
                return  # somebody draws right now, and may hold the lock while we are called
            lock.release()
            state = _look_numpy()
        except Exception:
            return  # still being imported: at the next import
        self._waiting = False
        if state is not None and _NUMPY_TAIL.unpack(state[4 * _WORDS :])[:2] in _JUST_SEEDED:
            self.state = state


def taken(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, bytes]:
    """Of the streams that were drawn from (or seeded) between two :func:`states`, the state before, as bytes."""
    return {name: STREAMS[name].pack(state) for name, state in before.items() if after.get(name) != state}


def put_back(states: Mapping[str, bytes]) -> None:
    """Set streams to states that :func:`taken` gave; imports the libraries they belong to.

    Raises:
        ImportError: such a library is not installed.
        ValueError: a state is not one of its stream, or the stream is unknown.
    """
    for name, state in states.items():
        if name not in STREAMS:
            raise ValueError(
                f"There is no stream of random numbers called {name!r}; known: {', '.join(STREAMS)}."
            )
        try:
            STREAMS[name].restore(state)
        except (struct.error, RuntimeError) as error:
            raise ValueError(f"The stored state of the stream {name!r} is not one: {error}.") from error


class _Stream(NamedTuple):
    look: Callable[[], Any]
    pack: Callable[[Any], bytes]
    restore: Callable[[bytes], None]


def _pack_python(state: tuple[int, tuple[int, ...], float | None]) -> bytes:
    version, words, gauss = state
    return _PYTHON.pack(version, *words, gauss is not None, gauss or 0.0)


def _restore_python(state: bytes) -> None:
    version, *words, has_gauss, gauss = _PYTHON.unpack(state)
    random.setstate((version, tuple(words), gauss if has_gauss else None))


# Asking for a state takes as long as a small cell: it is asked for only where the memory that it stands in moved.


class _Seen(NamedTuple):
    """The state of a stream when it was last asked for, and what tells whether it is still the same."""

    generator: object
    memory: bytes
    rest: object
    state: Any


_seen: dict[str, _Seen] = {}


def _last_seen(name: str, generator: object, memory: bytes, rest: object = None) -> Any:
    seen = _seen.get(name)
    same = seen is not None and seen.generator is generator and seen.memory == memory and seen.rest is rest
    return seen.state if seen is not None and same else None


def _look_python() -> Any:
    generator: Any = random.getstate.__self__  # type: ignore[attr-defined]  # a bound method of the hidden instance
    if not _words_stand_in_the_object():
        return random.getstate()
    memory = ctypes.string_at(id(generator) + _HEAD_BYTES, type(generator).__basicsize__ - _HEAD_BYTES)
    state = _last_seen("python", generator, memory, generator.gauss_next)
    if state is None:
        state = random.getstate()
        _seen["python"] = _Seen(generator, memory, generator.gauss_next, state)
    return state


@cache
def _words_stand_in_the_object() -> bool:
    """Whether this Python keeps the words of a generator where CPython does."""
    generator = random.Random(0)  # noqa: S311 - to look at
    words = struct.pack(f"={_WORDS}I", *generator.getstate()[1][:_WORDS])
    size = type(generator).__basicsize__
    return sys.implementation.name == "cpython" and words in ctypes.string_at(id(generator), size)


def _look_numpy() -> bytes | None:
    """A kept normal number is not where the words are, but where none is kept, none comes without words being drawn."""
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is None:
        return None
    generator, memory = numpy_random.get_bit_generator(), b""
    if type(generator).__name__ == "MT19937":
        memory = ctypes.string_at(generator.ctypes.state_address, _MEMORY_BYTES)
        known: bytes | None = _last_seen("numpy", generator, memory)
        if known is not None:
            return known
    state = _ask_numpy(numpy_random)
    if state is not None and memory and not _NUMPY_TAIL.unpack(state[4 * _WORDS :])[1]:
        _seen["numpy"] = _Seen(generator, memory, None, state)
    else:
        _seen.pop("numpy", None)
    return state


def _ask_numpy(numpy_random: Any) -> bytes | None:
    state: Any = numpy_random.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        return None  # replaced by numpy.random.set_bit_generator
    inner = state["state"]
    tail = _NUMPY_TAIL.pack(inner["pos"], bool(state["has_gauss"]), state["gauss"])
    words: bytes = inner["key"].astype("<u4").tobytes()
    return words + tail


def _restore_numpy(state: bytes) -> None:
    import numpy as np

    words = np.frombuffer(state, dtype="<u4", count=_WORDS)
    position, has_gauss, gauss = _NUMPY_TAIL.unpack(state[4 * _WORDS :])
    np.random.set_state(("MT19937", words, position, int(has_gauss), gauss))  # noqa: NPY002 - the stream is the legacy one


def _look_torch() -> bytes | None:
    torch: Any = sys.modules.get("torch")
    return None if torch is None else torch.get_rng_state().numpy().tobytes()


def _restore_torch(state: bytes) -> None:
    import torch

    torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


def _bytes(state: bytes) -> bytes:
    return state


STREAMS: dict[str, _Stream] = {
    "python": _Stream(_look_python, _pack_python, _restore_python),
    "numpy": _Stream(_look_numpy, _bytes, _restore_numpy),
    "torch": _Stream(_look_torch, _bytes, _restore_torch),
}
"""Each stream by its name in the store and in the lineage."""
