"""``nbtrack.compare``: a widget where there are widgets, the same as plain HTML or text everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nbtrack.capture.project import project_folder
from nbtrack.differences.comparing import comparing
from nbtrack.errors import UsageError
from nbtrack.records import Comparison
from nbtrack.render.beside import comparison_html, comparison_text
from nbtrack.run import Run
from nbtrack.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from nbtrack.widget.panes import Panes

__all__ = ["Compared", "compare"]

_NEWEST = 10  # where nobody says which
_MOST = 200


def compare(
    *runs: str | Run | pd.DataFrame, metric: str | None = None, store: Path | str | None = None
) -> Compared:
    """Several runs beside each other: what differs, their curves, and whether they can be told apart at all.

    Args:
        runs: runs as :func:`nbtrack.get` gives or names them, or tables of :func:`nbtrack.runs`; none: the newest ten.
        metric: what to judge by; None: the first metric that most of them have.
        store: the ``.nbtrack`` folder; by default the nearest upward.

    Returns:
        What a notebook shows as a widget; ``.record`` has the comparison as data.

    Raises:
        UsageError: no run, more than 200, or no run has the metric.
        UnknownRun: a name that no run has.
    """
    folder = project_folder(store)
    refs = list(dict.fromkeys(ref for each in runs for ref in _refs(each)))
    if len(refs) > _MOST:
        raise UsageError(
            f"{len(refs)} runs are more than can be compared at once ({_MOST}); choose some by a query."
        )
    return Compared(folder, refs, metric)


def _refs(given: str | Run | pd.DataFrame) -> Iterable[str]:
    if isinstance(given, str):
        return [given]
    if isinstance(given, Run):
        return [given.id]
    columns = getattr(given, "columns", ())
    if "id" in columns:
        return [str(each) for each in given["id"]]
    raise UsageError(
        "compare takes runs by name, as nbtrack.get gives them, or a table of nbtrack.runs(); "
        f"this is a {type(given).__name__}."
    )


class Compared:
    """Runs beside each other, as they were recorded when they were asked for.

    Attributes:
        record: the comparison as a :class:`nbtrack.records.Comparison`.
    """

    def __init__(self, folder: Path, refs: Sequence[str], metric: str | None = None) -> None:
        self._folder = folder
        self._asked = metric
        self._widget: Panes | None = None
        self.record = self.of(refs, metric)

    def of(self, refs: Sequence[str], metric: str | None = None) -> Comparison:
        """The comparison of other runs of the same project."""
        with Store.open(self._folder) as store:
            chosen = list(refs) or [run.id for run in store.find_runs(limit=_NEWEST)]
            if not chosen:
                raise UsageError("There are no runs to compare yet.")
            found = {run.id: run for run in (store.get_run(ref) for ref in chosen)}
            compared = comparing(store, tuple(found.values()), metric)
        if metric is not None and not any(metric in group.metrics for group in compared.groups):
            names = dict.fromkeys(name for group in compared.groups for name in group.metrics)
            raise UsageError(
                f"None of these runs has a metric {metric!r}; they have {', '.join(names) or 'none'}."
            )
        return compared

    def others(self, limit: int = 100) -> list[tuple[str, str]]:
        """The newest runs of the project to pick from, those compared among them: label and id."""
        with Store.open(self._folder) as store:
            newest = [(run.label, run.id) for run in store.find_runs(limit=limit)]
        known = {run_id for _, run_id in newest}
        return newest + [(run.label, run.id) for run in self.record.runs if run.id not in known]

    @property
    def widget(self) -> Any:
        """The ipywidgets widget; made when first asked for, one for this object."""
        return self._panes().box

    def _panes(self) -> Panes:
        if self._widget is None:
            from nbtrack.widget.panes import Panes

            self._widget = Panes(self)
        return self._widget

    def __repr__(self) -> str:
        return comparison_text(self.record)

    def _repr_html_(self) -> str:
        return comparison_html(self.record)

    def _ipython_display_(self) -> None:
        """Show it twice in a kernel: as plain HTML, which a saved notebook keeps, and as the widget, which hides that.

        In one output they would not do: where the widget's kernel is gone, a notebook shows that it has no model, not
        what else the output holds. Elsewhere the other representations are used.
        """
        if not _has_widgets():
            raise NotImplementedError
        from IPython.display import display

        place = f"nbtrack-{uuid4().hex[:12]}"
        kept = f'<div class="{place}">{self._repr_html_()}</div>'
        display({"text/plain": repr(self), "text/html": kept}, raw=True)
        panes = self._panes()
        panes.hide(place)
        bundle = panes.box._repr_mimebundle_() or {}
        display({**bundle, "text/plain": "Run the cell again to pick other runs."}, raw=True)


def _has_widgets() -> bool:
    """Whether a front end may be there that shows widgets: this process is a kernel, not a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
