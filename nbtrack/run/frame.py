"""The table that ``nbtrack.runs()`` gives: a DataFrame whose ``plot`` knows metrics and params by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from nbtrack.plot.chart import Chart

__all__ = ["Runs"]


class _Plot:
    """``runs.plot("accuracy", x="C")``; with pandas' own arguments or methods, pandas' own plotting."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table

    def __call__(
        self, y: str | None = None, x: str | None = None, by: str | None = None, **others: Any
    ) -> Any:
        """``y`` of each run against ``x``; see :func:`nbtrack.plot.against.against`."""
        if y is None or others:
            named = {name: value for name, value in (("x", x), ("y", y), ("by", by)) if value is not None}
            plot: Any = pd.DataFrame(self._table).plot
            return plot(**named, **others)
        return self._against(y, x, by)

    def _against(self, y: str, x: str | None, by: str | None) -> Chart:
        from nbtrack.plot.against import against

        return against(self._table, y, x, by)

    def __getattr__(self, name: str) -> Any:
        return getattr(pd.DataFrame(self._table).plot, name)


class Runs(pd.DataFrame):
    """Runs, one a row; a pandas DataFrame in everything but ``plot``."""

    @property
    def _constructor(self) -> type[Runs]:
        return Runs

    @property
    def plot(self) -> _Plot:  # type: ignore[override]  # pandas' accessor is a class attribute, this one its twin
        """Draws: ``runs.plot("accuracy", x="C")`` returns a matplotlib figure."""
        return _Plot(self)
