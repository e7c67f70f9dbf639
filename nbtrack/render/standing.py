"""What is worth saying about where a run stands: behind its metric, and on a line of its own."""

from __future__ import annotations

import math

from nbtrack.records import Reason, Standing
from nbtrack.render.numbers import number, shape
from nbtrack.render.plain import clean, cut, value_text

__all__ = ["against_text", "improved", "since_text"]

_CHANGES = 4
_NAME = 32
_VALUE = 24
_LABEL = 60
_WHOLE = 240
_MANY = 1000  # where counting ends


def against_text(standing: Standing) -> str:
    """Behind the metric: ``▲ +0.011, best of 12``; empty where there is nothing to say, as after the same again."""
    if standing.previous is not None and standing.previous == standing.value:
        return ""
    change, best = _change(standing), _best(standing)
    return f"{change}, {best}" if change and best else change or (best and f"({best})")


def improved(standing: Standing) -> bool | None:
    """Whether the metric came out better than the previous time; None: the same, or nobody knows."""
    if standing.previous is None or standing.value is None or standing.better is None:
        return None
    change = standing.value - standing.previous
    if change == 0 or not math.isfinite(change):
        return None
    return (change > 0) == (standing.better == "higher")


def since_text(standing: Standing) -> str:
    """``since SVC-3: C 1 → 10, X_train 400×30 → 426×30``; empty where nothing changed that is worth saying."""
    if standing.previous_label is None:
        return ""
    said = [_told(reason) for reason in standing.changed[:_CHANGES]]
    if len(standing.changed) > _CHANGES:
        said.append(f"+{len(standing.changed) - _CHANGES} more")
    if not said and standing.edited and _moved(standing):
        said = ["the cell was edited, params and data are the same"]
    elif not said and _moved(standing):
        said = ["same cell, params and data"]
    text = f"since {cut(clean(standing.previous_label), _LABEL)}: {', '.join(said)}" if said else ""
    return cut(text, _WHOLE)


def _moved(standing: Standing) -> bool:
    return None not in {standing.previous, standing.value} and standing.previous != standing.value


def _change(standing: Standing) -> str:
    if standing.previous is None or standing.value is None:
        return ""
    change = standing.value - standing.previous
    if change == 0 or not math.isfinite(change):
        return ""
    return f"▲ +{number(change, 2)}" if change > 0 else f"▼ {number(change, 2)}"


def _best(standing: Standing) -> str:
    best, value = standing.best, standing.value
    if best is None or best.count < 2 or value is None:  # noqa: PLR2004 - the only one is no best
        return ""
    if value == best.value:
        of = f"best of {best.count}{'+' if best.count >= _MANY else ''}"
        return of if standing.run_id == best.run_id else f"ties the {of}"
    return f"best {number(best.value)} by {cut(clean(best.label), _NAME)}"


def _told(reason: Reason) -> str:
    name = cut(clean(reason.subject), _NAME)
    if reason.kind == "data":
        then, now = _shape(reason.then), _shape(reason.now)
        return f"{name} {then} → {now}" if then != now else f"{name} changed"
    if reason.detail and reason.detail.endswith("now only"):
        return f"{name} = {value_text(reason.now, _VALUE)}"
    if reason.detail and reason.detail.endswith("then only"):
        return f"no {name}"
    return f"{name} {value_text(reason.then, _VALUE)} → {value_text(reason.now, _VALUE)}"


def _shape(told: object) -> str:
    dimensions = told.get("shape") if isinstance(told, dict) else None
    return shape(dimensions) if isinstance(dimensions, list) else ""
