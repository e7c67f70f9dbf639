"""How watching a kernel stands."""

from __future__ import annotations

from nbtrack.records.record import record
from nbtrack.records.runs import Run

__all__ = ["KernelStatus"]


@record
class KernelStatus:
    """What ``%track`` tells.

    ``capture_seconds`` is what watching has cost in this kernel, of ``cell_seconds`` in which its ``cells`` ran.
    ``experiment`` is empty where runs are grouped by the notebook's name. ``store_bytes`` is None where there is no
    store yet; ``runs`` counts those of the store, ``newest`` are the last ones, ``metric`` is one that orders them.
    """

    watching: bool
    frameworks: tuple[str, ...]
    store: str
    experiment: str
    cells: int
    cell_seconds: float
    capture_seconds: float
    store_bytes: int | None = None
    runs: int = 0
    newest: tuple[Run, ...] = ()
    metric: str | None = None
