"""How two runs differ, in the user's hands: ``run.diff(other)``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbtrack.records import Difference, Reason
from nbtrack.render.difference_html import difference_html
from nbtrack.render.differences import difference_text, reason_to_dict

__all__ = ["RunDiff"]


class RunDiff:
    """How one run differs from another; as text it answers why, on one screen.

    Attributes:
        record: the difference as a :class:`nbtrack.records.Difference`.
    """

    __slots__ = ("record",)

    def __init__(self, record: Difference) -> None:
        self.record = record

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The typed reasons, most telling first: kind, subject, then, now, detail."""
        return self.record.reasons

    def to_list(self) -> list[dict[str, Any]]:
        """JSON-ready data, as ``nbtrack diff --json`` prints it."""
        return [reason_to_dict(each) for each in self.record.reasons]

    def __len__(self) -> int:
        return len(self.record.reasons)

    def __iter__(self) -> Iterator[Reason]:
        return iter(self.record.reasons)

    def __repr__(self) -> str:
        return difference_text(self.record)

    def _repr_html_(self) -> str:
        return difference_html(self.record)
