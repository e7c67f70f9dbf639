"""Runs beside each other: repeats as groups, and what may be said about their differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from nbtrack.records.record import record
from nbtrack.records.runs import Point, Run

__all__ = ["Certainty", "Comparison", "Judgement", "Repeats", "Summary"]

Certainty: TypeAlias = Literal["distinguishable", "not distinguishable", "unknown"]


@record
class Summary:
    """A metric over repeats: ``spread`` is the sample standard deviation, None of a single value."""

    values: tuple[float, ...]
    mean: float
    spread: float | None = None


@record
class Repeats:
    """Runs that differ by nothing but their seeds, in the order in which they were given; often only one.

    ``metrics`` summarises those that every run of the group has, by name; ``seeds`` has one entry a run, None where
    none was given.
    """

    run_ids: tuple[str, ...]
    labels: tuple[str, ...]
    seeds: tuple[int | None, ...]
    metrics: Mapping[str, Summary] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The first label, and how many repeats it stands for."""
        return self.labels[0] if len(self.labels) == 1 else f"{self.labels[0]} (×{len(self.labels)})"


@record
class Judgement:
    """Whether two groups can be told apart by a metric.

    ``difference`` is what ``now`` has more than ``then``, of groups by their means. ``test`` names the statistical test
    with ``p_value``, None where none fits; ``because`` says in words what the verdict rests on.
    """

    metric: str
    then: str
    now: str
    difference: float
    verdict: Certainty
    because: str
    test: str | None = None
    p_value: float | None = None


@record
class Comparison:
    """Runs to compare: whole, in the order asked for.

    ``metric`` is the one that is judged by, None where the runs share none; ``curves`` are points by run id and metric.
    """

    runs: tuple[Run, ...]
    groups: tuple[Repeats, ...]
    metric: str | None = None
    judgements: tuple[Judgement, ...] = ()
    curves: Mapping[str, Mapping[str, tuple[Point, ...]]] = field(default_factory=dict)
