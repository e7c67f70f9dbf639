"""Loops that train by hand, told by their syntax.

A loop trains when it moves a parameter by what it computes from that parameter and from data::

    for _ in range(1000):
        theta = theta - eta * 2 / m * X.T @ (X @ theta - y)

Feedback alone also describes a simulation, so the names must say so too: of a step size (``eta``, ``lr``), of a
gradient or error, of a parameter (``w``, ``theta``), two have to occur. When it runs, the parameter has to be an array,
a tensor or a number, and data has to go in (:mod:`nbtrack.capture.byhand`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["HandLoop", "hand_loop", "may_train_by_hand"]

_STEP = re.compile(
    r"(?:.*_)?(?:lr|eta\d*|alpha|learning_?rate|l_?rate|rate|step|step_?size|gamma|momentum|mu|n_?iter\w*|epochs?)\Z",
    re.IGNORECASE,
)
_SLOPE = re.compile(
    r".*grad\w*|.*deriv\w*|d_?(?:w|b|theta|beta|weights?|bias|m|c|l|j|loss|a|z)(?:_?\d+|_d\w+)?|.*deltas?|.*errors?|.*resid\w*|.*loss(?:es)?|.*costs?|diff\w*|backward|update",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"(?:w|b|wx|wh|wo|bh|bo|theta|beta|thetas|betas|m|c|a)(?:_?\d+|_[a-z]+)?_?|.*weights?(?:_?\w+)?|.*bias(?:es)?\w*|.*coefs?\w*|coefficients|param(?:eter)?s?\w*|intercept\w*|slope\w*|phi",
    re.IGNORECASE,
)
_CENTRE = re.compile(r".*(?:centroid|center|centre)s?(?:_\w+)?\Z", re.IGNORECASE)
_IN_PLACE = frozenset({"sub_", "add_", "assign_sub", "assign_add", "assign"})
_SUMMING = (ast.Sub, ast.Add)
_WORTH = re.compile(r"\b(?:pinv|inv|solve)\s*\(|^[ \t]*(?:for|while)\b", re.MULTILINE)
_EVIDENCE = 2


@dataclass(frozen=True, slots=True)
class HandLoop:
    """A loop that trains by hand: the names that it moves, those that feed it from outside, those in its heads."""

    moved: tuple[str, ...]
    feeds: tuple[str, ...]
    paces: tuple[str, ...] = ()


def may_train_by_hand(source: str) -> bool:
    """Whether the text has a loop or the solution of a linear system at all."""
    return _WORTH.search(source) is not None


# Loops.


@dataclass(slots=True)
class _Assigned:
    name: str
    reads: frozenset[str]
    value: ast.expr
    moves: bool


def hand_loop(loop: ast.For | ast.AsyncFor | ast.While) -> HandLoop | None:
    """What a loop trains by hand; None for one that does not, or that only repeats such loops afresh."""
    assigned = list(_assigned(loop))
    if not any(each.moves for each in assigned):
        return None
    sources = _sources(assigned)
    slopes = _backward(loop)
    moved: dict[str, None] = {}
    within: set[str] = set()
    for each in assigned:
        before = _moved_by(each, sources, slopes)
        if (
            before
            and _is_parameter(each.name)
            and not _starts_anew(each.name, assigned, sources)
            and _evidence(each, before) >= _EVIDENCE
        ):
            moved[each.name] = None
            within |= before
    if not moved:
        return None
    targets = {name for node in ast.walk(loop) if isinstance(node, ast.For) for name in _names(node.target)}
    heads = [
        node.iter if isinstance(node, ast.For) else node.test
        for node in ast.walk(loop)
        if isinstance(node, ast.For | ast.While)
    ]
    paces = {name for head in heads for name in _names(head)}
    return HandLoop(
        tuple(moved),
        tuple(sorted(within - sources.keys() - targets)),
        tuple(sorted(paces - sources.keys() - targets)),
    )


def _is_parameter(name: str) -> bool:
    """Whether what is moved may be a parameter: a gradient that is added up is none."""
    own = name.rpartition(".")[2]
    return _PARAMETER.fullmatch(own) is not None or _SLOPE.fullmatch(own) is None


def _sources(assigned: Iterable[_Assigned]) -> dict[str, set[str]]:
    """What each name is made from. A method may read any attribute of its object."""
    own = {each.name for each in assigned if each.name.startswith("self.")}
    sources: dict[str, set[str]] = {}
    for each in assigned:
        sources.setdefault(each.name, set()).update(each.reads)
        if own and any(f"self.{name}" in each.reads for name in _methods(each.value)):
            sources[each.name] |= own
    return sources


def _moved_by(each: _Assigned, sources: Mapping[str, set[str]], slopes: set[str]) -> set[str]:
    """All that a move of a parameter is made from, where the parameter itself is part of it; else nothing."""
    if not each.moves:
        return set()
    reads = set(each.reads)
    gradients = slopes if _uses_gradients(each.value) else set()
    before = _closure(reads - {each.name} | _direct(each) | gradients, sources)
    if each.name in before or gradients:
        return before
    calls_own = any(f"self.{name}" in before for name in _methods(each.value))
    return before | {each.name} if calls_own and each.name.startswith("self.") else set()


def _starts_anew(name: str, assigned: Iterable[_Assigned], sources: Mapping[str, set[str]]) -> bool:
    """Whether a pass sets the name afresh: then a loop within is the training."""
    return any(each.name == name and name not in _closure(each.reads, sources) for each in assigned)


def _assigned(loop: ast.AST) -> Iterator[_Assigned]:
    """The assignments inside a loop, those of loops within too; the heads of loops assign their targets."""
    for node in _statements(loop):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from _pairs(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _pairs([target], value)
            case ast.AugAssign(target=target, value=value, op=op):
                for name in _roots(target):
                    reads = frozenset({*_names(value), name, *_names(target)})
                    yield _Assigned(name, reads, value, isinstance(op, _SUMMING))
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                for name in _roots(target):
                    yield _Assigned(name, frozenset(_names(value)), value, moves=False)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=attr), args=[value, *_])) if (
                attr in _IN_PLACE
            ):
                for name in _roots(owner):
                    yield _Assigned(name, frozenset({*_names(value), name}), value, moves=True)


def _pairs(targets: Iterable[ast.expr], value: ast.expr) -> Iterator[_Assigned]:
    for target in targets:
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            for part, own in zip(target.elts, value.elts, strict=True):
                yield from _pairs([part], own)
            continue
        for name in _roots(target):
            reads = set(_names(value))
            if not isinstance(target, ast.Name | ast.Tuple | ast.List):
                reads.add(name)  # the rest of it stays
            yield _Assigned(name, frozenset(reads), value, _is_move(name, target, value))


def _is_move(name: str, target: ast.expr, value: ast.expr) -> bool:
    """``w - …``, ``w + …``, ``update(w, grads)``, a new centre from those the data was assigned to."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, _SUMMING):
        text = ast.unparse(target)
        return any(ast.unparse(term) == text for term in _terms(value))
    if isinstance(value, ast.Call):
        given = {each for argument in value.args for each in _names(argument)}
        return (name in given and len(given) > 1) or _CENTRE.match(name) is not None
    return _CENTRE.match(name) is not None or (
        isinstance(value, ast.Name) and _PARAMETER.match(name) is not None
    )


