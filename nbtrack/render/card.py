"""Runs as a small card of HTML for notebook output: inline style, no script, every text escaped.

Colours are JupyterLab's theme variables, with fallbacks that inherit from wherever the card is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbtrack.records import Run, Standing, State
from nbtrack.render.highlights import (
    chosen_params,
    dataset_text,
    differing_params,
    main_dataset,
    main_metrics,
    metric_text,
    model_text,
    param_text,
    state_text,
    title,
)
from nbtrack.render.numbers import duration
from nbtrack.render.plain import clean, cut
from nbtrack.render.standing import against_text, improved, since_text
from nbtrack.render.verdict import verdict_text

__all__ = ["measured_card", "run_card"]

# As html.escape has it, whose module comes with a table of entities that loading the extension need not wait for.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
_WHOLE_CARDS = 3
_LINES = 13
_COLOURS = {
    State.RUNNING: "var(--jp-brand-color1,#1976d2)",
    State.COMPLETE: "var(--jp-success-color1,#388e3c)",
    State.FAILED: "var(--jp-error-color1,#d32f2f)",
    State.CANCELED: "var(--jp-warn-color1,#f57c00)",
}
_INKS = {state: f"color-mix(in srgb,{colour} 60%,currentcolor)" for state, colour in _COLOURS.items()}
"""As text they take so much of the ink around that they can be read on light and dark."""
_MUTED = "opacity:.72"
_BOX = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "line-height:1.5;color:var(--jp-ui-font-color1,inherit);margin:2px 0;padding:1px 0 1px 9px;"
    "overflow-wrap:anywhere;border-left:3px solid "
)


def run_card(runs: Sequence[Run], standings: Mapping[str, Standing] | None = None) -> str:
    """``runs`` as HTML: up to three as cards, more as one line each, above thirteen the rest as a count.

    ``standings`` tells of runs, by their id, where they stand. Less than 4 kB for each run, whatever it holds.
    """
    if not runs:
        return ""
    known = standings or {}
    if len(runs) <= _WHOLE_CARDS:
        return "".join(_box(_card(run, known.get(run.id)), run.state) for run in runs)
    telling = differing_params(runs)[:3]
    lines = [
        f"<div>{_line(run, telling, known.get(run.id))}</div>{_since(known.get(run.id))}"
        for run in runs[:_LINES]
    ]
    if len(runs) > _LINES:
        lines.append(f'<div style="{_MUTED}">+{len(runs) - _LINES} more</div>')
    return _box("".join(lines), _worst(runs))


def measured_card(run: Run, standing: Standing) -> str:
    """A line under a later cell that measured ``run``, with how it stands."""
    return _box(f"<div>{_line(run, (), standing)}</div>", run.state)


def _card(run: Run, standing: Standing | None) -> str:
    heading = [_label(run), *_metrics(run, standing, limit=4)]
    if run.name:
        heading.insert(1, f"<i>{_text(run.name, 48)}</i>")
    params = [_param(run, name) for name in list(chosen_params(run))[:6]]
    dataset = main_dataset(run)
    facts = [
        f"{run.fits} fits" if run.fits > 1 else "",
        "" if run.trials is None else f"{len(run.trials.rows)} trials",
        "" if dataset is None else _escape(dataset_text(dataset)),
        model_text(run),
        "" if run.reproduction is None else _escape(verdict_text(run.reproduction)),
        "" if run.capture_seconds is None else duration(run.capture_seconds),
    ]
    rows = [
        f"<div>{' · '.join(heading)}</div>",
        _since(standing),
        _muted(params),
        _muted([fact for fact in facts if fact]),
        *(f'<div style="color:{_INKS[State.CANCELED]}">{_text(note, 100)}</div>' for note in _notes(run)),
    ]
    return "".join(rows)


def _since(standing: Standing | None) -> str:
    text = "" if standing is None else since_text(standing)
    return f"<div>{_escape(text)}</div>" if text else ""


def _line(run: Run, telling: Sequence[str], standing: Standing | None) -> str:
    params = [_param(run, name) for name in telling if param_text(run, name)]
    return " · ".join([_label(run), *_metrics(run, standing, limit=2), *params])


def _label(run: Run) -> str:
    label = f"<b>{_text(title(run), 60)}</b>"
    if run.state is State.COMPLETE:
        return label
    return f'{label} · <b style="color:{_INKS[run.state]}">{_escape(state_text(run))}</b>'


def _metrics(run: Run, standing: Standing | None, limit: int) -> list[str]:
    texts = [_escape(metric_text(run, metric)) for metric in main_metrics(run, limit)]
    against = "" if standing is None else against_text(standing)
    if texts and against and standing is not None:
        state = {True: State.COMPLETE, False: State.CANCELED, None: None}[improved(standing)]
        colour = f' style="color:{_INKS[state]}"' if state else ""
        texts[0] += f" <span{colour}>{_escape(against)}</span>"
    return texts


def _param(run: Run, name: str) -> str:
    return f"{_text(name, 24)} = {_escape(param_text(run, name))}"


def _notes(run: Run) -> list[str]:
    if len(run.capture_notes) <= 2:  # noqa: PLR2004 - two are shown, more are counted
        return list(run.capture_notes)
    return [run.capture_notes[0], f"and {len(run.capture_notes) - 1} more notes"]


def _muted(parts: Sequence[str]) -> str:
    return f'<div style="{_MUTED}">{" · ".join(parts)}</div>' if parts else ""


def _text(text: str, limit: int) -> str:
    return _escape(cut(clean(text), limit))


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _worst(runs: Sequence[Run]) -> State:
    order = (State.FAILED, State.CANCELED, State.RUNNING, State.COMPLETE)
    return min((run.state for run in runs), key=order.index)


def _box(body: str, state: State) -> str:
    return f'<div class="nbtrack-card" style="{_BOX}{_COLOURS[state]}">{body}</div>'
