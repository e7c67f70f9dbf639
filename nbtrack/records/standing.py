"""Where a run stands: against the previous run of its cell, and against the best of its experiment."""

from __future__ import annotations

from nbtrack.records.differences import Reason
from nbtrack.records.record import record

__all__ = ["Best", "Standing"]


@record
class Best:
    """The best of one metric among the runs of an experiment that have it, measured on the same data.

    ``count`` is how many there are; 1,000 stands for as many or more.
    """

    value: float
    label: str
    run_id: str
    count: int


@record
class Standing:
    """How a run stands; what is None or empty is unknown or not worth saying.

    ``metric`` is the run's main metric by name. ``previous_label`` is the previous run of the same cell, ``previous``
    what the metric was there, ``changed`` what differs from it of params, seeds and data, ``edited`` whether only the
    cell's text does. ``better`` says whether a ``higher`` or a ``lower`` number is the better one, None where the
    metric's name does not tell; ``best`` is known only where it does.
    """

    run_id: str
    metric: str | None = None
    value: float | None = None
    previous_label: str | None = None
    previous: float | None = None
    changed: tuple[Reason, ...] = ()
    edited: bool = False
    better: str | None = None
    best: Best | None = None
