"""Which cells a run stood on were edited or deleted since, and whether the notebook would still run the same.

What the notebook says now is its file, except where a cell ran after the file was saved: then what ran is newer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbtrack.lineage import Lineage, read
from nbtrack.lineage.source import where
from nbtrack.provenance.notebooks import NotebookCell, NotebookFile, find_notebook
from nbtrack.provenance.plain import plain_python
from nbtrack.provenance.slices import run_slice
from nbtrack.records import ExecutedCell, Run, StaleCell, TopToBottom
from nbtrack.store import Store
from nbtrack.store.cells import CellRun, cells_of, last_runs_of, texts_of

__all__ = ["stale_cells", "top_to_bottom", "with_staleness"]

_MOST_EXECUTIONS = 1000  # of a run, that are compared with the notebook


def with_staleness(store: Store, runs: Iterable[Run], *, whole: bool = False) -> list[Run]:
    """The runs with ``stale`` filled in; with ``whole``, which costs more, ``top_to_bottom`` too."""
    runs = list(runs)
    stale = stale_cells(store, runs)
    found = [replace(run, stale=stale[run.id]) for run in runs]
    return [replace(run, top_to_bottom=top_to_bottom(store, run)) for run in found] if whole else found


def stale_cells(store: Store, runs: Sequence[Run]) -> dict[str, tuple[StaleCell, ...]]:
    """Per run id the cells it stood on, its own included, that say something else now, in the order they ran."""
    ids = {run.id: [*(each.execution_id for each in run.depends_on), run.execution.id] for run in runs}
    ran = cells_of(store, {each for of_run in ids.values() for each in of_run})
    now = _Now(store, ran.values())
    changes = {each.execution_id: now.change(each) for each in ran.values()}
    return {
        run_id: tuple(change for each in of_run if (change := changes.get(each)) is not None)
        for run_id, of_run in ids.items()
    }


class _Now:
    """What cells say now."""

    def __init__(self, store: Store, ran: Iterable[CellRun]) -> None:
        ran = list(ran)
        paths = {each.notebook_path for each in ran}
        self._files = {path: find_notebook(store.folder.parent, path) for path in paths}
        places = [(each.notebook_path, each.cell_id) for each in ran if each.cell_id is not None]
        self._last = last_runs_of(store, places)
        digests = {each.digest for each in (*ran, *self._last.values())}
        self._texts = texts_of(store, digests)
        self._known: dict[tuple[str, str], bool] = {}

    def change(self, ran: CellRun) -> StaleCell | None:
        """What became of the cell since; None where it says the same, or nobody can tell."""
        file = self._files[ran.notebook_path]
        last = None if ran.cell_id is None else self._last.get((ran.notebook_path, ran.cell_id))
        newer = last is not None and last.started_at > ran.started_at and last.digest != ran.digest
        if last is not None and newer and (file is None or last.started_at > file.saved_at):
            edited = not self._means_the_same(ran.digest, last.digest, self._texts.get(last.digest, ""))
            return _stale(ran, "edited", "execution") if edited else None
        if file is None or (last is not None and last.started_at > file.saved_at):
            return None
        return self._against_file(ran, file)

    def _against_file(self, ran: CellRun, file: NotebookFile) -> StaleCell | None:
        if any(each.digest == ran.digest and each.id in {ran.cell_id, None} for each in file.cells):
            return None
        cell = next((each for each in file.cells if each.id is not None and each.id == ran.cell_id), None)
        if cell is not None:
            same = self._means_the_same(ran.digest, cell.digest, cell.source)
            return None if same else _stale(ran, "edited", "file")
        # Without an id a cell that is not there as it was may have been edited as well as deleted.
        if ran.cell_id is None or not any(each.id is not None for each in file.cells):
            there = any(self._means_the_same(ran.digest, each.digest, each.source) for each in file.cells)
            return None if there else _stale(ran, "edited", "file")
        return _stale(ran, "deleted", "file")

    def _means_the_same(self, ran: str, now: str, text: str) -> bool:
        """Whether two texts are the same program: comments and spaces do not count."""
        if ran == now:
            return True
        key = (ran, now)
        if key not in self._known:
            self._known[key] = _meaning(self._texts.get(ran, "")) == _meaning(text)
        return self._known[key]


def _stale(ran: CellRun, change: str, by: str) -> StaleCell:
    return StaleCell(
        execution_id=ran.execution_id,
        execution_count=ran.execution_count,
        cell_id=ran.cell_id,
        change="edited" if change == "edited" else "deleted",
        by="file" if by == "file" else "execution",
    )


def _meaning(source: str) -> str:
    tree = plain_python(source)
    return source if tree is None else ast.dump(tree)


def top_to_bottom(store: Store, run: Run) -> TopToBottom | None:
    """Whether running the notebook's file from top to bottom as it is now would run the same cells for the run.

    None where the run is of no notebook, or nobody told of which.
    """
    name = run.execution.notebook_path
    if name is None:
        return None
    file = find_notebook(store.folder.parent, name)
    if file is None:
        return TopToBottom(same=None, why=f"there is no notebook {name} here, or it cannot be read")
    own = _own(file, run)
    if own is None and file.saved_at < run.execution.started_at:
        return TopToBottom(same=None, why=f"{name} was not saved since the cell ran that made the run")
    if own is None:
        return TopToBottom(same=False, why=_lost(file, run))
    needed = run_slice(store, run, newest=_MOST_EXECUTIONS)
    if needed.record.cut:
        return TopToBottom(same=None, why=f"it needs more than {_MOST_EXECUTIONS:,} executions")
    return _compared(needed.cells, [file.cells[each] for each in _needed(file, own)])


def _own(file: NotebookFile, run: Run) -> int | None:
    """The place of the run's own cell: by id, else by text."""
    ids = [place for place, cell in enumerate(file.cells) if cell.id and cell.id == run.execution.cell_id]
    texts = [place for place, cell in enumerate(file.cells) if cell.digest == run.execution.source_digest]
    return next(iter((*ids, *texts)), None)


def _lost(file: NotebookFile, run: Run) -> str:
    """What became of a run's own cell that is not found; without ids an edited cell looks like a deleted one."""
    if run.execution.cell_id is not None and any(cell.id for cell in file.cells):
        return "the cell that made the run was deleted from the notebook"
    return "the notebook has no cell that reads as the one that made the run: it was edited or deleted since"


def _needed(file: NotebookFile, own: int) -> list[int]:
    """The places of the cells that the run's own would need, its own last."""
    graph = Lineage()
    for place, cell in enumerate(file.cells[: own + 1]):
        tree = plain_python(cell.source)
        graph.add(str(place), read("" if tree is None else tree))
    return [*(int(each) for each in graph.slice(str(own))), own]


def _compared(then: Sequence[ExecutedCell], now: Sequence[NotebookCell]) -> TopToBottom:
    before, after = [_meaning(each.source) for each in then], [_meaning(each.source) for each in now]
    if before == after:
        return TopToBottom(same=True)
    gone = [
        where(cell) or "a cell" for cell, meaning in zip(then, before, strict=True) if meaning not in after
    ]
    added = sum(meaning not in before for meaning in after)
    said = []
    if gone:
        said.append(f"{', '.join(gone)} would not run as {'it' if len(gone) == 1 else 'they'} did")
    if added:
        said.append(f"{added} cell{'' if added == 1 else 's'} would run that did not")
    if not said:
        again = len(before) != len(after)
        said.append("cells ran again" if again else "the cells ran in another order than they stand in")
    return TopToBottom(same=False, why="; ".join(said))
