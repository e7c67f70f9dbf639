"""What came out, in the user's hands: as text it is what the command line prints."""

from __future__ import annotations

from typing import Any, Literal

from nbtrack.records import Reproduction, Stability, Verdict
from nbtrack.render.boxed import boxed
from nbtrack.render.verdict import (
    reproduction_text,
    reproduction_to_dict,
    stability_text,
    stability_to_dict,
)

__all__ = ["ReproductionResult", "StabilityResult"]

_MOODS: dict[Verdict, Literal["good", "doubtful", "bad"]] = {
    Verdict.SAME: "good",
    Verdict.CLOSE: "doubtful",
    Verdict.DIFFERENT: "bad",
    Verdict.FAILED: "bad",
}


class ReproductionResult:
    """A reproduction of a run.

    Attributes:
        record: it as a :class:`nbtrack.records.Reproduction`, complete.
    """

    __slots__ = ("_label", "record")

    def __init__(self, label: str, record: Reproduction) -> None:
        self.record = record
        self._label = label

    @property
    def verdict(self) -> str:
        """``same``, ``close``, ``different`` or ``failed``."""
        return self.record.verdict.value

    @property
    def fine(self) -> bool:
        """Whether the run came out again, at least within the tolerance."""
        return self.record.verdict in {Verdict.SAME, Verdict.CLOSE}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, as ``nbtrack reproduce --json`` prints it."""
        return reproduction_to_dict(self.record)

    def __repr__(self) -> str:
        return reproduction_text(self._label, self.record)

    def _repr_html_(self) -> str:
        return boxed(repr(self), _MOODS[self.record.verdict])


class StabilityResult:
    """A run repeated with other seeds.

    Attributes:
        record: it as a :class:`nbtrack.records.Stability`, complete.
    """

    __slots__ = ("_label", "record")

    def __init__(self, label: str, record: Stability) -> None:
        self.record = record
        self._label = label

    @property
    def fine(self) -> bool:
        """Whether every repeat came to its end."""
        return not self.record.failed

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, as ``nbtrack reproduce --seed N --json`` prints it."""
        return stability_to_dict(self.record)

    def __repr__(self) -> str:
        return stability_text(self._label, self.record)

    def _repr_html_(self) -> str:
        return boxed(repr(self), "good" if self.fine else "bad")
