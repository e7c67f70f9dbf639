"""Shows runs under the cell that made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbtrack.records import Run
from nbtrack.render.card import run_card
from nbtrack.render.line import run_line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["show_runs"]

_LINES = 20


def show_runs(shell: InteractiveShell, runs: Sequence[Run]) -> None:
    """A quiet line each, as a small card where HTML is shown."""
    lines = [run_line(run) for run in runs[:_LINES]]
    if len(runs) > _LINES:
        lines.append(f"▸ +{len(runs) - _LINES} more")
    shell.display_pub.publish(
        data={"text/plain": "\n".join(lines), "text/html": run_card(runs)},
        metadata={"nbtrack": {"card": True}},
    )
