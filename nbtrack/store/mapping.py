"""Laying a file over a stretch of memory: how a large array comes from several files without being copied.

Python's ``mmap`` maps one file to a place of the system's choice; several side by side need the system's own call.
"""

from __future__ import annotations

import functools
import mmap
from typing import Any

__all__ = ["lay_over"]

_MAP_FIXED = 0x10  # on Linux, macOS and the BSDs


def lay_over(memory: mmap.mmap, start: int, descriptor: int, size: int) -> bool:
    """Map ``size`` bytes of an open file privately and writable over ``memory`` from ``start``, a multiple of the page.

    The last page is filled with zeros. Whoever closes ``memory`` unmaps them too. False: this system has no such
    call, and ``memory`` is as it was.
    """
    call = _system_call()
    if call is None or start % mmap.PAGESIZE:
        return False
    import ctypes

    byte = ctypes.c_char.from_buffer(memory, start)
    try:
        place = ctypes.addressof(byte)
        rights = mmap.PROT_READ | mmap.PROT_WRITE
        got = call(place, size, rights, mmap.MAP_PRIVATE | _MAP_FIXED, descriptor, 0)
    finally:
        del byte  # the memory cannot be closed while it is exported
    return bool(got == place)


@functools.cache
def _system_call() -> Any:
    import ctypes

    try:
        call = ctypes.CDLL(None).mmap
    except (OSError, AttributeError, TypeError):  # not a POSIX system
        return None
    call.restype = ctypes.c_void_p
    call.argtypes = (
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int64 if ctypes.sizeof(ctypes.c_long) == 8 else ctypes.c_long,  # noqa: PLR2004 - off_t
    )
    return call
