"""Judges what came out of a reproduction against what the run recorded. Pure: records in, records out.

What cannot be told is unknown, and unknown is not equal: such a reproduction is at best close.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbtrack.records import (
    JSON,
    Content,
    Judged,
    JudgedMetric,
    JudgedModel,
    Metric,
    Param,
    Run,
    State,
    Trials,
    Verdict,
)
from nbtrack.reproduce.sameness import relative_difference

__all__ = ["Judgement", "judge", "same_data"]

_TINY = 1e-12
"""Numbers this close to each other are within any tolerance, however small they are themselves."""

_DURATION = re.compile(
    r"(^|_)(time|times|seconds|secs|duration|elapsed|latency|runtime|throughput|fps)(_|$)", re.IGNORECASE
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that was judged, and the verdict on it."""

    verdict: Verdict
    datasets: tuple[Judged, ...]
    params: tuple[Judged, ...]
    metrics: tuple[JudgedMetric, ...]
    model: JudgedModel | None
    trials: Judged | None
    error: Judged | None
    largest_difference: float | None


def judge(
    then: Run,
    now: Run,
    model: Mapping[str, Any] | None,
    tolerance: float,
    original: Callable[[str], str] = str,
) -> Judgement:
    """Judge the run that came out.

    Args:
        then: the run as recorded.
        now: the run that came out.
        model: how the stored models compare (``equal``, ``by``, ``difference``, ``why``); None: they were not compared.
        tolerance: largest relative difference at which numbers count as close.
        original: makes of a text with paths into the copy one with the original paths.
    """
    datasets = tuple(_datasets(then, now))
    params = tuple(_params(then.params, now.params, original))
    metrics = tuple(_metrics(then.metrics, now.metrics, tolerance))
    judged_model = _model(then, now, model, tolerance)
    trials, off = _trials(then.trials, now.trials, tolerance)
    error = _error(then, now, original)
    differences = [off, *(_off(each) for each in metrics if each.judged)]
    if judged_model is not None and judged_model.equal is False:
        differences.append(judged_model.difference or 0.0)
    answers = [
        *((each.equal, False) for each in (*datasets, *params, *_present(error))),
        *((each.equal, each.within) for each in metrics if each.judged),
        *((each.equal, each.within) for each in _present(judged_model)),
        *((each.equal, 0 < off <= tolerance) for each in _present(trials)),
    ]
    return Judgement(
        verdict=_verdict(answers, told=bool(datasets or metrics or judged_model or trials or error)),
        datasets=datasets,
        params=params,
        metrics=metrics,
        model=judged_model,
        trials=trials,
        error=error,
        largest_difference=max(differences) or None,
    )


def _present(one: Any) -> tuple[Any, ...]:
    return () if one is None else (one,)


def _verdict(answers: Iterable[tuple[bool | None, bool]], *, told: bool) -> Verdict:
    """``told``: whether the run recorded anything but params, so that equal answers say something."""
    answers = list(answers)
    if any(equal is False and not within for equal, within in answers):
        return Verdict.DIFFERENT
    return Verdict.SAME if told and all(equal for equal, _ in answers) else Verdict.CLOSE


def _datasets(then: Run, now: Run) -> Iterable[Judged]:
    found = _by_key(now.datasets, lambda each: (each.name, each.role))
    for dataset in then.datasets:
        other = _next(found, (dataset.name, dataset.role))
        content = dataset.content
        if other is None:
            yield Judged(
                name=dataset.name, kind=dataset.role, equal=False, then=content.digest, why="not there"
            )
            continue
        equal, why = same_data(content, other.content)
        yield Judged(
            name=dataset.name,
            kind=dataset.role,
            equal=equal,
            then=content.digest,
            now=other.content.digest,
            why=why,
        )


def same_data(then: Content, now: Content) -> tuple[bool | None, str | None]:
    """Whether data is equal; None where its digest cannot tell, with the reason."""
    if then.shape != now.shape or then.kind != now.kind:
        return False, None
    if then.by_pickle or now.by_pickle:
        return None, "digested by its pickle, which differs between processes"
    if then.digest != now.digest:
        return False, None
    return (None, "only a sample of it was digested") if then.sampled else (True, None)


def _params(then: Sequence[Param], now: Sequence[Param], original: Callable[[str], str]) -> Iterable[Judged]:
    found = _by_key(now, lambda each: (each.name, each.origin))
    for param in then:
        other = _next(found, (param.name, param.origin))
        if other is None:
            yield Judged(name=param.name, kind=param.origin, equal=False, then=param.value, why="not there")
        elif param.redacted or other.redacted:
            yield Judged(name=param.name, kind=param.origin, equal=None, why="a secret, which is not kept")
        else:
            value = _localised(other.value, original)
            equal = _same_value(param.value, value)
            yield Judged(name=param.name, kind=param.origin, equal=equal, then=param.value, now=value)


def _localised(value: JSON, original: Callable[[str], str]) -> JSON:
    if isinstance(value, str):
        return original(value)
    if isinstance(value, Mapping):
        return {key: _localised(each, original) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_localised(each, original) for each in value]
    return value


