"""The life of one kernel: its executions, and what is remembered between them."""

from __future__ import annotations

import ast
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from nbtrack import frameworks
from nbtrack.capture.assemble import assemble, begun
from nbtrack.capture.attachments import attachments
from nbtrack.capture.attribute import Attribution
from nbtrack.capture.callbacks import CALLING
from nbtrack.capture.closed_forms import may_solve
from nbtrack.capture.elsewhere import Elsewhere
from nbtrack.capture.endings import finished
from nbtrack.capture.files import FilesRead
from nbtrack.capture.flows import Flows
from nbtrack.capture.gradient_loops import may_train_by_hand
from nbtrack.capture.history import History
from nbtrack.capture.loops import is_cell
from nbtrack.capture.nodes import walk
from nbtrack.capture.notebook import notebook_path
from nbtrack.capture.observation import Block, Observation
from nbtrack.capture.outputs import NOTHING, Printed
from nbtrack.capture.process import this_process
from nbtrack.capture.recorder import Recorder
from nbtrack.capture.rewrite import Rewriter, Sites, definitions
from nbtrack.capture.shown import hand_made
from nbtrack.capture.sites import role_of
from nbtrack.capture.surroundings import Surroundings
from nbtrack.capture.training import Trainings
from nbtrack.capture.twins import Twins
from nbtrack.capture.watch import Watcher
from nbtrack.config import Settings
from nbtrack.digests import digest_text
from nbtrack.errors import UsageError
from nbtrack.frameworks.hushed import Hushed
from nbtrack.observe import streams
from nbtrack.observe.environment import Environments
from nbtrack.observe.growth import Growth
from nbtrack.observe.met_secrets import (
    distinctive_secrets,
    forget_secrets,
    meet_names,
    meet_source,
    met_secrets,
)
from nbtrack.observe.output import clip
from nbtrack.observe.redaction import redact, secrets_in
from nbtrack.records import Capture, Execution, LateMetric, Run, Session, State, new_id, revised
from nbtrack.store import Store
from nbtrack.store.datasets import latest_datasets

__all__ = ["KernelSession"]

_NAMED = re.compile(r"[A-Za-z_]\w*")
_CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
_DEFINES = re.compile(r"\b(?:def|class|lambda|partial)\b")


