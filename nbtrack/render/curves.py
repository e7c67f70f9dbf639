"""Curves for a screen: as many points as can be seen, with the extremes of what is left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nbtrack.records import Point
from nbtrack.render.jsonable import finite

__all__ = ["curve_columns", "thinned"]


def thinned(points: Sequence[Point], limit: int) -> list[Point]:
    """At most ``limit`` of the points, in order: first, last, and lowest and highest of each stretch between.

    A point without a number (NaN, an infinity) stands for its stretch before any other: it must not be lost.
    """
    if len(points) <= limit:
        return list(points)
    stretches = max(1, (limit - 2) // 2)
    inner = len(points) - 2
    kept = {0, len(points) - 1}
    for stretch in range(stretches if limit > 3 else 0):  # noqa: PLR2004 - below there is room for the ends only
        begin = 1 + stretch * inner // stretches
        end = 1 + (stretch + 1) * inner // stretches
        places = range(begin, end)
        if not places:
            continue
        odd = [place for place in places if not math.isfinite(points[place].value)]
        lowest = min(places, key=lambda place: _value(points[place], math.inf))
        highest = max(places, key=lambda place: _value(points[place], -math.inf))
        kept.update((odd[0], highest) if odd else (lowest, highest))
    return [points[place] for place in sorted(kept)]


def _value(point: Point, otherwise: float) -> float:
    return point.value if math.isfinite(point.value) else otherwise


def curve_columns(points: Sequence[Point], limit: int) -> dict[str, Any]:
    """``{"total", "steps", "values", "times"}``: the number of points there are, and at most ``limit`` of them."""
    shown = thinned(points, limit)
    return {
        "total": len(points),
        "steps": [point.step for point in shown],
        "values": [finite(point.value) for point in shown],
        "times": [point.time for point in shown],
    }
