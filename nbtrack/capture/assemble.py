"""Decides what an observation means: turns it into runs, as records.

Pure over its arguments: it reads the user's namespace, serialises models and takes environments through ``observe``,
and knows no store and no shell.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from nbtrack.capture.asked import asked_data, asked_metrics, asked_model
from nbtrack.capture.chosen import block_params, fit_params
from nbtrack.capture.holders import held_as
from nbtrack.capture.measured import attach_scores, curves, fit_metrics
from nbtrack.capture.observation import Block, Fit, Observation
from nbtrack.capture.surroundings import Surroundings
from nbtrack.capture.training import serialize
from nbtrack.observe.met_secrets import met_secrets
from nbtrack.observe.metrics import number
from nbtrack.observe.redaction import redact, redact_value
from nbtrack.records import Capture, Execution, Model, ModelBytes, Run, State, Trials, revised

__all__ = ["assemble", "begun"]


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
    late = attach_scores(observation, execution, runs, around)
    finished = tuple(
        revised(run, capture_notes=tuple(_told(each) for each in (*run.capture_notes, *observation.notes)))
        if run.capture_notes or observation.notes
        else run
        for run in runs.values()
    )
    return Capture(execution=execution, runs=finished, late_metrics=late, models=taken)


def begun(block_or_fit: Block | Fit, execution: Execution, experiment: str) -> Run:
    """The run as it stands in the store while it is RUNNING."""
    if isinstance(block_or_fit, Fit):
        fit = block_or_fit
        block, stem = fit.block, _stem_of(fit)
    else:
        block, stem = block_or_fit, _stem(block_or_fit)
    return Run(
        id=block_or_fit.id,
        label_stem=stem,
        state=State.RUNNING,
        experiment=_told((block.experiment if block else None) or experiment),
        started_at=block_or_fit.started,
        execution=execution,
        **_said(block),
    )


def _told(text: str) -> str:
    """What people read, without secrets."""
    return redact(text, met_secrets())


def _stem(block: Block) -> str:
    return _told(block.name) if block.name else "run"


def _said(block: Block | None) -> dict[str, Any]:
    """What the user said about the run."""
    if block is None:
        return {}
    return {
        "name": None if block.name is None else _told(block.name),
        "tags": {name: _told(redact_value(name, value)[0]) for name, value in block.tags.items()},
        "note": None if block.note is None else _told(block.note),
        "explicit": not block.implicit,
    }


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
        label_stem=_stem_of(fit),
        fits=max(1, fit.fits),
        model=_model(fit, around.namespace),
        params=fit_params(fit, around),
        metrics=(*fit_metrics(fit, execution), *asked_metrics(wanted, execution, around, notes)),
        datasets=(*datasets.values(), *asked_data(wanted, around, notes)),
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
        "experiment": _told((block.experiment if block else None) or around.experiment),
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


def _stem_of(fit: Fit) -> str:
    """What the run's label begins with: the class, or what says more; of a training by hand, the name of its block."""
    if fit.by_hand and fit.block is not None and fit.block.name:
        return fit.block.name
    return fit.stem or _class_of(fit)[0]


def _model(fit: Fit, namespace: Mapping[str, Any]) -> Model:
    class_name, module = _class_of(fit)
    variable = _held(namespace, fit.model) if fit.model is not None else None
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


def _held(namespace: Mapping[str, Any], model: object) -> str | None:
    """Where the model is held; of parameters by name, which nbtrack itself put together, where the first of them is."""
    found = held_as(namespace, model)
    if found is None and type(model) is dict and model:
        return held_as(namespace, next(iter(model.values())))
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
    model = asked_model(block, around, taken, notes)
    sampled = {name: curve for name, curve in observation.curves.items() if name not in block.steps}
    return Run(
        **_base(block, execution, around, block.started, block.ended or time.time()),
        id=block.id,
        label_stem=model.class_name if model is not None else _stem(block),
        model=model,
        params=block_params(block, around),
        metrics=(*curves(sampled, execution), *asked_metrics(wanted, execution, around, notes)),
        datasets=tuple(asked_data(wanted, around, notes)),
        capture_notes=tuple(notes),
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
        each.name: each.value
        for each in fit_params(fit, around)
        if each.origin not in {"default", "variable"}
    }
    scores = {
        **fit.scores,
        **{name: number(curve.values[-1]) for name, curve in fit.series.items() if curve.values},
    }
    finite = {
        name: value if value is None or math.isfinite(value) else str(value) for name, value in scores.items()
    }
    return {"class": _class_of(fit)[0], **chosen, **finite}
