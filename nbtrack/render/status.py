"""How watching a kernel stands, as text: with numbers, and what to try next."""

from __future__ import annotations

from nbtrack.records import KernelStatus
from nbtrack.render.direction import better
from nbtrack.render.line import run_line
from nbtrack.render.numbers import duration, size
from nbtrack.render.plain import clean

__all__ = ["status_text"]


def status_text(status: KernelStatus) -> str:
    """A few lines."""
    known = f" of {', '.join(status.frameworks)} and anything else that fits" if status.frameworks else ""
    watching = f"watching trainings{known}" if status.watching else "not watching (%track on)"
    if status.store_bytes is None:
        place = "made with the first run"
    else:
        place = f"{size(status.store_bytes)}, {status.runs} run{'s' * (status.runs != 1)}"
    return "\n".join(
        [
            f"nbtrack: {watching}",
            f"store {clean(status.store)} ({place}) · experiment {clean(status.experiment) or 'by notebook'}",
            f"capture has cost {_cost(status)}",
            *(run_line(run) for run in status.newest),
            *(f"try: {each}" for each in _next(status)),
        ]
    )


def _cost(status: KernelStatus) -> str:
    """``12 ms of 3.1 s in 8 cells (0.4 %)``."""
    cells = f"{status.cells} cell{'s' * (status.cells != 1)}"
    share = ""
    if status.cell_seconds > 0:
        share = f" ({100 * status.capture_seconds / status.cell_seconds:.1f} %)"
    return f"{duration(status.capture_seconds)} of {duration(status.cell_seconds)} in {cells}{share}"


def _next(status: KernelStatus) -> list[str]:
    if not status.watching:
        return ["%track on"]
    if not status.newest:
        return ["fit a model in any cell", "%track?"]
    ideas = [f"%track show {clean(status.newest[0].label)}"]
    if status.metric is not None:
        sign = "-" if better(status.metric) == "lower" else ""
        ideas.append(f"%track load best:{sign}{clean(status.metric)}")
    if status.runs > 1:
        ideas.append("%track compare")
    return [*ideas, "%track?"]
