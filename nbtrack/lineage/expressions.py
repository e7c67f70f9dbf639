"""Expressions flattened to steps: which values they read, hold, may be, or come from by a call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeAlias

from nbtrack.lineage.types import (
    CONSTANT,
    EACH,
    ELEMENT,
    SLICE,
    Bind,
    Call,
    Define,
    Either,
    Function,
    Hold,
    Mix,
    Operand,
    Place,
    Return,
    Spread,
    Step,
    Store,
    Text,
    Touch,
    Use,
    Value,
)

__all__ = ["Expressions"]

_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp

# Longer texts are no file names, and literals of many elements only hold what they were written with.
_LONGEST_TEXT = 400


class Expressions:
    """Turns expressions into values, and appends to ``steps`` what evaluating them does.

    Comprehensions are unrolled into the enclosing block, their variables renamed to temporaries.
    """

    def __init__(self, renamed: dict[str, str] | None = None) -> None:
        self.steps: list[Step] = []
        self._renamed: dict[str, str] = renamed or {}
        # Temporaries of an enclosing comprehension stay visible in a function's body: none may be taken again.
        self._temporaries = 1_000_000 if renamed else 0

    def temporary(self) -> str:
        """A new name that no source can contain."""
        self._temporaries += 1
        return f"%{self._temporaries}"

    def value(self, node: ast.expr) -> Value:
        """What ``node`` evaluates to."""
        compile_node = self._compilers.get(node.__class__)
        if compile_node is None:
            return self._mix(ast.iter_child_nodes(node))
        return compile_node(self, node)

    def operand(self, node: ast.expr) -> Operand | None:
        """The value of ``node`` as an operand; None when it is a constant."""
        return self.named(self.value(node))

    def named(self, value: Value) -> Operand | None:
        """A value as an operand: one that has no name gets a temporary; None when it is a constant."""
        if isinstance(value, str | Place):
            return value
        if value is CONSTANT or type(value) is Text:
            return None
        target = self.temporary()
        self.steps.append(Bind(target, value))
        return target

    def sources(self, nodes: Iterable[Any]) -> tuple[Operand, ...]:
        """All operands that the expressions among ``nodes`` are computed from."""
        found: list[Operand] = []
        for node in nodes:
            if isinstance(node, ast.expr):
                self._gather(self.value(node), found)
            elif isinstance(node, ast.keyword):
                self._gather(self.value(node.value), found)
        return tuple(found)

    def _gather(self, value: Value, found: list[Operand]) -> None:
        kind = type(value)
        if kind is Mix:
            found.extend(value.sources)  # type: ignore[union-attr]
        elif kind is str or kind is Place:
            found.append(value)  # type: ignore[arg-type]
        elif kind is not Text:
            operand = self.named(value)
            if operand is not None:
                found.append(operand)

    def touch(self, *nodes: ast.AST | None) -> None:
        """The expressions are evaluated and leave nothing."""
        operands = self.sources(nodes)
        if operands:
            self.steps.append(Touch(operands))

    def _mix(self, nodes: Iterable[Any]) -> Value:
        found = self.sources(nodes)
        return Mix(found) if found else CONSTANT

    # --- names and what is reached from them

    def _name(self, node: ast.Name) -> Value:
        return self._renamed.get(node.id, node.id)

    def place(self, node: ast.expr) -> Operand:
        """The operand that an attribute, a subscript or any expression denotes."""
        path: list[str] = []
        base = node
        while True:
            if isinstance(base, ast.Attribute):
                path.append(base.attr)
                base = base.value
            elif isinstance(base, ast.Subscript):
                path.append(self.key(base.slice))
                base = base.value
            else:
                break
        root = self.operand(base)
        if root is None:
            root = self.temporary()
            self.steps.append(Bind(root, CONSTANT))
        if not path:
            return root
        path.reverse()
        if isinstance(root, Place):
            return Place(root.root, root.path + tuple(path))
        return Place(root, tuple(path))

    def key(self, node: ast.expr) -> str:
        """The path element of a subscript; what the key is computed from counts as read."""
        if isinstance(node, ast.Constant):
            return f"[{node.value!r}]"
        self.touch(node)
        return SLICE if isinstance(node, ast.Slice) else ELEMENT

    # --- calls

    def _call(self, node: ast.Call) -> Value:
        return self.call(node, Use.TAKEN)

    def call(self, node: ast.Call, use: Use) -> Value:
        """A call, whose result is a temporary."""
        callee = self.place(node.func)
        keywords: dict[str, Operand | None] = {}
        constants: dict[str, object] = {}
        texts: list[str] = []
        args = tuple([self._positional(each, texts) for each in node.args])
        for keyword in node.keywords:
            name = keyword.arg or "**"
            keywords[name] = self._argument(keyword.value, texts)
            if isinstance(keyword.value, ast.Constant):
                constants[name] = keyword.value.value
        target = self.temporary()
        self.steps.append(Call(target, callee, args, keywords, constants, tuple(texts), use))
        return target

    def _positional(self, node: ast.expr, texts: list[str]) -> Operand | Spread | None:
        if isinstance(node, ast.Starred):
            operand = self.operand(node.value)
            return None if operand is None else Spread(operand)
        return self._argument(node, texts)

    def _argument(self, node: ast.expr, texts: list[str]) -> Operand | None:
        value = self.value(node)
        if type(value) is Text:
            texts.append(value.text)
            return None
        return self.named(value)

    # --- containers

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        parts: list[tuple[str, Operand]] = []
        starred = False
        for index, element in enumerate(node.elts):
            if element.__class__ is ast.Constant:
                continue
            operand = self.operand(element)
            if operand is None:
                continue
            if isinstance(element, ast.Starred):
                starred = True
                operand = element_of(operand)
            parts.append((EACH if starred else f"[{index}]", operand))
        return Hold(tuple(parts))

    def _dict(self, node: ast.Dict) -> Value:
        parts: list[tuple[str, Operand]] = []
        for key, element in zip(node.keys, node.values, strict=True):
            name = EACH if key is None else self.key(key)
            if element.__class__ is not ast.Constant:
                operand = self.operand(element)
                if operand is not None:
                    parts.append((name, element_of(operand) if key is None else operand))
        return Hold(tuple(parts))

    def _comprehension(self, node: _Comprehension) -> Value:
        return self.comprehension(node, Use.TAKEN)

    def comprehension(self, node: _Comprehension, use: Use) -> Value:
        """A comprehension; ``use`` is what becomes of its elements."""
        outer = self._renamed
        self._renamed = dict(outer)
        for generator in node.generators:
            self._generator(generator)
        if isinstance(node, ast.DictComp):
            self.touch(node.key)
            element = self.operand(node.value)
        elif use != Use.TAKEN and isinstance(node.elt, ast.Call):
            element = self.named(self.call(node.elt, use))
        else:
            element = self.operand(node.elt)
        self._renamed = outer
        return Hold(() if element is None else ((ELEMENT, element),))

    def _generator(self, generator: ast.comprehension) -> None:
        source = self.operand(generator.iter)
        # The first iterable sees the enclosing names, so that only now the variables hide them.
        for target in ast.walk(generator.target):
            if isinstance(target, ast.Name):
                self._renamed[target.id] = self.temporary()
        self.unpack(generator.target, CONSTANT if source is None else element_of(source))
        self.touch(*generator.ifs)

    # --- the rest

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str) and len(node.value) <= _LONGEST_TEXT:
            return Text(node.value)
        return CONSTANT

    def _boolean(self, node: ast.BoolOp) -> Value:
        return self._either(node.values)

    def _conditional(self, node: ast.IfExp) -> Value:
        self.touch(node.test)
        return self._either((node.body, node.orelse))

    def _either(self, nodes: Iterable[ast.expr]) -> Value:
        choices = [operand for node in nodes if (operand := self.operand(node)) is not None]
        return Either(tuple(choices)) if choices else CONSTANT

    def _lambda(self, node: ast.Lambda) -> Value:
        target = self.temporary()
        self.steps.append(Define(target, self.lambda_function(node)))
        return target

    def lambda_function(self, node: ast.Lambda) -> Function:
        """The function that a lambda makes."""
        raise NotImplementedError

    def _walrus(self, node: ast.NamedExpr) -> Value:
        self.steps.append(Bind(node.target.id, self.value(node.value)))
        return node.target.id

    def _inner(self, node: ast.Await | ast.Starred) -> Value:
        return self.value(node.value)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        if node.value is not None:
            self.steps.append(Return(self.value(node.value), each=isinstance(node, ast.Yield)))
        return CONSTANT

    # --- targets

    def unpack(self, target: ast.expr, value: Value) -> None:
        """Bind ``target``, of an assignment, a loop or a ``with``, to ``value``."""
        if isinstance(target, ast.Name):
            self.steps.append(Bind(self._renamed.get(target.id, target.id), value))
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack_sequence(target, value)
        elif isinstance(target, ast.Starred):
            self.unpack(target.value, value)
        elif isinstance(target, ast.Attribute):
            self.steps.append(Store(self.place(target.value), target.attr, value))
        elif isinstance(target, ast.Subscript):
            self.steps.append(Store(self.place(target.value), self.key(target.slice), value))

    def _unpack_sequence(self, target: ast.Tuple | ast.List, value: Value) -> None:
        source = self.named(value)
        starred = False
        for index, element in enumerate(target.elts):
            starred = starred or isinstance(element, ast.Starred)
            if source is None:
                self.unpack(element, CONSTANT)
            elif isinstance(element, ast.Starred):
                self.unpack(element.value, Hold(((EACH, element_of(source)),)))
            else:
                self.unpack(element, element_of(source, EACH if starred else f"[{index}]"))

    _compilers: ClassVar[dict[type[ast.AST], Callable[[Any, Any], Value]]] = {
        ast.Name: _name,
        ast.Constant: _constant,
        ast.Attribute: place,
        ast.Subscript: place,
        ast.Call: _call,
        ast.List: _sequence,
        ast.Tuple: _sequence,
        ast.Set: _sequence,
        ast.Dict: _dict,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _comprehension,
        ast.BoolOp: _boolean,
        ast.IfExp: _conditional,
        ast.Lambda: _lambda,
        ast.NamedExpr: _walrus,
        ast.Await: _inner,
        ast.Starred: _inner,
        ast.Yield: _yield,
        ast.YieldFrom: _yield,
    }


def element_of(source: Operand, key: str = EACH) -> Operand:
    """What is found in ``source`` under ``key``, by default any of its elements."""
    if isinstance(source, Place):
        return Place(source.root, (*source.path, key))
    return Place(source, (key,))
