"""How a run stands against the previous run of its cell and against the best: what the card under a cell says."""

from __future__ import annotations

from nbtrack.differences.datasets import compare_datasets
from nbtrack.differences.params import compare_params
from nbtrack.records import Best, Metric, Reason, Run, Standing, revised
from nbtrack.render.direction import better
from nbtrack.render.highlights import main_metrics, measured_on_training

__all__ = ["standing", "telling_metric"]


def telling_metric(run: Run) -> Metric | None:
    """The run's main metric, unless it is known to be measured on the training data, where it tells nothing."""
    found = main_metrics(run, 1)
    return found[0] if found and not measured_on_training(run, found[0]) else None


def standing(run: Run, previous: Run | None, best: Best | None) -> Standing:
    """``best`` is of the run's :func:`telling_metric`, the run itself included."""
    metric = telling_metric(run)
    alone = Standing(
        run_id=run.id,
        metric=metric.name if metric else None,
        value=metric.value if metric else None,
        better=better(metric.name) if metric else None,
        best=best,
    )
    if previous is None:
        return alone
    changed = _changed(previous, run)
    return revised(
        alone,
        previous_label=previous.label,
        previous=_same_metric(previous, metric),
        changed=changed,
        edited=not changed and previous.execution.source_digest != run.execution.source_digest,
    )


def _changed(previous: Run, run: Run) -> tuple[Reason, ...]:
    params, seeds = compare_params(previous, run)
    data = [each for each in compare_datasets(previous, run).reasons if each.then and each.now]
    return (*params.reasons, *seeds.reasons, *data)


def _same_metric(previous: Run, metric: Metric | None) -> float | None:
    """What the same metric on data of the same name was."""
    if metric is None:
        return None
    found = [
        one.value for one in previous.metrics if (one.name, one.dataset) == (metric.name, metric.dataset)
    ]
    return found[-1] if found else None
