"""What names are assigned from, read off the syntax of executed cells.

Trees may be rewritten or not: the sites of watched predictions are recognised by the watcher's name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbtrack.capture.nodes import own_nodes, walk
from nbtrack.capture.rewrite import WATCHER
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
    for node in own_nodes(tree):
        if node.__class__ not in _BINDING:
            continue
        match node:
            case ast.Assign(targets=targets, value=value):
                yield _flow(targets, value)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
            ):
                yield _flow([target], value)
            case ast.AugAssign(target=target, value=value):
                yield _flow([target], value, keep=True)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                yield _flow([target], value)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield _flow([target], value)
            case ast.Call(func=ast.Attribute(value=ast.Name() as target, attr=name), args=[*args]) if (
                name in _ADDERS and args
            ):
                yield _flow([target], ast.Tuple(args, ast.Load()), keep=True)


def _flow(targets: Iterable[ast.expr], value: ast.expr, *, keep: bool = False) -> Flow:
    """The flow into ``targets``; ``keep``: what they held before goes on to matter."""
    bound = tuple(dict.fromkeys(name for target in targets for name in _roots(target)))
    names, sites, attributes = set(bound) if keep else set(), [], set()
    # What chooses the place says something about what is put there: ``labels[probs > 0.5] = "up"``.
    chosen = [part.slice for target in targets for part in walk(target) if isinstance(part, ast.Subscript)]
    for node in (each for root in (value, *chosen) for each in walk(root)):
        if isinstance(node, ast.Name) and node.id != WATCHER:
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "r":
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == WATCHER and isinstance(node.args[0], ast.Constant):
                sites.append(int(node.args[0].value))  # type: ignore[arg-type]
    return Flow(
        bound,
        frozenset(names),
        tuple(sites),
        updates=keep or _is_part(targets),
        attributes=frozenset(attributes),
        picks=isinstance(value, ast.Subscript),
    )


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
