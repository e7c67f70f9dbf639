"""One run whole, as HTML for notebook output: the card, and all of it behind a fold. No script, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from nbtrack.records import Point, Run
from nbtrack.render.card import run_card
from nbtrack.render.show import run_text

__all__ = ["run_html"]

_CHARACTERS = 30_000
_TEXT = (
    "margin:4px 0;font-family:var(--jp-code-font-family,monospace);font-size:12px;line-height:1.4;overflow-x:auto;"
    "color:var(--jp-ui-font-color1,inherit);background:transparent"
)


def run_html(run: Run, curves: Mapping[str, Sequence[Point]] | None = None) -> str:
    """The card, and below it what :func:`nbtrack.render.show.run_text` says, to be unfolded; at most 250 kB."""
    text = run_text(run, curves)
    if len(text) > _CHARACTERS:
        text = text[:_CHARACTERS] + "\n… (`nbtrack show` prints all of it)"
    whole = f'<summary>all of it</summary><pre style="{_TEXT}">{escape(text)}</pre>'
    return f'{run_card([run])}<details style="margin-left:12px">{whole}</details>'
