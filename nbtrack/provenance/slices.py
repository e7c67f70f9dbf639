"""The slice of a run: the executions it needs, as cells, as a script, as a notebook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nbtrack.errors import UsageError
from nbtrack.lineage.notebook import notebook
from nbtrack.lineage.source import Script, script, where
from nbtrack.observe.redaction import REDACTED
from nbtrack.provenance.sessions import SessionGraph, session_graph
from nbtrack.records import ExecutedCell, Execution, Run, Slice
from nbtrack.render.boxed import boxed
from nbtrack.render.slices import slice_to_dict
from nbtrack.store import Store

__all__ = ["RunSlice", "run_slice", "run_slices"]


class RunSlice:
    """The executions that a run needs, in the user's hands; as text it is the script.

    Attributes:
        record: the slice as a :class:`nbtrack.records.Slice`.
    """

    __slots__ = ("_script", "record")

    def __init__(self, record: Slice) -> None:
        self.record = record
        self._script: Script | None = None

    @property
    def cells(self) -> tuple[ExecutedCell, ...]:
        """The executions, in the order they ran; the run's own is among them."""
        return self.record.cells

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be followed, and what cannot be run again as it is."""
        untranslated = (f"{each}: has no plain meaning in Python" for each in self._made().untranslated)
        return (*self.record.notes, *untranslated)

    def script(self) -> str:
        """One runnable script in percent format, each cell under a comment with its execution number."""
        head = [f"# {self._title()}", *(f"# Note: {note}" for note in self.notes)]
        return "\n".join(head) + "\n\n" + self._made().text

    def notebook(self) -> dict[str, Any]:
        """A notebook of format 4.5 with the cells as they were typed, without outputs; ``json.dumps`` takes it."""
        return notebook(self.record.cells, self._title(), self.record.notes)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, as ``nbtrack slice --json`` prints it."""
        return slice_to_dict(self.record, self.notes, self.script())

    def write(self, path: Path, *, as_notebook: bool = False, force: bool = False) -> Path:
        """Write the script, or the notebook where that is asked for or the name ends in ``.ipynb``; returns the path.

        Raises:
            UsageError: the file is there already and ``force`` is not given, or it cannot be written.
        """
        if path.exists() and not force:
            raise UsageError(f"{path} is there already. Give another name, or --force to replace it.")
        wanted = as_notebook or path.suffix == ".ipynb"
        text = json.dumps(self.notebook(), indent=1) + "\n" if wanted else self.script()
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}. Give another path.") from error
        return path

    def _title(self) -> str:
        count = len(self.cells)
        return f"What {self.record.label} needs: {count} execution{'' if count == 1 else 's'}"

    def _made(self) -> Script:
        if self._script is None:
            self._script = script(self.record.cells)
        return self._script

    def __repr__(self) -> str:
        return self.script()

    def _repr_html_(self) -> str:
        return boxed(self.script())


def run_slice(
    store: Store, run: Run, *, draws: bool = False, metrics: bool = False, newest: int | None = None
) -> RunSlice:
    """The slice of a stored run.

    Args:
        store: the store that has it.
        run: the run.
        draws: also executions that are needed only to advance a sequence of random numbers: for running again.
        metrics: also later executions that measured metrics of the run, and what those need.
        newest: no more than so many executions, the newest; where older ones are left out a note says so.
    """
    return run_slices(store, (run,), draws=draws, metrics=metrics, newest=newest)[0]


def run_slices(
    store: Store,
    runs: Iterable[Run],
    *,
    draws: bool = False,
    metrics: bool = False,
    newest: int | None = None,
) -> list[RunSlice]:
    """As :func:`run_slice`, of several runs."""
    made = []
    for run in runs:
        wanted = [run.execution.id]
        if metrics:
            wanted += [each.execution_id for each in run.metrics if each.execution_id is not None]
        depended = [each.execution_id for each in run.depends_on]
        session = run.execution.session_id
        graph = session_graph(store, session, [*wanted, *depended], draws=draws, newest=newest)
        made.append(_slice(graph, run, graph.needed(wanted, draws=draws)))
    return made


def _slice(graph: SessionGraph, run: Run, needed: Sequence[Execution]) -> RunSlice:
    cells = tuple(_cell(each, run) for each in needed)
    unseeded = {stream for each in needed for stream in graph.lineage.effects(each.id).unseeded}
    return RunSlice(
        Slice(
            run_id=run.id,
            label=run.label,
            cells=cells,
            notes=(*_unfollowed(graph, cells), *_missing(run, graph), *_replaced(cells)),
            unseeded=tuple(sorted(unseeded)),
            cut=graph.cut,
        )
    )


def _cell(execution: Execution, run: Run) -> ExecutedCell:
    return ExecutedCell(
        source=execution.source,
        execution_id=execution.id,
        execution_count=execution.execution_count,
        cell_id=execution.cell_id,
        reached=None if execution.error is None else execution.error.line,
        started_at=execution.started_at,
        own=execution.id == run.execution.id,
    )


def _unfollowed(graph: SessionGraph, cells: Sequence[ExecutedCell]) -> list[str]:
    return [
        f"{where(each)} not followed: {what}".lstrip()
        for each in cells
        for what in graph.lineage.effects(each.execution_id).opaque
    ]


def _missing(run: Run, graph: SessionGraph) -> list[str]:
    if graph.cut:
        return ["older executions were not looked at: there are too many of them"]
    unknown = [each for each in run.depends_on if each.execution_id not in graph.executions]
    return [f"execution {each.execution_id} is needed but not in the store" for each in unknown]


def _replaced(cells: Sequence[ExecutedCell]) -> list[str]:
    return [
        f"{where(each)} a secret was replaced by {REDACTED}".lstrip()
        for each in cells
        if REDACTED in each.source
    ]
