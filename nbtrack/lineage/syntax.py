"""Statements to steps: a parsed cell in the language of :mod:`nbtrack.lineage.types`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from nbtrack.lineage.commands import ipython_call
from nbtrack.lineage.expressions import Expressions, element_of
from nbtrack.lineage.types import (
    CONSTANT,
    Bind,
    Branch,
    Call,
    Class,
    Define,
    DefineClass,
    Delete,
    Function,
    Import,
    Operand,
    Return,
    Star,
    Statement,
    Step,
    Store,
    Use,
    Value,
)

__all__ = ["compile_cell"]


def compile_cell(tree: ast.Module) -> tuple[Statement, ...]:
    """The statements of a cell, IPython syntax already transformed."""
    compiler = _Compiler()
    found: list[Statement] = []
    body = tree.body
    for number, node in enumerate(body):
        compiler.steps = []
        last = number == len(body) - 1
        if last and isinstance(node, ast.Expr):
            compiler.discard(node.value, Use.SHOWN)
        else:
            compiler.statement(node)
        found.append(Statement(node.lineno, tuple(compiler.steps), last and isinstance(node, ast.Expr)))
    return tuple(found)


class _Compiler(Expressions):
    """Statements on top of expressions; one compiler for a cell and one for each function in it."""

    def statement(self, node: ast.stmt) -> None:
        compile_node = self._statements.get(node.__class__)
        if compile_node is not None:
            compile_node(self, node)

    def statements(self, nodes: Sequence[ast.stmt]) -> None:
        for node in nodes:
            self.statement(node)

    def block(self, nodes: Sequence[ast.stmt]) -> tuple[Step, ...]:
        """The steps of a nested block, kept apart."""
        outer, self.steps = self.steps, []
        self.statements(nodes)
        inner, self.steps = self.steps, outer
        return tuple(inner)

    # --- simple statements

    def discard(self, node: ast.expr, use: Use) -> None:
        """An expression statement."""
        if isinstance(node, ast.Await):
            node = node.value
        if isinstance(node, ast.Call):
            steps = ipython_call(node, _nested_cell)
            if steps is None:
                self.call(node, use)
            else:
                self.steps.extend(steps)
        elif isinstance(node, ast.ListComp | ast.SetComp):
            self.comprehension(node, use)
        else:
            self.touch(node)

    def _expression(self, node: ast.Expr) -> None:
        self.discard(node.value, Use.DISCARDED)

    def _assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1 and self._pairwise(node.targets[0], node.value):
            return
        value = self._assigned(node.value)
        if len(node.targets) > 1:
            value = self.named(value) or value
        for target in node.targets:
            self.unpack(target, value)

    def _assigned(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Call):
            steps = ipython_call(node, _nested_cell)
            if steps is not None:
                self.steps.extend(steps)
                return CONSTANT
        return self.value(node)

    def _pairwise(self, target: ast.expr, value: ast.expr) -> bool:
        """``a, b = x, y`` as two assignments at once, so that each keeps to its own."""
        if not (isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List)):
            return False
        elements = [*target.elts, *value.elts]
        if len(target.elts) != len(value.elts) or any(isinstance(each, ast.Starred) for each in elements):
            return False
        values = [self._settled(each) for each in value.elts]
        for each, found in zip(target.elts, values, strict=True):
            self.unpack(each, found)
        return True

    def _settled(self, node: ast.expr) -> Value:
        """A value that later bindings of the names in it leave alone: all of a right side is read first."""
        value = self.value(node)
        if value is CONSTANT or (isinstance(value, str) and value.startswith("%")):
            return value
        target = self.temporary()
        self.steps.append(Bind(target, value))
        return target

    def _augmented(self, node: ast.AugAssign) -> None:
        value = self.value(node.value)
        target = node.target
        if isinstance(target, ast.Name):
            self.steps.append(Bind(self._renamed.get(target.id, target.id), value, again=True))
        else:
            self.touch(target)
            self.unpack(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.touch(node.annotation)
        if node.value is not None:
            self.unpack(node.target, self.value(node.value))

    def _delete(self, node: ast.Delete) -> None:
        pending = list(node.targets)
        for target in pending:
            if isinstance(target, ast.Name):
                self.steps.append(Delete(target.id))
            elif isinstance(target, ast.Attribute):
                self.steps.append(Store(self.place(target.value), target.attr, None))
            elif isinstance(target, ast.Subscript):
                self.steps.append(Store(self.place(target.value), self.key(target.slice), None))
            elif isinstance(target, ast.Tuple | ast.List):
                pending.extend(target.elts)

    def _assert(self, node: ast.Assert | ast.Raise) -> None:
        self.touch(*ast.iter_child_nodes(node))

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.steps.append(Return(self.value(node.value)))

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname is None and "." in alias.name:
                self.steps.append(Import(alias.name.partition(".")[0], alias.name))
            else:
                self.steps.append(Import(alias.asname or alias.name, alias.name))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                self.steps.append(Star(module))
            else:
                self.steps.append(Import(alias.asname or alias.name, module, alias.name, node.level))

    def _type_alias(self, node: Any) -> None:  # ast.TypeAlias exists from Python 3.12
        outer = self._type_parameters(node)
        self.steps.append(Bind(node.name.id, self.value(node.value)))
        self._renamed = outer

    # --- compound statements

    def _if(self, node: ast.If) -> None:
        if _is_main_guard(node.test):
            self.statements(node.body)
            return
        self.touch(node.test)
        self.steps.append(Branch((self.block(node.body), self.block(node.orelse))))

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.operand(node.iter)
        self.unpack(node.target, CONSTANT if source is None else element_of(source))
        self.statements(node.body)
        self.statements(node.orelse)

    def _while(self, node: ast.While) -> None:
        self.touch(node.test)
        self.statements(node.body)
        self.statements(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self.unpack(item.optional_vars, self.value(item.context_expr))
            else:
                self.touch(item.context_expr)
        self.statements(node.body)

    def _try(self, node: ast.Try) -> None:
        self.statements(node.body)
        self.statements(node.orelse)
        handlers = tuple(self._handler(each) for each in node.handlers)
        if handlers:
            self.steps.append(Branch((*handlers, ())))
        self.statements(node.finalbody)

    def _handler(self, node: ast.ExceptHandler) -> tuple[Step, ...]:
        outer, self.steps = self.steps, []
        self.touch(node.type)
        if node.name is not None:
            self.steps.append(Bind(node.name, CONSTANT))
        self.statements(node.body)
        if node.name is not None:
            self.steps.append(Delete(node.name))
        inner, self.steps = self.steps, outer
        return tuple(inner)

    def _match(self, node: ast.Match) -> None:
        subject = self.operand(node.subject)
        blocks = [self._case(case, subject) for case in node.cases]
        self.steps.append(Branch((*blocks, ())))

    def _case(self, case: ast.match_case, subject: Operand | None) -> tuple[Step, ...]:
        outer, self.steps = self.steps, []
        for part in ast.walk(case.pattern):
            if isinstance(part, ast.MatchValue):
                self.touch(part.value)
            elif isinstance(part, ast.MatchClass):
                self.touch(part.cls)
            elif isinstance(part, ast.MatchAs | ast.MatchStar) and part.name is not None:
                self.steps.append(Bind(part.name, subject or CONSTANT))
            elif isinstance(part, ast.MatchMapping) and part.rest is not None:
                self.steps.append(Bind(part.rest, subject or CONSTANT))
        self.touch(case.guard)
        self.statements(case.body)
        inner, self.steps = self.steps, outer
        return tuple(inner)

    # --- definitions

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer = self._type_parameters(node)
        decorators = [self.place(each) for each in node.decorator_list]
        defaults = self._defaults(node.args)
        annotations = [each.annotation for each in _arguments(node.args)]
        self.touch(*annotations, node.returns)
        function = _function(node.name, node.args, node.body, defaults, self._renamed)
        self._renamed = outer
        target = self._renamed.get(node.name, node.name)
        kind = next((each for each in decorators if each in _METHOD_KINDS), "")
        self.steps.append(Define(target, function, str(kind)))
        self._decorate(target, decorators)

    def lambda_function(self, node: ast.Lambda) -> Function:
        defaults = self._defaults(node.args)
        compiler = _inner_compiler(node.args, self._renamed)
        # A call as the body of a lambda may be there for its effect as well as for its result.
        body = node.body
        value = compiler.call(body, Use.SHOWN) if isinstance(body, ast.Call) else compiler.value(body)
        compiler.steps.append(Return(value))
        return _signed("<lambda>", node.args, defaults, compiler)

    def _defaults(self, arguments: ast.arguments) -> dict[str, Operand]:
        positional = [*arguments.posonlyargs, *arguments.args]
        given = zip(reversed(positional), reversed(arguments.defaults), strict=False)
        pairs = [*given, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        found: dict[str, Operand] = {}
        for argument, default in pairs:
            operand = None if default is None else self.operand(default)
            if operand is not None:
                found[argument.arg] = operand
        return found

    def _decorate(self, target: str, decorators: Sequence[Operand]) -> None:
        for decorator in reversed(decorators):
            if decorator not in _METHOD_KINDS:
                # What comes back wraps the definition: calling it still runs the body.
                self.steps.append(Call(self.temporary(), decorator, (target,), {"@": None}))

    def _class(self, node: ast.ClassDef) -> None:
        outer = self._type_parameters(node)
        decorators = [self.place(each) for each in node.decorator_list]
        bases = self.sources([*node.bases, *node.keywords])
        body = self.block(node.body)
        self._renamed = outer
        target = self._renamed.get(node.name, node.name)
        self.steps.append(DefineClass(target, Class(node.name, bases, body)))
        self._decorate(target, decorators)

    def _type_parameters(self, node: Any) -> dict[str, str]:
        """Hide names behind the type parameters of a definition; gives what was hidden before."""
        outer = self._renamed
        parameters = getattr(node, "type_params", ())  # from Python 3.12
        if parameters:
            self._renamed = outer | {each.name: "%type" for each in parameters}
        return outer

    _statements: ClassVar[dict[type[ast.AST], Callable[[Any, Any], None]]] = {
        ast.Expr: _expression,
        ast.Assign: _assign,
        ast.AugAssign: _augmented,
        ast.AnnAssign: _annotated,
        ast.Delete: _delete,
        ast.Assert: _assert,
        ast.Raise: _assert,
        ast.Return: _return,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.If: _if,
        ast.For: _for,
        ast.AsyncFor: _for,
        ast.While: _while,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.Try: _try,
        ast.TryStar: _try,
        ast.Match: _match,
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
    }
    if sys.version_info >= (3, 12):
        _statements[ast.TypeAlias] = _type_alias


_METHOD_KINDS = frozenset({"staticmethod", "classmethod", "property"})


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    rest = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


def _function(
    name: str,
    arguments: ast.arguments,
    body: Sequence[ast.stmt],
    defaults: dict[str, Operand],
    renamed: dict[str, str],
) -> Function:
    compiler = _inner_compiler(arguments, renamed)
    compiler.statements(body)
    function = _signed(name, arguments, defaults, compiler)
    function.globals, function.nonlocals = _declarations(body)
    return function


def _inner_compiler(arguments: ast.arguments, renamed: dict[str, str]) -> _Compiler:
    """A compiler for a function's body: parameters hide the variables of an enclosing comprehension."""
    own = {each.arg for each in _arguments(arguments)}
    return _Compiler({old: new for old, new in renamed.items() if old not in own})


