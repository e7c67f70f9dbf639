"""Shows runs under the cell that made them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nbtrack.differences.past import Past
from nbtrack.records import Run, Standing
from nbtrack.render.card import measured_card, run_card
from nbtrack.render.line import measured_line, run_line
from nbtrack.render.standing import against_text, since_text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.session import KernelSession

__all__ = ["Cards"]

_LINES = 20


class Cards:
    """Shows the runs of each cell of one kernel.

    Args:
        shell: where they are shown.
        session: gives the kernel's session.
    """

    def __init__(self, shell: InteractiveShell, session: Callable[[], KernelSession]) -> None:
        self._shell = shell
        self._session = session
        self._past = Past(lambda: session().store)

    def show(self, runs: Sequence[Run]) -> None:
        """A quiet line each, as a small card where HTML is shown; how they stand, where that is worth saying.

        A cell that only measured runs of earlier ones says where they stand by it, if anywhere.
        """
        started = time.perf_counter()
        try:
            truths = self._session().truths
            standings = self._past.standings(runs, truths) if runs else {}
            measured = self._past.measured(self._session().late, truths)
        except Exception:
            standings, measured = {}, []  # what could be said about runs is never worth not showing them
        lines = [line for run in runs[:_LINES] for line in _lines(run, standings.get(run.id))]
        if len(runs) > _LINES:
            lines.append(f"▸ +{len(runs) - _LINES} more")
        html = [run_card(runs, standings)]
        for run, standing in measured[:_LINES]:
            if against_text(standing):
                lines.append(measured_line(run, standing))
                html.append(measured_card(run, standing))
        if lines:
            self._shell.display_pub.publish(
                data={"text/plain": "\n".join(lines), "text/html": "".join(html)},
                metadata={"nbtrack": {"card": True}},
            )
        self._session().seconds += time.perf_counter() - started


def _lines(run: Run, standing: Standing | None) -> list[str]:
    since = "" if standing is None else since_text(standing)
    return [run_line(run, standing), *([f"  {since}"] if since else [])]
