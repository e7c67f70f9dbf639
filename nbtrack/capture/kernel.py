"""Hooks a session into an IPython shell, and takes every hook out again.

Hooks run inside the user's execution. What goes wrong in one becomes a line, never an exception: IPython would
print a traceback, unregister a transformer, or, for ``SystemExit``, leave the kernel without its idle message.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbtrack.capture.observation import Block
from nbtrack.capture.outputs import Outputs
from nbtrack.capture.rewrite import WATCHER
from nbtrack.capture.session import KernelSession
from nbtrack.records import Run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

__all__ = ["KernelHooks"]


class KernelHooks:
    """A session's hooks in a shell.

    Args:
        shell: the IPython shell.
        session: what the hooks report to.
        show: is given the runs that an execution made, to show them under the cell.
        track_line: parses the rest of a leading ``%%track`` line into a block; None: the cell is not to be tracked.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        session: KernelSession,
        show: Callable[[tuple[Run, ...]], None],
        track_line: Callable[[str], Block | None],
    ) -> None:
        self.shell = shell
        self.session = session
        self._show = show
        self._track_line = track_line
        self._outputs = Outputs(shell, session.settings.max_output_bytes)
        self._depth = 0
        self._error: BaseException | None = None
        self._transformer = _Transformer(self)
        self._tracked: str | None = None

    def install(self) -> None:
        """Start watching."""
        setattr(builtins, WATCHER, self.session.watcher)
        self.shell.events.register("pre_run_cell", self._before)
        self.shell.events.register("post_run_cell", self._after)
        self.shell.ast_transformers.append(self._transformer)
        self.shell.input_transformers_cleanup.append(self._strip_track)

    def remove(self) -> None:
        """Stop watching; the shell is as it was before :meth:`install`."""
        self.shell.events.unregister("pre_run_cell", self._before)
        self.shell.events.unregister("post_run_cell", self._after)
        self.shell.ast_transformers.remove(self._transformer)
        self.shell.input_transformers_cleanup.remove(self._strip_track)
        if getattr(builtins, WATCHER, None) is self.session.watcher:
            delattr(builtins, WATCHER)

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
        if self._depth > 1:
            return  # %%capture and %run of a notebook run cells inside a cell: one execution
        self._error = None
        line, self._tracked = self._tracked, None
        try:
            session = self.session
            self._outputs.start()
            session.begin(
                info.raw_cell,
                info.transformed_cell or info.raw_cell,
                count=self.shell.execution_count - 1 if info.store_history else None,
                cell_id=info.cell_id,
            )
            if line is not None and info.raw_cell.lstrip().startswith("%%track"):
                self._open(line)
        except BaseException as error:
            self._complain(error)

    def _open(self, line: str) -> None:
        block = self._track_line(line)
        if block is None:
            self.session.watcher.end()
        else:
            self.session.open_block(block)

    def _after(self, result: ExecutionResult) -> None:
        self._depth = max(0, self._depth - 1)
        error = result.error_before_exec or result.error_in_exec
        if self._depth:
            self._error = error or self._error
            return
        try:
            stdout, stderr, _ = self._outputs.stop()
            runs = self.session.end(error or self._error, stdout, stderr)
            if runs:
                self._show(runs)
        except BaseException as trouble:
            self._complain(trouble)

    def _complain(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt):
            print("nbtrack: interrupted; this cell's runs were not saved")  # noqa: T201 - the user's own output area
        else:
            print(f"nbtrack: this cell was not captured: {type(error).__name__}: {error}")  # noqa: T201 - as above

    def rewrite(self, tree: ast.Module) -> ast.Module:
        """Rewrite a tree that IPython is about to compile; on failure it is left as it is by then."""
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
