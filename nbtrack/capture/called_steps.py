"""What the functions that a loop calls do to the parameters it hands them.

``training_step(w, x, y)`` with ``w -= lr * grad`` inside moves the ``w`` of the loop, and so does the
``sgd([w, b], lr)`` of a textbook. The assignments of such a function are read as if they stood in the loop: what it
binds gets names of its own (``training_step().grad``), its parameters stand for what they are given, and only what
changes an object in place, or a global, moves something of the loop.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nbtrack.capture.moves import Assigned, assignments, losses, names_in

__all__ = ["NONE", "Called", "Lookup", "called_steps"]

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Lookup: TypeAlias = Callable[[str], _Function | None]
"""Gives the notebook's function of a name; None where there is none."""

_DEEPEST = 3


def NONE(_: str) -> None:  # noqa: N802 - the lookup that knows no function
    """Knows no function."""


@dataclass(slots=True)
class Called:
    """What called functions assign, in the loop's own names, and the losses that they ask gradients of."""

    assigned: list[Assigned] = field(default_factory=list)
    losses: set[str] = field(default_factory=set)


def called_steps(code: ast.AST, lookup: Lookup, depth: int = _DEEPEST) -> Called:
    """What the functions that a piece of code calls by name do; of their own calls too, to a depth of three."""
    found = Called()
    for call in ast.walk(code) if depth and lookup is not NONE else ():
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        function = lookup(call.func.id)
        if function is None:
            continue
        inner = called_steps(function, lookup, depth - 1)
        scope = _Scope(call.func.id, function, dict(_given(call, function)))
        found.assigned += scope.bound()
        for each in (*assignments(function), *inner.assigned):
            found.assigned += scope.outside(each)
        found.losses |= {scope.name(each) for each in losses(function) | inner.losses}
    return found


class _Scope:
    """The names of one called function, as the caller may tell them from its own."""

    def __init__(self, called: str, function: _Function, given: Mapping[str, ast.expr]) -> None:
        self._called = called
        self._given = given
        arguments = function.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        shared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
        own = {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        rebound = {each.name for each in assignments(function) if not each.in_place and not each.moves}
        self._local = ({each.arg for each in every} | own) - shared
        self._shared = shared
        self._parts = dict(_elements(function))
        # A parameter that is bound afresh (``w = w.copy()``) is the caller's object no more.
        self._handed = {each.arg for each in every} - (rebound - self._parts.keys())

    def name(self, name: str) -> str:
        """A name of the function as the caller would write it."""
        return f"{self._called}().{name}" if name in self._local else name

    def bound(self) -> Iterator[Assigned]:
        """The parameters, as made from what they are given."""
        for parameter, value in self._given.items():
            yield Assigned(self.name(parameter), frozenset(names_in(value)), value, moves=False)

    def outside(self, each: Assigned) -> Iterator[Assigned]:
        """An assignment inside, and once more for every object of the caller that it moves."""
        reads = frozenset(self.name(name) for name in each.reads)
        moves = each.moves and (each.name in self._shared or (each.in_place and each.name not in self._local))
        yield replace(each, name=self.name(each.name), reads=reads, moves=moves)
        whole = self._parts.get(each.name, each.name)
        if each.moves and each.in_place and whole in self._handed:
            for name in _objects(self._given.get(whole)):
                yield replace(each, name=name, reads=reads | {name})


def _given(call: ast.Call, function: _Function) -> Iterator[tuple[str, ast.expr]]:
    positional = [*function.args.posonlyargs, *function.args.args]
    for parameter, value in zip(positional, call.args, strict=False):
        if isinstance(value, ast.Starred):
            return
        yield parameter.arg, value
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value


def _elements(function: _Function) -> Iterator[tuple[str, str]]:
    """The variables of loops that go through something by name: ``for p, g in zip(params, grads)``."""
    for node in ast.walk(function):
        if isinstance(node, ast.For):
            yield from _pairs(node.target, node.iter)


def _pairs(target: ast.expr, iterable: ast.expr) -> Iterator[tuple[str, str]]:
    match target, iterable:
        case ast.Name(id=name), ast.Name(id=whole):
            yield name, whole
        case ast.Tuple(elts=[_, part]), ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            yield from _pairs(part, inner)
        case ast.Tuple(elts=parts), ast.Call(func=ast.Name(id="zip"), args=several):
            for own, inner in zip(parts, several, strict=False):
                yield from _pairs(own, inner)


def _objects(given: ast.expr | None) -> Iterator[str]:
    """The objects of the caller that an argument names, one by one."""
    match given:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            yield f"self.{name}"
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from _objects(part)
