"""What was measured: numbers and curves, and the runs that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nbtrack.capture.holders import name_of
from nbtrack.capture.observation import Fit, Observation, Score, Series
from nbtrack.capture.surroundings import Surroundings
from nbtrack.observe.metrics import number
from nbtrack.records import Execution, LateMetric, Metric, Point, Run, revised

__all__ = ["attach_scores", "curves", "fit_metrics"]

# The origins of what a training gives; a variable of the author's is no such number.
_BY_LIBRARY = {"call", "history"}


def fit_metrics(fit: Fit, execution: Execution) -> list[Metric]:
    """Numbers and curves that the training itself gave; logged ones of the same name win."""
    found = [
        Metric(name=name, value=value, origin="call", execution_id=execution.id, at=fit.ended)
        for name, value in fit.scores.items()
        if name not in fit.series
    ]
    series = {name: curve for name, curve in fit.series.items() if name not in fit.steps}  # logged ones win
    return found + list(curves(series, execution))


def curves(series: Mapping[str, Series], execution: Execution) -> Iterable[Metric]:
    """Each curve as a metric with its points."""
    for name, curve in series.items():
        values = [number(value) for value in curve.values]
        points = tuple(
            Point(step, value, at)
            for step, value, at in zip(curve.steps, values, curve.times, strict=True)
            if value is not None
        )
        if points:
            yield Metric(
                name=name,
                value=points[-1].value,
                origin=curve.origin,
                execution_id=execution.id,
                at=points[-1].time,
                points=len(points),
                curve=points if len(points) > 1 else (),
            )


def attach_scores(
    observation: Observation,
    execution: Execution,
    runs: dict[str, Run],
    around: Surroundings,
) -> tuple[LateMetric, ...]:
    """Give each number to the runs of the models it measures: of this execution, or of an earlier one."""
    unasked = {fit.id: fit.unasked for fit in observation.fits}
    late: dict[tuple[str, str, str | None], LateMetric] = {}
    own: dict[str, dict[tuple[str, str | None], Metric]] = {}
    for score in observation.scores:
        ids = score.run_ids
        if not ids and score.block is not None and score.block.id in runs:
            ids = (score.block.id,)
        for run_id in ids:
            for metric in _as_metrics(score, execution, around.namespace):
                key = metric.name, metric.dataset
                if run_id in runs:
                    own.setdefault(run_id, {})[key] = metric
                else:
                    late[run_id, *key] = LateMetric(run_id=run_id, metric=metric)
    for run_id, metrics in own.items():
        run = runs[run_id]
        kept = [each for each in run.metrics if (each.name, each.dataset) not in metrics]
        if not {metric.name for metric in metrics.values()} <= unasked.get(run_id, frozenset()):
            # The author measured something: what the library computes in any case need not stand in.
            given = unasked.get(run_id, frozenset())
            kept = [each for each in kept if each.name not in given or each.origin not in _BY_LIBRARY]
        runs[run_id] = revised(run, metrics=(*kept, *metrics.values()))
    return tuple(late.values())


def _as_metrics(score: Score, execution: Execution, namespace: Mapping[str, Any]) -> Iterable[Metric]:
    variable = score.variable
    if variable is None and isinstance(score.result, float | int):
        variable = name_of(namespace, score.result)
    for name, value in score.values.items():
        yield Metric(
            name=name,
            value=value,
            origin=score.origin,
            variable=variable,
            dataset=score.dataset,
            execution_id=execution.id,
            at=score.at,
        )
