"""Least squares in closed form, told by its syntax: ``inv(X.T @ X) @ X.T @ y`` and its kin."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from nbtrack.capture.nodes import walk

__all__ = ["closed_form", "may_be_part", "may_solve"]

_PRODUCTS = frozenset({"dot", "matmul", "inv", "pinv", "solve"})
_SUMMING = (ast.Sub, ast.Add)
_MOST_STEPS = 6
_MAY_SOLVE = re.compile(rf"@|\b(?:{'|'.join(sorted(_PRODUCTS))})\b")


def may_solve(source: str) -> bool:
    """Whether anything in a cell :func:`may_be_part`, told by its text."""
    return _MAY_SOLVE.search(source) is not None


def may_be_part(value: ast.expr) -> bool:
    """Whether an expression multiplies matrices or solves: it may be a step of a solution."""
    for node in walk(value):
        cls = node.__class__
        if cls is ast.Attribute:
            if node.attr in _PRODUCTS:  # type: ignore[attr-defined]
                return True
        elif cls is ast.Name:
            if node.id in _PRODUCTS:  # type: ignore[attr-defined]
                return True
        elif cls is ast.BinOp and isinstance(node.op, ast.MatMult):  # type: ignore[attr-defined]
            return True
    return False


def closed_form(value: ast.expr, known: Mapping[str, ast.expr]) -> tuple[str, tuple[str, ...]] | None:
    """What an expression solves: ``pinv(X) @ y``, ``inv(X.T @ X) @ X.T @ y``, ``solve(X.T @ X, X.T @ y)``.

    Args:
        value: the expression.
        known: what names were assigned just before, for solutions written in several steps.

    Returns:
        the solver's name and the texts of the data; None for any other expression.
    """
    factors = list(_factors(value, known))
    for position, factor in enumerate(factors):
        solver = _solver(factor)
        if solver is None:
            continue
        name, arguments = solver
        rest = factors[position + 1 :]
        if name == "pinv" and rest and arguments:
            return _solved(name, arguments[0], rest[-1], known)
        if name == "inv" and rest and (design := _gram(arguments[0], known)) is not None:
            return _solved(name, design, rest[-1], known)
        if name == "solve" and len(arguments) > 1 and (design := _gram(arguments[0], known)) is not None:
            return _solved(name, design, arguments[1], known)
    return None


def _solved(
    name: str, design: ast.expr, right: ast.expr, known: Mapping[str, ast.expr]
) -> tuple[str, tuple[str, ...]] | None:
    """The answer for a design matrix and a right side; None where that is the design itself (a hat matrix)."""
    if isinstance(right, ast.Name) and right.id in known and _has_transpose(known[right.id]):
        right = known[right.id]
    *_, target = _factors(right, {})
    texts = tuple(dict.fromkeys(ast.unparse(_transposed(part) or part) for part in (design, target)))
    return (name, texts) if len(texts) == len((design, target)) else None


def _factors(value: ast.expr, known: Mapping[str, ast.expr], depth: int = _MOST_STEPS) -> Iterator[ast.expr]:
    """The factors of a matrix product in order, however it is written."""
    match value:
        case ast.BinOp(op=ast.MatMult(), left=left, right=right):
            pair = left, right
        case ast.Call(func=ast.Attribute(attr="dot" | "matmul", value=owner), args=[*args]):
            pair = (owner, args[0]) if len(args) == 1 else (args[0], args[1]) if len(args) > 1 else ()  # type: ignore[assignment]
        case ast.Name(id=name) if depth and name in known and _solver_inside(known[name]):
            yield from _factors(known[name], known, depth - 1)
            return
        case _:
            yield value
            return
    for part in pair:
        yield from _factors(part, known, depth)


def _solver_inside(value: ast.expr) -> bool:
    return any(_solver(node) is not None for node in walk(value) if isinstance(node, ast.expr))


def _solver(value: ast.expr) -> tuple[str, list[ast.expr]] | None:
    match value:
        case ast.Call(func=ast.Attribute(attr="pinv" | "inv" | "solve" as name), args=[_, *_] as args):
            return name, args
        case ast.Call(func=ast.Name(id="pinv" | "inv" | "solve" as name), args=[_, *_] as args):
            return name, args
    return None


def _gram(value: ast.expr, known: Mapping[str, ast.expr]) -> ast.expr | None:
    """``X`` of ``X.T @ X`` and of ``X.T @ X + penalty``."""
    if isinstance(value, ast.Name) and value.id in known:
        return _gram(known[value.id], {})
    for term in _terms(value):
        factors = list(_factors(term, {}))
        for left, right in pairwise(factors):
            bare = _transposed(left)
            if bare is not None and ast.dump(bare) == ast.dump(right):
                return right
        *_, last = factors
        bare = _transposed(factors[0])
        if bare is not None and last is not factors[0] and ast.dump(bare) == ast.dump(last):
            return last  # X.T @ W @ X
    return None


def _transposed(value: ast.expr) -> ast.expr | None:
    match value:
        case ast.Attribute(attr="T" | "mT", value=inner):
            return inner
        case ast.Call(func=ast.Attribute(attr="transpose", value=inner), args=[]):
            return inner
        case ast.Call(func=ast.Attribute(attr="transpose" | "t"), args=[inner, *_]):
            return inner
    return None


def _has_transpose(value: ast.expr) -> bool:
    return any(_transposed(node) is not None for node in walk(value) if isinstance(node, ast.expr))


def _terms(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.BinOp) and isinstance(value.op, _SUMMING):
        yield from _terms(value.left)
        yield from _terms(value.right)
    else:
        yield value
