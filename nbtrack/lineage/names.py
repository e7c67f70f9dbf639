"""What one cell, seen alone, reads, writes, deletes and changes."""

from __future__ import annotations

import ast

from nbtrack.lineage.edges import Tracer
from nbtrack.lineage.syntax import compile_cell
from nbtrack.lineage.things import Thing, Things, World, reached
from nbtrack.lineage.types import CellNames, FunctionNames, Statement

__all__ = ["analyse", "read"]


def read(source: str | ast.Module) -> tuple[Statement, ...]:
    """A cell in the language that :meth:`nbtrack.lineage.Lineage.add` runs.

    Args:
        source: plain Python, IPython syntax already transformed, or the parsed tree of it.

    Raises:
        SyntaxError: the source is not Python.
    """
    return compile_cell(ast.parse(source) if isinstance(source, str) else source)


def analyse(source: str | ast.Module) -> CellNames:
    """The names of a cell.

    Args:
        source: plain Python, IPython syntax already transformed, or the parsed tree of it.

    Raises:
        SyntaxError: the source is not Python.
    """
    statements = read(source)
    world = World()
    tracer = Tracer(world, 0)
    tracer.trace(statements)
    return CellNames(
        reads=frozenset(tracer.reads),
        writes=frozenset(tracer.writes) - tracer.deletes,
        deletes=frozenset(tracer.deletes),
        mutates=frozenset(changed_names(tracer.external, tracer)),
        calls=frozenset(tracer.calls),
        functions=_functions(world),
        imports=_imports(world),
        opaque=tuple(tracer.notes),
        statements=statements,
    )


def changed_names(names: dict[str, Things], tracer: Tracer) -> set[str]:
    """Those of ``names`` whose object, or something that it holds, ``tracer`` saw changed."""
    if not tracer.changed:
        return set()
    return {name for name, things in names.items() if any(each in tracer.changed for each in reached(things))}


def _imports(world: World) -> dict[str, str]:
    return {
        name: thing.origin
        for name, binding in world.names.items()
        for thing in binding.things
        if thing.imported and thing.origin
    }


def _functions(world: World) -> dict[str, FunctionNames]:
    found: dict[str, FunctionNames] = {}
    for name, binding in list(world.names.items()):
        for thing in binding.things:
            if thing.function is not None:
                found[name] = _function(name, thing, world, ())
            for method, members in (thing.members or {}).items():
                for member in members:
                    if member.function is not None:
                        found[f"{name}.{method}"] = _function(f"{name}.{method}", member, world, ())
    return found


def _function(name: str, thing: Thing, world: World, receiver: Things) -> FunctionNames:
    function = thing.function
    assert function is not None
    tracer = Tracer(world, 1)
    given: dict[str, Things] = {each: (Thing(),) for each in (*function.parameters, *function.keyword_only)}
    tracer.invoke(thing, [given[each] for each in function.parameters], dict(given), receiver)
    return FunctionNames(
        name=name,
        parameters=tuple(given),
        reads=frozenset(tracer.reads),
        writes=frozenset(tracer.writes),
        mutates=frozenset(changed_names(tracer.external, tracer)),
        mutates_parameters=frozenset(changed_names(given, tracer)),
    )