def _signed(
    name: str, arguments: ast.arguments, defaults: dict[str, Operand], compiler: _Compiler
) -> Function:
    return Function(
        name=name,
        parameters=tuple(each.arg for each in (*arguments.posonlyargs, *arguments.args)),
        keyword_only=tuple(each.arg for each in arguments.kwonlyargs),
        rest=arguments.vararg.arg if arguments.vararg else None,
        keywords=arguments.kwarg.arg if arguments.kwarg else None,
        defaults=defaults,
        steps=tuple(compiler.steps),
    )


def _declarations(body: Sequence[ast.stmt]) -> tuple[frozenset[str], frozenset[str]]:
    """Names that a function's body declares global, and nonlocal; those of nested functions are their own."""
    globals_: set[str] = set()
    nonlocals: set[str] = set()
    pending: list[ast.stmt] = list(body)
    for node in pending:
        if isinstance(node, ast.Global):
            globals_.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            nonlocals.update(node.names)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in ("body", "orelse", "finalbody"):
                inner = getattr(node, block, None)
                if isinstance(inner, list):
                    pending.extend(inner)
            for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                pending.extend(part.body)
    return frozenset(globals_), frozenset(nonlocals)


def _nested_cell(source: str) -> tuple[Step, ...] | None:
    """The steps of code that stands in a text; None when it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    return tuple(step for statement in compile_cell(tree) for step in statement.steps)
