"""Large data, digested by as many threads as there are processors: hashing and copying let other threads run.

The pieces and their order are the same however many threads there are, and so are the digests. The threads live no
longer than one call: a kernel that digests nothing has none of them, and neither has a forked child.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from nbtrack.progress import advance

__all__ = ["spread"]

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")

_LEAST_BYTES = 8 << 20  # of less, starting threads is a good part of the time
_MOST_THREADS = 4  # each needs memory of its own, and a few of them read memory as fast as it goes


def spread(work: Callable[[_Item], _Found], items: Sequence[_Item], nbytes: int) -> list[_Found]:
    """``work`` of each item, in their order; by several threads where the items have ``nbytes`` of some size.

    What is raised for an item is raised here, once no thread works any more.
    """
    if nbytes < _LEAST_BYTES:
        done = [work(item) for item in items]
        advance(nbytes)
        return done
    count = min(_MOST_THREADS, _processors(), len(items))
    found: dict[int, _Found] = {}
    failed: list[BaseException] = []
    places = iter(range(len(items)))

    told = 0

    def tell() -> None:
        nonlocal told
        now = len(found)
        advance((now - told) * nbytes // len(items))
        told = now

    def take_part(tell: Callable[[], None] = _nothing) -> None:
        try:
            for place in _until(failed, places):
                found[place] = work(items[place])
                tell()
        except BaseException as error:  # raised again below, in the caller's thread
            failed.append(error)

    helpers = _started(take_part, count - 1)
    take_part(tell)
    while helpers:
        try:
            helpers[-1].join()
            helpers.pop()
        except KeyboardInterrupt as error:  # the others stop at their next item
            failed.append(error)
    if failed:
        raise failed[0]
    return [found[place] for place in range(len(items))]


def _nothing() -> None:
    """Threads that help say nothing: the caller's thread sees how far all are."""


def _until(failed: Sequence[BaseException], places: Iterator[int]) -> Iterator[int]:
    """The places that are left, as long as nothing failed; a range's iterator gives each to one thread only."""
    for place in places:
        yield place
        if failed:
            return


def _started(work: Callable[[], None], count: int) -> list[threading.Thread]:
    """So many threads at work, or as many as are to be had: none while the interpreter ends."""
    threads: list[threading.Thread] = []
    for _ in range(count):
        thread = threading.Thread(target=work, name="nbtrack-digests", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            break
        threads.append(thread)
    return threads


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
