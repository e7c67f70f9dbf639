"""Whether the notebook still says what a run ran."""

from __future__ import annotations

from typing import Literal

from nbtrack.records.record import record

__all__ = ["StaleCell", "TopToBottom"]


@record
class StaleCell:
    """A cell that a run stood on and that was edited or deleted since.

    ``by`` is how that is known: from the notebook's ``file``, or from a later ``execution`` of the cell.
    """

    execution_id: str
    execution_count: int | None
    cell_id: str | None
    change: Literal["edited", "deleted"]
    by: Literal["file", "execution"]


@record
class TopToBottom:
    """Whether running the notebook from top to bottom as it is now would run the same cells for the same result.

    ``same`` is None where that cannot be told; ``why`` says what differs, or why it cannot be told.
    """

    same: bool | None
    why: str | None = None
