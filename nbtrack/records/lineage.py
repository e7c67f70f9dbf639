"""What a run came from: the executions that are needed to get it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from nbtrack.records.record import record

__all__ = ["GENERATOR", "Effects", "ExecutedCell", "FileUse", "Slice"]

GENERATOR = "generator"
"""Stands among the streams of random numbers for a generator that the notebook made itself."""


@record
class Effects:
    """What an execution did, functions of other cells followed: the global names, and what could not be followed.

    Attributes:
        reads: names whose values from before it used.
        writes: names it bound and left bound.
        deletes: names it deleted.
        mutates: names whose object from before it changed in place.
        opaque: what could not be followed, in words.
        unseeded: streams of random numbers it drew from that no execution had seeded; :data:`GENERATOR` is one of the
            notebook's own, made without a seed.
        needs: ids of the earlier executions whose bindings and changes it used, in the order they ran.
        draws: ids of those that it needs only because they advanced a sequence of random numbers, by stream;
            :data:`GENERATOR` are all generators of the notebook's own together.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()
    unseeded: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    draws: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@record
class FileUse:
    """A file that an execution read or wrote (``generated``), as it was then.

    ``path`` is relative to the project; ``modified_ns`` is when it was last modified, in nanoseconds since the epoch;
    ``digest`` is None where it was not computed.
    """

    execution_id: str
    path: str
    generated: bool
    size_bytes: int
    modified_ns: int
    digest: str | None = None


@record
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


@record
class Slice:
    """The executions that a run needs, in the order they ran, its own among them.

    ``notes`` say what could not be followed or cannot be run again as it is. ``unseeded`` are the streams of random
    numbers (``numpy``, ``python``, ``torch``, ``tensorflow``) that its cells draw from and that nobody seeded before.
    ``cut``: there are older ones that are not among them.
    """

    run_id: str
    label: str
    cells: tuple[ExecutedCell, ...]
    notes: tuple[str, ...] = ()
    unseeded: tuple[str, ...] = ()
    cut: bool = False
