"""The widget's parts: which runs, only what differs or all, tables, curves, parallel coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from nbtrack.errors import NbtrackError
from nbtrack.render.beside import curve_names, curves_html, judgements_html, parallel_html, rows_html

if TYPE_CHECKING:
    from nbtrack.records import Comparison
    from nbtrack.widget.compared import Compared

__all__ = ["Panes"]

_PICKED = 12  # lines of the list of runs


class Panes:
    """State in, events out: a change of what is picked renders anew from the store.

    Attributes:
        box: the whole widget.
    """

    def __init__(self, compared: Compared) -> None:
        self._compared = compared
        self._record: Comparison = compared.record
        self._told = False  # whether a change comes from here, not from the user
        options = compared.others()
        self.runs = widgets.SelectMultiple(
            options=options,
            value=tuple(run.id for run in self._record.runs),
            rows=min(_PICKED, max(3, len(options))),
            layout=widgets.Layout(width="16em"),
        )
        self.differences = widgets.Checkbox(value=True, description="only what differs", indent=False)
        self.metric = widgets.Dropdown(
            options=self._metrics(), value=self._record.metric, description="judge by"
        )
        self.curve = widgets.Dropdown(description="curve of")
        self._table, self._judged = widgets.HTML(), widgets.HTML()
        self._curves, self._parallel = widgets.HTML(), widgets.HTML()
        self._trouble = widgets.HTML()
        self._hidden = widgets.HTML(layout=widgets.Layout(margin="0", height="0"))
        self.box = self._laid_out()
        self._render()
        self.runs.observe(self._picked, "value")
        self.metric.observe(self._picked, "value")
        self.differences.observe(lambda _: self._render_table(), "value")
        self.curve.observe(lambda _: self._render_curve(), "value")

    def hide(self, place: str) -> None:
        """While the widget is there, what has this class is not shown."""
        self._hidden.value = f"<style>.{place} {{ display: none }}</style>"

    def _laid_out(self) -> Any:
        tabs = widgets.Tab(
            children=[
                widgets.VBox([widgets.HBox([self.differences, self.metric]), self._table, self._judged]),
                widgets.VBox([self.curve, self._curves]),
                self._parallel,
            ],
            titles=("Differences", "Curves", "Parallel coordinates"),
            layout=widgets.Layout(flex="1 1 auto", width="auto", min_width="0"),
        )
        hint = widgets.HTML("<small>runs, newest first; pick several</small>")
        left = widgets.VBox(
            [self.runs, hint, self._trouble, self._hidden], layout=widgets.Layout(flex="0 0 auto")
        )
        return widgets.HBox([left, tabs])

    def _metrics(self) -> list[str]:
        return list(dict.fromkeys(name for group in self._record.groups for name in group.metrics))

    def _picked(self, _: Any) -> None:
        if self._told:
            return
        if not self.runs.value:
            self._trouble.value = "<small>Pick at least one run.</small>"
            return
        try:
            asked = self.metric.value
            record = self._compared.of(self.runs.value)
            shared = {name for group in record.groups for name in group.metrics}
            if asked in shared and asked != record.metric:
                record = self._compared.of(self.runs.value, asked)
        except NbtrackError as error:  # a run that was deleted meanwhile, a store that is gone
            from html import escape

            self._trouble.value = f"<small>{escape(str(error))}</small>"
            return
        self._trouble.value = ""
        self._record = record
        self._render()

    def _render(self) -> None:
        self._told = True
        self.metric.options, self.metric.value = self._metrics(), self._record.metric
        names = curve_names(self._record)
        self.curve.options, self.curve.value = names, names[0] if names else None
        self._told = False
        self.curve.layout.display = "" if names else "none"
        self._render_table()
        self._render_curve()
        self._judged.value = judgements_html(self._record)
        self._parallel.value = (
            parallel_html(self._record)
            or "<small>There is nothing to draw: the runs share params and metrics.</small>"
        )

    def _render_table(self) -> None:
        self._table.value = rows_html(self._record, only_differences=self.differences.value)

    def _render_curve(self) -> None:
        name = self.curve.value
        self._curves.value = (
            curves_html(self._record, name) if name else "<small>None of these runs has a curve.</small>"
        )