def _same_value(one: JSON, other: JSON) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _ADDRESS.sub("0x", one) == _ADDRESS.sub("0x", other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same_value(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same_value, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return relative_difference(one, other) == 0
    return type(one) is type(other) and one == other


def _metrics(then: Sequence[Metric], now: Sequence[Metric], tolerance: float) -> Iterable[JudgedMetric]:
    found = _by_key(now, lambda each: (each.name, each.dataset))
    for metric in then:
        other = _next(found, (metric.name, metric.dataset))
        given: dict[str, Any] = {"name": metric.name, "dataset": metric.dataset, "then": metric.value}
        if _DURATION.search(metric.name):
            yield JudgedMetric(**given, now=None if other is None else other.value, equal=None, judged=False)
        elif other is None:
            yield JudgedMetric(**given, now=None, equal=False, why="did not come out")
        elif other.points != metric.points:
            why = f"{metric.points} points then, {other.points} now"
            yield JudgedMetric(**given, now=other.value, equal=False, why=why)
        else:
            off = relative_difference(metric.value, other.value)
            within = off <= tolerance or abs(metric.value - other.value) <= _TINY
            yield JudgedMetric(**given, now=other.value, equal=off == 0, within=within)


def _off(metric: JudgedMetric) -> float:
    return 0.0 if metric.now is None else relative_difference(metric.then, metric.now)


def _model(then: Run, now: Run, told: Mapping[str, Any] | None, tolerance: float) -> JudgedModel | None:
    one, other = then.model, now.model
    if one is None or _left_none(then):
        return None
    if other is None:
        return JudgedModel(equal=False, why="no model came out")
    if (one.class_name, one.module) != (other.class_name, other.module):
        return JudgedModel(equal=False, why=f"a {other.class_name} now")
    if one.digest is not None and one.digest == other.digest:
        return JudgedModel(equal=True, by="digest")
    if told is None:
        missing = [when for when, model in (("then", one), ("now", other)) if not model.stored]
        why = f"it was not stored {' nor '.join(missing)}" if missing else "it was not compared"
        return JudgedModel(equal=None, why=why)
    difference = told["difference"]
    within = told["equal"] is False and difference is not None and difference <= tolerance
    return JudgedModel(
        equal=told["equal"], by=told["by"], within=within, difference=difference, why=told["why"]
    )


def _left_none(run: Run) -> bool:
    """Whether there never was a model to compare: the training failed, or its models were the library's own.

    A cross-validation fits clones and throws them away. Where a model could not be pickled, a note says so.
    """
    model = run.model
    if model is None or model.digest is not None:
        return False
    nowhere = model.variable is None and not model.retained and not model.stored
    refused = any("pickled" in note or "stored" in note for note in run.capture_notes)
    return run.state is State.FAILED or (nowhere and not refused)


def _trials(then: Trials | None, now: Trials | None, tolerance: float) -> tuple[Judged | None, float]:
    """The table of trials, durations left out, and the largest difference of numbers in it."""
    if then is None:
        return None, 0.0
    if now is None or then.columns != now.columns or len(then.rows) != len(now.rows):
        return Judged(name="trials", equal=False, why="another table"), 0.0
    kept = [place for place, name in enumerate(then.columns) if not _DURATION.search(name)]
    largest, where = 0.0, ""
    for row, other in zip(then.rows, now.rows, strict=True):
        for place in kept:
            off = _apart(row[place], other[place])
            if off > largest:
                largest, where = off, then.columns[place]
    if largest == 0:
        return Judged(name="trials", equal=True), 0.0
    close = "within the tolerance" if largest <= tolerance else f"most in {where}"
    return Judged(name="trials", equal=False, why=close), largest


def _apart(one: JSON, other: JSON) -> float:
    if isinstance(one, float) and isinstance(other, float):
        return relative_difference(one, other)
    return 0.0 if _same_value(one, other) else math.inf


def _error(then: Run, now: Run, original: Callable[[str], str]) -> Judged | None:
    """Of a run that failed, or whose reproduction did: whether both failed the same way."""
    texts: list[str | None] = []
    for run, told in ((then, str), (now, original)):
        error = run.execution.error if run.state is State.FAILED else None
        texts.append(None if error is None else _ADDRESS.sub("0x", told(f"{error.name}: {error.message}")))
    if texts == [None, None]:
        return None
    return Judged(name="error", equal=texts[0] == texts[1], then=texts[0], now=texts[1])


# Several may have one key: they are taken in their order.


def _by_key(items: Iterable[Any], key: Callable[[Any], Any]) -> tuple[dict[Any, list[Any]], Counter[Any]]:
    found: dict[Any, list[Any]] = {}
    for each in items:
        found.setdefault(key(each), []).append(each)
    return found, Counter()


def _next(found: tuple[dict[Any, list[Any]], Counter[Any]], key: Any) -> Any:
    items, taken = found
    place = taken[key]
    taken[key] += 1
    of_key = items.get(key, [])
    return of_key[place] if place < len(of_key) else None