class KernelSession:
    """Watches the executions of one kernel and saves what they made.

    Args:
        namespace: the user's namespace.
        folder: the ``.nbtrack`` folder; made when there is first something to save.
        settings: the project's settings.
        flags: compiler flags of the shell, for twins of notebook functions.
        warn: shows the user one line when something could not be saved.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        folder: Path,
        settings: Settings,
        flags: Callable[[], int] = int,
        warn: Callable[[str], None] = print,
    ) -> None:
        self.namespace = namespace
        self.folder = folder
        self.settings = settings
        self.experiment = settings.experiment
        self.automatic = True
        self.id = new_id()
        self._began_in = os.getcwd()  # noqa: PTH109 - a text
        self.seconds = 0.0
        self.late: tuple[LateMetric, ...] = ()
        """What the last execution measured of runs of earlier ones."""
        self.truths: dict[tuple[str, str | None], str] = {}
        """Of the data that the last execution scored row by row, by run and name, the digest of its true values."""
        self.cells = 0
        self.cell_seconds = 0.0
        self.quiet = settings.quiet
        """Whether the runs of the last execution are not to be shown."""
        self._sites = Sites()
        self._flows = Flows(namespace)
        self._attribution = Attribution(namespace, self._flows)
        self._twins = Twins(self._sites, self._may_be_net, flags)
        self._growth = Growth(lambda: latest_datasets(folder))
        self._trainings = Trainings(
            namespace,
            self._attribution,
            self._flows,
            settings.max_runs_per_cell,
            self._syntax,
        )
        self._trainings.growth = self._growth
        self.watcher = Watcher(namespace, self._sites, self._twins, self._trainings, self._attribution)
        self.watcher.rows.limit = settings.max_outcome_rows
        self._trainings.tested.limit = settings.max_row_cells
        self._elsewhere = Elsewhere(namespace, self._trainings, lambda: self._twins.hidden(namespace))
        self._files = FilesRead()
        self.watcher.note_file = self._files.note
        self._history = History(folder.parent)
        self._environments = Environments(folder.parent)
        self._recorder = Recorder(folder, self._process, warn)
        self._observation: Observation | None = None
        self._execution: Execution | None = None
        self._transformed = ""
        self._unlooked: str | None = None
        self._streams: dict[str, Any] = {}
        self._first_sight = streams.FirstSight()
        self._tree: ast.AST | None = None
        forget_secrets()

    def warm_up(self) -> None:
        """Do ahead what the first training cell would wait for: look at the environment, find the frameworks."""
        self._environments.current()
        frameworks.present()
        self._growth.recall()

    # Before and while a cell runs.

    def begin(
        self, source: str, transformed: str, *, count: int | None, cell_id: str | None, midway: bool = False
    ) -> None:
        """An execution begins; ``midway``: some of its statements ran already, so what it found is not known."""
        started = time.perf_counter()
        self._recorder.idle.cell_begins()
        self._observation = Observation()
        self._transformed = self._unlooked = transformed
        clean = redact(source, distinctive_secrets())
        if clean != source:
            meet_source(source)
        self._execution = Execution(
            id=new_id(),
            session_id=self.id,
            sequence=self._history.next_sequence(),
            source=clean,
            source_digest=digest_text(clean),
            started_at=self._observation.started,
            state=State.RUNNING,
            execution_count=count,
            cell_id=cell_id,
            notebook_path=notebook_path(self.namespace, self.folder, Path(self._began_in)),
        )
        if not midway:
            self._history.begin(self.namespace)
        self._files.start()
        # A cell without a call draws nothing.
        self._streams = streams.states() if "(" in transformed and not midway else {}
        self._first_sight = streams.FirstSight()
        self._files.on_import = self._first_sight.look
        if self.automatic:
            self.watcher.begin(self._observation)
        self._observation.seconds += time.perf_counter() - started

    def rewrite(self, tree: ast.Module) -> ast.Module:
        """Make the nominated calls of a cell's tree watched ones, in place."""
        observation = self._observation
        if observation is None or not self.automatic:
            return tree
        started = time.perf_counter()
        self._elsewhere.cell_begins(tree)
        explicit = bool(observation.blocks)
        source, self._unlooked = self._unlooked, None  # of the first tree of an execution
        if explicit or self._worth_rewriting(source):
            for definition in definitions(tree) if source is None or _DEFINES.search(source) else ():
                self._twins.define(definition)
            self._twins.define_partials(tree)
            Rewriter(
                self._sites,
                self._twins.interesting,
                self._may_be_net,
                lookup=self._twins.function,
                every_loop=explicit,
                solves=source is None or may_solve(source),
            ).visit(tree)
        self._tree = tree
        self._flows.executes(tree, self._running_execution().id)
        observation.seconds += time.perf_counter() - started
        return tree

    def _syntax(self, frame: FrameType) -> ast.AST | None:
        """The syntax tree of the cell or the function that a frame runs."""
        return self._tree if is_cell(frame) else self._twins.syntax(frame.f_code)

    def _worth_rewriting(self, source: str | None) -> bool:
        """Whether a source has any name worth a look at its tree; None: it is not known."""
        if source is None or self._attribution.knows_models or _DEFINES.search(source):
            return True
        if may_train_by_hand(source):
            return True
        functions = self._twins.interesting
        names = set(_CALLED.findall(source))
        if functions and not names.isdisjoint(CALLING):
            names.update(_NAMED.findall(source))  # a function may be handed over by its name
        return any(role_of(name) or name in functions or self._may_be_net(name) for name in names)

    def _may_be_net(self, name: str) -> bool:
        """Whether calling this name may be calling a net: such a library is loaded, and the name is no function."""
        if "torch" not in sys.modules and "keras" not in sys.modules:
            return False
        value = self.namespace.get(name)
        return value is None or not (
            isinstance(value, type) or hasattr(value, "__code__") or hasattr(value, "__name__")
        )

    # What the user says.

    @property
    def running(self) -> bool:
        """Whether a cell is running."""
        return self._observation is not None

    def open_block(self, block: Block) -> Block:
        """A region tracked explicitly begins in the running cell."""
        self._running().blocks.append(block)
        return block

    def current_block(self) -> Block:
        """The innermost open block of the running cell; an implicit one where the user opened none."""
        return self._running().block or self.open_block(Block(implicit=True))

    def log(self, values: Mapping[str, float], step: int | None) -> None:
        """Put points of metrics into the journal; they are safe on return.

        They belong to the training that went on last inside the innermost block, else to the block itself.
        """
        observation = self._running()
        block = observation.block
        recent = next(reversed(observation.recent.values()), None)
        target = (
            recent
            if recent is not None and (block is None or recent.block is block)
            else self.current_block()
        )
        if not target.opened:
            execution = self._running_execution()
            self._recorder.open_run(target, lambda: begun(target, execution, self._experiment(execution)))
        for name, value in values.items():
            at = target.steps.get(name, 0) if step is None else step
            target.steps[name] = at + 1
            self._recorder.session_log.log(target.id, name, at, value, time.time())

    def _running(self) -> Observation:
        if self._observation is None:
            raise UsageError("No cell is running; use `with nbtrack.track(name):` in scripts and threads.")
        return self._observation

    def _running_execution(self) -> Execution:
        assert self._execution is not None
        return self._execution

    # When it is over.

    def end(self, error: BaseException | None, printed: Printed = NOTHING) -> tuple[Run, ...]:
        """The execution is over; saves what it made and returns its runs, with their labels.

        Raises:
            BaseException: what kept a call that may have trained from being looked at, where no run can say it.
        """
        observation, execution = self._observation, self._execution
        self.watcher.end()
        files = self._files.stop()
        self._observation = self._execution = None
        self.quiet, self.late, self.truths = self.settings.quiet, (), {}
        if observation is None or execution is None:
            return ()
        self.quiet |= any(block.wanted is not None and block.wanted.quiet for block in observation.blocks)
        started = time.perf_counter()
        meet_names(self.namespace)
        execution = finished(execution, observation, error)
        self.cells += 1
        self.cell_seconds += execution.duration_seconds or 0.0
        self._history.add(
            execution,
            self._transformed,
            files,
            self._drawn(),
            written=self._files.written,
            namespace=self.namespace,
        )
        runs: tuple[Run, ...] = ()
        try:
            with Hushed():
                self._look_around(observation, error)
                worth = observation.fits or observation.blocks or observation.scores
                capture = self._capture(execution, observation, printed) if worth else None
            if capture is not None and (capture.runs or capture.late_metrics):
                runs = self._save(_costing(capture, observation.seconds + time.perf_counter() - started))
                self.late = capture.late_metrics
                self.truths = {(each.run_id, each.dataset): each.truth for each in capture.outcomes}
        finally:
            self._tree = None
            self.seconds += observation.seconds + time.perf_counter() - started
            self._recorder.idle.cell_ends()
        if observation.lost is not None and not runs:
            raise observation.lost
        return runs

    def _look_around(self, observation: Observation, error: BaseException | None) -> None:
        """What no watched call told: models that imported modules trained, numbers that were computed by hand."""
        if error is None and self.automatic:
            try:
                self._elsewhere.cell_ends(observation)
            except Exception as trouble:
                observation.note(f"models trained in imported modules were not looked for: {trouble}"[:300])
        if self._attribution.knows_models:
            flows = self._flows.in_cell(self._tree) if self._tree is not None else ()
            by_hand = hand_made(observation, flows, self._sites.shown, self.namespace, self._attribution)
            observation.scores += by_hand
            self._trainings.tested.cell_ends(observation, by_hand)

    def _capture(self, execution: Execution, observation: Observation, printed: Printed) -> Capture:
        """All that goes to the store of an execution."""
        self._history.witness(execution, _contents(observation))
        now, earlier = self._history.unsaved(execution)
        now = self._with_output(now, printed)
        around = self._surroundings(now, observation)
        needed = [*(each.execution_id for each in around.depends_on), execution.id]
        for note in self._history.notes(needed):
            observation.note(note)
        return revised(
            assemble(observation, now, around),
            file_uses=self._history.file_uses(needed, around.files),
            earlier=earlier,
            outcomes=tuple(observation.outcomes.values()),
            scored=tuple(observation.scored.values()),
            attachments=attachments(printed, observation.kept),
            drawn=self._history.drawn(),
        )

    def _drawn(self) -> dict[str, bytes]:
        """The states in which the execution found the generators that it drew from."""
        if not self._streams:
            return {}
        before = self._streams
        if self._first_sight.state is not None and "numpy" not in before:
            before = {**before, "numpy": self._first_sight.state}
        return streams.taken(before, streams.states())

    def _with_output(self, execution: Execution, printed: Printed) -> Execution:
        if not printed.stdout and not printed.stderr:
            return execution
        known = {*met_secrets(), *secrets_in(self._transformed)}
        limit = self.settings.max_output_bytes
        return revised(
            execution, stdout=clip(printed.stdout, limit, known), stderr=clip(printed.stderr, limit, known)
        )

    def _surroundings(self, execution: Execution, observation: Observation) -> Surroundings:
        depends_on = self._history.dependencies(execution.id)
        return Surroundings(
            namespace=self.namespace,
            experiment=self._experiment(execution),
            environment=self._environments.current(),
            depends_on=depends_on,
            variables=self._written() if observation.blocks else {},
            files=self._history.files([*(each.execution_id for each in depends_on), execution.id]),
            evaluate=lambda expression: eval(expression, self.namespace),  # noqa: S307 - the user's own -M expression
            max_value_bytes=self.settings.max_value_bytes,
        )

    def _written(self) -> dict[str, tuple[Any, str]]:
        """The plain values that the author assigned and the cell mentions."""
        nodes = walk(self._tree) if self._tree is not None else ()
        return self._flows.chosen({node.id for node in nodes if isinstance(node, ast.Name)})

    def _experiment(self, execution: Execution) -> str:
        if self.experiment:
            return redact(self.experiment)
        return Path(execution.notebook_path).stem if execution.notebook_path else "default"

    # The store.

    @property
    def store(self) -> Store | None:
        """The store, once it was needed."""
        return self._recorder.store

    def _save(self, capture: Capture) -> tuple[Run, ...]:
        runs = self._recorder.save(capture)
        if runs is None:
            return ()
        self._history.saved()
        return runs

    def _process(self) -> Session:
        return this_process(
            self.id, notebook_path(self.namespace, self.folder, Path(self._began_in)), self._began_in
        )

    def close(self) -> None:
        """The kernel goes, or the extension is unloaded."""
        self._save_writers()
        self._recorder.close()

    def _save_writers(self) -> None:
        """Keep the executions since the last run where one wrote a file: a run of another notebook may come of it."""
        written = self._history.file_uses((), ())
        if written:
            now, earlier = self._history.unsaved(self._history.last)
            self._save(Capture(execution=now, earlier=earlier, file_uses=written))


def _contents(observation: Observation) -> dict[str, str]:
    """The digests of the data that trainings were given, by name; an expression is no name."""
    return {
        each.name: each.content.digest
        for fit in observation.fits
        for each in fit.datasets.values()
        if each.name.isidentifier()
    }


def _costing(capture: Capture, seconds: float) -> Capture:
    share = seconds / max(1, len(capture.runs))
    return revised(capture, runs=tuple(revised(run, capture_seconds=share) for run in capture.runs))
