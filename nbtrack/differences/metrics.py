"""Metrics that differ: the effect that the other reasons are to explain."""

from __future__ import annotations

import math

from nbtrack.differences.found import Found
from nbtrack.records import Metric, Reason, Run
from nbtrack.render.highlights import metrics_by_name
from nbtrack.render.numbers import number

__all__ = ["compare_metrics"]


def compare_metrics(then: Run, now: Run) -> Found:
    """The metrics that differ, the more deliberately measured first, those of both runs before those of one."""
    found = Found()
    before, after = metrics_by_name(then), metrics_by_name(now)
    for name in [
        *(name for name in after if name in before),
        *(name for name in after if name not in before),
    ]:
        old, new = before.get(name), after[name]
        if old is not None and _same(old.value, new.value):
            found.same += 1
        else:
            found.reasons.append(_reason(name, old, new))
    found.reasons += [_reason(name, old, None) for name, old in before.items() if name not in after]
    return found


def _same(old: float, new: float) -> bool:
    return old == new or (math.isnan(old) and math.isnan(new))


def _reason(name: str, old: Metric | None, new: Metric | None) -> Reason:
    then, now = (None if each is None else each.value for each in (old, new))
    said = [_change(then, now), _where(old, new)]
    return Reason(
        kind="metric", subject=name, then=then, now=now, detail=", ".join(filter(None, said)) or None
    )


def _change(then: float | None, now: float | None) -> str:
    if then is None or now is None:
        return "now only" if then is None else "then only"
    change = now - then
    return f"{'+' if change > 0 else ''}{number(change, 3)}" if math.isfinite(change) else ""


def _where(old: Metric | None, new: Metric | None) -> str:
    datasets = [each.dataset for each in (old, new) if each is not None]
    if len(set(datasets)) == 1:
        return f"on {datasets[0]}" if datasets[0] else ""
    return f"on {datasets[0] or 'unknown data'} then, on {datasets[1] or 'unknown data'} now"
