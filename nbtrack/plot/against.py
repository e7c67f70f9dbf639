"""One column of a table of runs against another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrack.errors import UsageError
from nbtrack.plot.curves import spans_decades

if TYPE_CHECKING:
    import pandas as pd

    from nbtrack.plot.chart import Chart

__all__ = ["against", "column"]

_COLOURED = 8  # groups that colours tell apart
_NAMED = 24  # values of an axis that are spelled out
_LONG = 12  # characters of them from which they are turned


def against(table: pd.DataFrame, y: str, x: str | None = None, by: str | None = None) -> Chart:
    """``y`` of each run against ``x``, a mark a run; where several runs share an x, a line through their means.

    Args:
        table: what ``nbtrack.runs()`` gave.
        y: a metric, or any column with numbers.
        x: a param, a metric or a column; None: the runs in the order in which they were made.
        by: what colours tell apart; None: the model's class where there are several.

    Raises:
        UsageError: no such column, or no run has a number for ``y``.
    """
    import pandas as pd

    from nbtrack.plot.chart import Chart, colours

    named_y = column(table, y, ("metric", "param"))
    rows = table.iloc[::-1].copy(deep=False)  # oldest first
    named_x = None if x is None else column(rows, x, ("param", "metric"))
    heights = pd.to_numeric(rows[named_y], errors="coerce")
    places = pd.Series(range(1, len(rows) + 1), index=rows.index) if named_x is None else rows[named_x]
    kept = heights.notna() & places.notna()
    if not kept.any():
        raise UsageError(
            f"No run in the table has a number for {y!r}{f' and a value for {x!r}' if x else ''}."
        )
    rows, heights, places = rows[kept], heights[kept], places[kept]
    chart = Chart()
    axes = chart.axes_for(x="run, in the order made" if x is None else x, y=y)
    ticks, texts = _ticks(places)
    groups = _groups(rows, by)
    for (group, members), colour in zip(groups.items(), colours(), strict=False):
        inside = [(tick, height) for tick, height, one in zip(ticks, heights, members, strict=True) if one]
        _draw(axes, inside, group or y, colour, lined=x is not None and texts is None)
    _scale(axes, ticks, texts, numeric=x is not None and texts is None)
    chart.legend_of(axes, title=by or "")
    return chart


def column(table: pd.DataFrame, name: str, kinds: Sequence[str]) -> str:
    """The column that ``name`` means: with one of the prefixes, else as it stands.

    Raises:
        UsageError: there is none; names those there are.
    """
    for candidate in (*(f"{kind}.{name}" for kind in kinds), name):
        if candidate in table.columns:
            return candidate
    known = [each.partition(".")[2] or each for each in map(str, table.columns)]
    raise UsageError(f"The table has no {name!r}; it has {', '.join(dict.fromkeys(known))}.")


def _groups(rows: pd.DataFrame, by: str | None) -> dict[str, list[bool]]:
    """Which rows belong to which group; one group without a name where nothing is to be told apart."""
    if by is None and ("model" not in rows.columns or rows["model"].nunique() < 2):  # noqa: PLR2004 - a single class tells nothing apart
        return {"": [True] * len(rows)}
    found = rows[column(rows, by or "model", ("param", "metric"))]
    values = ["none" if _missing(value) else str(value) for value in found]
    names = sorted(set(values), key=lambda name: -values.count(name))
    if len(names) > _COLOURED:
        names, rest = names[: _COLOURED - 1], set(names[_COLOURED - 1 :])
        values = ["others" if value in rest else value for value in values]
        names.append("others")
    return {name: [value == name for value in values] for name in names}


def _missing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN


def _ticks(places: pd.Series[Any]) -> tuple[list[float], list[str] | None]:
    """Where each run stands on the axis, and the names of the places unless they are numbers."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(places):
        from matplotlib.dates import date2num

        return [float(date2num(one)) for one in places], None
    values = list(places)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values], None
    texts = list(dict.fromkeys(str(value) for value in values))
    return [float(texts.index(str(value))) for value in values], texts


def _draw(axes: Any, points: Sequence[tuple[float, float]], label: str, colour: str, *, lined: bool) -> None:
    axes.plot(
        [x for x, _ in points],
        [y for _, y in points],
        "o",
        color=colour,
        alpha=0.75,
        markersize=5,
        label=label,
    )
    at = sorted({x for x, _ in points})
    if lined and len(at) > 1:
        means = [_mean([y for x, y in points if x == one]) for one in at]
        axes.plot(at, means, "-", color=colour, linewidth=1.2, alpha=0.8)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _scale(axes: Any, ticks: Sequence[float], texts: Sequence[str] | None, *, numeric: bool) -> None:
    if texts is not None:
        shown = range(0, len(texts), max(1, -(-len(texts) // _NAMED)))
        turned = max(map(len, texts)) * len(texts) > _LONG * 6
        axes.set_xticks(list(shown), [texts[one][:_NAMED] for one in shown], rotation=30 if turned else 0)
    elif numeric and spans_decades(ticks):
        axes.set_xscale("log")
    elif not numeric:
        axes.xaxis.get_major_locator().set_params(integer=True)
