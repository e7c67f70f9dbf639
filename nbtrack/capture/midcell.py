"""The cell that is running while the extension is loaded or unloaded in its middle.

IPython parses a cell, then compiles and runs its statements one by one. A cell that loads the extension has been parsed
without it, but the statements below that line wait in a list of :meth:`InteractiveShell.run_ast_nodes`, where they can
still be replaced by watched ones. Where an IPython keeps them elsewhere, the rest of that one cell goes unwatched.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

__all__ = ["RunningCell", "cells_running", "forget_after_cell", "running_cell"]


@dataclass(frozen=True, slots=True)
class RunningCell:
    """The outermost cell that runs, how many cells run inside each other, and the statements of the innermost.

    ``statements`` pairs each with how it is compiled, ``exec`` or ``single``; the one at ``at`` runs.
    """

    info: ExecutionInfo
    depth: int
    source: str
    statements: list[tuple[ast.AST, str]]
    at: int

    @property
    def begun(self) -> bool:
        """Whether statements of the cell ran before."""
        return self.at > 0

    @property
    def is_more(self) -> bool:
        """Whether the cell says more than the statement that runs."""
        return self.depth > 1 or len(self.statements) > 1

    def replace_rest(self, shell: InteractiveShell) -> None:
        """Put the statements that follow, transformed afresh by what the shell transforms cells with now, in place."""
        rest = self.statements[self.at + 1 :]
        here = _place(self.statements[self.at][0])
        tree = shell.transform_ast(shell.compile.ast_parse(self.source))
        below: list[ast.AST] = [each for each in tree.body if _place(each) > here]
        if not rest or not below:
            return
        modes = {mode for _, mode in rest}
        shown = rest[-1][1] == "single"
        if shown and not isinstance(below[-1], ast.Expr):
            below.append(rest[-1][0])  # IPython's own, to display what was assigned last
        each_mode = "single" if modes == {"single"} and len(rest) > 1 else "exec"
        new = [(statement, each_mode) for statement in below]
        new[-1] = below[-1], "single" if shown else "exec"
        self.statements[self.at + 1 :] = new


def cells_running(shell: InteractiveShell) -> int:
    """How many cells run now, inside each other; by the stack, which no interrupt leaves behind."""
    return sum(1 for _ in _frames(type(shell).run_cell_async))


def running_cell(shell: InteractiveShell) -> RunningCell | None:
    """The cell that runs now, from its frames on the stack; None where none does, or a silent one."""
    methods = type(shell)
    cells = [frame.f_locals for frame in _frames(methods.run_cell_async)]
    statements = next((frame.f_locals for frame in _frames(methods.run_ast_nodes)), {})
    todo, current = statements.get("to_run"), statements.get("node")
    if not cells or cells[-1]["info"].silent or not isinstance(todo, list):
        return None
    at = next((index for index, (statement, _) in enumerate(todo) if statement is current), None)
    if at is None:
        return None
    return RunningCell(cells[-1]["info"], len(cells), cells[0]["transformed_cell"], todo, at)


def _frames(method: Any) -> Iterator[FrameType]:
    """The frames on the stack that run a method, innermost first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way to the callers
    while frame is not None:
        if frame.f_code is method.__code__:
            yield frame
        frame = frame.f_back


def _place(statement: Any) -> tuple[int, int]:
    return statement.lineno, statement.col_offset


def forget_after_cell(shell: InteractiveShell, name: str, value: object, depth: int) -> None:
    """Take a name out of the builtins when the running cell is over: until then its code asks for it.

    ``depth`` is how many cells run inside each other now; ``value`` what the name has to stand for still.
    """
    state = {"depth": depth}

    def begins(info: ExecutionInfo) -> None:
        del info
        state["depth"] += 1

    def ends(result: ExecutionResult) -> None:
        del result
        state["depth"] -= 1
        if state["depth"] <= 0:
            shell.events.unregister("pre_run_cell", begins)
            shell.events.unregister("post_run_cell", ends)
            if getattr(builtins, name, None) is value:
                delattr(builtins, name)

    hooks: tuple[tuple[str, Callable[..., None]], ...] = (("pre_run_cell", begins), ("post_run_cell", ends))
    for event, hook in hooks:
        shell.events.register(event, hook)
