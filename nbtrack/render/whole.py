"""One run whole, as HTML for notebook output: the card, and all of it behind a fold. No script, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbtrack.records import Point, Run
from nbtrack.render.boxed import preformatted
from nbtrack.render.card import run_card
from nbtrack.render.show import run_text

__all__ = ["run_html"]


def run_html(run: Run, curves: Mapping[str, Sequence[Point]] | None = None) -> str:
    """The card, and below it what :func:`nbtrack.render.show.run_text` says, to be unfolded; at most 250 kB."""
    whole = f"<summary>all of it</summary>{preformatted(run_text(run, curves))}"
    return f'{run_card([run])}<details style="margin-left:12px">{whole}</details>'
