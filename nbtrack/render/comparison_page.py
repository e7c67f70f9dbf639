"""A comparison as one HTML file that opens offline: no script, no font, no picture from anywhere."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nbtrack.records import Point
from nbtrack.render.numbers import duration, number, shape, short_digest
from nbtrack.render.svg import COLOURS, Axis, curves_svg, legend, parallel_svg, telling_axes

__all__ = ["comparison_page"]

_LINES = 50  # runs in parallel coordinates
_PARAM_AXES, _METRIC_AXES = 5, 3
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --tell: #f6a62329; --best: #2a9d5533; }
html { background: Canvas; color: CanvasText }
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .7rem; text-align: left; vertical-align: top;
  max-width: 26rem; overflow-wrap: anywhere; white-space: pre-wrap }
thead th { position: sticky; top: 0; background: Canvas } tbody th { font-weight: normal }
tr.differs { background: var(--tell) } td.best { background: var(--best); font-weight: 600 }
details { margin-top: .6rem } summary { cursor: pointer } figure { margin: 1rem 0 } figcaption { font-weight: 600 }
.swatch { display: inline-block; width: .8em; height: .8em }
footer { margin-top: 3rem; opacity: .7 }
"""


def comparison_page(document: Mapping[str, Any], made: str) -> str:
    """The page for a comparison as JSON with its ``curves``; ``made`` tells when and by what it was made.

    Every text of the runs is escaped, and the page's own policy lets nothing in it run or load.
    """
    runs = document["runs"]
    title = " · ".join(_name(run) for run in runs[:4]) + (" …" if len(runs) > 4 else "")  # noqa: PLR2004 - a title's room
    sections = [
        _section("Metrics", runs, document["metrics"], _value),
        _curves(runs, document["curves"]),
        _parallel(document),
        _section("Parameters", runs, document["params"], _value),
        _section("Data", runs, document["datasets"], _data),
        _section("Environment", runs, document["environment"], _value),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>Comparison of {len(runs)} runs</h1>\n{_runs(runs)}\n{''.join(sections)}"
        f"<footer>{escape(made)}</footer>\n</body></html>\n"
    )


def _name(run: Mapping[str, Any]) -> str:
    return str(run.get("name") or run["label"])


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _head(runs: Sequence[Mapping[str, Any]]) -> str:
    cells = "".join(
        f'<th scope="col"><span class="swatch" style="background:{_colour(place)}"></span> {escape(_name(run))}</th>'
        for place, run in enumerate(runs)
    )
    return f"<thead><tr><th></th>{cells}</tr></thead>"


def _runs(runs: Sequence[Mapping[str, Any]]) -> str:
    told = {
        "label": [run["label"] for run in runs],
        "state": [run["state"] for run in runs],
        "experiment": [run["experiment"] for run in runs],
        "model": ["" if run["model"] is None else run["model"]["class"] for run in runs],
        "started": [run["started_at"] for run in runs],
        "took": [_took(run["duration_seconds"]) for run in runs],
        "note": [run["note"] or "" for run in runs],
    }
    rows = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{escape(str(value))}</td>" for value in values)}</tr>'
        for name, values in told.items()
        if any(values)
    )
    return f'<div class="scroll"><table>{_head(runs)}<tbody>{rows}</tbody></table></div>'


def _took(seconds: Any) -> str:
    return duration(seconds) if isinstance(seconds, int | float) else ""


def _section(
    title: str, runs: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], text: Any
) -> str:
    if not rows:
        return ""
    differing = [row for row in rows if row["differs"]]
    same = [row for row in rows if not row["differs"]]
    parts = [f"<h2>{title}</h2>\n"]
    if differing:
        parts.append(_table(runs, differing, text))
    else:
        parts.append("<p>No differences.</p>")
    if same:
        parts.append(
            f"<details><summary>{len(same)} the same in all</summary>{_table(runs, same, text)}</details>"
        )
    return "".join(parts)


def _table(runs: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], text: Any) -> str:
    body = "".join(
        f'<tr{" class=differs" if row["differs"] else ""}><th scope="row">{escape(row["name"])}</th>'
        + "".join(
            f"<td{' class=best' if place == row.get('best') else ''}>{escape(text(value))}</td>"
            for place, value in enumerate(row["values"])
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table>{_head(runs)}<tbody>{body}</tbody></table></div>\n'


def _value(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return number(value, 6)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _data(value: Any) -> str:
    if value is None:
        return "-"
    dimensions = "" if value["shape"] is None else f" {shape(value['shape'])}"
    return f"{short_digest(value['digest'], 8)}{dimensions}\n{value['role']}, {value['kind']}"


def _curves(runs: Sequence[Mapping[str, Any]], curves: Sequence[Mapping[str, Any]]) -> str:
    places = {run["id"]: place for place, run in enumerate(runs)}
    pictures = [_picture(curve, runs, places) for curve in curves]
    return f"<h2>Curves</h2>\n{''.join(pictures)}" if any(pictures) else ""


def _picture(curve: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], places: Mapping[str, int]) -> str:
    lines: dict[str, list[Point]] = {}
    colours: dict[str, str] = {}
    for series in curve["series"]:
        place = places.get(series["run"])
        points = _points(series)
        if place is None or not any(math.isfinite(point.value) for point in points):
            continue
        on = f" on {series['dataset']}" if series.get("dataset") else ""
        name = f"{runs[place]['label']}{on}"
        lines[name], colours[name] = points, _colour(place)
    drawn = curves_svg(lines, colours, curve["metric"])
    if not drawn:
        return ""
    shown = legend(list(lines), list(colours.values()))
    return f"<figure><figcaption>{escape(curve['metric'])}</figcaption>{shown}{drawn}</figure>\n"


def _points(series: Mapping[str, Any]) -> list[Point]:
    """The points; what JSON has no number for is no point of a line."""
    return [
        Point(step=step, value=value, time=0.0)
        for step, value in zip(series["steps"], series["values"], strict=True)
        if isinstance(value, int | float) and math.isfinite(value)
    ]


def _parallel(document: Mapping[str, Any]) -> str:
    """Parallel coordinates of the params and metrics that differ."""
    runs = document["runs"][:_LINES]
    chosen = {param["name"] for run in runs for param in run["params"] if param["origin"] != "default"}
    params = [_axis(row) for row in document["params"] if row["differs"] and row["name"] in chosen]
    metrics = [_axis(row) for row in document["metrics"] if row["differs"]]
    axes = [*telling_axes(params, _PARAM_AXES), *telling_axes(metrics, _METRIC_AXES)]
    names, colours = [run["label"] for run in runs], [_colour(place) for place in range(len(runs))]
    drawn = parallel_svg(axes, names, colours)
    if not drawn:
        return ""
    return f"<h2>Parallel coordinates</h2>\n<figure>{legend(names, colours)}{drawn}</figure>\n"


def _axis(row: Mapping[str, Any]) -> Axis:
    plain = [
        each
        if each is None or (isinstance(each, int | float | str) and not isinstance(each, bool))
        else json.dumps(each)
        for each in row["values"][:_LINES]
    ]
    return Axis(row["name"], plain)
