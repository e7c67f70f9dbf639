"""The request to write a model as a file, and what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtrack.records import JSON

__all__ = ["CannotWrite", "Request", "Written"]


class CannotWrite(Exception):  # noqa: N818 - says what is so
    """The model has no form in a format; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A model to be written.

    Attributes:
        model: the object.
        folder: an empty folder for its files.
        code: module names under which the bundle carries source that the model's classes come from.
        rows: example rows as the model takes them; None where there are none.
        epoch: seconds since 1980 or later, which stand for every time that a format keeps: equal models give equal
            bytes.
    """

    model: Any
    folder: Path
    code: tuple[str, ...] = ()
    rows: Any = None
    epoch: float = 315_532_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A model that was written.

    ``file`` is its main file's name, ``safe`` whether loading it runs no code but its library's, ``packages`` are
    the modules that loading imports, ``facts`` what the loader needs to know beside.
    """

    format: str
    kind: str
    file: str
    safe: bool
    packages: tuple[str, ...]
    facts: Mapping[str, JSON] = field(default_factory=dict)
