"""The effects of one execution: its steps, run on the state that earlier executions left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from nbtrack.lineage import files
from nbtrack.lineage.calls import Calls
from nbtrack.lineage.knowledge import SHIPPED, is_look_module
from nbtrack.lineage.things import Frame, Thing, Things
from nbtrack.lineage.types import (
    EACH,
    ELEMENT,
    Bind,
    Branch,
    Call,
    Command,
    Define,
    DefineClass,
    Delete,
    Import,
    Note,
    Return,
    Star,
    Statement,
    Step,
    Store,
    Touch,
)
from nbtrack.lineage.values import NAMESPACE

__all__ = ["Tracer"]


class Tracer(Calls):
    """Runs the steps of one execution on ``world``; afterwards its attributes tell what they did."""

    def trace(self, statements: Iterable[Statement], reached: int | None = None) -> None:
        """Run a cell, up to the statement that holds line ``reached`` when it failed there."""
        frame = Frame()
        for statement in statements:
            if reached is not None and statement.line > reached:
                break
            self.run(statement.steps, frame)
            if statement.shown:
                self.world.shown = (self.execution,)
        self.settle_seeds()

    def run(self, steps: Iterable[Step], frame: Frame) -> None:
        """Run a block."""
        runners = self._runners
        for step in steps:
            self._budget -= 1
            if self._budget <= 0:
                self.note("The cell calls more functions of the notebook than can be followed")
                return
            runners[step.__class__](self, step, frame)

    def _bind(self, step: Bind, frame: Frame) -> None:
        things = self.evaluate(step.value, frame)
        if step.again:
            earlier = self.lookup(step.target, frame)
            self.observe(earlier)
            lasting = tuple(each for each in earlier if not each.scalar)
            self.change(lasting)
            for each in lasting:
                if each.container:
                    for added in things:
                        each.add(ELEMENT, added.part(EACH))
            things = lasting or (Thing(scalar=True),)
        self.bind(step.target, things or (Thing(scalar=True),), frame)

    def _store(self, step: Store, frame: Frame) -> None:
        value: Things = () if step.value is None else self.evaluate(step.value, frame)
        place = step.place
        for thing in self.places(place, frame):
            if thing.imported:
                self._store_in_module(thing, step.key)
            elif thing.origin == NAMESPACE:
                self._store_in_namespace(step.key, value)
            else:
                self.observe((thing,))
                self._store_in(thing, step.key, value)

    def _store_in(self, thing: Thing, key: str, value: Things) -> None:
        if is_look_module(thing.origin):
            return
        self.change((thing,))
        # An array or a frame takes a copy of what is stored in it, a container and an attribute the object itself.
        if value and (thing.container or key[0] != "["):
            if key == ELEMENT or self._uncertain:
                thing.add(key, value)
            else:
                thing.held[key] = value
        elif not value:
            thing.held.pop(key, None)

    def _store_in_module(self, module: Thing, key: str) -> None:
        dotted = f"{module.origin}.{key}"
        if not is_look_module(dotted) and ".options" not in dotted:
            self._set(dotted)

    def _store_in_namespace(self, key: str, value: Things) -> None:
        if key[:2] != "['":
            self.note("Names are bound through globals()", wild=True, binds_only=True)
        else:
            self.bind_global(key[2:-2], value or (Thing(),))

    def _touch(self, step: Touch, frame: Frame) -> None:
        for operand in step.operands:
            self.evaluate(operand, frame)

    def _delete(self, step: Delete, frame: Frame) -> None:
        self.delete(step.name, frame)

    def _call(self, step: Call, frame: Frame) -> None:
        self.bind(step.target, self.call(step, frame), frame)
        if "@" in step.keywords and isinstance(step.args[0], str):
            self.bind(step.args[0], frame.names[step.target] or (Thing(),), frame)

    def _import(self, step: Import, frame: Frame) -> None:
        module = step.module
        package = module.partition(".")[0]
        self._find_module(module, package, local=step.level > 0)
        thing = Thing(module if step.member is None else f"{module}.{step.member}")
        if step.member is None and step.target == package:
            thing.origin = package
        thing.imported = True
        known = self.world.names.get(step.target)
        submodule = step.member is None and "." in module and step.target == package
        if submodule and known is not None and any(each.origin == package for each in known.things):
            # Each of `import a.b` and `import a.c` adds to the one package.
            self.bind_global(step.target, known.things, besides=known.binders)
        else:
            self.bind(step.target, (thing,), frame)

    def _find_module(self, module: str, package: str, *, local: bool) -> None:
        world = self.world
        found = sys.stdlib_module_names
        if (
            world.search_path
            and package not in world.packages
            and package not in found
            and package not in SHIPPED
        ):
            self.dependencies.update(world.search_path)
        if world.files and package not in found:
            path = module.replace(".", "/")
            for key in (f"{path}.py", f"{package}.py"):
                self.dependencies.update(world.files.get(key, ()))
            self.dependencies.update(world.files.get(("fetched", package), ()))
        if local:
            self.dependencies.update(world.folder)
        world.packages.add(package)

    def _star(self, step: Star, _frame: Frame) -> None:
        self._find_module(step.module, step.module.partition(".")[0], local=False)
        self.note(
            f"from {step.module} import * binds names that the source does not tell",
            wild=True,
            binds_only=True,
        )

    def _branch(self, step: Branch, frame: Frame) -> None:
        self.branch(step, frame)

    def _return(self, step: Return, frame: Frame) -> None:
        things = self.evaluate(step.value, frame)
        frame.yields = frame.yields or step.each
        frame.returned.append(things)

    def _note(self, step: Note, _frame: Frame) -> None:
        self.note(step.text, wild=step.wild)

    def _command(self, step: Command, _frame: Frame) -> None:
        if step.kind == "shell":
            files.follow_shell(self, step.text)
        elif step.kind == "cd":
            files.change_folder(self, step.text)
        elif step.kind == "writefile":
            files.wrote(self, step.text.removeprefix("-a").strip())
        elif step.kind in {"env", "set_env"} and step.text:
            self._set("os.environ")
        elif step.kind in {"reset", "reset_selective", "xdel"}:
            self.note(f"%{step.kind} {step.text}".rstrip(), wild=True)

    def _define(self, step: Define, frame: Frame) -> None:
        thing = Thing()
        thing.function = step.function
        thing.kind = step.kind
        thing.closure = frame.parent if frame.is_class else frame
        thing.defaults = {name: self.evaluate(each, frame) for name, each in step.function.defaults.items()}
        self.bind(step.target, (thing,), frame)

    def _define_class(self, step: DefineClass, frame: Frame) -> None:
        thing = Thing()
        bases: list[Thing] = []
        for operand in step.definition.bases:
            bases.extend(self.evaluate(operand, frame))
        inner = Frame(parent=frame, is_class=True)
        self.run(step.definition.steps, inner)
        thing.bases = tuple(bases)
        thing.members = {name: things for name, things in inner.names.items() if name[0] != "%"}
        for things in thing.members.values():
            for each in things:
                if each.function is not None:
                    each.owner = thing
        self.bind(step.target, (thing,), frame)

    _runners: ClassVar[dict[type, Callable[[Any, Any, Frame], None]]] = {
        Bind: _bind,
        Store: _store,
        Touch: _touch,
        Delete: _delete,
        Call: _call,
        Import: _import,
        Star: _star,
        Branch: _branch,
        Return: _return,
        Note: _note,
        Command: _command,
        Define: _define,
        DefineClass: _define_class,
    }
