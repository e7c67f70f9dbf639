"""What came out when a run was run again: each thing judged, and the verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

from nbtrack.records.environments import JSON, Environment
from nbtrack.records.record import record

__all__ = [
    "Cause",
    "Divergence",
    "Judged",
    "JudgedMetric",
    "JudgedModel",
    "ModelEvidence",
    "PackageChange",
    "Reproduction",
    "Spread",
    "Stability",
    "Verdict",
]

DEFAULT_TOLERANCE = 1e-6
"""Largest relative difference at which numbers count as close, unless another is given."""
DEFAULT_REPEATS = 5
"""How often a run is repeated with other seeds, unless said otherwise."""

ModelEvidence: TypeAlias = Literal["digest", "content", "predictions"]


class Verdict(StrEnum):
    """How a reproduction came out.

    ``SAME``: all that the run recorded came out again, and all of it could be compared. ``CLOSE``: nothing differs by
    more than the tolerance, but something differs, or could not be compared. ``DIFFERENT``: something differs.
    ``FAILED``: it did not come to an end as the run did.
    """

    SAME = "same"
    CLOSE = "close"
    DIFFERENT = "different"
    FAILED = "failed"


class Cause(StrEnum):
    """Why a reproduction diverged: the kinds of cause that can be told."""

    FILE = "file changed"
    FILE_MISSING = "file missing"
    PACKAGE = "package version changed"
    PYTHON = "Python version changed"
    PACKAGE_MISSING = "package missing"
    RANDOM = "unseeded randomness"
    TIME = "time"
    NETWORK = "network"
    VARIABLE = "missing variable"
    ENVIRONMENT_VARIABLE = "missing environment variable"
    SECRET = "secret replaced"  # noqa: S105 - a kind of cause, no secret
    INPUT = "asks for input"
    CODE = "other code"
    ERROR = "error"
    INTERRUPTED = "interrupted then"
    TIMEOUT = "time limit"
    KERNEL = "kernel died"
    WRITE = "writes outside the copy"
    UNFINISHED = "no such run came out"
    UNKNOWN = "unknown"


@record
class Judged:
    """One dataset or param. ``equal`` is None where it cannot be told, and ``why`` says why.

    ``kind`` is a dataset's role or a param's origin; ``then`` and ``now`` are digests or values.
    """

    name: str
    equal: bool | None
    kind: str = ""
    then: JSON = None
    now: JSON = None
    why: str | None = None


@record
class JudgedMetric:
    """One metric. ``equal`` means to the last bit; ``within`` at most the tolerance apart.

    ``now`` is None where the number did not come out. A duration is never judged: ``judged`` is False.
    """

    name: str
    then: float
    now: float | None
    equal: bool | None
    within: bool = False
    judged: bool = True
    dataset: str | None = None
    why: str | None = None


@record
class JudgedModel:
    """The model. ``by`` says what was compared last: digests of its bytes, its contents, or its predictions.

    ``difference`` is the largest relative difference found between numbers, where it was numbers that differed;
    ``within`` whether that is at most the tolerance.
    """

    equal: bool | None
    by: ModelEvidence | None = None
    within: bool = False
    difference: float | None = None
    why: str | None = None


@record
class Divergence:
    """Where it first diverged, and why. The execution is the original one; None: before anything ran.

    ``sure`` tells what was seen to differ from a cause that is merely there.
    """

    reason: Cause
    subject: str
    execution_id: str | None = None
    execution_count: int | None = None
    detail: str | None = None
    sure: bool = True


@record
class PackageChange:
    """A distribution that was imported in another version; None: not imported."""

    name: str
    then: str | None
    now: str | None


@record
class Reproduction:
    """One reproduction of a run, as it came out.

    ``tolerance`` is relative; ``largest_difference`` the largest relative difference that is not zero. ``executions``
    counts the cells that ran, ``unseeded`` are streams of random numbers that the run drew from unseeded. ``error`` is
    of a run that failed: whether it failed the same way.
    """

    id: str
    run_id: str
    verdict: Verdict
    started_at: float
    duration_seconds: float
    tolerance: float
    executions: int
    datasets: tuple[Judged, ...] = ()
    params: tuple[Judged, ...] = ()
    metrics: tuple[JudgedMetric, ...] = ()
    model: JudgedModel | None = None
    trials: Judged | None = None
    error: Judged | None = None
    first_divergence: Divergence | None = None
    largest_difference: float | None = None
    unseeded: tuple[str, ...] = ()
    packages: tuple[PackageChange, ...] = ()
    notes: tuple[str, ...] = ()
    environment: Environment | None = None


@record
class Spread:
    """One metric over repeats: what it was in the run, and in each repeat that gave it."""

    name: str
    then: float
    values: tuple[float, ...]
    dataset: str | None = None


@record
class Stability:
    """A run repeated with other seeds: ``seeds`` in order, one repeat each; ``failed`` those that ended in an error.

    ``seeds_itself`` are streams of random numbers that the run's own cells seed, so that the seeds given had no say.
    """

    id: str
    run_id: str
    started_at: float
    duration_seconds: float
    seeds: tuple[int, ...]
    metrics: tuple[Spread, ...] = ()
    failed: tuple[str, ...] = ()
    seeds_itself: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    environment: Environment | None = None
