"""Curves of metrics over the steps of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nbtrack.capture.project import project_folder
from nbtrack.errors import UsageError
from nbtrack.records import Point, Run
from nbtrack.store import Store

if TYPE_CHECKING:
    from nbtrack.plot.chart import Chart

__all__ = ["RunLike", "curves", "draw_curves"]

_LINES = 40
_MARKED = 30  # points of a curve up to which each is marked
_WIDE = 100  # largest to smallest value from which the axis is logarithmic


class RunLike(Protocol):
    """What ``nbtrack.get`` gives."""

    record: Run

    def curve(self, metric: str) -> list[Point]:
        """The points of a metric."""
        ...


def curves(*runs: str | RunLike, metric: str | None = None, store: Path | str | None = None) -> Chart:
    """The curves of one metric of several runs, or all curves of one run, over the steps.

    Args:
        runs: runs, as ``nbtrack.get`` gives them or as it names them: ids, labels, ``last``, ``best:METRIC``.
        metric: which metric; None: of one run all that have a curve, of several the one that most of them have.
        store: the ``.nbtrack`` folder of runs that are named; by default the nearest upward.

    Raises:
        UsageError: no run, no curve, or more than 40 of them.
        UnknownRun: a name that no run has.
    """
    if not runs:
        raise UsageError(
            'Which runs? Such as nbtrack.plot.curves("last") or nbtrack.plot.curves(run, metric="loss").'
        )
    found = [_of_name(run, metric, store) if isinstance(run, str) else _of_run(run, metric) for run in runs]
    wanted = metric or (None if len(found) == 1 else _shared(found))
    lines: dict[str, Sequence[Point]] = {}
    for label, of_run in found:
        for name, points in of_run.items():
            if wanted in {None, name}:
                lines[name if len(found) == 1 else label] = points
    if not lines:
        labels = ", ".join(label for label, _ in found)
        raise UsageError(
            f"No curve{f' of {metric!r}' if metric else ''} in {labels}: a curve has at least two points."
        )
    title = found[0][0] if len(found) == 1 else ""
    return draw_curves(lines, metric=wanted or "", title=title)


def draw_curves(lines: Mapping[str, Sequence[Point]], *, metric: str = "", title: str = "") -> Chart:
    """A line for each name; where values span more than two decades, all positive, the axis is logarithmic.

    Raises:
        UsageError: more than 40 lines, which nobody can tell apart.
    """
    if len(lines) > _LINES:
        raise UsageError(
            f"{len(lines)} curves are more than one chart can tell apart ({_LINES}); choose some."
        )
    from nbtrack.plot.chart import Chart, colours

    chart = Chart()
    axes = chart.axes_for(x="step", y=metric, title=title)
    for (label, points), colour in zip(lines.items(), colours(), strict=False):
        steps, values = [point.step for point in points], [point.value for point in points]
        marker = "." if len(points) <= _MARKED else ""
        # A label that begins with an underscore would be left out of matplotlib's legend.
        axes.plot(
            steps, values, color=colour, marker=marker, linewidth=1.6, label=label.lstrip("_") or "value"
        )
    if spans_decades([point.value for points in lines.values() for point in points]):
        axes.set_yscale("log")
    chart.legend_of(axes)
    return chart


def spans_decades(values: Sequence[float]) -> bool:
    """Whether ``values`` are all positive and the largest is more than 100 times the smallest."""
    return bool(values) and min(values) > 0 and max(values) > _WIDE * min(values)


def _of_run(run: RunLike, metric: str | None) -> tuple[str, dict[str, list[Point]]]:
    names = _with_curve(run.record, metric)
    return run.record.label, {name: run.curve(name) for name in names}


def _of_name(ref: str, metric: str | None, store: Path | str | None) -> tuple[str, dict[str, list[Point]]]:
    with Store.open(project_folder(store)) as opened:
        run = opened.get_run(ref)
        return run.label, {name: opened.points(run.id, name) for name in _with_curve(run, metric)}


def _with_curve(run: Run, metric: str | None) -> list[str]:
    return list(
        dict.fromkeys(one.name for one in run.metrics if one.points > 1 and metric in {None, one.name})
    )


def _shared(found: Sequence[tuple[str, Mapping[str, object]]]) -> str:
    """The metric that most runs have a curve of; of several the first."""
    counts: dict[str, int] = {}
    for _, of_run in found:
        for name in of_run:
            counts[name] = counts.get(name, 0) + 1
    return max(counts, key=counts.__getitem__, default="")
