"""Decides what an observation means: turns it into runs, as records.

Pure over its arguments: it reads the user's namespace, serialises models and takes environments through ``observe``,
and knows no store and no shell.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nbtrack import frameworks
from nbtrack.capture.holders import held_as, name_of
from nbtrack.capture.observation import Block, Fit, Observation, Score, Series, Wanted
from nbtrack.capture.training import serialize
from nbtrack.errors import CaptureError, DigestError
from nbtrack.observe import data, models
from nbtrack.observe.metrics import number
from nbtrack.observe.params import param
from nbtrack.records import (
    Capture,
    Dataset,
    Dependency,
    Environment,
    Execution,
    LateMetric,
    Metric,
    Model,
    ModelBytes,
    Param,
    ParamOrigin,
    Point,
    Run,
    SourceFile,
    State,
    Trials,
)

__all__ = ["Surroundings", "assemble", "begun"]

_LONGEST_ARRAY = 32

_STRONGEST: tuple[ParamOrigin, ...] = (
    "explicit",
    "constructor",
    "fit",
    "grid",
    "loop",
    "variable",
    "default",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known about an execution besides what was observed in it."""

    namespace: Mapping[str, Any]
    experiment: str
    environment: Environment | None
    depends_on: tuple[Dependency, ...] = ()
    files: tuple[SourceFile, ...] = ()
    variables: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    """Plain variables that the author assigned in the cell: name to value and the execution that gave it."""
    evaluate: Callable[[str], Any] | None = None
    max_value_bytes: int = 4096


def assemble(observation: Observation, execution: Execution, around: Surroundings) -> Capture:
    """All that one execution gives the store."""
    fits = [fit for fit in observation.fits if fit.ended is not None and not fit.superseded]
    if execution.state is not State.COMPLETE:
        # A training that ended the cell by failing is a run that failed; one that the cell survived never was one.
        fits += [
            fit
            for fit in observation.fits
            if fit.training is not None and fit.ended is None and not fit.superseded
        ]
    whole = [fit for fit in fits if not fit.brief]
    bare = [
        block for block in observation.blocks if not block.adopted or not any(f.id == block.id for f in whole)
    ]
    bare = [block for block in bare if not block.implicit or block.opened or not whole]
    runs: dict[str, Run] = {}
    taken: dict[str, ModelBytes] = {}
    for fit in whole:
        if not (fit.block and fit.block.wanted and not fit.block.wanted.keep_model):
            serialize(fit)
        runs[fit.id] = _fit_run(fit, observation, execution, around)
        if fit.bytes is not None:
            taken[fit.id] = fit.bytes
    for block in bare:
        runs[block.id] = _block_run(block, observation, execution, around, taken)
    brief = _brief_run([fit for fit in fits if fit.brief], execution, around)
    if brief is not None:
        runs[brief.id] = brief
    late = _attach_scores(observation, execution, runs, around)
    finished = tuple(
        replace(run, capture_notes=(*run.capture_notes, *observation.notes)) for run in runs.values()
    )
    return Capture(execution=execution, runs=finished, late_metrics=late, models=taken)


def begun(block_or_fit: Block | Fit, execution: Execution, experiment: str) -> Run:
    """The run as it stands in the store while it is RUNNING."""
    if isinstance(block_or_fit, Fit):
        fit = block_or_fit
        block, stem = fit.block, fit.class_name or _class_of(fit)[0]
    else:
        block, stem = block_or_fit, _stem(block_or_fit)
    return Run(
        id=block_or_fit.id,
        label_stem=stem,
        state=State.RUNNING,
        experiment=(block.experiment if block else None) or experiment,
        started_at=block_or_fit.started,
        execution=execution,
        **_said(block),
    )


def _stem(block: Block) -> str:
    return block.name or "run"


def _said(block: Block | None) -> dict[str, Any]:
    """What the user said about the run."""
    if block is None:
        return {}
    return {"name": block.name, "tags": block.tags, "note": block.note, "explicit": not block.implicit}


def _fit_run(fit: Fit, observation: Observation, execution: Execution, around: Surroundings) -> Run:
    datasets = dict(fit.datasets)
    if not datasets:
        own = [each for model, each in observation.inputs if model in {0, id(fit.model)}]
        datasets = {(each.name, each.role): each for each in own}
    notes = list(fit.notes)
    if fit.fits > 1 and fit.kind == "model" and fit.datasets:
        notes.append(f"fitted {fit.fits} times in this cell: data and model are those of the last time")
    ended = fit.ended or time.time()
    wanted = fit.block.wanted if fit.block else None
    return Run(
        **_base(fit.block, execution, around, fit.started, ended),
        id=fit.id,
        label_stem=_class_of(fit)[0],
        fits=max(1, fit.fits),
        model=_model(fit, around.namespace),
        params=_params(fit, around),
        metrics=(*_metrics(fit, execution), *_asked_metrics(wanted, execution, around, notes)),
        datasets=(*datasets.values(), *_asked_data(wanted, around, notes)),
        trials=fit.trials,
        capture_notes=tuple(notes),
    )


