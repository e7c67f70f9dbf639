"""Reproduces a run: plan, carry out, judge, keep the result with the run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from nbtrack.records import JudgedMetric, Reproduction, Run, Verdict, new_id
from nbtrack.reproduce.carry_out import Attempt, Options, carry_out, first_failure
from nbtrack.reproduce.causes import find_cause
from nbtrack.reproduce.changes import changed_packages, changed_python
from nbtrack.reproduce.judging import Judgement, judge
from nbtrack.reproduce.plan import Plan, make_plan
from nbtrack.store import Store
from nbtrack.store.reproductions import begin, cancel, finish

__all__ = ["reproduce", "reproduce_together"]


def reproduce(store: Store, run: Run, options: Options | None = None) -> Reproduction:
    """Run again what the run depended on, in a fresh kernel and a copy of its folder, and judge what came out.

    The result is kept with the run; that it began is noted before anything runs.

    Raises:
        UsageError: the run cannot be reproduced: it was interrupted, or there is no kernel to run it in.
        StoreError: the store cannot be read or written.
        KeyboardInterrupt: as it came; the kernel has ended, and the attempt is marked CANCELED.
    """
    (result,) = reproduce_together(store, (make_plan(store, run),), options or Options())
    return result


def reproduce_together(store: Store, plans: Sequence[Plan], options: Options) -> list[Reproduction]:
    """As :func:`reproduce`, of several runs that need the same cells, such as those of one loop, in one kernel."""
    started = time.time()
    ids = [new_id() for _ in plans]
    for id_, plan in zip(ids, plans, strict=True):
        begin(store, id_, plan.run.id, "reproduction", started)
    try:
        attempt = carry_out(store, plans[0], options, runs=[plan.run for plan in plans])
        results = [
            _result(plan, attempt, options, id=id_, started_at=started)
            for id_, plan in zip(ids, plans, strict=True)
        ]
    except BaseException:
        for id_ in ids:
            cancel(store, id_)
        raise
    for result in results:
        finish(store, result)
    return results


def _result(plan: Plan, attempt: Attempt, options: Options, **own: Any) -> Reproduction:
    now = attempt.came_out(plan)
    model = attempt.models.get(plan.run.id)
    judgement = None if now is None else judge(plan.run, now, model, options.tolerance, attempt.original)
    verdict = _verdict(plan, attempt, judgement)
    packages = changed_packages(plan, attempt)
    diverged = (
        verdict in {Verdict.DIFFERENT, Verdict.FAILED}
        or bool(judgement and judgement.largest_difference)
        or first_failure(plan, attempt) is not None
    )
    environment = None if now is None else now.environment
    notes = list(dict.fromkeys(attempt.notes))
    if (python := changed_python(plan.session.python, environment)) is not None:
        notes.append(f"another Python: {python}")
    if verdict is Verdict.CLOSE and judgement is not None:
        notes += _unknown(judgement)
    return Reproduction(
        **own,
        run_id=plan.run.id,
        verdict=verdict,
        duration_seconds=time.time() - own["started_at"],
        tolerance=options.tolerance,
        executions=len(attempt.outcomes),
        first_divergence=find_cause(plan, attempt, verdict, packages) if diverged else None,
        unseeded=plan.unseeded(),
        packages=packages,
        notes=tuple(notes),
        environment=environment,
        **_judged(judgement, plan.run),
    )


def _verdict(plan: Plan, attempt: Attempt, judgement: Judgement | None) -> Verdict:
    if judgement is None or attempt.stopped is not None:
        return Verdict.FAILED
    if first_failure(plan, attempt) is not None and judgement.verdict is Verdict.SAME:
        # It went on after a cell that failed, and the run came out nevertheless.
        return Verdict.CLOSE
    return judgement.verdict


def _judged(judgement: Judgement | None, run: Run) -> dict[str, Any]:
    if judgement is None:
        lost = (
            JudgedMetric(name=each.name, dataset=each.dataset, then=each.value, now=None, equal=None)
            for each in run.metrics
        )
        return {"metrics": tuple(lost)}
    return {
        "datasets": judgement.datasets,
        "params": judgement.params,
        "metrics": judgement.metrics,
        "model": judgement.model,
        "trials": judgement.trials,
        "error": judgement.error,
        "largest_difference": judgement.largest_difference,
    }


def _unknown(judgement: Judgement) -> list[str]:
    """What kept it from being the same, where nothing differs."""
    names = [
        *(f"data {each.name}" for each in judgement.datasets if each.equal is None),
        *(f"param {each.name}" for each in judgement.params if each.equal is None),
        *(["the model"] if judgement.model is not None and judgement.model.equal is None else []),
    ]
    if names:
        return [f"nothing differs beyond the tolerance, but could not be compared: {', '.join(names)}"]
    if not (judgement.datasets or judgement.metrics or judgement.model):
        return ["the run recorded neither data nor metrics nor a model that could be compared"]
    return []
