"""One run whole, as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from nbtrack.records import JSON, Dataset, Dependency, Execution, Metric, Param, Point, Run, StaleCell, Trials
from nbtrack.render.highlights import measured_later, measured_on_training, state_text, title
from nbtrack.render.numbers import duration, number, shape, short_digest, size, sparkline
from nbtrack.render.plain import clean, cut, pad, value_text, width
from nbtrack.render.verdict import reproduction_lines

__all__ = ["run_text"]

_ORIGINS = ("explicit", "loop", "grid", "constructor", "fit", "variable")
_DIGEST_DIGITS = 12
_TRIALS = 20
_WRAPPED = 100


def run_text(run: Run, curves: Mapping[str, Sequence[Point]] | None = None) -> str:
    """All of ``run`` in sections; those with nothing to say are left out.

    ``curves`` gives the points of metrics by name, where the record itself does not carry them.
    """
    sections = [
        ("", _facts(run)),
        ("Params", _params(run.params)),
        ("Metrics", _metrics(run, curves or {})),
        ("Trials", [] if run.trials is None else _trials(run.trials)),
        ("Data", _rows(_dataset(dataset) for dataset in run.datasets)),
        ("Files", _rows([clean(one.path), _digest(one.digest), size(one.size_bytes)] for one in run.files)),
        ("Model", _model(run)),
        ("Source", _source(run)),
        ("Error", _error(run)),
        ("Depends on", _dependencies(run)),
        ("Since then", _staleness(run)),
        ("Environment", _environment(run)),
        ("Reproduction", _reproduction(run)),
        ("Registered", [", ".join(_mapping(one)) for one in run.registered]),
        ("Notes", [clean(note) for note in (*([run.note] if run.note else []), *run.capture_notes)]),
    ]
    blocks = ["\n".join((heading, *_indented(lines))).lstrip("\n") for heading, lines in sections if lines]
    return "\n\n".join((f"{title(run)}  {state_text(run)}{'  ★' if run.starred else ''}", *blocks))


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}".rstrip() for line in lines]


def _facts(run: Run) -> list[str]:
    started = datetime.fromtimestamp(run.started_at).astimezone()
    took = "" if run.duration_seconds is None else f", took {duration(run.duration_seconds)}"
    cost = "" if run.capture_seconds is None else f", captured in {duration(run.capture_seconds)}"
    place = run.execution
    cell = "" if place.cell_id is None else f"cell {clean(place.cell_id)}"
    facts = {
        "name": clean(run.name or ""),
        "id": run.id,
        "experiment": clean(run.experiment),
        "started": f"{started:%Y-%m-%d %H:%M:%S %Z}{took}{cost}",
        "notebook": "  ".join(filter(None, (clean(place.notebook_path or ""), cell, _count(place)))),
        "tags": ", ".join(clean(f"{key}={value}") for key, value in run.tags.items()),
        "fits": str(run.fits) if run.fits > 1 else "",
    }
    return _rows([name, text] for name, text in facts.items() if text)


def _count(place: Execution | Dependency | StaleCell) -> str:
    return "" if place.execution_count is None else f"[{place.execution_count}]"


def _params(params: Sequence[Param]) -> list[str]:
    known = [*_ORIGINS, *sorted({param.origin for param in params} - {*_ORIGINS, "default"})]
    rows = [
        [origin if place == 0 else "", clean(param.name), _param_value(param)]
        for origin in known
        for place, param in enumerate(param for param in params if param.origin == origin)
    ]
    defaults = sum(param.origin == "default" for param in params)
    folded = [f"and {defaults} at {'their defaults' if defaults > 1 else 'its default'}"] if defaults else []
    return _rows(rows) + folded


def _param_value(param: Param) -> str:
    return "(redacted)" if param.redacted else value_text(param.value, 80)


def _metrics(run: Run, curves: Mapping[str, Sequence[Point]]) -> list[str]:
    return _rows(
        [
            clean(metric.name),
            number(metric.value),
            _curve(metric, curves),
            _measured(run, metric),
        ]
        for metric in sorted(run.metrics, key=lambda metric: measured_later(run, metric))
    )


def _curve(metric: Metric, curves: Mapping[str, Sequence[Point]]) -> str:
    if metric.points <= 1:
        return ""
    points = curves.get(metric.name, metric.curve)
    return f"{sparkline([point.value for point in points])} {metric.points} points".lstrip()


def _measured(run: Run, metric: Metric) -> str:
    where = f"on {clean(metric.dataset)}" if metric.dataset else ""
    training = "(trained on it)" if measured_on_training(run, metric) else ""
    late = "in a later cell" if measured_later(run, metric) else ""
    return " ".join(filter(None, (where, training, f"by {metric.origin}", late)))


def _trials(trials: Trials) -> list[str]:
    rows = [
        [number(value) if isinstance(value, float) else value_text(value, 24) for value in row]
        for row in trials.rows[:_TRIALS]
    ]
    more = [f"and {len(trials.rows) - _TRIALS} more"] if len(trials.rows) > _TRIALS else []
    return _rows([[cut(clean(name), 24) for name in trials.columns], *rows]) + more


def _dataset(dataset: Dataset) -> list[str]:
    content = dataset.content
    said = [
        "by pickle: comparable within its session only" if content.by_pickle else "",
        "sampled" if content.sampled else "",
    ]
    return [
        clean(dataset.name),
        dataset.role,
        content.kind,
        "" if content.shape is None else shape(content.shape),
        _digest(content.digest),
        ", ".join(filter(None, said)),
    ]


def _model(run: Run) -> list[str]:
    model = run.model
    if model is None:
        return []
    name = f"{model.module}.{model.class_name}" if model.module else model.class_name
    facts = {
        "class": clean(name),
        "variable": clean(model.variable or ""),
        "digest": "" if model.digest is None else _digest(model.digest),
        "size": "" if model.size_bytes is None else size(model.size_bytes),
        "stored": "yes" if model.stored else "no",
    }
    return _rows([name, text] for name, text in facts.items() if text)


def _source(run: Run) -> list[str]:
    return [clean(line) for line in run.execution.source.expandtabs(4).splitlines()]


def _error(run: Run) -> list[str]:
    error = run.execution.error
    return [] if error is None else [f"{clean(error.name)}: {clean(error.message)}"]


def _reproduction(run: Run) -> list[str]:
    one = run.reproduction
    return [] if one is None else [one.verdict.value, *reproduction_lines(one)]


def _dependencies(run: Run) -> list[str]:
    depends = [_count(one) or one.execution_id for one in run.depends_on]
    return [" ".join(depends)] if depends else []


def _staleness(run: Run) -> list[str]:
    rows = [
        [
            _count(one) or clean(one.cell_id or one.execution_id),
            "the run's own cell" if one.execution_id == run.execution.id else "",
            f"{one.change} since",
            "by a later execution" if one.by == "execution" else "",
        ]
        for one in run.stale
    ]
    whole = run.top_to_bottom
    if whole is None:
        return _rows(rows)
    said = {
        True: "Running the notebook from top to bottom as it is now would run the same cells.",
        False: f"Running the notebook from top to bottom as it is now would not do the same: {clean(whole.why or '')}.",
        None: f"Whether the notebook still does the same cannot be told: {clean(whole.why or '')}.",
    }
    return [*_rows(rows), said[whole.same]]


def _environment(run: Run) -> list[str]:
    environment = run.environment
    if environment is None:
        return []
    packages = ", ".join(clean(f"{name} {version}") for name, version in environment.packages.items())
    wrapped = textwrap.wrap(packages, _WRAPPED, break_on_hyphens=False) or [""]
    rows = [
        ["python", f"{environment.python} on {environment.platform}"],
        ["packages", wrapped[0]],
        *(["", line] for line in wrapped[1:]),
        ["git", ", ".join(_mapping(environment.git or {}))],
        ["digest", _digest(environment.digest)],
    ]
    return _rows(row for row in rows if row[1])


def _mapping(values: Mapping[str, JSON]) -> list[str]:
    return [f"{clean(key)} {value_text(value, 80)}" for key, value in values.items() if value is not None]


def _digest(digest: str) -> str:
    return short_digest(digest, _DIGEST_DIGITS)


def _rows(rows: Iterable[Sequence[str]]) -> list[str]:
    """``rows`` of equally many cells as lines, their columns aligned."""
    cells = [list(row) for row in rows]
    if not cells:
        return []
    widths = [max(width(text) for text in column) for column in zip(*cells, strict=True)]
    used = [place for place, columns in enumerate(widths) if columns]
    return ["  ".join(pad(row[place], widths[place]) for place in used).rstrip() for row in cells]
