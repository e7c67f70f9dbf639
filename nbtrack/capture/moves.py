"""What a piece of code assigns, from which names, and which assignments move a value rather than make a new one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = [
    "CENTRE",
    "PARAMETER",
    "Assigned",
    "assignments",
    "losses",
    "names_in",
    "own_methods",
    "roots_of",
    "terms_of",
]

PARAMETER = re.compile(
    r"(?:w|b|wx|wh|wo|bh|bo|theta|beta|thetas|betas|m|c|a)(?:_?\d+|_[a-z]+)?_?|.*weights?(?:_?\w+)?|.*bias(?:es)?\w*|.*coefs?\w*|coefficients|param(?:eter)?s?\w*|intercept\w*|slope\w*|phi",
    re.IGNORECASE,
)
"""Names of what is learned."""
CENTRE = re.compile(r".*(?:centroid|center|centre)s?(?:_\w+)?\Z", re.IGNORECASE)
"""Names of the centres of clusters."""

_IN_PLACE = frozenset({"sub_", "add_", "assign_sub", "assign_add", "assign"})
_SUMMING = (ast.Sub, ast.Add)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A name that is assigned, the names that its value is made from, the value.

    ``moves``: it goes on from what the name stood for, as parameters do; ``in_place``: it changes that object.
    """

    name: str
    reads: frozenset[str]
    value: ast.expr
    moves: bool
    in_place: bool = False


def assignments(loop: ast.AST) -> Iterator[Assigned]:
    """The assignments inside a loop, those of loops within too; the heads of loops assign their targets."""
    for node in _statements(loop):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from _pairs(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _pairs([target], value)
            case ast.AugAssign(target=target, value=value, op=op):
                for name in roots_of(target):
                    reads = frozenset({*names_in(value), name, *names_in(target)})
                    yield Assigned(name, reads, value, isinstance(op, _SUMMING), in_place=True)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                for name in roots_of(target):
                    yield Assigned(name, frozenset(names_in(value)), value, moves=False)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=attr), args=[value, *_])) if (
                attr in _IN_PLACE
            ):
                for name in roots_of(owner):
                    yield Assigned(
                        name, frozenset({*names_in(value), name}), value, moves=True, in_place=True
                    )


def _pairs(targets: Iterable[ast.expr], value: ast.expr) -> Iterator[Assigned]:
    for target in targets:
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            for part, own in zip(target.elts, value.elts, strict=True):
                yield from _pairs([part], own)
            continue
        for name in roots_of(target):
            reads = set(names_in(value))
            if not isinstance(target, ast.Name | ast.Tuple | ast.List):
                reads.add(name)  # the rest of it stays
            moves = _is_move(name, target, value)
            yield Assigned(name, frozenset(reads), value, moves, in_place=isinstance(target, ast.Subscript))


def _is_move(name: str, target: ast.expr, value: ast.expr) -> bool:
    """``w - …``, ``w + …``, ``update(w, grads)``, a new centre from those the data was assigned to."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, _SUMMING):
        text = ast.unparse(target)
        return any(ast.unparse(term) == text for term in terms_of(value))
    if isinstance(value, ast.Call):
        given = {each for argument in value.args for each in names_in(argument)}
        return (name in given and len(given) > 1) or CENTRE.match(name) is not None
    return CENTRE.match(name) is not None or (
        isinstance(value, ast.Name) and PARAMETER.match(name) is not None
    )


def terms_of(value: ast.expr) -> Iterator[ast.expr]:
    """What is added up or taken away in a value."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, _SUMMING):
        yield from terms_of(value.left)
        yield from terms_of(value.right)
    else:
        yield value


def losses(loop: ast.AST) -> set[str]:
    """The names of losses that gradients are asked of: ``loss.backward()``."""
    found: set[str] = set()
    for node in ast.walk(loop):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "backward"
        ):
            found.update(names_in(node.func.value))
    return found


def own_methods(value: ast.AST) -> Iterator[str]:
    """The names of the methods of ``self`` that are called in a value."""
    for node in ast.walk(value):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                yield name


def names_in(node: ast.AST) -> Iterator[str]:
    """The names read in an expression; ``self.w`` is a name of its own."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        yield f"self.{node.attr}"
        return
    if isinstance(node, ast.Name):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from names_in(child)


def roots_of(target: ast.AST) -> Iterator[str]:
    """The names that an assignment to a target binds or changes; ``self.w`` is a name of its own."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            yield f"self.{name}"
        case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
            yield from roots_of(inner)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from roots_of(part)


def _statements(loop: ast.AST) -> Iterator[ast.AST]:
    if isinstance(loop, ast.For | ast.AsyncFor):
        yield loop
    for part in ("body", "orelse", "finalbody"):
        for statement in getattr(loop, part, ()):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if not isinstance(statement, ast.For | ast.AsyncFor):
                yield statement
            yield from _statements(statement)
    for handler in getattr(loop, "handlers", ()):
        yield from _statements(handler)
