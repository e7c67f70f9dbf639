"""Walking syntax trees in the time of a cell: the nodes that can matter, without contexts and operators."""

from __future__ import annotations

import ast
from typing import TypeVar

__all__ = ["PARTS", "SCOPES", "children", "copied", "walk"]

SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda})
"""What is no part of the code around it."""

# Fields that hold texts and numbers, or nodes without anything in them.
_BARE = frozenset(
    {
        "arg",
        "asname",
        "attr",
        "conversion",
        "ctx",
        "id",
        "is_async",
        "kind",
        "kwd_attrs",
        "level",
        "module",
        "name",
        "op",
        "ops",
        "rest",
        "simple",
        "type_comment",
        "type_ignores",
    }
)
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Global, ast.Nonlocal, ast.MatchSingleton})

_MISSING = object()
_Node = TypeVar("_Node", bound=ast.AST)


class _Parts(dict[type[ast.AST], tuple[str, ...]]):
    def __missing__(self, cls: type[ast.AST]) -> tuple[str, ...]:
        fields = () if cls in _LEAVES else cls._fields
        self[cls] = tuple(each for each in fields if each not in _BARE or cls.__name__ == "TypeAlias")
        return self[cls]


PARTS = _Parts()
"""The fields of each class of nodes that can hold nodes worth a look, in order of the source."""


def walk(root: ast.AST) -> list[ast.AST]:
    """A node and all below it in order of the source: ``ast.walk`` without contexts and operators, and quicker."""
    found: list[ast.AST] = []
    pending = [root]
    while pending:
        node = pending.pop()
        found.append(node)
        if PARTS[node.__class__]:
            pending += children(node)[::-1]
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, in order of the source, without contexts and operators."""
    below: list[ast.AST] = []
    for name in PARTS[node.__class__]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            below += value
        elif value is not None:
            below.append(value)
    return below if None not in below else [each for each in below if each is not None]


def copied(node: _Node) -> _Node:
    """A tree of its own that says the same.

    ``copy.deepcopy`` would also take what others hung onto the nodes: tracebacks of IPython give each a ``parent``, and
    the contexts (``ast.Load()``) are shared by all trees of the process, so that whole libraries would be copied.
    """
    cls = node.__class__
    fields = {}
    for name in cls._fields:
        value = getattr(node, name, _MISSING)
        if value.__class__ is list:
            value = [copied(each) if isinstance(each, ast.AST) else each for each in value]
        elif isinstance(value, ast.AST) and value._fields:
            value = copied(value)
        if value is not _MISSING:
            fields[name] = value
    return ast.copy_location(cls(**fields), node)
