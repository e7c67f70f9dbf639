"""Calls told apart by what is called: a function or class of the notebook, a library, a builtin, an unknown object."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from nbtrack.lineage import files
from nbtrack.lineage.functions import parent_of
from nbtrack.lineage.knowledge import PASSING, PLAIN_BUILTINS
from nbtrack.lineage.libraries import Libraries
from nbtrack.lineage.passing import elements, passed_on
from nbtrack.lineage.syntax import compile_cell
from nbtrack.lineage.things import Frame, Thing, Things, union
from nbtrack.lineage.types import EACH, ELEMENT, Call, Place
from nbtrack.lineage.values import NAMESPACE

__all__ = ["Calls"]


class _Builtin(NamedTuple):
    """A call of a builtin function."""

    name: str
    texts: tuple[str, ...]
    args: list[Things]
    frame: Frame


class Calls(Libraries):
    """Follows calls; see :class:`Values` for what is recorded."""

    def call(self, step: Call, frame: Frame) -> Things:
        """What the call may give back, after all that it does was recorded."""
        callee = step.callee
        if isinstance(callee, str):
            called = self.lookup(callee, frame)
            if callee[0] != "%":
                self.calls.add(callee)
            return union(self._call_thing(each, step, frame) for each in called) if called else (Thing(),)
        receivers = self.places(Place(callee.root, callee.path[:-1]), frame)
        name = callee.path[-1]
        if callee.root[0] != "%":
            self.calls.add(".".join((callee.root, *callee.path)))
        if not receivers:
            receivers = (Thing(),)
        return union(self._call_member(each, name, step, frame) for each in receivers)

    def _call_member(self, receiver: Thing, name: str, step: Call, frame: Frame) -> Things:
        if name == ELEMENT or name[0] == "[":
            found = self._inside(receiver, name, frame) or (Thing(),)
            return union(self._call_thing(each, step, frame) for each in found)
        if receiver.imported:
            return self.call_library(f"{receiver.origin}.{name}", step, frame)
        own = receiver.part(name) if not receiver.container else ()
        if own:
            self.observe_alone((receiver,))
            return union(self._call_thing(each, step, frame) for each in own)
        methods = receiver.member(name) if receiver.members is not None else receiver.method(name)
        if methods:
            self.observe_alone((receiver,))
            args, keywords = self.arguments(step, frame)
            return union(self._invoke_method(each, receiver, args, keywords) for each in methods)
        return self.call_method(receiver, name, step, frame)

    def _invoke_method(
        self, method: Thing, receiver: Thing, args: list[Things], keywords: dict[str, Things]
    ) -> Things:
        if receiver.members is not None or method.kind == "staticmethod":
            return self.invoke(method, args, keywords, ())
        return self.invoke(method, args, keywords, (receiver,))

    def _call_thing(self, called: Thing, step: Call, frame: Frame) -> Things:
        """``called(...)``, whatever it is."""
        if called.function is not None:
            args, keywords = self.arguments(step, frame)
            if "@" in step.keywords:
                return self.decorated(called, args)
            return self.invoke(called, args, keywords, ())
        if called.members is not None:
            return (self.instance(called, step, frame),)
        if called.imported:
            return self.call_library(called.origin, step, frame)
        self.observe((called,))
        args, keywords = self.arguments(step, frame)
        for name in ("__call__", "forward", "call"):
            methods = called.method(name)
            if methods:
                return union(self.invoke(each, args, keywords, (called,)) for each in methods)
        self.hand_over((called,))
        self.hand_over(union([*args, *keywords.values()]))
        return (Thing(),)

    # --- builtins

    def call_builtin(self, name: str, step: Call, frame: Frame) -> Things:
        """Call a builtin function."""
        args, keywords = self.arguments(step, frame)
        special = self._builtins.get(name)
        if special is not None:
            return special(self, _Builtin(name, step.texts, args, frame)) or (Thing(),)
        given = union([*args, *keywords.values()])
        files.follow_call(self, name, step, given)
        if name not in PLAIN_BUILTINS:
            # sorted(key=…), filter(…), max(key=…): functions among the arguments are called with the elements.
            self.apply(given, [union(elements(each) for each in args)])
            self.hand_over(given)
        if name in PASSING:
            return passed_on(name, args, keywords)
        if name in {"str", "format"} and any(each.text is not None for each in given):
            return (Thing(text=""),)
        return (Thing(scalar=name in PLAIN_BUILTINS),)

    def _evaluate_text(self, call: _Builtin) -> Things:
        """``exec`` and ``eval``: followed when the code is a constant."""
        tree = None
        if call.texts:
            with contextlib.suppress(SyntaxError, ValueError):
                tree = ast.parse(call.texts[0])
        if tree is None:
            self.note(f"{call.name}() of code that is put together at run time", wild=call.name == "exec")
        else:
            for statement in compile_cell(tree):
                self.run(statement.steps, call.frame)
        return ()

    def _import_named(self, call: _Builtin) -> Things:
        thing = Thing(call.texts[0] if call.texts else "")
        thing.imported = bool(call.texts)
        return (thing,)

    def _namespace(self, call: _Builtin) -> Things:
        return call.args[0] if call.args else (Thing(NAMESPACE),)

    def _set_attribute(self, call: _Builtin) -> Things:
        changed = call.args[0] if call.args else ()
        self.change(changed)
        for each in changed:
            each.add(call.texts[0] if call.texts else EACH, call.args[-1] if call.name == "setattr" else ())
        return ()

    def _get_attribute(self, call: _Builtin) -> Things:
        key = call.texts[0] if call.texts else ELEMENT
        found = [self._inside(each, key, call.frame) for each in (call.args[0] if call.args else ())]
        return union([*found, *call.args[2:]])

    def _super(self, call: _Builtin) -> Things:
        return (parent_of(call.frame),)

    def _map(self, call: _Builtin) -> Things:
        found = self.apply(call.args[0], [elements(each) for each in call.args[1:]]) if call.args else ()
        self.hand_over(union(call.args))
        return (Thing.holding({EACH: found}),)

    _builtins: ClassVar[dict[str, Callable[[Calls, _Builtin], Things]]] = {
        "__import__": _import_named,
        "delattr": _set_attribute,
        "eval": _evaluate_text,
        "exec": _evaluate_text,
        "getattr": _get_attribute,
        "globals": _namespace,
        "locals": _namespace,
        "map": _map,
        "setattr": _set_attribute,
        "super": _super,
        "vars": _namespace,
    }
