"""Where something ran, and the JSON values that records carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TypeAlias

from nbtrack.records.record import record

__all__ = ["JSON", "Environment"]

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


@record
class Environment:
    """Where a run ran; ``digest`` is over all the rest.

    ``modules`` are the user's own modules that were imported, by name: ``path``,
    ``digest`` and, up to a length, ``source``.
    """

    digest: str
    python: str
    platform: str
    packages: Mapping[str, str]
    git: Mapping[str, JSON] | None = None
    hardware: Mapping[str, JSON] = field(default_factory=dict)
    modules: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
