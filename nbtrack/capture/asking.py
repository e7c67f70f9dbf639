"""The nodes that rewritten cells have more than the user wrote: calls of the watcher."""

from __future__ import annotations

import ast

__all__ = ["WATCHER", "ask", "told", "watched"]

WATCHER = "__nbtrack_watcher__"
"""The name under which the watcher stands among the builtins, out of sight of the user's namespace."""


def watched(node: ast.Call, number: int) -> ast.Call:
    """The call, made through the watcher, at the site of that number."""
    site = ast.Constant(number)
    args: list[ast.expr] = [ast.Starred(ask("a", site, *node.args), ast.Load())]
    keywords = []
    if node.keywords:
        packed = ask("k", site)
        packed.keywords = node.keywords
        keywords = [ast.keyword(None, packed)]
    function = _at(node.func, ask("c", site, node.func))
    call = _at(node, ast.Call(function, args, keywords))
    return _at(node, ask("r", site, call))


def ask(what: str, *arguments: ast.expr) -> ast.Call:
    """A call of the watcher's method ``what``."""
    watcher = ast.Name(WATCHER, ast.Load())
    return ast.Call(ast.Attribute(watcher, what, ast.Load()), list(arguments), [])


def _at(where: ast.expr, call: ast.Call) -> ast.Call:
    """``ast.copy_location``, which looks at the fields of every kind of node."""
    call.lineno, call.col_offset = where.lineno, where.col_offset
    call.end_lineno, call.end_col_offset = where.end_lineno, where.end_col_offset
    return call


def told(what: str, number: int, where: ast.stmt) -> ast.stmt:
    """A statement that tells the watcher that the site of that number was reached."""
    statement = ast.Expr(ask(what, ast.Constant(number)))
    # One point, not a range: debuggers and coverage see no new line.
    statement.lineno = statement.end_lineno = where.lineno
    statement.col_offset = statement.end_col_offset = where.col_offset
    return statement
