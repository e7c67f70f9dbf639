"""Rewrites the syntax tree of a cell so that nominated calls are watched.

``clf.fit(X, y, sample_weight=w)`` becomes::

    W.r(7, W.c(7, clf.fit)(*W.a(7, X, y), **W.k(7, sample_weight=w)))

where ``W`` is the watcher (:mod:`nbtrack.capture.watch`) and 7 the site. ``c`` returns the function itself and
``a`` and ``k`` the arguments as they are, so the call is still made by the user's own frame: tracebacks, line
numbers, evaluation order and ``await`` stay as they were, and an exception passes through untouched; it only
means that ``r`` is never reached. New nodes take the location of what they replace.

Bodies of functions, classes and lambdas are left alone: function objects keep the code the user wrote. What
happens inside them is seen through their twins (:mod:`nbtrack.capture.twins`).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeAlias

from nbtrack.capture.asking import WATCHER, ask, told, watched
from nbtrack.capture.callbacks import consumes, hands_over
from nbtrack.capture.called_steps import NONE, Lookup
from nbtrack.capture.closed_forms import closed_form, may_be_part
from nbtrack.capture.gradient_loops import hand_loop
from nbtrack.capture.nodes import PARTS, children, copied, walk
from nbtrack.capture.sites import LoopSite, Role, ShownSite, Site, called_name, role_of
from nbtrack.capture.written import written
from nbtrack.observe.metrics import metric_name

__all__ = ["Definition", "Rewriter", "Sites", "definitions", "trains_by_hand"]

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda

_TEXT_LIMIT = 120
_BUILTINS = frozenset(dir(builtins))
_IDS = count()


@dataclass(slots=True)
class Sites:
    """The sites of everything rewritten in this kernel, by id.

    ``partials`` are names assigned a partial function of a call that may train, such as ``partial(model.fit, X)``:
    calling one is such a call.
    """

    calls: dict[int, Site] = field(default_factory=dict)
    loops: dict[int, LoopSite] = field(default_factory=dict)
    shown: dict[int, ShownSite] = field(default_factory=dict)
    partials: frozenset[str] = frozenset()

    @staticmethod
    def new_id() -> int:
        """An id never used before in this process: after a reload, code of the session before still names its own."""
        return next(_IDS)


class Rewriter(ast.NodeTransformer):
    """Rewrites one tree in place.

    Args:
        sites: where the sites found are entered.
        functions: names of notebook functions inside which something watched happens.
        may_be_net: whether calling this plain name may be calling a net (``model(x)``).
        parameters: names that a call goes through the twins for, besides those of functions.
        lookup: gives the functions of the notebook by name, for the steps that a loop takes inside them.
        every_loop: whether loops are sampled that contain no training call (an explicitly tracked cell).
        solves: whether there may be products of matrices in the tree.
    """

    def __init__(  # noqa: PLR0913 - what it needs to know of the kernel, each by its name
        self,
        sites: Sites,
        functions: Collection[str],
        may_be_net: Callable[[str], bool],
        *,
        parameters: Collection[str] = (),
        lookup: Lookup = NONE,
        every_loop: bool = False,
        solves: bool = True,
    ) -> None:
        self.sites = sites
        self.functions = functions
        self.may_be_net = may_be_net
        self.every_loop = every_loop
        self.solves = solves
        self.parameters = parameters
        self.lookup = lookup
        self._depth = 0
        self._loops = 0
        self._trains = 0
        self._in_function = False
        self._consumed: set[ast.AST] = set()  # expressions whose value is gone through where it stands
        self._steps: dict[str, ast.expr] = {}  # of matrix algebra, by the name they are bound to

    def rewrite_body(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """Rewrite the body of one function, nested definitions excepted."""
        self._in_function = True
        if isinstance(function, ast.Lambda):
            function.body = self.visit(function.body)
        else:
            function.body = _flat(self.visit(statement) for statement in function.body)

    def visit(self, node: ast.AST) -> Any:
        """Rewrite one node; most are none that can matter."""
        return _VISITORS.get(node.__class__, Rewriter.generic_visit)(self, node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Rewrite what is below a node; the same as in the base class, without looking where nothing can be."""
        for name in PARTS[node.__class__]:
            old = getattr(node, name, None)
            if old.__class__ is list:
                fresh = []
                for each in old:
                    new = self.visit(each) if isinstance(each, ast.AST) else each
                    if new.__class__ is list:
                        fresh += new
                    else:
                        fresh.append(new)
                old[:] = fresh
            elif isinstance(old, ast.AST):
                setattr(node, name, self.visit(old))
        return node

    # Definitions are kept as they are.

    def _keep(self, node: Definition) -> ast.AST:
        return node

    visit_FunctionDef = _keep  # noqa: N815 - ast.NodeVisitor's naming
    visit_AsyncFunctionDef = _keep  # noqa: N815 - as above
    visit_ClassDef = _keep  # noqa: N815 - as above
    visit_Lambda = _keep  # noqa: N815 - as above

    # What a cell shows.

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """Rewrite a cell; the value of its last expression is displayed."""
        last = node.body[-1] if node.body else None
        if (
            isinstance(last, ast.Expr)
            and not _is_call_of(last.value, "print", "display")
            and not (self.solves and may_be_part(last.value) and closed_form(last.value, {}))
        ):
            last.value = self._shown(last.value)
        self.generic_visit(node)
        return node

    def _shown(self, node: ast.expr) -> ast.expr:
        """Watch the values that an expression shows: those in a format string, the operands of ``%``, or its own."""
        match node:
            case ast.Constant() | ast.Starred() | ast.Lambda() | ast.Await():
                pass
            case ast.Call() if role_of(called_name(node) or "") & (Role.TRAIN | Role.SCORE):
                pass  # seen as a call
            case ast.JoinedStr() | ast.Call() | ast.BinOp() | ast.Tuple() | ast.List():
                return self._shown_inside(node)
            case _:
                return self._watch_value(node)
        return node

    def _shown_inside(self, node: ast.expr) -> ast.expr:  # noqa: C901 - one case for each way to make text
        match node:
            case ast.JoinedStr(values=parts):
                for part in parts:
                    if isinstance(part, ast.FormattedValue):
                        part.value = self._shown(part.value)
            case (
                ast.Call(func=ast.Attribute(value=ast.Constant(), attr="format"))
                | ast.Call(func=ast.Name(id="str"))
            ):
                node.args = [self._shown(each) for each in node.args]
                for keyword in node.keywords:
                    keyword.value = self._shown(keyword.value)
            case ast.BinOp(
                left=ast.Constant(value=str()), op=ast.Mod(), right=ast.Tuple(elts=parts) as right
            ):
                right.elts = [self._shown(each) for each in parts]
            case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()):
                node.right = self._shown(node.right)
            case ast.BinOp(op=ast.Add(), left=left, right=right) if _has_text(node):
                node.left, node.right = self._shown(left), self._shown(right)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                node.elts = [self._shown(each) for each in parts]
            case ast.Call() if role_of(called_name(node) or "") & (Role.TRAIN | Role.SCORE):
                pass  # seen as a call
            case _:
                return self._watch_value(node)
        return node

    def _watch_value(self, node: ast.expr, how: str = "p") -> ast.expr:
        whole = node.value if isinstance(node, ast.Subscript) else node
        kind = "attribute" if isinstance(whole, ast.Attribute) else "other"
        kind = "name" if isinstance(node, ast.Name) else kind
        site = ShownSite(self.sites.new_id(), _text(node), frozenset(_names([node])), kind, self._loops > 0)
        self.sites.shown[site.id] = site
        return ast.copy_location(ask(how, ast.Constant(site.id), node), node)

    # Least squares in closed form.

    def visit_Assign(self, node: ast.Assign | ast.Return | ast.Expr) -> ast.AST:
        """Watch what a solution of least squares gives."""
        value = node.value
        if value is None or not self.solves or not may_be_part(value):
            self.generic_visit(node)
            return node
        found = closed_form(value, self._steps)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._steps[node.targets[0].id] = copied(value)
        self.generic_visit(node)
        if found is not None and node.value is not None:
            name, data = found
            site = Site(
                id=self.sites.new_id(),
                role=Role.TRAIN,
                name=name,
                receiver=None,
                arguments=data,
                keywords={},
                names=frozenset(_names([node.value])) - {WATCHER},
                line=node.lineno,
                no_keywords=True,
                depth=self._depth,
            )
            self.sites.calls[site.id] = site
            self._trains += 1
            node.value = ast.copy_location(ask("f", ast.Constant(site.id), node.value), node.value)
        return node

    visit_Return = visit_Assign  # noqa: N815 - ast.NodeVisitor's naming
    visit_Expr = visit_Assign  # noqa: N815 - as above

    # Calls.

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Make a nominated call a watched one."""
        name = called_name(node)
        if consumes(name, consumed=node in self._consumed):
            self._consumed.update(node.args)
        if _is_call_of(node, "print", "display") and not self._in_function:
            node.args = [self._shown(each) for each in node.args]
            self.generic_visit(node)
            return node
        if name == "append" and len(node.args) == 1 and isinstance(node.args[0], ast.Attribute):
            node.args[0] = self._watch_value(node.args[0], "q")
        if _is_call_of(node, WATCHER):
            return self._inside_shown(node)
        role = self._role(node, name) if name is not None else 0
        if name is None or role == 0:
            self.generic_visit(node)
            return self._through_twin(node, name)
        if role == Role.BUILD:
            return self._built(node, name)
        site = self._site(node, name, role)
        self.sites.calls[site.id] = site
        self._trains += bool(role & (Role.TRAIN | Role.CALLBACK))
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return watched(node, site.id)

    def _inside_shown(self, node: ast.Call) -> ast.AST:
        """A shown value, entered before: what is called inside it is numbered after it."""
        self.generic_visit(node)
        number = node.args[0]
        if (
            isinstance(number, ast.Constant)
            and isinstance(number.value, int)
            and number.value in self.sites.shown
        ):
            shown = self.sites.shown[number.value]
            self.sites.shown[shown.id] = replace(shown, last=self.sites.new_id())
        return node

    def _built(self, node: ast.Call, name: str) -> ast.AST:
        """A class called by its name: what comes out is remembered with how it was written."""
        if name in self.functions:  # a function of the notebook with a name like a class
            self.generic_visit(node)
            return self._through_twin(node, name)
        if not (node.args or node.keywords):
            self.generic_visit(node)
            return node
        site = self._site(node, name, Role.BUILD)
        self.sites.calls[site.id] = site
        self.generic_visit(node)
        return ast.copy_location(ask("o", ast.Constant(site.id), node), node)

    def _role(self, node: ast.Call, name: str) -> int:
        role = role_of(name)
        function = node.func
        if isinstance(function, ast.Name) and name in self.sites.partials:
            return role | Role.TRAIN if role != Role.BUILD else Role.TRAIN
        on_self = isinstance(function, ast.Attribute) and _is_self(function.value)
        if role == 0 and (on_self or isinstance(function, ast.Name)) and name not in _BUILTINS:
            return Role.PREDICT if self.may_be_net(name) else 0
        if role == 0 and hands_over(node, self.functions, consumed=node in self._consumed):
            return Role.CALLBACK
        return role

    def visit_Starred(self, node: ast.Starred) -> ast.AST:
        """What stands behind a star is gone through at once."""
        self._consumed.add(node.value)
        self.generic_visit(node)
        return node

    def _through_twin(self, node: ast.Call, name: str | None) -> ast.AST:
        function = node.func
        is_parameter = isinstance(function, ast.Name) and name in self.parameters
        if name is not None and (is_parameter or name in self.functions):
            # A loop around it may train: sample it as if the training call stood here.
            self._trains += 1
            node.func = ast.copy_location(ask("t", function), function)
        return node

    def _site(self, node: ast.Call, name: str, role: int) -> Site:
        texts = role & (Role.TRAIN | Role.SCORE | Role.READ | Role.BUILD)
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        return Site(
            id=self.sites.new_id(),
            role=role,
            name=name,
            receiver=_text(receiver) if receiver is not None and texts else None,
            arguments=tuple(_text(each) for each in node.args) if role != Role.READ else (),
            keywords={each.arg: _text(each.value) for each in node.keywords if each.arg} if texts else {},
            names=frozenset(_names([*values, receiver] if receiver is not None else values)),
            line=node.lineno,
            no_keywords=not node.keywords,
            depth=self._depth,
        )

    # Loops.

    def visit_For(self, node: ast.For | ast.AsyncFor | ast.While) -> ast.AST | list[ast.stmt]:
        """Sample a loop in which something trains, at the start of each pass and after the last."""
        before = self._trains
        hand = hand_loop(node, self.lookup)
        if not isinstance(node, ast.While):
            self._consumed.add(node.iter)
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1
        self._trains += hand is not None
        if self._trains == before and not self.every_loop:
            return node
        head = None if isinstance(node, ast.While) else node
        loop = LoopSite(
            id=self.sites.new_id(),
            targets=tuple(_bound([head.target])) if head is not None else (),
            iterates=_text(head.iter) if head is not None else None,
            sampled=tuple(name for name in _bound(_own_statements(node.body)) if metric_name(name)),
            first_line=node.lineno,
            last_line=node.end_lineno or node.lineno,
            hand=hand,
            in_cell=not self._in_function,
        )
        self.sites.loops[loop.id] = loop
        if isinstance(node, ast.For):
            node.iter = ast.copy_location(ask("i", ast.Constant(loop.id), node.iter), node.iter)
        node.body.insert(0, told("l", loop.id, node.body[0]))
        return [node, told("e", loop.id, node)]

    visit_AsyncFor = visit_For  # noqa: N815 - ast.NodeVisitor's naming
    visit_While = visit_For  # noqa: N815 - as above


_VISITORS: dict[type, Callable[[Rewriter, Any], Any]] = {
    getattr(ast, name.removeprefix("visit_")): visitor
    for name, visitor in vars(Rewriter).items()
    if name.startswith("visit_")
}


def trains_by_hand(function: ast.AST, lookup: Lookup = NONE) -> bool:
    """Whether a definition has a loop that may train, or a solution of least squares."""
    steps: dict[str, ast.expr] = {}
    for node in walk(function):
        match node:
            case ast.For() | ast.AsyncFor() | ast.While():
                if hand_loop(node, lookup) is not None:
                    return True
            case ast.Assign(value=value) | ast.Return(value=ast.expr() as value) if may_be_part(value):
                if closed_form(value, steps) is not None:
                    return True
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    steps[node.targets[0].id] = value
    return False


def definitions(tree: ast.AST) -> Iterator[Definition]:
    """The outermost definitions of a tree, in order of the source."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, Definition):
            yield node
        else:
            pending += children(node)[::-1]


