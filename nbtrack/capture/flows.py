"""What names are assigned from, read off the syntax of executed cells.

Trees may be rewritten or not: the sites of watched predictions are recognised by the watcher's name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbtrack.capture.asking import WATCHER
from nbtrack.capture.nodes import SCOPES, children, walk
from nbtrack.frameworks.data import is_data
from nbtrack.observe.params import is_plain

__all__ = ["Flow", "Flows", "flows_of"]

_MAX_STEPS = 12

_ADDERS = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})
_BINDING = frozenset(
    {
        ast.AnnAssign,
        ast.Assign,
        ast.AsyncFor,
        ast.AugAssign,
        ast.Call,
        ast.For,
        ast.NamedExpr,
        ast.withitem,
    }
)


@dataclass(frozen=True, slots=True)
class Flow:
    """An assignment in a cell: the names bound, the names read for it, the sites of watched calls in it.

    ``updates``: what the names held before goes on to matter (``+=``, ``append``, a part of a container).
    ``attributes`` are the attributes and methods in the value, ``picks``: it only takes a part of something.
    """

    targets: tuple[str, ...]
    names: frozenset[str]
    sites: tuple[int, ...]
    updates: bool = False
    attributes: frozenset[str] = frozenset()
    picks: bool = False


class Flows:
    """The latest assignment of each name over the life of a kernel.

    Args:
        namespace: the user's namespace.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._latest: dict[str, tuple[Flow, str]] = {}
        self._unread: list[tuple[ast.AST, str]] = []
        self._read: tuple[ast.AST | None, tuple[Flow, ...]] = (None, ())

    def executes(self, tree: ast.AST, execution_id: str) -> None:
        """Learn the assignments of a cell that is about to run; they are read when first needed."""
        self._unread.append((tree, execution_id))

    def of(self, name: str) -> Flow | None:
        """The latest assignment of a name; None for one that no cell assigned at its own level."""
        return self._with_execution(name)[0]

    def in_cell(self, tree: ast.AST) -> tuple[Flow, ...]:
        """The assignments of a cell; those of the cell asked for last are not read again."""
        if self._read[0] is not tree:
            self._read = (tree, tuple(flows_of(tree)))
        return self._read[1]

    def _with_execution(self, name: str) -> tuple[Flow | None, str]:
        for tree, execution_id in self._unread:
            for flow in self.in_cell(tree):
                for target in flow.targets:
                    self._latest[target] = (flow, execution_id)
        self._unread.clear()
        return self._latest.get(name, (None, ""))

    def chosen(self, names: Iterable[str], through: Iterable[str] = ()) -> dict[str, tuple[Any, str]]:
        """The plain values the author wrote that these names are made from: name to value and execution.

        Of the names in ``through`` only what they are made from counts, as of the variable of a loop.
        A name counts when it was assigned from literals, directly or through such names: ``lr = 1e-3`` does,
        ``n = len(df)`` does not.
        """
        found: dict[str, tuple[Any, str]] = {}
        passed = set(through)
        todo = list(dict.fromkeys([*names, *passed]))
        seen = set(todo)
        for _ in range(_MAX_STEPS):
            following: list[str] = []
            for name in todo:
                flow, execution_id = self._with_execution(name)
                if flow is None or is_data(self._namespace.get(name)):
                    continue  # what data was made from is told by its lineage
                following += flow.names
                if (
                    name not in passed
                    and self._is_literal(name)
                    and name in self._namespace
                    and is_plain(self._namespace[name])
                ):
                    found[name] = (self._namespace[name], execution_id)
            todo = [name for name in dict.fromkeys(following) if name not in seen]
            seen.update(todo)
            if not todo:
                break
        return found

    def _is_literal(self, name: str, depth: int = 0) -> bool:
        flow = self.of(name)
        return (
            flow is not None
            and not flow.updates
            and not flow.sites
            and depth < _MAX_STEPS
            and all(self._is_literal(each, depth + 1) for each in flow.names)
        )


