"""Carries a plan out: a copy of the folder, a fresh kernel, cell after cell, and a store of its own that it leaves."""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbtrack.errors import NbtrackError
from nbtrack.records import Run, State
from nbtrack.records.reproductions import DEFAULT_TOLERANCE
from nbtrack.reproduce.kernel import FreshKernel, KernelDied, Outcome, TimeIsUp
from nbtrack.reproduce.matching import matched
from nbtrack.reproduce.plan import Plan, Step, notebook_file
from nbtrack.reproduce.scratch import Scratch
from nbtrack.store import Store
from nbtrack.store.reproductions import runs_of_executions

__all__ = ["Attempt", "Options", "Progress", "Seed", "carry_out"]

_LEAST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A cell begins (``outcome`` is None) or ended: which of how many."""

    place: int
    of: int
    step: Step
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run is to be reproduced.

    Attributes:
        tolerance: largest relative difference at which numbers count as close.
        timeout_seconds: time limit for all cells together; None: ten minutes and ten times what they took.
        keep_going: go on after a cell that failed.
        python: the Python to run in; None: the one the run ran in, where it is still there.
        progress: is told of each cell.
    """

    tolerance: float = DEFAULT_TOLERANCE
    timeout_seconds: float | None = None
    keep_going: bool = False
    python: str | None = None
    progress: Callable[[Progress], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Seed:
    """The seed to set in place of recorded states, and the libraries to set it for."""

    number: int
    libraries: tuple[str, ...]


@dataclass(slots=True)
class Attempt:
    """What happened.

    Attributes:
        outcomes: of each step that ended, in order.
        stopped: why it ended before the last step: an unexpected error, the time limit, a dead kernel.
        runs: of each execution of the plan (by the original id) the runs that came out, in their order.
        models: how models compare, as :func:`nbtrack.reproduce.models.compare_stored` says, by the original run's id.
        notes: what is to be said.
        left_out: names of files that were not copied.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    stopped: Exception | None = None
    runs: dict[str, list[Run]] = field(default_factory=dict)
    models: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    original: Callable[[str], str] = str
    left_out: list[Path] = field(default_factory=list)

    def came_out(self, plan: Plan, run: Run | None = None) -> Run | None:
        """The run that corresponds to the plan's, or to another that the plan's cells made."""
        wanted = run or plan.run
        made = next(step for step in plan.steps if step.execution.id == wanted.execution.id).runs
        return matched(wanted, made, self.runs.get(wanted.execution.id, []))


def carry_out(
    store: Store, plan: Plan, options: Options, *, seed: Seed | None = None, runs: Iterable[Run] = ()
) -> Attempt:
    """Run the plan's cells, recorded by nbtrack in a store of their own, and read what came out.

    ``seed`` is set at the beginning instead of putting recorded states of generators back. ``runs`` are those whose
    models are compared where their bytes differ.

    Raises:
        UsageError: there is no kernel to run it in.
        OSError: the folder cannot be copied.
    """
    attempt = Attempt()
    scratch = Scratch(plan.project, plan.folder, store.folder)
    try:
        scratch.make([step.source for step in plan.steps], _files(plan))
        attempt.original = scratch.original
        attempt.left_out = scratch.left_out
        attempt.notes += scratch.notes
        kernel = _start(plan, options, scratch, attempt)
        try:
            if seed is not None:
                kernel.ask("seed", seed=seed.number, libraries=list(seed.libraries))
            _run(kernel, plan if seed is None else plan.without_states(), options, scratch, attempt)
            if attempt.stopped is None:
                attempt.runs = _made(scratch, plan)
                for run in runs:
                    now = attempt.came_out(plan, run)
                    told = None if now is None else _compare_models(kernel, store, (run, now), scratch)
                    if told is not None:
                        attempt.models[run.id] = told
        finally:
            kernel.stop()
        if not attempt.runs:
            attempt.runs = _made(scratch, plan)
        changed = [str(path) for path in scratch.written_originals()[:3]]
        if changed:
            attempt.notes.append(f"files of the original folder changed meanwhile: {', '.join(changed)}")
    except TimeIsUp as error:
        attempt.stopped = error
    finally:
        if scratch.root.name:
            scratch.remove()
    return attempt


def _files(plan: Plan) -> list[Path]:
    """What the runs of the plan read, wherever it is."""
    names = {file.path for step in plan.steps for run in step.runs for file in run.files}
    return [Path(os.path.normpath(plan.project / name)) for name in sorted(names)]


def _start(plan: Plan, options: Options, scratch: Scratch, attempt: Attempt) -> FreshKernel:
    recorded = plan.session.executable
    executable = options.python or recorded or sys.executable
    if options.python is None and not Path(executable).exists():
        attempt.notes.append(f"the Python of the run, {recorded}, is not there: run with {sys.executable}")
        executable = sys.executable
    deadline = time.monotonic() + (options.timeout_seconds or _time_limit(plan.steps))
    folder = scratch.at(scratch.folder)
    kernel = FreshKernel(executable, folder, _environment(plan, scratch), deadline)
    try:
        kernel.ask("start", copy=str(scratch.root), original=str(scratch.project))
    except BaseException as error:
        kernel.stop()
        if isinstance(error, NbtrackError) and not isinstance(error, TimeIsUp | KernelDied):
            raise NbtrackError(
                f"nbtrack could not be loaded in {executable}: {error}. Is it installed there? "
                "`--python PATH` chooses another."
            ) from error
        raise
    return kernel


def _time_limit(steps: Iterable[Step]) -> float:
    return _LEAST_SECONDS + 10 * sum(step.execution.duration_seconds or 0.0 for step in steps)


def _environment(plan: Plan, scratch: Scratch) -> dict[str, str]:
    """The variables of this process, and what leads nbtrack, Python and pip into the copy."""
    variables = {**os.environ, "NBTRACK_STORE": str(scratch.root / "store"), "NBTRACK_QUIET": "1"}
    variables |= {
        # `pip install` in a cell must not change the user's environment.
        "PIP_DRY_RUN": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    given = {"JPY_SESSION_NAME": None, "PYTHONHASHSEED": plan.session.hash_seed, "MPLBACKEND": None}
    if plan.session.notebook_path and plan.session.notebook_path.endswith(".ipynb"):
        notebook = notebook_file(plan.session.notebook_path, plan.project, plan.folder)
        given["JPY_SESSION_NAME"] = str(scratch.at(notebook))
    for name, value in given.items():
        variables.pop(name, None)
        if value is not None:
            variables[name] = value
    return variables


def _run(kernel: FreshKernel, plan: Plan, options: Options, scratch: Scratch, attempt: Attempt) -> None:
    for place, step in enumerate(plan.steps, start=1):
        options.progress(Progress(place, len(plan.steps), step))
        try:
            states = {name: base64.b64encode(state).decode("ascii") for name, state in step.states.items()}
            attempt.notes += kernel.ask("prepare", count=step.execution.execution_count, states=states)
            outcome = kernel.execute(scratch.localised(step.source), step.execution.id)
        except (KernelDied, TimeIsUp) as error:
            attempt.stopped = error
            return
        attempt.outcomes.append(outcome)
        options.progress(Progress(place, len(plan.steps), step, outcome))
        if outcome.error is not None and not failed_then(step) and not options.keep_going:
            attempt.stopped = NbtrackError(f"{outcome.error}: {outcome.message}")
            return


def failed_then(step: Step) -> bool:
    """Whether the original execution failed too."""
    return step.execution.state is State.FAILED


def first_failure(plan: Plan, attempt: Attempt) -> int | None:
    """The place of the first cell that failed and had not failed before; None: there is none."""
    for place, (step, outcome) in enumerate(zip(plan.steps, attempt.outcomes, strict=False)):
        if outcome.error is not None and not failed_then(step):
            return place
    return None


def _made(scratch: Scratch, plan: Plan) -> dict[str, list[Run]]:
    """The runs in the store that the kernel left, by the original execution."""
    folder = scratch.root / "store"
    if not (folder / "lineage.db").exists():
        return {}
    with Store.open(folder) as made:
        with made.view() as connection:
            rows = connection.execute("SELECT id, cell_id FROM executions ORDER BY sequence").fetchall()
        # The kernel was given the original execution's id for the cell's id.
        originals = {id_: cell_id for id_, cell_id in rows if cell_id}
        wanted = {step.execution.id for step in plan.steps}
        found = runs_of_executions(made, [id_ for id_, original in originals.items() if original in wanted])
        return {originals[id_]: [made.get_run(run_id) for run_id in ids] for id_, ids in found.items()}


def _compare_models(kernel: FreshKernel, store: Store, pair: tuple[Run, Run], scratch: Scratch) -> Any:
    """Have the kernel compare two runs' models where their digests differ; None: they do not."""
    then, now = pair
    if then.model is None or now.model is None or then.model.digest == now.model.digest:
        return None
    if not (then.model.stored and now.model.stored):
        return None
    folder = scratch.root / "control" / then.id
    folder.mkdir()
    with Store.open(scratch.root / "store") as made:
        files = {"then": _on_disk(store, then, folder / "then"), "now": _on_disk(made, now, folder / "now")}
    roles = {"train": 0, "validation": 1, "test": 2}
    ordered = sorted(now.datasets, key=lambda each: roles.get(each.role, 3))
    try:
        return kernel.ask(
            "compare_models", **files, data=[[each.name, each.content.digest] for each in ordered]
        )
    except NbtrackError as error:
        why = f"the models could not be compared: {error}"
        return {"equal": None, "by": None, "difference": None, "why": why}


def _on_disk(store: Store, run: Run, folder: Path) -> list[str]:
    """The model's pickle stream and buffers as files."""
    stream, buffers = store.read_model(run.id)
    folder.mkdir()
    files = []
    for place, data in enumerate((stream, *buffers)):
        file = folder / str(place)
        file.write_bytes(data)
        files.append(str(file))
    return files
