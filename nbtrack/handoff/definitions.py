"""The source of classes and functions that a notebook defined, as a module that can be imported.

Taken from the executed cells, latest definition first, with what the definitions need: imports, other definitions,
constants. What cannot be told from the source alone is not guessed.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Untold", "module_of"]

_HEAD = '"""Classes and functions of the notebook that the model is made of, as they were executed."""\n'
# What a constant beside a class may be made of; a call could be anything.
_CONSTANT = (
    ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.BinOp, ast.unaryop,
    ast.operator, ast.expr_context, ast.Subscript, ast.Slice,
)  # fmt: skip


class Untold(Exception):  # noqa: N818 - says what the source does
    """The source does not tell a name that a definition needs; the message says which."""


@dataclass(frozen=True, slots=True)
class _Binding:
    """A statement that binds a name at the top of a cell, with its text and its place among all."""

    place: tuple[int, int]
    node: ast.stmt
    text: str


def module_of(names: Iterable[str], cells: Sequence[str]) -> str:
    """A module with the definitions of ``names`` and all that they need.

    Args:
        names: of classes and functions.
        cells: plain Python, in the order in which it ran.

    Raises:
        Untold: a name is bound in no cell, or by a statement that does more than define.
    """
    bindings = _bindings(cells)
    needed: dict[tuple[int, int], _Binding] = {}
    waiting, seen = sorted(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        binding = bindings.get(name)
        if binding is None:
            raise Untold(f"{name} is defined in no cell of the notebook")
        if isinstance(binding.node, ast.Assign | ast.AnnAssign) and not _is_constant(binding.node):
            raise Untold(f"{name} is computed by a cell, not defined")
        needed[binding.place] = binding
        waiting += sorted(_free(binding.node) & bindings.keys())
    ordered = [needed[place] for place in sorted(needed)]
    imports = [one.text for one in ordered if isinstance(one.node, ast.Import | ast.ImportFrom)]
    others = [one.text for one in ordered if not isinstance(one.node, ast.Import | ast.ImportFrom)]
    return "\n\n".join([_HEAD + "\n".join(["", *dict.fromkeys(imports)]), *others]) + "\n"


def _bindings(cells: Sequence[str]) -> dict[str, _Binding]:
    """For each name the last statement at the top of a cell that binds it."""
    found: dict[str, _Binding] = {}
    for number, cell in enumerate(cells):
        try:
            statements = ast.parse(cell).body
        except (SyntaxError, ValueError):
            continue
        for position, node in enumerate(statements):
            for name in _bound(node):
                found[name] = _Binding((number, position), node, _text(cell, node))
    return found


def _text(cell: str, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)])
    lines = cell.splitlines()[first - 1 : node.end_lineno]
    # Several statements on one line: only this one.
    alone = lines[0][: node.col_offset].strip() in {"", "@"} and not lines[-1][
        node.end_col_offset or 0 :
    ].strip("; ")
    return "\n".join(lines) if alone or decorators else ast.unparse(node)


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    if isinstance(node, ast.Import):
        return [one.asname or one.name.partition(".")[0] for one in node.names]
    if isinstance(node, ast.ImportFrom):
        return [one.asname or one.name for one in node.names]
    if isinstance(node, ast.Assign):
        return [one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return [node.target.id]
    return []


def _is_constant(node: ast.Assign | ast.AnnAssign) -> bool:
    assert node.value is not None
    return all(isinstance(part, _CONSTANT) for part in ast.walk(node.value))


def _free(node: ast.stmt) -> set[str]:
    """Names that a statement reads from around it; builtins left out."""
    names: set[str] = set()
    waiting = [symtable.symtable(ast.unparse(node), "cell", "exec")]
    while waiting:
        table = waiting.pop()
        top = table.get_type() == "module"
        names |= {
            one.get_name() for one in table.get_symbols() if one.is_referenced() and (top or one.is_global())
        }
        waiting += table.get_children()
    return names - set(dir(builtins))
