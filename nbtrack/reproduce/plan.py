"""What is to be executed for a run to come out again, and what is known about how it ran."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nbtrack.errors import UsageError
from nbtrack.observe.redaction import REDACTED, redact
from nbtrack.observe.streams import STREAMS
from nbtrack.provenance.sessions import SessionGraph, session_graph
from nbtrack.records import Execution, Run, Session, State
from nbtrack.store import Store
from nbtrack.store.random_states import read_states
from nbtrack.store.reading import read_sessions
from nbtrack.store.reproductions import runs_of_executions

__all__ = ["Plan", "Step", "make_plan", "notebook_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One execution that is to happen again.

    ``source`` is what will be executed: secrets are put back where the notebook still has the cell. ``states`` are the
    states of random generators that it found; ``runs`` the runs it made, in their order; ``unseeded`` streams of random
    numbers that it drew from and that nothing had seeded.
    """

    execution: Execution
    source: str
    states: Mapping[str, bytes]
    runs: tuple[Run, ...]
    unseeded: frozenset[str]

    @property
    def redacted(self) -> bool:
        """Whether a secret is missing in the source."""
        return REDACTED in self.source or "<redacted>" in self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The run, the session it ran in, and what is to be executed, in order."""

    run: Run
    session: Session
    project: Path
    steps: tuple[Step, ...]

    @property
    def folder(self) -> Path:
        """The working directory that the session began in."""
        return Path(self.session.folder) if self.session.folder else self.project

    def without_states(self) -> Plan:
        """The same, with generators left as they are."""
        return replace(self, steps=tuple(replace(step, states={}) for step in self.steps))

    def unseeded(self) -> tuple[str, ...]:
        """All streams that the run drew from unseeded, sorted."""
        return tuple(sorted(set().union(*(step.unseeded for step in self.steps))))


def make_plan(store: Store, run: Run) -> Plan:
    """What is to be executed for a run of this store.

    Later executions that measured metrics of the run belong to it, and so do, where a generator's state is not known,
    earlier ones that drew from it.

    Raises:
        UsageError: the run was interrupted, is still going on, or its cell is not in the store.
    """
    if run.state in {State.RUNNING, State.CANCELED}:
        how = "is still going on" if run.state is State.RUNNING else "was interrupted"
        raise UsageError(
            f"{run.label} {how}: it has no result that could be compared. Choose a run that ended."
        )
    with store.view() as connection:
        found = read_sessions(connection, "id = ?", run.execution.session_id)
    wanted = [run.execution.id, *(each.execution_id for each in run.metrics if each.execution_id)]
    graph = session_graph(store, run.execution.session_id, wanted, draws=True)
    if not found or run.execution.id not in graph.executions:
        raise UsageError(f"The cell of {run.label} is not in the store any more, so it cannot be run again.")
    needed = graph.needed(wanted, draws=True, restored=tuple(STREAMS))
    return Plan(
        run=run,
        session=found[0][2],
        project=store.folder.parent,
        steps=_steps(store, graph, needed, found[0][2].folder),
    )


def _steps(
    store: Store, graph: SessionGraph, needed: Iterable[Execution], folder: str | None
) -> tuple[Step, ...]:
    needed = list(needed)
    states = read_states(store, [each.id for each in needed])
    runs = runs_of_executions(store, [each.id for each in needed])
    whole = {id_: tuple(store.get_run(run_id) for run_id in ids) for id_, ids in runs.items()}
    return tuple(
        Step(
            execution=each,
            source=_with_secrets(each, store.folder.parent, folder)
            if REDACTED in each.source
            else each.source,
            states=states.get(each.id, {}),
            runs=whole.get(each.id, ()),
            unseeded=graph.lineage.effects(each.id).unseeded,
        )
        for each in needed
    )


def notebook_file(recorded: str, project: Path, folder: Path) -> Path:
    """The notebook that a run or session names, below the project or the folder that the session began in."""
    below = project / recorded
    return below if below.is_file() else folder / recorded


def _with_secrets(execution: Execution, project: Path, folder: str | None) -> str:
    """The cell as the notebook still has it, secrets included; as stored where it is not there unchanged.

    The secret goes from the user's notebook into the fresh kernel, and nowhere else.
    """
    if execution.notebook_path is None:
        return execution.source
    try:
        file = notebook_file(execution.notebook_path, project, Path(folder or project))
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return execution.source
    for cell in cells:
        source = "".join(cell.get("source", "")) if isinstance(cell, dict) else ""
        if REDACTED not in source and redact(source) == execution.source:
            return source
    return execution.source
