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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbtrack.capture.called_steps import NONE, Lookup, called_steps
from nbtrack.capture.moves import (
    CENTRE,
    PARAMETER,
    Assigned,
    assignments,
    losses,
    names_in,
    own_methods,
    roots_of,
    terms_of,
)
from nbtrack.capture.nodes import walk

__all__ = ["HandLoop", "hand_loop", "may_train_by_hand"]

_STEP = re.compile(
    r"(?:.*_)?(?:lr|eta\d*|alpha|learning_?rate|l_?rate|rate|step|step_?size|gamma|momentum|mu|n_?iter\w*|epochs?)\Z",
    re.IGNORECASE,
)
_SLOPE = re.compile(
    r".*grad\w*|.*deriv\w*|d_?(?:w|b|theta|beta|weights?|bias|m|c|l|j|loss|a|z)(?:_?\d+|_d\w+)?|.*deltas?|.*errors?|.*resid\w*|.*loss(?:es)?|.*costs?|diff\w*|backward|update",
    re.IGNORECASE,
)
_WORTH = re.compile(r"\b(?:pinv|inv|solve)\s*\(|^[ \t]*(?:for|while)\b", re.MULTILINE)
_EVIDENCE = 2


@dataclass(frozen=True, slots=True)
class HandLoop:
    """A loop that trains by hand: the names that it moves, those that feed it from outside, those in its heads.

    ``inside`` are those of the moved names that a function moves, so that they have to stand for what can be changed.
    """

    moved: tuple[str, ...]
    feeds: tuple[str, ...]
    paces: tuple[str, ...] = ()
    inside: frozenset[str] = frozenset()


def may_train_by_hand(source: str) -> bool:
    """Whether the text has a loop or the solution of a linear system at all."""
    return _WORTH.search(source) is not None


# Loops.


def hand_loop(loop: ast.For | ast.AsyncFor | ast.While, lookup: Lookup = NONE) -> HandLoop | None:
    """What a loop trains by hand; None for one that does not, or that only repeats such loops afresh.

    ``lookup`` gives the functions of the notebook, whose steps count where the loop calls them.
    """
    steps = called_steps(loop, lookup)
    assigned = [*assignments(loop), *steps.assigned]
    if not any(each.moves for each in assigned):
        return None
    sources = _sources(assigned)
    slopes = losses(loop) | steps.losses
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
    targets = {name for node in walk(loop) if isinstance(node, ast.For) for name in names_in(node.target)}
    heads = [
        node.iter if isinstance(node, ast.For) else node.test
        for node in walk(loop)
        if isinstance(node, ast.For | ast.While)
    ]
    paces = {name for head in heads for name in names_in(head)}
    return HandLoop(
        tuple(moved),
        tuple(sorted(within - sources.keys() - targets)),
        tuple(sorted(paces - sources.keys() - targets)),
        frozenset(each.name for each in steps.assigned if each.moves and each.name in moved),
    )


def _is_parameter(name: str) -> bool:
    """Whether what is moved may be a parameter: a gradient that is added up is none."""
    own = name.rpartition(".")[2]
    return PARAMETER.fullmatch(own) is not None or _SLOPE.fullmatch(own) is None


def _sources(assigned: Iterable[Assigned]) -> dict[str, set[str]]:
    """What each name is made from. A method may read any attribute of its object."""
    own = {each.name for each in assigned if each.name.startswith("self.")}
    sources: dict[str, set[str]] = {}
    for each in assigned:
        sources.setdefault(each.name, set()).update(each.reads)
        if own and any(f"self.{name}" in each.reads for name in own_methods(each.value)):
            sources[each.name] |= own
    return sources


def _moved_by(each: Assigned, sources: Mapping[str, set[str]], slopes: set[str]) -> set[str]:
    """All that a move of a parameter is made from, where the parameter itself is part of it; else nothing."""
    if not each.moves:
        return set()
    reads = set(each.reads)
    gradients = slopes if _uses_gradients(each.value) else set()
    before = _closure(reads - {each.name} | _direct(each) | gradients, sources)
    if each.name in before or gradients:
        return before
    calls_own = any(f"self.{name}" in before for name in own_methods(each.value))
    return before | {each.name} if calls_own and each.name.startswith("self.") else set()


def _starts_anew(name: str, assigned: Iterable[Assigned], sources: Mapping[str, set[str]]) -> bool:
    """Whether a pass sets the name afresh: then a loop within is the training."""
    return any(each.name == name and name not in _closure(each.reads, sources) for each in assigned)


def _direct(assigned: Assigned) -> set[str]:
    """The name itself where it occurs in what is added to it: ``w - lr * X.T @ (X @ w - y)``."""
    value = assigned.value
    count = sum(1 for each in names_in(value) if each == assigned.name)
    own = isinstance(value, ast.BinOp) and any(
        isinstance(term, ast.Name | ast.Attribute | ast.Subscript) and assigned.name in set(roots_of(term))
        for term in terms_of(value)
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


def _uses_gradients(value: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in walk(value))


def _evidence(assigned: Assigned, before: set[str]) -> int:
    """How many kinds of names speak for training: a step size, a slope or error, a parameter."""
    words = {word for name in before for word in (name.rpartition(".")[2],)}
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in walk(assigned.value)
        if isinstance(node, ast.Call)
    }
    own = assigned.name.rpartition(".")[2]
    if CENTRE.match(own):
        return _EVIDENCE
    slopes = _uses_gradients(assigned.value) or any(
        _SLOPE.fullmatch(word) for word in (words | called) - {own}
    )
    steps = any(_STEP.fullmatch(word) for word in words - {own})
    return slopes + steps + (PARAMETER.fullmatch(own) is not None)
