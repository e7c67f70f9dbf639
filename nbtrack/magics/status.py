"""``%track`` alone: whether this kernel is watched, where the store is, the last runs, the cost so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["status"]


def status(session: KernelSession) -> None:
    """Print it."""
    from nbtrack.render.line import run_line
    from nbtrack.render.numbers import duration, size
    from nbtrack.store import Store

    watching = "watching" if session.automatic else "not watching (%track on)"
    print(f"nbtrack: {watching} · store {session.folder}", end="")  # noqa: T201 - a magic's answer
    if not session.folder.is_dir():
        print(" (made with the first run)")  # noqa: T201 - as above
        return
    with Store.open(session.folder) as store:
        runs = store.find_runs(limit=3)
        print(f" ({size(store.size_bytes())}) · experiment {session.experiment or 'by notebook'}")  # noqa: T201 - as above
    print(f"capture has cost {duration(session.seconds)} in this kernel so far")  # noqa: T201 - as above
    for run in runs:
        print(run_line(run))  # noqa: T201 - as above
    if runs:
        print(f"try: %track show {runs[0].label}")  # noqa: T201 - as above