def _terms(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.BinOp) and isinstance(value.op, _SUMMING):
        yield from _terms(value.left)
        yield from _terms(value.right)
    else:
        yield value


def _direct(assigned: _Assigned) -> set[str]:
    """The name itself where it occurs in what is added to it: ``w - lr * X.T @ (X @ w - y)``."""
    value = assigned.value
    count = sum(1 for each in _names(value) if each == assigned.name)
    own = isinstance(value, ast.BinOp) and any(
        isinstance(term, ast.Name | ast.Attribute | ast.Subscript) and assigned.name in set(_roots(term))
        for term in _terms(value)
    )
    return {assigned.name} if count > own else set()


def _closure(names: Iterable[str], sources: Mapping[str, set[str]]) -> set[str]:
    found = set(names)
    todo = list(found)
    while todo:
        for name in sources.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return found


def _backward(loop: ast.AST) -> set[str]:
    """The names of losses that gradients are asked of: ``loss.backward()``."""
    found: set[str] = set()
    for node in ast.walk(loop):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "backward"
        ):
            found.update(_names(node.func.value))
    return found


def _uses_gradients(value: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in ast.walk(value))


def _evidence(assigned: _Assigned, before: set[str]) -> int:
    """How many kinds of names speak for training: a step size, a slope or error, a parameter."""
    words = {word for name in before for word in (name.rpartition(".")[2],)}
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(assigned.value)
        if isinstance(node, ast.Call)
    }
    own = assigned.name.rpartition(".")[2]
    if _CENTRE.match(own):
        return _EVIDENCE
    slopes = _uses_gradients(assigned.value) or any(
        _SLOPE.fullmatch(word) for word in (words | called) - {own}
    )
    steps = any(_STEP.fullmatch(word) for word in words - {own})
    return slopes + steps + (_PARAMETER.fullmatch(own) is not None)


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


def _methods(value: ast.AST) -> Iterator[str]:
    for node in ast.walk(value):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                yield name


def _names(node: ast.AST) -> Iterator[str]:
    """The names read in an expression; ``self.w`` is a name of its own."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        yield f"self.{node.attr}"
        return
    if isinstance(node, ast.Name):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


def _roots(target: ast.AST) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            yield f"self.{name}"
        case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
            yield from _roots(inner)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _roots(part)
