"""The source of a cell in plain Python, as IPython itself would run it."""

from __future__ import annotations

import ast

__all__ = ["plain_python"]


def plain_python(source: str) -> ast.Module | None:
    """The tree of a cell's source as typed; None where Python cannot read it, so that it never ran.

    IPython is asked, and imported, only where Python stumbles: of what Python reads, IPython changes nothing.
    """
    tree = _parsed(source)
    if tree is not None:
        return tree
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return _parsed(TransformerManager().transform_cell(source))
    except SyntaxError:
        return None


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