def _base(
    block: Block | None,
    execution: Execution,
    around: Surroundings,
    started: float,
    ended: float,
) -> dict[str, Any]:
    state = execution.state
    if block is not None and block.failed and state is State.COMPLETE:
        state = State.FAILED  # the cell went on, but not the block
    return {
        **_said(block),
        "state": state,
        "experiment": (block.experiment if block else None) or around.experiment,
        "started_at": started,
        "execution": execution,
        "duration_seconds": ended - started,
        "files": around.files,
        "depends_on": around.depends_on,
        "environment": around.environment,
    }


def _class_of(fit: Fit) -> tuple[str, str]:
    if fit.class_name:
        return fit.class_name, fit.module
    training = fit.training
    model = training.model if training is not None else None
    return (type(model).__qualname__, type(model).__module__) if model is not None else (fit.site.name, "")


def _model(fit: Fit, namespace: Mapping[str, Any]) -> Model:
    class_name, module = _class_of(fit)
    variable = held_as(namespace, fit.model) if fit.model is not None else None
    taken = fit.bytes
    return Model(
        class_name=class_name,
        module=module,
        framework=fit.framework.name,
        variable=variable,
        retained=variable is not None,
        stored=taken is not None,
        digest=taken.digest if taken is not None else None,
        size_bytes=taken.size_bytes if taken is not None else None,
        blobs=taken.blob_digests if taken is not None else (),
    )


# Params.


def _params(fit: Fit, around: Surroundings) -> tuple[Param, ...]:
    found: dict[ParamOrigin, dict[str, tuple[Any, str | None]]] = {origin: {} for origin in _STRONGEST}
    found["constructor"] = {name: (value, None) for name, value in fit.parameters.explicit.items()}
    found["default"] = {name: (value, None) for name, value in fit.parameters.default.items()}
    found["grid"] = {name: (value, None) for name, value in fit.parameters.grid.items()}
    found["fit"] = {name: (value, None) for name, value in fit.chosen.items()}
    for where in ("constructor", "fit"):
        # A long array passed as a setting is data of a kind; its type and shape are no value to compare by.
        found[where] = {name: held for name, held in found[where].items() if not _is_long(held[0])}
    _put_around(fit, found)
    for name, held in fit.variables.items():
        found["variable"].setdefault(name, held)
    if fit.block is not None:
        found["explicit"] = {name: (value, None) for name, value in fit.block.params.items()}
        _asked_params(fit.block.wanted, around, found["explicit"])
    return _distinct(found, around)


def _put_around(fit: Fit, found: dict[ParamOrigin, dict[str, tuple[Any, str | None]]]) -> None:
    """Enter loop variables and arguments; a loop's value that the model was given is that parameter's, from a loop."""
    for name, (value, origin) in fit.around.items():
        if origin != "loop":
            found[origin][name] = (value, None)
            continue
        if fit.fits > 1:
            continue  # one model fitted once a pass: the passes are its folds, not its settings
        given = [*_equal(found["constructor"], value), *_equal(found["fit"], value)]
        for each in given:
            found["loop"][each] = (value, None)
            found["constructor"].pop(each, None)
            found["fit"].pop(each, None)
        if not given:
            found["loop"][name] = (value, None)


def _is_long(value: Any) -> bool:
    size = getattr(value, "size", None)
    return isinstance(size, int) and size > _LONGEST_ARRAY


def _equal(params: Mapping[str, tuple[Any, str | None]], value: object) -> list[str]:
    return [name for name, (held, _) in params.items() if type(held) is type(value) and held == value]


def _distinct(
    found: Mapping[ParamOrigin, Mapping[str, tuple[Any, str | None]]], around: Surroundings
) -> tuple[Param, ...]:
    """Each name once, from its strongest origin."""
    chosen: dict[str, Param] = {}
    for origin in _STRONGEST:
        for name, (value, execution_id) in found.get(origin, {}).items():
            if name not in chosen:
                chosen[name] = param(name, value, origin, execution_id, max_bytes=around.max_value_bytes)
    return tuple(chosen.values())


def _asked_params(
    wanted: Wanted | None, around: Surroundings, into: dict[str, tuple[Any, str | None]]
) -> None:
    for name in wanted.params if wanted is not None else ():
        if name in around.namespace:
            into[name] = (around.namespace[name], None)


# Metrics.


def _metrics(fit: Fit, execution: Execution) -> list[Metric]:
    found = [
        Metric(name=name, value=value, origin="call", execution_id=execution.id, at=fit.ended)
        for name, value in fit.scores.items()
        if name not in fit.series
    ]
    series = {name: curve for name, curve in fit.series.items() if name not in fit.steps}  # logged ones win
    return found + list(_curves(series, execution))


