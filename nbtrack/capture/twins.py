"""Sees what happens inside functions of the notebook, without touching the functions.

A function object defined in a notebook keeps the code that the user wrote, so that it pickles, compiles (numba,
TorchScript), prints and inspects as it always did. When such a function is called from a watched place, and
something in it is worth watching, its *twin* is called instead: a function with the same globals, defaults and
closure, whose code is the same source with watched calls. Twins exist only for the time of the call; no name is
ever bound to one.

Which functions are worth it is a question of names: those that contain a nominated call, or call such a function
by its name, or call one of their own parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

from nbtrack.capture.called_steps import Lookup
from nbtrack.capture.nodes import copied, walk
from nbtrack.capture.rewrite import Definition, Rewriter, Sites, trains_by_hand
from nbtrack.capture.sites import Role, called_name, called_names, role_of

__all__ = ["Twins"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one function of the notebook does, by names."""

    name: str
    calls: frozenset[str]
    direct: bool


class Twins:
    """The functions defined in a notebook's cells, and their watched twins.

    Args:
        sites: where the call sites inside twins are entered.
        may_be_net: see :class:`nbtrack.capture.rewrite.Rewriter`.
        flags: the compiler flags that the user's ``from __future__`` imports have set so far.
    """

    def __init__(
        self, sites: Sites, may_be_net: Callable[[str], bool], flags: Callable[[], int] = int
    ) -> None:
        self.interesting: frozenset[str] = frozenset()
        self._sites = sites
        self._may_be_net = may_be_net
        self._flags = flags
        self._roots: dict[str, list[Definition]] = {}
        self._facts: dict[str, _Facts] = {}
        self._decorated: set[str] = set()
        # The code of a twin by the code of its function; None: the function is not the notebook's.
        # By identity, since hashing a code object reads all of it; the function's code is kept alive beside its twin.
        self._codes: dict[int, tuple[CodeType, CodeType | None]] = {}

    def define(self, definition: Definition) -> None:
        """Learn an outermost definition of an executed cell."""
        name = getattr(definition, "name", "<lambda>")
        self._roots.setdefault(name, []).append(definition)
        if getattr(definition, "decorator_list", ()):
            self._decorated.add(name)
        parameters = _parameters(definition)
        for function in _functions(definition):
            facts = _facts_of(function, parameters, self.function)
            self._facts[facts.name] = facts
        self._codes.clear()  # what is worth watching may have changed
        self.interesting = self._close()

    def define_partials(self, cell: ast.Module) -> None:
        """Learn the names that a cell's own statements give to partial functions."""
        found = dict(_partials(cell))
        if not found:
            return
        trains = {name for name, called in found.items() if role_of(called) & Role.TRAIN}
        self._sites.partials = (self._sites.partials - found.keys()) | trains
        for name, called in found.items():
            known = self._facts.get(name, _Facts(name, frozenset(), direct=False))
            # A function may be replaced by a partial of itself.
            direct = known.direct or name in trains
            self._facts[name] = _Facts(name, known.calls | {called}, direct)
        self._codes.clear()
        self.interesting = self._close()

    def _close(self) -> frozenset[str]:
        """Names of functions from which something watched is reached: the least fixed point over calls by name."""
        found = {name for name, facts in self._facts.items() if facts.direct}
        while True:
            more = {name for name, facts in self._facts.items() if name not in found and facts.calls & found}
            if not more:
                return frozenset(found - {"<lambda>"})
            found |= more

    def of(self, function: Any) -> Any:
        """What to call in place of ``function``: its twin, or itself where it has none."""
        if type(function) is FunctionType:
            code = self._code(function)
            return _twin(function, code) if code is not None else self._around(function)
        if type(function) is partial:
            whole = self.of(function.func)
            if whole is function.func:
                return function
            return partial(whole, *function.args, **function.keywords)
        if type(function) is MethodType and type(function.__func__) is FunctionType:
            code = self._code(function.__func__)
            return (
                MethodType(_twin(function.__func__, code), function.__self__)
                if code is not None
                else function
            )
        call = getattr(type(function), "__call__", None)  # noqa: B004 - the method itself is wanted
        if type(call) is FunctionType:
            code = self._code(call)
            return MethodType(_twin(call, code), function) if code is not None else function
        return function

    def _around(self, function: FunctionType) -> FunctionType:
        """What to call in place of a library's wrapper around a function of the notebook, such as ``@torch.no_grad()``.

        Its own code runs, around the twin.
        """
        wrapped, cells = function.__dict__.get("__wrapped__"), function.__closure__
        if type(wrapped) is not FunctionType or cells is None:
            return function
        twin = self.of(wrapped)
        if twin is wrapped:
            return function
        closure = tuple(CellType(twin) if _content(cell) is wrapped else cell for cell in cells)
        return _twin(function, function.__code__, closure)

    def hidden(self, namespace: Mapping[str, Any]) -> frozenset[str]:
        """The names of functions of the notebook that train behind compiled code, such as that of ``lru_cache``."""
        return frozenset(name for name in self._decorated if self._is_hidden(namespace.get(name)))

    def _is_hidden(self, function: object) -> bool:
        wrapped = getattr(function, "__wrapped__", None) if hasattr(type(function), "__get__") else None
        if type(wrapped) is not FunctionType or type(function) is FunctionType:
            return False
        syntax = self.syntax(wrapped.__code__)
        return syntax is not None and any(role_of(name) & Role.TRAIN for name in called_names(syntax))

    def function(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The notebook's function of a name, as it was defined last; None where there is none."""
        roots = self._roots.get(name)
        last = roots[-1] if roots else None
        return last if isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def syntax(self, code: CodeType) -> ast.AST | None:
        """The syntax of the function that runs this code, a twin's too; None where it is not the notebook's."""
        for root in reversed(self._roots.get(code.co_qualname.partition(".")[0], ())):
            for function in _functions(root):
                if _may_be(function, code):
                    return function
        return None

    def _code(self, function: FunctionType) -> CodeType | None:
        code = function.__code__
        known = self._codes.get(id(code))
        if known is None:
            known = code, self._compile(code) if self._roots else None
            self._codes[id(code)] = known
        return known[1]

    def _compile(self, code: CodeType) -> CodeType | None:
        """The twin of a code object, found by compiling the definitions of its name again; None if it has none."""
        name = code.co_qualname.partition(".")[0]
        if code.co_name not in self.interesting and code.co_name != "<lambda>":
            return None
        for root in reversed(self._roots.get(name, ())):
            for index, function in enumerate(_functions(root)):
                if not _may_be(function, code):
                    continue
                compiled = self._compiled
                pristine = list(_codes(compiled(root, code.co_filename)))
                watched = list(_codes(compiled(self._instrumented(root, index), code.co_filename)))
                for before, after in zip(pristine, watched, strict=False):
                    # The outermost functions are compiled in a module of their own: their names agree with the
                    # cell's, and code objects compare by content.
                    if before == code and after != before:
                        return after
        return None

    def _compiled(self, root: Definition, filename: str) -> CodeType:
        body: ast.stmt = root if isinstance(root, ast.stmt) else ast.copy_location(ast.Expr(root), root)
        module = ast.Module([body], [])
        ast.fix_missing_locations(module)
        code = compile(module, filename, "exec", flags=self._flags(), dont_inherit=True)
        assert isinstance(code, CodeType)  # the shell's flags may ask for a tree instead: PyCF_ONLY_AST
        return code

    def _instrumented(self, root: Definition, index: int) -> Definition:
        tree = copied(root)
        function = list(_functions(tree))[index]
        rewriter = Rewriter(
            self._sites,
            self.interesting,
            self._may_be_net,
            parameters=_parameters(root),
            lookup=self.function,
        )
        rewriter.rewrite_body(function)
        return tree


def _twin(
    function: FunctionType, code: CodeType, closure: tuple[CellType, ...] | None = None
) -> FunctionType:
    twin = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, closure or function.__closure__
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__qualname__ = function.__qualname__
    twin.__dict__ = function.__dict__  # attributes set inside are the function's own
    return twin


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # nothing is bound yet


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _functions(root: ast.AST) -> Iterator[_Function]:
    for node in walk(root):
        if isinstance(node, _Function):
            yield node


def _may_be(function: _Function, code: CodeType) -> bool:
    if isinstance(function, ast.Lambda):
        return code.co_name == "<lambda>" and function.lineno == code.co_firstlineno
    first = function.decorator_list[0].lineno if function.decorator_list else function.lineno
    return function.name == code.co_name and first == code.co_firstlineno


def _parameters(root: Definition) -> frozenset[str]:
    """Parameter names of all functions in a definition: calling one may be calling a function of the notebook."""
    found = set()
    for function in _functions(root):
        arguments = function.args
        found |= {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    return frozenset(found - {"self", "cls"})


def _partials(cell: ast.Module) -> Iterator[tuple[str, str]]:
    """Names assigned a partial function, each with the name of the function that is called by it."""
    for statement in cell.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[function, *_]) as value):
                if called_name(value) == "partial":
                    called = called_name(ast.Call(function, [], []))
                    if called is not None:
                        yield name, called


def _facts_of(function: _Function, parameters: frozenset[str], lookup: Lookup) -> _Facts:
    calls = called_names(function)
    direct = (
        any(role_of(name) for name in calls) or bool(calls & parameters) or trains_by_hand(function, lookup)
    )
    return _Facts(getattr(function, "name", "<lambda>"), calls, direct)
