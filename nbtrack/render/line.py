"""The quiet line under a training cell."""

from __future__ import annotations

from nbtrack.records import Run, Standing, State
from nbtrack.render.highlights import (
    dataset_text,
    main_dataset,
    main_metrics,
    metric_text,
    model_text,
    state_text,
    title,
)
from nbtrack.render.numbers import duration
from nbtrack.render.plain import clean, cut
from nbtrack.render.standing import against_text
from nbtrack.render.verdict import verdict_text

__all__ = ["line_parts", "measured_line", "run_line"]


def run_line(run: Run, standing: Standing | None = None) -> str:
    """``run`` on one line, with how it stands; the time at its end is what capturing it cost.

    ``▸ SVC-3 · accuracy 0.973 ▲ +0.011, best of 12 · X_train b3:9f3a… (455×30) · model 1.2 MB · 6 ms``
    """
    return f"▸ {' · '.join((title(run), *line_parts(run, standing)))}"


def measured_line(run: Run, standing: Standing) -> str:
    """Under a later cell that measured ``run``: ``▸ SVC-3 · accuracy 0.973 ▲ +0.011, best of 12``."""
    (metric,) = main_metrics(run, 1)
    return f"▸ {title(run)} · {metric_text(run, metric)} {against_text(standing)}"


def line_parts(run: Run, standing: Standing | None = None) -> list[str]:
    """What :func:`run_line` says after the label, piece by piece."""
    against = "" if standing is None else against_text(standing)
    metrics = [metric_text(run, metric) for metric in main_metrics(run)]
    if metrics and against:
        metrics[0] += f" {against}"
    dataset = main_dataset(run)
    notes = len(run.capture_notes)
    parts = [
        cut(clean(run.name), 40) if run.name else "",
        "" if run.state is State.COMPLETE else state_text(run),
        f"{run.fits} fits" if run.fits > 1 else "",
        *metrics,
        "" if run.trials is None else f"{len(run.trials.rows)} trials",
        "" if dataset is None else dataset_text(dataset),
        model_text(run),
        "" if run.reproduction is None else verdict_text(run.reproduction),
        f"{notes} note{'s' if notes > 1 else ''}" if notes else "",
        "" if run.capture_seconds is None else duration(run.capture_seconds),
    ]
    return [part for part in parts if part]
