"""What of a run is told first, wherever there is room for little: the same choice in line, card and table."""

from __future__ import annotations

from collections.abc import Sequence

from nbtrack.records import Dataset, Metric, Param, Run, State
from nbtrack.render.numbers import number, shape, short_digest, size
from nbtrack.render.plain import clean, cut, value_text

__all__ = [
    "METRIC_RANK",
    "chosen_params",
    "dataset_text",
    "differing_params",
    "main_dataset",
    "main_metrics",
    "measured_later",
    "measured_on_training",
    "metric_text",
    "metrics_by_name",
    "model_text",
    "param_text",
    "state_text",
    "title",
]

# The more deliberately a number was measured, the earlier it is told.
METRIC_RANK = {"explicit": 0, "call": 1, "history": 2, "variable": 3, "loop": 4}
"""By origin; one that is not here comes last."""


def title(run: Run) -> str:
    """The run's label, or what it will be made from where the store has not given one yet."""
    return clean(run.label or run.label_stem)


def state_text(run: Run) -> str:
    """The state, of a failure with the exception's name: ``FAILED ValueError``."""
    error = run.execution.error
    if run.state is State.FAILED and error is not None:
        return f"{run.state.value} {cut(clean(error.name), 40)}"
    return run.state.value


def metrics_by_name(run: Run) -> dict[str, Metric]:
    """One metric per name, most deliberate first, and those of the run's own cell before those of later ones.

    Of several with one name: that measured on data the model was not trained on, then the more deliberate,
    then the latest.
    """
    if len(run.metrics) == 1:
        return {run.metrics[0].name: run.metrics[0]}
    best: dict[str, tuple[tuple[bool, int], Metric]] = {}
    for metric in run.metrics:
        rank = (measured_on_training(run, metric), METRIC_RANK.get(metric.origin, len(METRIC_RANK)))
        if metric.name not in best or rank <= best[metric.name][0]:
            best[metric.name] = (rank, metric)
    ordered = sorted(best.values(), key=lambda pair: (pair[0], measured_later(run, pair[1])))
    return {metric.name: metric for _, metric in ordered}


def main_metrics(run: Run, limit: int = 2) -> tuple[Metric, ...]:
    """The first ``limit`` of :func:`metrics_by_name`."""
    return tuple(metrics_by_name(run).values())[:limit]


def measured_on_training(run: Run, metric: Metric) -> bool:
    """Whether ``metric`` was measured on data that the run's model was fitted on."""
    return metric.dataset is not None and any(
        dataset.role == "train" and dataset.name == metric.dataset for dataset in run.datasets
    )


def measured_later(run: Run, metric: Metric) -> bool:
    """Whether ``metric`` was measured in a later execution than the one that made the run."""
    return metric.execution_id not in {None, run.execution.id}


def metric_text(run: Run, metric: Metric) -> str:
    """``accuracy 0.973``; measured on the training data, it says so."""
    text = f"{cut(clean(metric.name), 32)} {number(metric.value)}"
    return f"{text} on {cut(clean(str(metric.dataset)), 24)}" if measured_on_training(run, metric) else text


def main_dataset(run: Run) -> Dataset | None:
    """The first dataset the model was trained on, else the first of any role."""
    trained = (dataset for dataset in run.datasets if dataset.role == "train")
    return next(trained, run.datasets[0] if run.datasets else None)


def dataset_text(dataset: Dataset) -> str:
    """``X_train b3:9f3a… (455×30)``; without the digest where it means nothing in another process."""
    content = dataset.content
    digest = "by pickle" if content.by_pickle else short_digest(content.digest)
    dimensions = "" if content.shape is None else f" ({shape(content.shape)})"
    return f"{cut(clean(dataset.name), 32)} {digest}{dimensions}{' sampled' if content.sampled else ''}"


def model_text(run: Run) -> str:
    """``model 1.2 MB``, ``model not stored``, or nothing for a run without a model."""
    if run.model is None:
        return ""
    if not run.model.stored:
        return "model not stored"
    return "model" if run.model.size_bytes is None else f"model {size(run.model.size_bytes)}"


def chosen_params(run: Run) -> dict[str, Param]:
    """The params that somebody chose, by name: all but defaults; of several with one name the last."""
    return {param.name: param for param in run.params if param.origin != "default"}


def differing_params(runs: Sequence[Run]) -> list[str]:
    """Names of the params that tell ``runs`` apart, most telling first; of a single run its chosen ones.

    A param that somebody chose in one of the runs is compared with the default of the others. First come
    those that varied on purpose (a loop's or a grid's), then by the number of runs that have them.
    """
    if len(runs) == 1:
        return list(chosen_params(runs[0]))
    values: dict[str, dict[int, str]] = {}
    varied: set[str] = set()
    for place, run in enumerate(runs):
        for param in run.params:
            values.setdefault(param.name, {})[place] = repr(param.value)
        varied |= {param.name for param in run.params if param.origin in {"loop", "grid"}}
    chosen = dict.fromkeys(name for run in runs for name in chosen_params(run))
    several = {name: len(set(values[name].values())) > 1 for name in chosen}
    telling = [name for name in chosen if several[name] or len(values[name]) < len(runs)]
    telling.sort(key=lambda name: (not several[name], name not in varied, -len(values[name])))
    # A loop's C and the pipeline's classifier__C are one and the same: the first says it.
    said = {tuple(values[name].items()): name for name in reversed(telling)}
    return [name for name in telling if said[tuple(values[name].items())] == name]


def param_text(run: Run, name: str, limit: int = 24) -> str:
    """The value of the param ``name`` in ``run``, also where it is a default; empty where it has none."""
    found = [param for param in run.params if param.name == name]
    if not found:
        return ""
    return "(redacted)" if found[-1].redacted else value_text(found[-1].value, limit)
