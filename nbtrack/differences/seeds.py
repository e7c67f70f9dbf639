"""Seeding calls that differ between slices, and randomness that nobody seeded."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nbtrack.differences.found import Found
from nbtrack.lineage.randomness import seeded_by
from nbtrack.provenance.plain import plain_python
from nbtrack.records import JSON, ExecutedCell, Reason, Slice

__all__ = ["compare_seeds"]


def compare_seeds(then: Slice, now: Slice) -> Found:
    """Calls that seed global generators with another value; streams of random numbers that were never seeded."""
    found = Found()
    before, after = _seeding(then.cells), _seeding(now.cells)
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name), after.get(name)
        if old == new:
            found.same += 1
        else:
            found.reasons.append(Reason(kind="seed", subject=name, then=old, now=new, detail=_said(old, new)))
    for stream in sorted({*then.unseeded, *now.unseeded}):
        runs = [name for name, each in (("then", then), ("now", now)) if stream in each.unseeded]
        when = "in both runs" if len(runs) > 1 else f"{runs[0]} only"
        found.reasons.append(
            Reason(kind="seed", subject=stream, detail=f"random numbers drawn without a seed, {when}")
        )
    return found


def _said(old: JSON, new: JSON) -> str | None:
    if old is None or new is None:
        return "seeded now only" if old is None else "seeded then only"
    return None


def _seeding(cells: Sequence[ExecutedCell]) -> dict[str, JSON]:
    """The calls that seed, by dotted name, and what they were given last."""
    found: dict[str, JSON] = {}
    imports: dict[str, str] = {}
    constants: dict[str, JSON] = {}
    for cell in cells:
        tree = plain_python(cell.source)
        for node in _in_order(tree) if tree is not None else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports |= _bound(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                constants |= {
                    each.id: _plain(node.value) for each in node.targets if isinstance(each, ast.Name)
                }
            elif isinstance(node, ast.Call):
                dotted = _dotted(node.func, imports)
                if seeded_by(dotted):
                    found[dotted] = _value(node, constants)
    return found


def _in_order(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes from top to bottom: what a call is given is seen before the call."""
    for child in ast.iter_child_nodes(tree):
        yield from _in_order(child)  # type: ignore[arg-type]  # any node has children
    yield tree


def _bound(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    if isinstance(node, ast.Import):
        return {
            each.asname or each.name.partition(".")[0]: each.name
            if each.asname
            else each.name.partition(".")[0]
            for each in node.names
        }
    return {each.asname or each.name: f"{node.module or ''}.{each.name}" for each in node.names}


def _dotted(node: ast.expr, imports: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((imports.get(node.id, node.id), *reversed(parts)))


def _value(call: ast.Call, constants: dict[str, JSON]) -> JSON:
    """What the call is given: a number where that stands in the slice, else the expression as text."""
    given = [*call.args, *(each.value for each in call.keywords)]
    if not given:
        return "no seed"
    if isinstance(given[0], ast.Constant):
        return _plain(given[0])
    if isinstance(given[0], ast.Name) and given[0].id in constants:
        return constants[given[0].id]
    return ast.unparse(given[0])


def _plain(node: ast.Constant) -> JSON:
    value = node.value
    return value if isinstance(value, int | float | str) or value is None else repr(value)
