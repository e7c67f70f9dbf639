"""Reproductions and repeats with seeds, as JSON-ready data and as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from nbtrack.records import (
    Divergence,
    Judged,
    JudgedMetric,
    JudgedModel,
    Reproduction,
    Spread,
    Stability,
    Verdict,
)
from nbtrack.render.jsonable import finite, timestamp
from nbtrack.render.numbers import deviation, duration, mean, moment, number
from nbtrack.render.plain import clean, cut, pad, value_text, width

__all__ = [
    "divergence_text",
    "progress_text",
    "reproduction_lines",
    "reproduction_text",
    "reproduction_to_dict",
    "stability_text",
    "stability_to_dict",
    "verdict_text",
]

_SHOWN = 12
_WIDEST = 40


def reproduction_to_dict(one: Reproduction) -> dict[str, Any]:
    """The JSON form of a reproduction; keys are only ever added."""
    environment = one.environment
    document: dict[str, Any] = {
        "id": one.id,
        "verdict": one.verdict.value,
        "at": timestamp(one.started_at),
        "duration_seconds": one.duration_seconds,
        "tolerance": one.tolerance,
        "largest_difference": finite(one.largest_difference),
        "executions": one.executions,
        "datasets": [_judged(each, "role") for each in one.datasets],
        "params": [_judged(each, "origin") for each in one.params],
        "metrics": [_metric(each) for each in one.metrics],
        "model": None if one.model is None else _model(one.model),
        "first_divergence": None if one.first_divergence is None else _divergence(one.first_divergence),
        "unseeded": list(one.unseeded),
        "packages": [{"name": each.name, "then": each.then, "now": each.now} for each in one.packages],
        "notes": list(one.notes),
        "environment": None
        if environment is None
        else {"digest": environment.digest, "python": environment.python},
    }
    if one.trials is not None:
        document["trials"] = {"equal": one.trials.equal, **_why(one.trials.why)}
    if one.error is not None:
        document["error"] = {
            "equal": one.error.equal,
            "then": one.error.then,
            "now": one.error.now,
            **_why(one.error.why),
        }
    return document


def stability_to_dict(one: Stability) -> dict[str, Any]:
    """The JSON form of repeats with seeds."""
    return {
        "id": one.id,
        "at": timestamp(one.started_at),
        "duration_seconds": one.duration_seconds,
        "seeds": list(one.seeds),
        "metrics": [_spread(each) for each in one.metrics],
        "failed": list(one.failed),
        "seeds_itself": list(one.seeds_itself),
        "notes": list(one.notes),
    }


def verdict_text(one: Reproduction) -> str:
    """``reproduced: close (0.02 % off)``, for where there is room for little."""
    if one.verdict is Verdict.CLOSE and one.largest_difference:
        return f"reproduced: close ({_percent(one.largest_difference)} off)"
    if one.verdict is Verdict.FAILED:
        return "reproduction failed"
    return f"reproduced: {one.verdict.value}"


def reproduction_text(label: str, one: Reproduction) -> str:
    """All of a reproduction, in lines for a terminal."""
    head = f"{clean(label)}  {one.verdict.value}"
    return "\n".join((head, *(f"  {line}".rstrip() for line in reproduction_lines(one))))


def reproduction_lines(one: Reproduction) -> list[str]:
    """What a reproduction found: why, the judged things in columns, the environment, notes."""
    ran = f"{one.executions} cell{'' if one.executions == 1 else 's'} in {duration(one.duration_seconds)}"
    rows = [
        *_told("metric", [_metric_row(each) for each in one.metrics]),
        *_told("data", _grouped(one.datasets)),
        *_told("param", _grouped(one.params)),
        *([] if one.trials is None else [["trials", "", "", _answer(one.trials.equal, one.trials.why)]]),
        *(
            []
            if one.error is None
            else [["error", "", _change(one.error), _answer(one.error.equal, one.error.why)]]
        ),
        *([] if one.model is None else [["model", "", "", _model_answer(one.model)]]),
    ]
    packages = [
        f"{clean(each.name)} {each.then or 'absent'} → {each.now or 'absent'}" for each in one.packages
    ]
    return [
        *([divergence_text(one.first_divergence)] if one.first_divergence is not None else []),
        *_columns(rows),
        *([f"packages: {', '.join(packages)}"] if packages else []),
        *(
            [f"random without a seed: {', '.join(one.unseeded)} (see `nbtrack reproduce RUN --seed 0`)"]
            if one.unseeded
            else []
        ),
        *(clean(note) for note in one.notes),
        f"{ran}, {moment(one.started_at)}, tolerance {one.tolerance:g}",
    ]


def stability_text(label: str, one: Stability) -> str:
    """Repeats with seeds: mean and spread of each metric beside what the run had."""
    seeds = f"{one.seeds[0]} to {one.seeds[-1]}" if len(one.seeds) > 1 else f"{one.seeds[0]}"
    rows = [["metric", "run", "mean", "std", "min", "max", ""]]
    for each in one.metrics:
        known = _spread(each)
        facts = [
            number(float(known[key])) if known["values"] else "" for key in ("mean", "std", "min", "max")
        ]
        rows.append([_named(each.name, each.dataset), number(each.then), *facts, _place(each)])
    lines = [
        f"{clean(label)}  {len(one.seeds)} repeats with seeds {seeds}",
        *(f"  {line}" for line in _columns(rows)),
    ]
    if one.seeds_itself:
        streams = ", ".join(one.seeds_itself)
        lines.append(f"  its own cells seed {streams}: there the seeds given had no say")
    lines += [f"  failed: {clean(each)}" for each in one.failed]
    lines += [f"  {clean(note)}" for note in one.notes]
    return "\n".join((*lines, f"  took {duration(one.duration_seconds)}"))


def progress_text(
    place: tuple[int, int], count: int | None, source: str, seconds: float | None, error: str | None
) -> str:
    """A line for a cell that runs (``seconds`` is None) or ended: ``2 of 5  [4] clf.fit(X, y)  1.2 s``."""
    first = next((line.strip() for line in source.splitlines() if line.strip()), "")
    number = "" if count is None else f"[{count}] "
    cell = f"{place[0]:>{len(str(place[1]))}} of {place[1]}  {number}{cut(clean(first), 60)}"
    if seconds is None:
        return f"{cell}  …"
    return f"{cell}  {duration(seconds)}{f'  {clean(error)}' if error else ''}"


def divergence_text(one: Divergence) -> str:
    """``first diverged at [4]: file changed: data/churn.csv``."""
    where = f" at [{one.execution_count}]" if one.execution_count is not None else ""
    subject = f": {cut(clean(one.subject), 80)}" if one.subject else ""
    sure = "" if one.sure else ", probably"
    detail = f" ({cut(clean(one.detail), 200)})" if one.detail else ""
    return f"first diverged{where}{sure}: {one.reason.value}{subject}{detail}"


# JSON.


def _judged(one: Judged, kind: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "equal": one.equal,
        kind: one.kind,
        "then": finite(one.then),
        "now": finite(one.now),
        **_why(one.why),
    }


def _metric(one: JudgedMetric) -> dict[str, Any]:
    return {
        "name": one.name,
        "dataset": one.dataset,
        "then": finite(one.then),
        "now": finite(one.now),
        "equal": one.equal,
        "within_tolerance": one.within,
        **({} if one.judged else {"judged": False}),
        **_why(one.why),
    }


def _model(one: JudgedModel) -> dict[str, Any]:
    return {
        "equal": one.equal,
        "by": one.by,
        "within_tolerance": one.within,
        "difference": finite(one.difference),
        **_why(one.why),
    }


def _divergence(one: Divergence) -> dict[str, Any]:
    return {
        "execution_id": one.execution_id,
        "execution_count": one.execution_count,
        "reason": one.reason.value,
        "subject": one.subject,
        "detail": one.detail,
        "sure": one.sure,
    }


def _why(why: str | None) -> dict[str, str]:
    return {} if why is None else {"why": why}


def _spread(one: Spread) -> dict[str, Any]:
    values = list(one.values)
    spread = deviation(values) if len(values) > 1 else 0.0
    return {
        "name": one.name,
        "dataset": one.dataset,
        "then": finite(one.then),
        "values": finite(values),
        "mean": finite(mean(values)) if values else None,
        "std": finite(math.nan if spread is None else spread) if values else None,
        "min": finite(min(values)) if values else None,
        "max": finite(max(values)) if values else None,
    }


# Text.


def _told(kind: str, rows: list[list[str]]) -> list[list[str]]:
    """Those of ``rows`` that there is room for, the kind before the first."""
    shown = rows[:_SHOWN]
    if len(rows) > _SHOWN:
        shown.append(["", "", f"and {len(rows) - _SHOWN} more"])
    return [[kind if place == 0 else "", *row] for place, row in enumerate(shown)]


def _grouped(judged: Iterable[Judged]) -> list[list[str]]:
    """A line for each that is not equal, and one for all that are."""
    judged = list(judged)
    told = [
        [cut(clean(each.name), _WIDEST), _change(each), _answer(each.equal, each.why)]
        for each in judged
        if each.equal is not True
    ]
    equal = len(judged) - len(told)
    same = [[f"{'all ' if not told else ''}{equal}", "", "equal"]] if equal else []
    return told + same


def _change(one: Judged) -> str:
    if one.equal is None or one.then is None or one.now is None:
        return ""
    return f"{value_text(one.then, 16)} → {value_text(one.now, 16)}"


def _metric_row(one: JudgedMetric) -> list[str]:
    now = "" if one.now is None else f" → {number(one.now)}"
    change = number(one.then) if one.equal else f"{number(one.then)}{now}"
    if not one.judged:
        answer = "not judged: a duration"
    elif one.equal is False and one.within:
        answer = "within the tolerance"
    else:
        answer = _answer(one.equal, one.why)
    return [_named(one.name, one.dataset), change, answer]


def _named(name: str, dataset: str | None) -> str:
    return cut(clean(name if dataset is None else f"{name} on {dataset}"), _WIDEST)


def _answer(equal: bool | None, why: str | None) -> str:  # noqa: FBT001 - the answer itself
    text = "unknown" if equal is None else ("equal" if equal else "differs")
    return f"{text}: {clean(why)}" if why else text


def _model_answer(one: JudgedModel) -> str:
    by = {
        "digest": " to the last byte",
        "content": " in all it contains",
        "predictions": " in its predictions",
    }
    if one.equal is False:
        by["content"] = ""
    told = by.get(one.by or "", "")
    if one.equal is False and one.within:
        return f"within the tolerance{told}"
    text = "unknown" if one.equal is None else ("equal" if one.equal else "differs")
    off = f" by {_percent(one.difference)}" if one.difference else ""
    return f"{text}{told}{off}{f': {clean(one.why)}' if one.why else ''}"


def _place(one: Spread) -> str:
    if not one.values:
        return "did not come out"
    if min(one.values) <= one.then <= max(one.values):
        return ""
    return "the run lies outside"


def _percent(share: float) -> str:
    return f"{number(share * 100, 2)} %"


def _columns(rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    count = max(len(row) for row in rows)
    full = [row + [""] * (count - len(row)) for row in rows]
    widths = [max(width(row[place]) for row in full) for place in range(count)]
    return ["  ".join(pad(row[place], widths[place]) for place in range(count)).rstrip() for row in full]
