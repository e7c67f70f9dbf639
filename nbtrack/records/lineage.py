"""What a run came from: the executions that are needed to get it again."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ExecutedCell", "Slice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedCell:
    """An execution in a slice: its source as typed, secrets replaced.

    ``own``: it is the run's; the others are what it needs. ``reached`` is the line (from 1) that it failed on, where it
    failed: what stands below never ran.
    """

    source: str
    execution_id: str
    execution_count: int | None = None
    cell_id: str | None = None
    reached: int | None = None
    started_at: float | None = None
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The executions that a run needs, in the order they ran, its own among them.

    ``notes`` say what could not be followed or cannot be run again as it is. ``unseeded`` are the streams of random
    numbers (``numpy``, ``python``, ``torch``, ``tensorflow``) that its cells draw from and that nobody seeded before.
    """

    run_id: str
    label: str
    cells: tuple[ExecutedCell, ...]
    notes: tuple[str, ...] = ()
    unseeded: tuple[str, ...] = ()