def flows_of(tree: ast.AST) -> Iterator[Flow]:
    """The assignments of a cell at its own level, in order of the source."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if node.__class__ in SCOPES and node is not tree:
            continue
        read = _reading(node) if node.__class__ in _BINDING else None
        if read is not None:
            yield read.flow()
            if not read.binds and isinstance(node, ast.Assign):
                continue  # nothing more in it: what is assigned was gone through
        pending += children(node)[::-1]


def _reading(node: ast.AST) -> _Reading | None:
    """What goes into the names that a node binds or changes; None where it does neither."""
    match node:
        case ast.Assign(targets=targets, value=value):
            return _Reading(targets, value)
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.NamedExpr(target=target, value=value)
            | ast.For(target=target, iter=value)
            | ast.AsyncFor(target=target, iter=value)
            | ast.withitem(context_expr=value, optional_vars=ast.expr() as target)
        ):
            return _Reading([target], value)
        case ast.AugAssign(target=target, value=value):
            return _Reading([target], value, keep=True)
        case ast.Call(func=ast.Attribute(value=ast.Name() as target, attr=name), args=[*args]) if (
            name in _ADDERS and args
        ):
            return _Reading([target], ast.Tuple(args, ast.Load()), keep=True)
    return None


class _Reading:
    """What is read for an assignment, gathered in one walk over its value.

    Args:
        targets: what is bound.
        value: what is read.
        keep: what the targets held before goes on to matter.
    """

    def __init__(self, targets: Iterable[ast.expr], value: ast.expr, *, keep: bool = False) -> None:
        self._targets = tuple(targets)
        self._picks = isinstance(value, ast.Subscript)
        self._keep = keep
        self._bound = tuple(dict.fromkeys([name for target in self._targets for name in _roots(target)]))
        self._names: set[str] = set(self._bound) if keep else set()
        self._sites: list[int] = []
        self._attributes: set[str] = set()
        self.binds = False
        """Whether there are assignments inside of it, too."""
        self._go_through(value)
        for target in self._targets:
            if not isinstance(target, ast.Name):
                # What chooses the place says something about what is put there: ``labels[probs > 0.5] = "up"``.
                for part in walk(target):
                    if isinstance(part, ast.Subscript):
                        self._go_through(part.slice)

    def flow(self) -> Flow:
        """The assignment."""
        return Flow(
            self._bound,
            frozenset(self._names),
            tuple(self._sites),
            updates=self._keep or _is_part(self._targets),
            attributes=frozenset(self._attributes),
            picks=self._picks,
        )

    def _go_through(self, root: ast.AST) -> None:
        names, attributes = self._names, self._attributes
        pending = [root]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Name):
                names.add(node.id)
                continue
            if isinstance(node, ast.Attribute):
                attributes.add(node.attr)
            elif isinstance(node, ast.Call):
                told = _told(node)
                if told is not None:  # of a watched call only what the user wrote
                    what, site = told
                    if what == "r":
                        self._sites.append(site)
                    pending += node.args[:0:-1]
                    pending += [keyword.value for keyword in reversed(node.keywords)]
                    continue
                self.binds |= isinstance(node.func, ast.Attribute) and node.func.attr in _ADDERS
            elif isinstance(node, ast.NamedExpr):
                self.binds = True
            pending += children(node)[::-1]


def _told(call: ast.Call) -> tuple[str, int] | None:
    """Which method of the watcher a call is of, and the site; None for any other call."""
    function = call.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return None
    if function.value.id != WATCHER or not call.args or not isinstance(call.args[0], ast.Constant):
        return None
    site = call.args[0].value
    return (function.attr, site) if isinstance(site, int) else None


def _is_part(targets: Iterable[ast.expr]) -> bool:
    return any(isinstance(target, ast.Subscript | ast.Attribute) for target in targets)


def _roots(target: ast.expr) -> Iterator[str]:
    """The names that an assignment target binds or changes: ``a`` of ``a``, ``a.b``, ``a[0]``; all of a tuple."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
            yield from _roots(inner)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _roots(part)