def _curves(series: Mapping[str, Series], execution: Execution) -> Iterable[Metric]:
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


def _attach_scores(
    observation: Observation,
    execution: Execution,
    runs: dict[str, Run],
    around: Surroundings,
) -> tuple[LateMetric, ...]:
    """Give each number to the runs of the models it measures: of this execution, or of an earlier one."""
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
        runs[run_id] = replace(run, metrics=(*kept, *metrics.values()))
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


def _asked_metrics(
    wanted: Wanted | None,
    execution: Execution,
    around: Surroundings,
    notes: list[str],
) -> list[Metric]:
    found = []
    for name, expression in wanted.metrics if wanted is not None else ():
        try:
            value = number(around.evaluate(expression)) if around.evaluate is not None else None
        except Exception as error:
            notes.append(f"metric {name} = {expression}: {type(error).__name__}: {error}")
            continue
        if value is None:
            notes.append(f"metric {name} = {expression} is not a number")
        else:
            found.append(
                Metric(name=name, value=value, origin="explicit", execution_id=execution.id, at=time.time())
            )
    return found


def _asked_data(wanted: Wanted | None, around: Surroundings, notes: list[str]) -> list[Dataset]:
    found = []
    for name in wanted.data if wanted is not None else ():
        if name not in around.namespace:
            notes.append(f"data {name}: there is no variable of that name")
            continue
        try:
            found.append(data.dataset(name, "input", around.namespace[name]))
        except DigestError as error:
            notes.append(f"data {name}: {error}")
    return found


# Blocks without a training, and what came above the cap.


def _block_run(
    block: Block,
    observation: Observation,
    execution: Execution,
    around: Surroundings,
    taken: dict[str, ModelBytes],
) -> Run:
    notes: list[str] = []
    wanted = block.wanted
    params: dict[str, tuple[Any, str | None]] = {name: (value, None) for name, value in block.params.items()}
    _asked_params(wanted, around, params)
    model = _asked_model(block, around, taken, notes)
    sampled = {name: curve for name, curve in observation.curves.items() if name not in block.steps}
    return Run(
        **_base(block, execution, around, block.started, block.ended or time.time()),
        id=block.id,
        label_stem=model.class_name if model is not None else _stem(block),
        model=model,
        params=_distinct({"explicit": params, "variable": around.variables}, around),
        metrics=(*_curves(sampled, execution), *_asked_metrics(wanted, execution, around, notes)),
        datasets=tuple(_asked_data(wanted, around, notes)),
        capture_notes=tuple(notes),
    )


def _asked_model(
    block: Block,
    around: Surroundings,
    taken: dict[str, ModelBytes],
    notes: list[str],
) -> Model | None:
    wanted = block.wanted
    if wanted is None or wanted.model is None:
        return None
    if wanted.model not in around.namespace:
        notes.append(f"model {wanted.model}: there is no variable of that name")
        return None
    value = around.namespace[wanted.model]
    owner = frameworks.owner(value)
    described = models.describe(
        value,
        framework=owner.name if owner is not None else "",
        variable=wanted.model,
        retained=True,
    )
    if not wanted.keep_model:
        return described
    try:
        stored = models.serialize(value)
    except CaptureError as error:
        notes.append(str(error))
        return described
    taken[block.id] = stored
    return replace(
        described, digest=stored.digest, size_bytes=stored.size_bytes, stored=True, blobs=stored.blob_digests
    )


def _brief_run(fits: list[Fit], execution: Execution, around: Surroundings) -> Run | None:
    """One run for the trainings above the cap: a table with a row each."""
    if not fits:
        return None
    rows = [_row(fit, around) for fit in fits]
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    classes = {_class_of(fit)[0] for fit in fits}
    stem = classes.pop() if len(classes) == 1 else "models"
    first = fits[0]
    return Run(
        **_base(first.block, execution, around, first.started, fits[-1].ended or time.time()),
        id=first.id,
        label_stem=stem,
        fits=sum(max(1, fit.fits) for fit in fits),
        trials=Trials(columns=columns, rows=tuple(tuple(row.get(name) for name in columns) for row in rows)),
        capture_notes=(
            f"{len(fits)} trainings came after the limit max_runs_per_cell: kept as a table, their models not stored",
        ),
    )


def _row(fit: Fit, around: Surroundings) -> dict[str, Any]:
    chosen = {
        each.name: each.value for each in _params(fit, around) if each.origin not in {"default", "variable"}
    }
    scores = {
        **fit.scores,
        **{name: number(curve.values[-1]) for name, curve in fit.series.items() if curve.values},
    }
    finite = {
        name: value if value is None or math.isfinite(value) else str(value) for name, value in scores.items()
    }
    return {"class": _class_of(fit)[0], **chosen, **finite}
