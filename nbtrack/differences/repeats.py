"""Runs that differ by nothing but their seeds, taken together."""

from __future__ import annotations

from collections.abc import Sequence

from nbtrack.differences.params import is_seed
from nbtrack.records import Repeats, Run, Summary
from nbtrack.render.highlights import metrics_by_name
from nbtrack.render.numbers import deviation, mean

__all__ = ["group_repeats", "summary"]


def group_repeats(runs: Sequence[Run]) -> tuple[Repeats, ...]:
    """``runs`` in groups of repeats, each where its first run stood.

    Two runs are repeats of each other when class, params other than seeds, and the digests of the data they were
    trained on are the same. Data whose digest means nothing outside of its session makes no repeats across sessions.
    """
    groups: dict[object, list[Run]] = {}
    for run in runs:
        groups.setdefault(_identity(run), []).append(run)
    return tuple(_repeats(members) for members in groups.values())


def summary(values: Sequence[float]) -> Summary:
    """Mean and sample standard deviation of at least one number."""
    return Summary(values=tuple(values), mean=mean(values), spread=deviation(values))


def _identity(run: Run) -> object:
    chosen = {param.name: param for param in run.params if param.origin == "default"}
    chosen |= {param.name: param for param in run.params if param.origin != "default"}
    params = sorted((name, repr(param.value)) for name, param in chosen.items() if not is_seed(name))
    trained = sorted(
        (each.content.digest, each.content.by_pickle) for each in run.datasets if each.role == "train"
    )
    if not trained or not run.model:
        return run.id  # of what it was made is not known well enough
    session = run.execution.session_id if any(by_pickle for _, by_pickle in trained) else None
    return (run.model.module, run.model.class_name, tuple(params), tuple(trained), session)


def _repeats(members: Sequence[Run]) -> Repeats:
    metrics = [{name: metric.value for name, metric in metrics_by_name(run).items()} for run in members]
    shared = [name for name in metrics[0] if all(name in one for one in metrics)]
    return Repeats(
        run_ids=tuple(run.id for run in members),
        labels=tuple(run.label for run in members),
        seeds=tuple(_seed(run) for run in members),
        metrics={name: summary([one[name] for one in metrics]) for name in shared},
    )


def _seed(run: Run) -> int | None:
    found = [param.value for param in run.params if is_seed(param.name)]
    return next((value for value in reversed(found) if isinstance(value, int)), None)
