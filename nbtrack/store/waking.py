"""Being woken when a lock is let go, between processes: by a word in the lock's file and Linux's futex.

``flock`` either returns at once or waits without an end, so whoever has a deadline asks again and again. Here the one
who waits says so in the file and sleeps, and who lets go wakes one sleeper. Nobody depends on it: the lock alone says
who has it, a sleeper looks by itself every few milliseconds (its waker may have been killed), and where there is no
futex it only looks.
"""

from __future__ import annotations

import contextlib
import os
import time

__all__ = ["Bell"]

_AT = 64  # where the word is in the file, behind what people read
_WANTED = b"\1\0\0\0"
_QUIET = b"\0\0\0\0"
_LOOK_NANOSECONDS = 5_000_000  # how long a sleeper sleeps at most
_ALONE_SECONDS = 0.0005  # the same where nobody can wake it: short, to be fair among many
_CALLS = {"x86_64": 202, "aarch64": 98}  # the number of futex by machine
_WAIT, _WAKE = 0, 1


class Bell:
    """The word of one lock's open file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._futex: _Futex | None = None
        self._asked = False
        self._said = False

    def want(self) -> None:
        """Say that somebody waits; the lock is to be tried once more before :meth:`sleep`."""
        try:
            self._said = os.pwrite(self._descriptor, _WANTED, _AT) == len(_WANTED)
        except OSError:
            self._said = False  # a full disk
        else:
            self._ask()

    def sleep(self) -> None:
        """Sleep until the lock is let go, a few milliseconds at most; for no time if that was meanwhile."""
        if self._futex is None or not self._said:
            time.sleep(_ALONE_SECONDS)
        else:
            self._futex.wait()

    def ring(self) -> None:
        """Wake one who sleeps, if any; the lock was let go."""
        try:
            if os.pread(self._descriptor, 4, _AT) != _WANTED:
                return
            # Who is woken and has to wait again says so again; who was about to sleep finds the word changed.
            os.pwrite(self._descriptor, _QUIET, _AT)
        except OSError:
            return  # they look by themselves
        self._ask()
        if self._futex is not None:
            self._futex.wake()

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            # Most never wait, and need none of what it imports.
            with contextlib.suppress(ImportError, KeyError, AttributeError, OSError, ValueError):
                self._futex = _Futex(self._descriptor)


class _Futex:
    """Linux's futex on the word of an open file.

    The word is never read from the map, which would end the process where somebody cut the file: the system looks.
    """

    def __init__(self, descriptor: int) -> None:
        import ctypes
        import mmap

        number = _CALLS[os.uname().machine]
        self._page = mmap.mmap(descriptor, _AT + 4)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page, _AT))
        self._time = (ctypes.c_long * 2)(0, _LOOK_NANOSECONDS)
        long, pointer, word = ctypes.c_long, ctypes.c_void_p, ctypes.c_uint32
        self._call = ctypes.CDLL(None).syscall
        self._call.restype = long
        self._call.argtypes = (long, pointer, ctypes.c_int, word, pointer, pointer, word)
        self._waiting = (number, address, _WAIT, 1, ctypes.addressof(self._time), None, 0)
        self._waking = (number, address, _WAKE, 1, None, None, 0)

    def wait(self) -> None:
        self._call(*self._waiting)

    def wake(self) -> None:
        self._call(*self._waking)
