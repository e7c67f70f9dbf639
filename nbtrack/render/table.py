"""Runs as a table for terminals, in as many columns as fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from nbtrack.records import Run
from nbtrack.render.highlights import differing_params, metrics_by_name, param_text, title
from nbtrack.render.numbers import duration, moment, number_column
from nbtrack.render.plain import clean, cut, pad, width

__all__ = ["runs_table"]

_GAP = "  "
_WIDEST = 24
_METRICS = 4
_PARAMS = 6


class _Column(NamedTuple):
    """A column of the table; the smaller its ``rank``, the longer it stays when there is little room."""

    heading: str
    cells: tuple[str, ...]
    rank: int
    right: bool = False

    @property
    def columns(self) -> int:
        return max(width(text) for text in (self.heading, *self.cells))


def runs_table(runs: Sequence[Run], columns: int = 100, now: datetime | None = None) -> str:
    """``runs`` in the given order, one a line, no line wider than ``columns`` unless a label alone is.

    Columns: label, state, experiment (where there are several), the metrics that most runs have, the params
    that tell the runs apart, when, duration. What there is no room for is left out, least telling first.
    """
    if not runs:
        return "No runs."
    fitting = _fit(_columns(runs, now), columns)
    widths = [one.columns for one in fitting]
    lines = [
        _GAP.join(
            pad(text, columns, right=one.right)
            for one, columns, text in zip(fitting, widths, row, strict=True)
        )
        for row in zip(*((one.heading, *one.cells) for one in fitting), strict=True)
    ]
    return "\n".join(line.rstrip() for line in lines)


def _columns(runs: Sequence[Run], now: datetime | None) -> list[_Column]:
    """All columns there could be, in the order in which they stand."""
    metrics = [metrics_by_name(run) for run in runs]
    names = _most_common(name for of_run in metrics for name in of_run)[:_METRICS]
    several = len({run.experiment for run in runs}) > 1
    return [
        _Column("label", tuple(title(run) for run in runs), rank=0),  # never cut: it is what one types
        _column(runs, "state", lambda run: run.state.value, rank=2),
        *([_column(runs, "experiment", lambda run: clean(run.experiment), rank=20)] if several else []),
        *(
            _Column(
                cut(clean(name), _WIDEST),
                tuple(number_column([one[name].value if name in one else None for one in metrics])),
                rank=1 if place == 0 else 10 + place,
                right=True,
            )
            for place, name in enumerate(names)
        ),
        *(_param_column(runs, name, rank=6 + 5 * place) for place, name in enumerate(_params(runs))),
        *(
            [_column(runs, "reproduced", _verdict, rank=3)]
            if any(run.reproduction is not None for run in runs)
            else []
        ),
        _column(runs, "when", lambda run: moment(run.started_at, now), rank=4),
        _column(
            runs,
            "took",
            lambda run: "" if run.duration_seconds is None else duration(run.duration_seconds),
            rank=5,
            right=True,
        ),
    ]


def _verdict(run: Run) -> str:
    return "" if run.reproduction is None else run.reproduction.verdict.value


def _params(runs: Sequence[Run]) -> list[str]:
    return differing_params(runs)[:_PARAMS]


def _param_column(runs: Sequence[Run], name: str, rank: int) -> _Column:
    return _column(runs, clean(name), lambda run: param_text(run, name, _WIDEST), rank=rank)


def _column(
    runs: Sequence[Run],
    heading: str,
    text: Callable[[Run], str],
    *,
    rank: int,
    right: bool = False,
) -> _Column:
    return _Column(cut(heading, _WIDEST), tuple(cut(text(run), _WIDEST) for run in runs), rank, right)


def _fit(candidates: Sequence[_Column], columns: int) -> list[_Column]:
    kept: set[int] = set()
    used = -len(_GAP)
    for place in sorted(range(len(candidates)), key=lambda place: candidates[place].rank):
        needed = used + len(_GAP) + candidates[place].columns
        if needed <= columns or not kept:
            kept.add(place)
            used = needed
    return [candidates[place] for place in sorted(kept)]


def _most_common(names: Iterable[str]) -> list[str]:
    counts = Counter(names)
    # most_common keeps the order of first appearance among equals.
    return [name for name, _ in counts.most_common()]
