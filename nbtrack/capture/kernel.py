"""Hooks a session into an IPython shell, and takes every hook out again.

Hooks run inside the user's execution. What goes wrong in one becomes a line, never an exception: IPython would
print a traceback, unregister a transformer, or, for ``SystemExit``, leave the kernel without its idle message.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from nbtrack.capture.asking import WATCHER
from nbtrack.capture.midcell import cells_running, forget_after_cell, running_cell
from nbtrack.capture.outputs import NOTHING, Outputs
from nbtrack.interrupts import deferred, too_late

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from nbtrack.capture.observation import Block
    from nbtrack.capture.session import KernelSession
    from nbtrack.records import Run

__all__ = ["KernelHooks"]

_WARM_UP_AFTER = 0.05  # seconds: not while the cell that loads the extension still runs
_MANY_MODULES = 50  # imported by one cell: a library of some size, whose answers the next cell may ask for


class KernelHooks:
    """A session's hooks in a shell.

    The session is made when the first cell runs, or a moment after loading by a thread of its own: the extension
    itself loads at once.

    Args:
        shell: the IPython shell.
        make_session: makes what the hooks report to.
        show: is given the runs that an execution made, to show them under the cell; none where it only measured some
            of earlier ones.
        prepare: loads ahead what ``show`` will need.
        track_line: parses the rest of a leading ``%%track`` line into a block; None: the cell is not to be tracked.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        make_session: Callable[[], KernelSession],
        show: Callable[[tuple[Run, ...]], None],
        track_line: Callable[[str], Block | None],
        prepare: Callable[[], object] = bool,
    ) -> None:
        self.shell = shell
        self._make_session = make_session
        self._session: KernelSession | None = None
        self._making = threading.Lock()
        self._prepare = prepare
        self._timer = threading.Timer(_WARM_UP_AFTER, self._warm_up)
        self._timer.daemon = True
        self._imported = 0
        self._closed = False
        self._failed = False
        self._show = show
        self._track_line = track_line
        self._outputs: Outputs | None = None
        self._depth = 0
        self._holds_builtins = False
        self._error: BaseException | None = None
        self._transformer = _Transformer(self)
        self._tracked: str | None = None

    @property
    def session(self) -> KernelSession:
        """What the hooks report to."""
        with self._making:
            if self._session is None:
                self._session = self._make_session()
                self._outputs = Outputs(self.shell, self._session.settings.max_output_bytes)
                setattr(builtins, WATCHER, self._session.watcher)
            return self._session

    def _started(self) -> KernelSession:
        """The session; where it cannot be made, that is said once and this kernel is not watched."""
        try:
            return self.session
        except Exception:
            self._failed = True
            raise

    def _warm_up(self) -> None:
        # What fails here fails again, and is told, when it is needed.
        with contextlib.suppress(Exception):
            if not self._closed:
                self._imported = len(sys.modules)
                self.session.warm_up()
                self._prepare()

    def _look_ahead(self) -> None:
        """A cell imported a library: what the first training would look up about it is looked up by a thread."""
        if len(sys.modules) - self._imported < _MANY_MODULES or self._timer.is_alive():
            return
        self._timer = threading.Timer(_WARM_UP_AFTER, self._warm_up)
        self._timer.daemon = True
        self._timer.start()

    def install(self) -> None:
        """Start watching."""
        self._timer.start()
        self._hold_builtins()
        self.shell.events.register("pre_run_cell", self._before)
        self.shell.events.register("post_run_cell", self._after)
        self.shell.ast_transformers.append(self._transformer)
        self.shell.input_transformers_cleanup.append(self._strip_track)

    def _hold_builtins(self) -> None:
        """Have IPython keep its names among the builtins between cells.

        It puts ``get_ipython`` there for each cell and takes it away again, and each time Python forgets where it found
        ``len`` and ``isinstance``, in all code of the process: some 5 % of a cell's instructions go into looking again.
        A cell finds the builtins as it always did.
        """
        trap = getattr(self.shell, "builtin_trap", None)
        if trap is not None and not self._holds_builtins:
            trap.__enter__()
            self._holds_builtins = True

    def join_running_cell(self) -> None:
        """Watch what is left of the cell that loads the extension, where it says more than that."""
        try:
            running = running_cell(self.shell)
            if running is None or not running.is_more:
                return
            self._begin(running.info, midway=running.begun)
            self._depth = running.depth
            if not self._failed:
                running.replace_rest(self.shell)
        except Exception as error:
            self._complain(error)

    def close(self) -> None:
        """The process ends: the session's store is closed."""
        self._closed = True
        self._timer.cancel()
        session, self._session = self._session, None
        if session is not None:
            if self._depth:
                forget_after_cell(self.shell, WATCHER, session.watcher, self._depth)
            elif getattr(builtins, WATCHER, None) is session.watcher:
                delattr(builtins, WATCHER)
            session.close()

    def remove(self) -> None:
        """Stop watching; the shell is as it was before :meth:`install`."""
        self.shell.events.unregister("pre_run_cell", self._before)
        self.shell.events.unregister("post_run_cell", self._after)
        self.shell.ast_transformers.remove(self._transformer)
        self.shell.input_transformers_cleanup.remove(self._strip_track)
        if self._holds_builtins:
            self._holds_builtins = False
            self.shell.builtin_trap.__exit__(None, None, None)
        if self._depth:  # of the cell that unloads the extension, what is above that line is over
            self._end(None)
        self.close()

    def _strip_track(self, lines: list[str]) -> list[str]:
        """Take a leading ``%%track`` line off, which leaves an ordinary cell with the same line numbers."""
        for index, line in enumerate(lines):
            if (
                line.startswith("%%track")
                and line[7:8] in {"", " ", "\t", "\n"}
                and not line.rstrip().endswith("?")
            ):
                self._tracked = line[7:].strip()
                return [*lines[:index], "\n", *lines[index + 1 :]]
            if line.strip() and not line.lstrip().startswith("#"):
                break
        return lines

    def _before(self, info: ExecutionInfo) -> None:
        self._depth += 1
        if self._depth > 1 and cells_running(self.shell) <= 1:
            # An interrupt came between an earlier cell's end and our hearing of it.
            self._depth = 1
            self._end(KeyboardInterrupt())
        if self._depth > 1:
            return  # %%capture and %run of a notebook run cells inside a cell: one execution
        self._begin(info)

    def _begin(self, info: ExecutionInfo, *, midway: bool = False) -> None:
        self._error = None
        self._keep_books(partial(self._open_books, info, midway=midway))

    def _open_books(self, info: ExecutionInfo, *, midway: bool) -> None:
        line, self._tracked = self._tracked, None
        session = self._started()
        if self._outputs is not None:
            self._outputs.start()
        session.begin(
            info.raw_cell,
            info.transformed_cell or info.raw_cell,
            count=self.shell.execution_count - 1 if info.store_history else None,
            cell_id=info.cell_id,
            midway=midway,
        )
        if line is not None and info.raw_cell.lstrip().startswith("%%track"):
            self._open(line)
        if too_late():  # IPython would go on as well
            print("nbtrack: Ctrl-C came before the cell began; once more stops it")  # noqa: T201 - as below

    def _open(self, line: str) -> None:
        block = self._track_line(line)
        if block is None:
            self.session.watcher.end()
        else:
            self.session.open_block(block)

    def _after(self, result: ExecutionResult) -> None:
        if not self._depth:
            return  # the cell that loaded the extension ends, but never began here
        self._depth -= 1
        error = result.error_before_exec or result.error_in_exec
        if self._depth or self._failed:
            self._error = error or self._error
            return
        self._end(error or self._error)

    def _end(self, error: BaseException | None) -> None:
        self._keep_books(partial(self._close_books, error))

    def _close_books(self, error: BaseException | None) -> None:
        printed = self._outputs.stop() if self._outputs is not None else NOTHING
        runs = self.session.end(error, printed)
        if (runs or self.session.late) and not self.session.quiet:
            self._show(runs)
        if not runs:
            self._look_ahead()
        too_late()  # what takes long could be skipped; of the rest nothing is left to stop

    def _keep_books(self, work: Callable[[], None]) -> None:
        """Do work that no interrupt may leave half done; one that comes before it has begun leaves it to be done."""
        if self._failed:
            return
        begun = False
        try:
            with deferred(whole=True, twice=True):
                begun = True
                work()
        except BaseException as error:
            if begun or not isinstance(error, KeyboardInterrupt):
                self._complain(error)
            else:
                self._keep_books(work)

    def _complain(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt):
            print("nbtrack: interrupted; this cell's runs were not saved")  # noqa: T201 - the user's own output area
        else:
            what = "this notebook is not tracked" if self._failed else "this cell was not captured"
            print(f"nbtrack: {what}: {type(error).__name__}: {error}")  # noqa: T201 - as above

    def rewrite(self, tree: ast.Module) -> ast.Module:
        """Rewrite a tree that IPython is about to compile; on failure it is left as it is by then."""
        if self._failed:
            return tree
        try:
            return self.session.rewrite(tree)
        except Exception as error:
            self._complain(error)
            return tree


class _Transformer:
    """What stands in ``shell.ast_transformers``: IPython asks for ``visit``."""

    def __init__(self, hooks: KernelHooks) -> None:
        self._hooks = hooks

    def visit(self, tree: Any) -> Any:
        """Rewrite one tree."""
        return self._hooks.rewrite(tree) if isinstance(tree, ast.Module) else tree
