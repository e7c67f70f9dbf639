"""Data that goes into a run, as a record: its name, its role, what it contains and what its columns look like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nbtrack.digests import content
from nbtrack.observe.profiles import profiles as profiles_of
from nbtrack.records import Column, Content, Dataset

__all__ = ["dataset", "forget_profiles", "is_still"]

_MOST = 256

_profiled: dict[object, Content] = {}


def dataset(name: str, role: str, value: Any, *, profiles: bool = True) -> Dataset:
    """The record of data that goes into a run; ``role`` is ``train``, ``validation``, ``test`` or ``input``.

    Profiles of columns are computed once for each content; what fails to be profiled has none.

    Raises:
        DigestError: the value, or something in it, has no canonical form and cannot be pickled.
    """
    found = content(value)
    return Dataset(name=name, role=role, content=_with_profiles(value, found) if profiles else found)


def is_still(value: Any, found: Content) -> bool:
    """Whether the value is what ``found`` says of it; True also where its digest cannot be compared.

    Raises:
        DigestError: it cannot be given a digest any more.
    """
    return found.by_pickle or content(value).digest == found.digest


def forget_profiles() -> None:
    """Forget all profiles; the next record of each content computes its own."""
    _profiled.clear()


def _with_profiles(value: Any, found: Content) -> Content:
    if not found.columns:
        return found
    key = (found.digest, found.kind, tuple([column.dtype for column in found.columns]))
    known = _profiled.get(key)
    if known is None:
        known = replace(found, columns=_columns(value, found))
        if not found.by_pickle:
            if len(_profiled) >= _MOST:
                _profiled.clear()
            _profiled[key] = known
    return known


def _columns(value: Any, found: Content) -> tuple[Column, ...]:
    try:
        profiles = profiles_of(value, len(found.columns))
    except Exception:  # a library's odd column must not cost the run its data: the digests stand
        return found.columns
    return tuple(
        column if profile is None else replace(column, profile=profile)
        for column, profile in zip(found.columns, profiles, strict=True)
    )
