"""How an expression is written, as text."""

from __future__ import annotations

import ast

__all__ = ["written"]

_PLAIN = (str, int, float, bool, type(None))


def written(node: ast.expr) -> str:
    """What ``ast.unparse`` gives; of names, constants, attributes and calls of such, in a tenth of the time."""
    text = _quick(node)
    return ast.unparse(node) if text is None else text


def _quick(node: ast.AST) -> str | None:
    cls = node.__class__
    if cls is ast.Name:
        return node.id  # type: ignore[attr-defined,no-any-return]  # as its class says
    if cls is ast.Constant:
        return _constant(node.value, node.kind)  # type: ignore[attr-defined]  # as above
    if cls is ast.Attribute:
        return _attribute(node)  # type: ignore[arg-type]  # as above
    return _call(node) if cls is ast.Call else None  # type: ignore[arg-type]  # as above


def _constant(value: object, kind: str | None) -> str | None:
    if kind is not None or value.__class__ not in _PLAIN:
        return None
    text = repr(value)
    # An infinity is written as a number that is too large, and some texts are written with other quotes.
    plain = "inf" not in text and "\\" not in text and '"' not in text
    return text if plain else None


def _attribute(node: ast.Attribute) -> str | None:
    # A whole number before a dot would need a space between.
    owner = None if node.value.__class__ is ast.Constant else _quick(node.value)
    return None if owner is None else f"{owner}.{node.attr}"


def _call(node: ast.Call) -> str | None:
    function = _quick(node.func)
    if function is None:
        return None
    parts = []
    for each in node.args:
        text = _quick(each)
        if text is None:
            return None
        parts.append(text)
    for keyword in node.keywords:
        text = _quick(keyword.value)
        if text is None or keyword.arg is None:
            return None
        parts.append(f"{keyword.arg}={text}")
    return f"{function}({', '.join(parts)})"