def _is_call_of(node: ast.expr, *names: str) -> bool:
    """Whether the node calls a function of one of these names, or a method of the watcher."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id == WATCHER and WATCHER in names
    return isinstance(function, ast.Name) and function.id in names


def _has_text(node: ast.expr) -> bool:
    """Whether a sum has a string somewhere, so that it makes text."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _has_text(node.left) or _has_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _flat(statements: Iterable[ast.AST | list[ast.stmt]]) -> list[ast.stmt]:
    flat: list[ast.stmt] = []
    for each in statements:
        flat += each if isinstance(each, list) else [each]  # type: ignore[list-item]
    return flat


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return repr(node.value)[:_TEXT_LIMIT]
    text = written(node)
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _names(nodes: Iterable[ast.AST]) -> Iterable[str]:
    for root in nodes:
        if isinstance(root, ast.Name):
            yield root.id
        else:
            for node in walk(root):
                if isinstance(node, ast.Name):
                    yield node.id


def _own_statements(body: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    """Statements of a loop's body in any branch, without those of loops and definitions within."""
    for statement in body:
        if isinstance(statement, ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.ClassDef):
            continue
        yield statement
        for part in ("body", "orelse", "finalbody"):
            yield from _own_statements(getattr(statement, part, ()))


def _bound(nodes: Iterable[ast.AST]) -> dict[str, None]:
    """Names that the nodes bind, in order, each once; assignments only, not nested statements."""
    found: dict[str, None] = {}
    for node in nodes:
        targets = getattr(node, "targets", None) or [getattr(node, "target", node)]
        for target in targets:
            if isinstance(target, ast.expr):
                for name in walk(target):
                    if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                        found[name.id] = None
    return found
