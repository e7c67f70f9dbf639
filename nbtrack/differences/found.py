"""What a comparison of one kind found: the reasons, and how many things were equal."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbtrack.records import Reason

__all__ = ["Found"]


@dataclass(slots=True)
class Found:
    """The reasons of one kind, most telling first; ``same`` counts what both runs have equal."""

    reasons: list[Reason] = field(default_factory=list)
    same: int = 0
