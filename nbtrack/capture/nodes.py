"""Walking syntax trees in the time of a cell: the nodes that can matter, without contexts and operators."""

from __future__ import annotations

import ast
from typing import TypeVar

__all__ = ["copied", "own_nodes", "parts", "walk"]

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
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

_parts: dict[type, tuple[str, ...]] = {}


def parts(cls: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a class of nodes that can hold nodes worth a look, in order of the source."""
    found = _parts.get(cls)
    if found is None:
        fields = () if cls in _LEAVES else cls._fields
        found = tuple(each for each in fields if each not in _BARE or cls.__name__ == "TypeAlias")
        _parts[cls] = found
    return found


def walk(root: ast.AST) -> list[ast.AST]:
    """A node and all below it in order of the source: ``ast.walk`` without contexts and operators, and quicker."""
    return _walked(root, ())


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


def own_nodes(root: ast.AST) -> list[ast.AST]:
    """The nodes below ``root`` in order of the source, without functions and classes and what is inside them."""
    return _walked(root, _SCOPES)[1:]


def _walked(root: ast.AST, without: tuple[type, ...]) -> list[ast.AST]:
    found: list[ast.AST] = []
    pending: list[ast.AST] = [root]
    while pending:
        node = pending.pop()
        found.append(node)
        below: list[ast.AST] = []
        for name in _parts.get(node.__class__) or parts(node.__class__):
            value = getattr(node, name, None)
            if value.__class__ is list:
                below += [each for each in value if each is not None and each.__class__ not in without]
            elif value is not None and value.__class__ not in without:
                below.append(value)
        if below:
            below.reverse()
            pending += below
    return found
