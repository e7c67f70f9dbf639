"""``%track`` alone: what is watched, where the store is and how big, what it has cost, what to try next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["status"]

_NEWEST = 3


def status(session: KernelSession) -> None:
    """Print it."""
    from dataclasses import replace

    from nbtrack import frameworks
    from nbtrack.records import KernelStatus
    from nbtrack.render.highlights import main_metrics
    from nbtrack.render.status import status_text
    from nbtrack.store import Store

    told = KernelStatus(
        watching=session.automatic,
        frameworks=tuple(sorted(each.name for each in frameworks.present() if each.name not in _EVERYTHING)),
        store=str(session.folder),
        experiment=session.experiment,
        cells=session.cells,
        cell_seconds=session.cell_seconds,
        capture_seconds=session.seconds,
    )
    if session.folder.is_dir():
        with Store.open(session.folder) as store:
            newest = tuple(store.find_runs(limit=_NEWEST))
            metric = next((one.name for run in newest for one in main_metrics(run, 1)), None)
            told = replace(
                told, store_bytes=store.size_bytes(), runs=store.count_runs(), newest=newest, metric=metric
            )
    print(status_text(told))  # noqa: T201 - a magic's answer


_EVERYTHING = frozenset(
    {"generic", "functions", "numpy", "scipy"}
)  # what is asked when no library claims a value
