"""Runs beside each other, for notebook output and terminals: what differs, their curves, what may be said of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nbtrack.records import Comparison, Judgement, Repeats
from nbtrack.render.comparison import comparison
from nbtrack.render.highlights import differing_params, metrics_by_name
from nbtrack.render.numbers import number, shape, short_digest
from nbtrack.render.plain import clean, cut
from nbtrack.render.svg import COLOURS, Axis, curves_svg, legend, parallel_svg, swatch, telling_axes
from nbtrack.render.table import runs_table

__all__ = [
    "comparison_html",
    "comparison_text",
    "curve_names",
    "curves_html",
    "judgement_text",
    "judgements_html",
    "parallel_html",
    "rows_html",
]

_RUNS = 20  # columns
_ROWS = 40  # of each section
_AXES = 6  # of params, in parallel coordinates
_LINES = 12  # of judgements and of repeats
_BOX = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "line-height:1.5;color:var(--jp-ui-font-color1,inherit)"
)
_CELL = "text-align:left;vertical-align:top;padding:1px 12px 1px 0"
_NAME = _CELL + ";white-space:nowrap"
_WRAPPED = _CELL + ";min-width:5em;max-width:22em;overflow-wrap:anywhere"
_RUN = _CELL + ";min-width:7em;max-width:14em;overflow-wrap:anywhere;vertical-align:bottom"
_HEAD = "text-align:left;padding:6px 10px 1px 0;font-weight:600;opacity:.72"
_BEST = "color:color-mix(in srgb,var(--jp-success-color1,#388e3c) 60%,currentcolor);font-weight:600"
_MUTED = "opacity:.72"
_SECTIONS = (
    ("metrics", "Metrics"),
    ("params", "Params"),
    ("datasets", "Data"),
    ("environment", "Environment"),
)


def comparison_text(compared: Comparison, columns: int = 100) -> str:
    """The runs as a table, repeats in groups, and what may be said about differences."""
    lines = [runs_table(compared.runs[:_RUNS], columns)]
    if len(compared.runs) > _RUNS:
        lines.append(f"… and {len(compared.runs) - _RUNS} more")
    said = [*_repeats(compared), *(judgement_text(each) for each in compared.judgements[:_LINES])]
    return "\n".join([*lines, *([""] if said else []), *said])


def comparison_html(compared: Comparison) -> str:
    """All of it, as it stays in a saved notebook: no script, bounded, every text escaped."""
    parts = [
        rows_html(compared, only_differences=True),
        judgements_html(compared),
        *(curves_html(compared, name) for name in curve_names(compared)[:3]),
        parallel_html(compared),
    ]
    return f'<div class="nbtrack-compare" style="{_BOX}">{"".join(parts)}</div>'


def rows_html(compared: Comparison, *, only_differences: bool) -> str:
    """A column for each run, a row for each metric, param, dataset and version; the best of a metric stands out."""
    runs = compared.runs[:_RUNS]
    document = comparison(runs)
    classes = ["" if run.model is None else run.model.class_name for run in runs]
    if only_differences:
        # Defaults that come and go with the class are no choice of anybody.
        telling = set(differing_params(runs))
        document["params"] = [row for row in document["params"] if row["name"] in telling]
    document["params"].insert(0, {"name": "model", "values": classes, "differs": len(set(classes)) > 1})
    heads = "".join(
        f'<th style="{_RUN}">{swatch(_colour(place))} {_text(run.label, 40)}</th>'
        for place, run in enumerate(runs)
    )
    body = "".join(
        _section(title, document[key], len(runs), only_differences=only_differences)
        for key, title in _SECTIONS
    )
    left = len(compared.runs) - len(runs)
    more = f'<div style="{_MUTED}">and {left} more runs</div>' if left else ""
    table = f'<table style="border-collapse:collapse;margin:2px 0"><tr><th></th>{heads}</tr>{body}</table>'
    nothing = "" if body else f'<div style="{_MUTED}">No differences.</div>'
    return f'<div style="{_BOX};overflow-x:auto">{table}{nothing}{more}</div>'


def judgements_html(compared: Comparison) -> str:
    """Repeats in groups, and whether groups can be told apart."""
    said = [*_repeats(compared), *(judgement_text(each) for each in compared.judgements[:_LINES])]
    if len(compared.judgements) > _LINES:
        said.append(f"and {len(compared.judgements) - _LINES} more")
    lines = "".join(f"<div>{escape(line)}</div>" for line in said)
    return f'<div style="{_BOX};margin:4px 0">{lines}</div>' if lines else ""


def curve_names(compared: Comparison) -> list[str]:
    """Names of metrics that have curves, those of most runs first."""
    counts: dict[str, int] = {}
    for of_run in compared.curves.values():
        for name in of_run:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: -counts[name])


def curves_html(compared: Comparison, metric: str) -> str:
    """The curves of one metric."""
    lines, colours = {}, {}
    for place, run in enumerate(compared.runs[:_RUNS]):
        points = compared.curves.get(run.id, {}).get(metric)
        if points:
            lines[run.label] = points
            colours[run.label] = _colour(place)
    drawn = curves_svg(lines, colours, metric)
    return f"{_legend(list(lines), list(colours.values()))}{drawn}" if drawn else ""


def _legend(names: Sequence[str], colours: Sequence[str]) -> str:
    return f'<div style="{_BOX}">{legend(names, colours)}</div>'


def parallel_html(compared: Comparison) -> str:
    """Parallel coordinates of the params that differ and of the metric that is judged by."""
    runs = compared.runs[:_RUNS]
    axes = []
    for name in differing_params(runs) if len(runs) > 1 else []:
        values = [_last(run.params, name) for run in runs]
        axes.append(Axis(name, values))
    axes = telling_axes(axes, _AXES)
    if compared.metric:
        found = [metrics_by_name(run).get(compared.metric) for run in runs]
        axes = [*axes, Axis(compared.metric, [None if one is None else one.value for one in found])]
    names, colours = [run.label for run in runs], [_colour(place) for place in range(len(runs))]
    drawn = parallel_svg(axes, names, colours)
    return f"{_legend(names, colours)}{drawn}" if drawn else ""


def judgement_text(judgement: Judgement) -> str:
    """``accuracy: SVC-2 against SVC-1 +0.011: not distinguishable (3 repeats; Welch's t-test, p = 0.2)``."""
    sign = "+" if judgement.difference > 0 else ""
    change = f"{sign}{number(judgement.difference, 3)}" if math.isfinite(judgement.difference) else "NaN"
    test = judgement.test or ""
    if judgement.p_value is not None:
        test = f"{test}, p = {number(judgement.p_value, 2)}"
    because = "; ".join(part for part in (judgement.because, test) if part)
    pair = f"{_plain(judgement.now, 48)} against {_plain(judgement.then, 48)}"
    verdict = {"unknown": "nothing can be said"}.get(judgement.verdict, judgement.verdict)
    return f"{_plain(judgement.metric, 32)}: {pair} {change}: {verdict} ({because})"


def _repeats(compared: Comparison) -> list[str]:
    groups = [group for group in compared.groups if len(group.labels) > 1]
    lines = [_repeats_text(group, compared.metric) for group in groups[:_LINES]]
    return [*lines, *([f"and {len(groups) - _LINES} more groups of repeats"] if len(groups) > _LINES else [])]


def _repeats_text(group: Repeats, metric: str | None) -> str:
    """``SVC-1 (×3), repeats that differ by seed only: accuracy 0.96 ± 0.012``."""
    found = group.metrics.get(metric or "")
    text = f"{_plain(group.name, 48)}, repeats that differ by seed only"
    if found is None:
        return text
    spread = "" if found.spread is None else f" ± {number(found.spread, 2)}"
    return f"{text}: {_plain(str(metric), 32)} {number(found.mean)}{spread}"


def _section(title: str, rows: Sequence[Mapping[str, Any]], width: int, *, only_differences: bool) -> str:
    shown = [row for row in rows if row["differs"] or not only_differences]
    if not shown:
        return ""
    lines = [f'<tr><td colspan="{width + 1}" style="{_HEAD}">{title}</td></tr>']
    lines += [_row(row) for row in shown[:_ROWS]]
    if len(shown) > _ROWS:
        lines.append(f'<tr><td style="{_MUTED}">and {len(shown) - _ROWS} more</td></tr>')
    return "".join(lines)


def _row(row: Mapping[str, Any]) -> str:
    cells = "".join(
        f'<td style="{_WRAPPED}{";" + _BEST if place == row.get("best") else ""}">{_value(value)}</td>'
        for place, value in enumerate(row["values"])
    )
    return f'<tr><td style="{_NAME}">{_text(row["name"], 40)}</td>{cells}</tr>'


def _value(value: Any) -> str:
    if value is None:
        return f'<span style="{_MUTED}">-</span>'
    if isinstance(value, float):
        return escape(number(value, 5))
    if isinstance(value, dict) and "digest" in value:
        dimensions = "" if value["shape"] is None else f" ({shape(value['shape'])})"
        return escape(f"{short_digest(value['digest'])}{dimensions}")
    return _text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 60)


def _last(params: Sequence[Any], name: str) -> float | str | None:
    found = [param for param in params if param.name == name]
    if not found:
        return None
    value = "(redacted)" if found[-1].redacted else found[-1].value
    return (
        value if isinstance(value, int | float | str) and not isinstance(value, bool) else json.dumps(value)
    )


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _plain(text: str, limit: int) -> str:
    return cut(clean(text), limit)


def _text(text: str, limit: int) -> str:
    return escape(cut(clean(text), limit))
