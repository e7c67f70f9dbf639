"""Which names of a scope flow into a statement of it: those that a training there was chosen by.

A loop that fits models and draws them has variables for both. Only the names that reach the fitting statement, through
assignments and the conditions around them, say what was trained.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from types import FrameType

from nbtrack.capture.asking import WATCHER
from nbtrack.capture.nodes import walk

__all__ = ["Influences"]

_BLOCKS = ("body", "orelse", "finalbody", "handlers")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_MOST = 256


class Influences:
    """Answers for scopes of a kernel; each question is worked out once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], frozenset[str] | None] = {}
        self._kept: list[ast.AST] = []  # so that no identity is used again

    def of(self, scope: ast.AST | None, frame: FrameType) -> frozenset[str] | None:
        """The names that flow into the statement the frame is at; None where that is not known."""
        if scope is None:
            return None
        key = id(scope), frame.f_lineno
        if key not in self._known:
            if len(self._kept) >= _MOST:
                self._known.clear()
                self._kept.clear()
            self._known[key] = _flowing(scope, frame.f_lineno)
            self._kept.append(scope)
        return self._known[key]


def _flowing(scope: ast.AST, line: int) -> frozenset[str] | None:
    path = list(_path(scope, line))
    if not path:
        return None
    sources: dict[str, set[str]] = {}
    _learn(scope, frozenset(), sources)
    heads = [
        node.test if isinstance(node, ast.If | ast.While) else node.iter
        for node in path[:-1]
        if isinstance(node, ast.If | ast.While | ast.For | ast.AsyncFor)
    ]
    conditions = [name for head in heads for name in _names(head)]
    found = {*_names(path[-1]), *conditions}
    todo = list(found)
    while todo:
        for name in sources.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return frozenset(found)


def _path(scope: ast.AST, line: int) -> Iterator[ast.AST]:
    """The statements around a line, outermost first; of a compound one the line may be in its head."""
    for statement in _statements(scope):
        if statement.lineno <= line <= (statement.end_lineno or statement.lineno):  # type: ignore[attr-defined]
            yield statement
            yield from _path(statement, line)
            return


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Lambda):
        return
    for block in _BLOCKS:
        for statement in getattr(node, block, ()):
            if not isinstance(statement, _SCOPES) and not _is_inserted(statement):
                yield statement


def _is_inserted(statement: ast.AST) -> bool:
    """Whether the rewriter put the statement there: it stands at a point, not over a range."""
    return (
        isinstance(statement, ast.Expr)
        and statement.lineno == statement.end_lineno
        and statement.col_offset == statement.end_col_offset
    )


def _learn(node: ast.AST, conditions: frozenset[str], sources: dict[str, set[str]]) -> None:
    """Enter what each name is made from, and under which conditions."""
    for statement in _statements(node):
        within = conditions
        match statement:
            case ast.Assign(targets=targets, value=value):
                _bind(targets, value, conditions, sources)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.AugAssign(target=target, value=value)
            ):
                _bind([target], value, conditions, sources)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                _pair(target, value, conditions, sources)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    if item.optional_vars is not None:
                        _bind([item.optional_vars], item.context_expr, conditions, sources)
            case ast.If(test=test) | ast.While(test=test):
                within = conditions | frozenset(_names(test))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner)) as value):
                _bind([owner], value, conditions, sources)  # a method may change its object
        _learn(statement, within, sources)


def _pair(
    target: ast.expr, value: ast.expr, conditions: frozenset[str], sources: dict[str, set[str]]
) -> None:
    """The variables of a loop; over a ``zip`` each is made from its own part."""
    match target, value:
        case ast.Tuple(elts=parts), ast.Call(func=ast.Name(id="zip"), args=args) if len(parts) == len(args):
            for part, own in zip(parts, args, strict=True):
                _bind([part], own, conditions, sources)
        case _:
            _bind([target], value, conditions, sources)


def _bind(
    targets: Iterable[ast.expr], value: ast.expr, conditions: frozenset[str], sources: dict[str, set[str]]
) -> None:
    reads = {*_names(value), *conditions}
    for target in targets:
        for name in _names(target):
            sources.setdefault(name, set()).update(reads - {name})


def _names(node: ast.AST) -> Iterator[str]:
    for each in walk(node):
        if isinstance(each, ast.Name) and each.id != WATCHER:
            yield each.id
