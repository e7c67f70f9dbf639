"""Whether data is earlier data with rows appended: looked for while the data is there, since digests cannot tell later.

Row chunks show afterwards that whole chunks are equal. An append that begins inside one is only to be seen by digesting
the first rows of the longer data again and comparing: this is done once for each new content, with the latest earlier
data of the same role, type and columns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeAlias

from nbtrack.digests import begins_with
from nbtrack.records import Content, Dataset

__all__ = ["Growth"]

_MOST_KEYS = 256
_MOST_EACH = 16
_MOST_LOOKED_AT = 3
_MOST_TOLD = 32

_Key: TypeAlias = tuple[Any, ...]


class Growth:
    """The data that went into runs, by role and schema, the latest last.

    Args:
        earlier: gives what the store knows from before, the oldest first; asked once, when there is first something to
            compare. What it raises is passed over: nothing is then known from before.
    """

    def __init__(self, earlier: Callable[[], Iterable[Dataset]] = tuple) -> None:
        self._earlier: Callable[[], Iterable[Dataset]] | None = earlier
        self._lock = threading.Lock()  # a kernel recalls in a thread, while it starts
        self._known: dict[_Key, list[Content]] = {}

    def recall(self) -> None:
        """Ask for what is known from before, if that was not done."""
        with self._lock:
            earlier, self._earlier = self._earlier, None
            if earlier is None:
                return
            with suppress(Exception):
                for dataset in earlier():
                    if _has_rows(dataset.content):
                        self._remember(_key(dataset), dataset.content)

    def told(self, dataset: Dataset, value: Any) -> Dataset:
        """The record, with the earlier data that the first rows of ``value`` are; ``value`` is what it was made of."""
        content = dataset.content
        if not _has_rows(content):
            return dataset
        self.recall()
        key = _key(dataset)
        known = self._known.get(key, [])
        same = next((one for one in known if one.digest == content.digest), None)
        if same is not None:
            begun = same.begins_with
        else:
            begun = tuple(dict.fromkeys(_beginnings(value, content, known)))[:_MOST_TOLD]
        if begun != content.begins_with:
            content = replace(content, begins_with=begun)
        if same is None or same.columns != content.columns:
            self._remember(key, content)
        elif same.begins_with:
            content = same  # the same record again: the store then knows its row
        return dataset if content is dataset.content else replace(dataset, content=content)

    def _remember(self, key: _Key, content: Content) -> None:
        if key not in self._known and len(self._known) >= _MOST_KEYS:
            self._known.pop(next(iter(self._known)))
        known = [one for one in self._known.get(key, ()) if one.digest != content.digest]
        self._known[key] = [*known[-_MOST_EACH + 1 :], content]


def _has_rows(content: Content) -> bool:
    return bool(content.shape and content.columns and not content.sampled and not content.by_pickle)


def _key(dataset: Dataset) -> _Key:
    content = dataset.content
    rest = content.shape[1:] if content.shape else ()
    return (dataset.role, content.kind, rest, tuple([(one.name, one.dtype) for one in content.columns]))


def _beginnings(value: Any, content: Content, known: list[Content]) -> Iterable[str]:
    """Digests of earlier data that the first rows of ``value`` are, and of what those begin with."""
    shorter = [one for one in known if _rows(one) < _rows(content) and _may_begin(content, one)]
    for one in shorter[-_MOST_LOOKED_AT:]:
        found = False
        with suppress(Exception):  # a library that cannot take the first rows: nothing is shown then
            found = begins_with(value, one)
        if found:
            yield one.digest
            yield from one.begins_with


def _may_begin(later: Content, earlier: Content) -> bool:
    """Whether all whole chunks of rows of the earlier data are the same in the later."""
    whole = [other.chunks[:-1] for other in earlier.columns]
    return all(one.chunks[: len(chunks)] == chunks for one, chunks in zip(later.columns, whole, strict=True))


def _rows(content: Content) -> int:
    return content.shape[0] if content.shape else 0
