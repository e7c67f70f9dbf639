"""Functions of the notebook that a cell hands to another, which calls them in this process while it runs.

``list(map(score, grid))``, ``frame.apply(fit_one)``, ``min(grid, key=error)``: for the time of such a call the
functions' twins are handed over. Nothing else is handed one, since what may cross to another process, be compiled or
be kept for later has to be the function that its author wrote.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from nbtrack.capture.sites import Role, called_name, called_names, role_of

__all__ = ["BY_KEY", "BY_KEYWORD", "CALLING", "calls_back", "consumes", "hands_over"]

_LAZY = frozenset({"map", "filter"})
BY_KEY = frozenset({"min", "max", "sorted"})
"""Those that hand back what they are given first: it stays as it is."""
_OF_PANDAS = frozenset({"apply", "map", "agg", "aggregate", "applymap"})
CALLING = _LAZY | BY_KEY | _OF_PANDAS
"""Names of what calls a function that it is given."""

BY_KEYWORD = frozenset({"key", "func"})
"""The keywords that the function is passed under, where it is not the first argument."""

_BUILTINS = (map, filter, min, max, sorted)
_CONSUMERS = frozenset({"list", "tuple", "set", "frozenset", "dict", "sum", "min", "max", "sorted", "Series"})
_PASSING_ON = frozenset({"zip", "enumerate", "map", "filter"})


def consumes(name: str | None, *, consumed: bool) -> bool:
    """Whether a call of this name goes through its arguments before it returns, or is itself gone through."""
    return name in _CONSUMERS or (consumed and name in _PASSING_ON)


def hands_over(call: ast.Call, functions: Collection[str], *, consumed: bool) -> bool:
    """Whether the call may call one of these functions of the notebook back before its cell goes on.

    Args:
        call: the call as it is written.
        functions: names of notebook functions inside which something watched happens.
        consumed: whether what the call returns is gone through at once; a map that is kept is not.
    """
    name = called_name(call)
    if name not in CALLING or name in functions:
        return False
    if isinstance(call.func, ast.Name):
        if name not in BY_KEY and not (name in _LAZY and consumed):
            return False
    elif name not in _OF_PANDAS or any(each.arg == "engine" for each in call.keywords):
        return False  # another engine compiles the function
    given = [] if name in BY_KEY else call.args[:1]
    given += [each.value for each in call.keywords if each.arg in BY_KEYWORD]
    return any(_is_followed(each, functions) for each in given)


def _is_followed(handed: ast.expr, functions: Collection[str]) -> bool:
    match handed:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in functions
        case ast.Lambda(body=body):
            called = called_names(body)
            return any(name in functions or role_of(name) & Role.TRAIN for name in called)
        case ast.Call(args=[function, *_]) if called_name(handed) == "partial":
            return _is_followed(function, functions)
    return False


def calls_back(function: object) -> bool:
    """Whether this is one of those that call what they are given in this process, as their names suggested."""
    if any(function is each for each in _BUILTINS):
        return True
    receiver = getattr(function, "__self__", None)
    return type(receiver).__module__.partition(".")[0] == "pandas"
