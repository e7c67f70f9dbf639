"""Why two runs differ, as typed reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from nbtrack.records.environments import JSON
from nbtrack.records.record import record

__all__ = ["DataChange", "DataChangeKind", "Difference", "Reason", "ReasonKind"]

ReasonKind: TypeAlias = Literal["param", "data", "code", "environment", "seed", "model", "metric", "file"]

DataChangeKind: TypeAlias = Literal[
    "type", "rows", "shape", "added", "removed", "renamed", "moved", "dtype", "values", "index", "unknown"
]


@record
class DataChange:
    """One thing that changed from one content of data to another, told from digests and profiles alone.

    ``columns`` are the columns concerned; ``rows`` ranges from inclusive to exclusive: of kind ``values`` those that
    differ (empty: not known), of kind ``rows`` those from the first on that are shown to be equal in all columns.
    ``then`` and ``now`` are what it was: a type, a count of rows, a dtype, a name.
    """

    kind: DataChangeKind
    columns: tuple[str, ...] = ()
    then: JSON = None
    now: JSON = None
    rows: tuple[tuple[int, int], ...] = ()
    detail: str | None = None


@record
class Reason:
    """One cause of a difference, or one of its effects (kinds ``metric`` and, of a model's size, ``model``).

    ``subject`` is what differs: a param's, metric's, dataset's or distribution's name, a file's path, ``class`` or
    ``size`` of a model, ``cell [4]`` of code. ``then`` and ``now`` are what it was in either run, None where the run
    had none: a value, a version, of data and files an object with ``digest``, of code the cell's whole source.
    ``detail`` says in words what the two do not: a param's origin, the columns and rows of data that changed, of code a
    unified diff.
    """

    kind: ReasonKind
    subject: str
    then: JSON = None
    now: JSON = None
    detail: str | None = None


@record
class Difference:
    """How one run differs from another: the reasons, most telling first; ``same`` counts what is equal, by kind.

    ``notes`` say in words what was not compared, and why.
    """

    then_id: str
    then_label: str
    now_id: str
    now_label: str
    reasons: tuple[Reason, ...]
    same: Mapping[ReasonKind, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
