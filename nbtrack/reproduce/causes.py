"""Where a reproduction first diverged, and why: what was seen comes before what may have been.

Causes that were seen (``sure``): an exception that names what was missing, a file with another digest. Causes that are
merely there (not ``sure``): another version of a package, a clock or a network asked, random numbers whose generator's
state nobody knew. Where there are none, the cause is unknown.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from nbtrack.observe.redaction import REDACTED
from nbtrack.records import Cause, Divergence, PackageChange, Run, Verdict
from nbtrack.reproduce.carry_out import Attempt, first_failure
from nbtrack.reproduce.changes import changed_files
from nbtrack.reproduce.guard import MARK
from nbtrack.reproduce.judging import same_data
from nbtrack.reproduce.kernel import KernelDied, Outcome, TimeIsUp
from nbtrack.reproduce.matching import matched
from nbtrack.reproduce.plan import Plan, Step
from nbtrack.reproduce.suspects import at, first_line, suspects

__all__ = ["find_cause"]

_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_NETWORK_ERRORS = re.compile(
    r"URLError|HTTPError|ConnectionError|ConnectTimeout|NewConnectionError|gaierror|RemoteDisconnected"
)
_ERRORS = {
    "FileNotFoundError": Cause.FILE_MISSING,
    "ImportError": Cause.PACKAGE_MISSING,
    "ModuleNotFoundError": Cause.PACKAGE_MISSING,
    "NameError": Cause.VARIABLE,
    "NotADirectoryError": Cause.FILE_MISSING,
    "StdinNotImplementedError": Cause.INPUT,
    "UnboundLocalError": Cause.VARIABLE,
}

Changes = tuple[Mapping[str, str], tuple[PackageChange, ...]]
"""Files with another content, by path, and how; packages in another version."""


def find_cause(
    plan: Plan, attempt: Attempt, verdict: Verdict, packages: tuple[PackageChange, ...]
) -> Divergence:
    """The first divergence of a reproduction in which something differed."""
    changes = changed_files(plan, attempt), packages
    if verdict is Verdict.FAILED or first_failure(plan, attempt) is not None:
        return _of_failure(plan, attempt, changes)
    place = _first_difference(plan, attempt)
    return _of_difference(plan, _place_of_run(plan) if place is None else place, changes)


# A cell that failed.


def _of_failure(plan: Plan, attempt: Attempt, changes: Changes) -> Divergence:
    place = _failing_step(plan, attempt)
    step = plan.steps[place]
    if isinstance(attempt.stopped, TimeIsUp | KernelDied):
        cause = Cause.TIMEOUT if isinstance(attempt.stopped, TimeIsUp) else Cause.KERNEL
        return at(step, cause, first_line(step), str(attempt.stopped))
    outcome = attempt.outcomes[place] if place < len(attempt.outcomes) else None
    if outcome is None or outcome.error is None:
        return at(step, Cause.UNFINISHED, plan.run.label, "the cells ended well, but made no run like it")
    return _of_error(plan, attempt, place, outcome, changes)


def _of_error(plan: Plan, attempt: Attempt, place: int, outcome: Outcome, changes: Changes) -> Divergence:
    step = plan.steps[place]
    message = attempt.original(" ".join(outcome.message.split()))
    detail = f"{outcome.error}: {message}"
    redacted = next((each for each in plan.steps[: place + 1] if each.redacted), None)
    if redacted is not None:
        return at(redacted, Cause.SECRET, REDACTED, detail, sure=redacted is step)
    cause = _named_by_error(str(outcome.error), message, step)
    if cause is not None:
        subject = _quoted(message) or message
        if cause is Cause.FILE_MISSING and any(path.name == Path(subject).name for path in attempt.left_out):
            detail += "; it was left out of the copy"
        return at(step, cause, subject, detail)
    found = next(suspects(plan, plan.steps[: place + 1], *changes), None)
    if found is None:
        return at(step, Cause.ERROR, str(outcome.error), detail)
    return dataclasses.replace(at(step, found.reason, found.subject, detail), sure=False)


def _named_by_error(name: str, message: str, step: Step) -> Cause | None:
    if MARK in message:
        return Cause.WRITE
    if name == "KeyError" and "environ" in step.source:
        return Cause.ENVIRONMENT_VARIABLE
    if _NETWORK_ERRORS.search(f"{name} {message}"):
        return Cause.NETWORK
    return _ERRORS.get(name)


def _failing_step(plan: Plan, attempt: Attempt) -> int:
    place = first_failure(plan, attempt)
    if place is not None:
        return place
    if attempt.stopped is not None:
        return min(len(attempt.outcomes), len(plan.steps) - 1)
    return _place_of_run(plan)


def _place_of_run(plan: Plan) -> int:
    return next(place for place, step in enumerate(plan.steps) if step.execution.id == plan.run.execution.id)


# Something else came out.


def _first_difference(plan: Plan, attempt: Attempt) -> int | None:
    """The first step of which a run differs: the runs of the cells on the way tell as well as the run itself."""
    for place, step in enumerate(plan.steps):
        after = attempt.runs.get(step.execution.id, [])
        if any(_differs(run, matched(run, step.runs, after)) for run in step.runs):
            return place
    return None


def _differs(then: Run, now: Run | None) -> bool:
    if now is None:
        return True
    data = {(each.name, each.role): each.content for each in now.datasets}
    for dataset in then.datasets:
        other = data.get((dataset.name, dataset.role))
        if other is None or same_data(dataset.content, other)[0] is False:
            return True
    values = {(each.name, each.dataset): each.value for each in now.metrics}
    return any(
        values.get((each.name, each.dataset)) != each.value
        for each in then.metrics
        if each.value == each.value
    )


def _of_difference(plan: Plan, place: int, changes: Changes) -> Divergence:
    found = next(suspects(plan, plan.steps[: place + 1], *changes), None)
    if found is not None:
        return found
    step = plan.steps[place]
    return at(step, Cause.UNKNOWN, first_line(step), "nothing that is recorded explains it", sure=False)


def _quoted(message: str) -> str:
    found = _QUOTED.findall(message)
    return found[-1] if found else ""
