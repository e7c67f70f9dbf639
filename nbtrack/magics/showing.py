"""Shows runs under the cell that made them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nbtrack.differences.past import Past
from nbtrack.records import Run
from nbtrack.render.card import run_card
from nbtrack.render.line import run_line
from nbtrack.render.standing import since_text

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
        """A quiet line each, as a small card where HTML is shown; how they stand, where that is worth saying."""
        started = time.perf_counter()
        try:
            standings = self._past.standings(runs)
        except Exception:
            standings = {}  # what could be said about runs is never worth not showing them
        lines = []
        for run in runs[:_LINES]:
            standing = standings.get(run.id)
            lines.append(run_line(run, standing))
            since = "" if standing is None else since_text(standing)
            lines += [f"  {since}"] if since else []
        if len(runs) > _LINES:
            lines.append(f"▸ +{len(runs) - _LINES} more")
        self._shell.display_pub.publish(
            data={"text/plain": "\n".join(lines), "text/html": run_card(runs, standings)},
            metadata={"nbtrack": {"card": True}},
        )
        self._session().seconds += time.perf_counter() - started
