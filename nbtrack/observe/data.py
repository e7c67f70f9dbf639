"""Data that goes into a run, as a record: its name, its role and what it contains."""

from __future__ import annotations

from typing import Any

from nbtrack.digests import content
from nbtrack.records import Dataset

__all__ = ["dataset"]


def dataset(name: str, role: str, value: Any) -> Dataset:
    """The record of data that goes into a run.

    Raises:
        DigestError: the value, or something in it, has no canonical form and cannot be pickled.
    """
    return Dataset(name=name, role=role, content=content(value))
