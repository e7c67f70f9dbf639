"""Functions and classes of the notebook: calls of them are followed into their bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbtrack.lineage.things import Frame, Thing, Things, World, union
from nbtrack.lineage.types import EACH, Call, Function, Spread, Step
from nbtrack.lineage.values import Values

__all__ = ["Functions"]

_DEEPEST = 25
_MOST_SPREAD = 6


class Functions(Values):
    """Follows functions and classes of the notebook; see :class:`Values` for what is recorded."""

    def __init__(self, world: World, execution: int, *, bindings_known: bool = False) -> None:
        super().__init__(world, execution, bindings_known=bindings_known)
        self._stack: tuple[Thing, ...] = ()
        self._handed: set[Thing] = set()

    def run(self, steps: Iterable[Step], frame: Frame) -> None:
        """Run a block."""
        raise NotImplementedError

    def arguments(self, step: Call, frame: Frame) -> tuple[list[Things], dict[str, Things]]:
        """The objects that are passed, by position and by keyword; empty for constants."""
        args: list[Things] = []
        for each in step.args:
            if isinstance(each, Spread):
                args.extend(_spread(self.evaluate(each.operand, frame)))
            else:
                args.append(() if each is None else self.evaluate(each, frame))
        keywords: dict[str, Things] = {}
        for name, operand in step.keywords.items():
            things = () if operand is None else self.evaluate(operand, frame)
            if name == "**":
                for thing in things:
                    keywords |= {key[2:-2]: held for key, held in thing.held.items() if key[:2] == "['"}
            keywords[name] = things
        return args, keywords

    def invoke(
        self, function: Thing, args: list[Things], keywords: dict[str, Things], receiver: Things
    ) -> Things:
        """Follow the body of a function of the notebook; ``receiver`` is what it is a method of."""
        definition = function.function
        if definition is None:
            return (Thing(),)
        if function in self._stack or len(self._stack) > _DEEPEST or self._budget <= 0:
            return (Thing(),)
        frame = Frame(parent=function.closure, function=definition, owner=function.owner, receiver=receiver)
        _bind_parameters(
            frame.names, definition, function.defaults, [receiver, *args] if receiver else args, keywords
        )
        outer, self._stack = self._stack, (*self._stack, function)
        self.run(definition.steps, frame)
        self._stack = outer
        found = union(frame.returned)
        if frame.yields:
            return (Thing.holding({EACH: found}),)
        return found or (Thing(scalar=True),)

    def apply(self, functions: Things, args: list[Things]) -> Things:
        """Call those of ``functions`` that the notebook defines."""
        self._handed.update(functions)
        return union(self.invoke(each, args, {}, ()) for each in functions if each.function is not None)

    def hand_over(self, things: Things) -> None:
        """Objects given to code that cannot be seen: functions of the notebook among them may be called."""
        for thing in things:
            if thing in self._handed:
                continue
            if thing.function is not None:
                self._handed.add(thing)
                self.invoke(thing, [], {}, ())
            elif thing.members is not None or thing.made_of is not None:
                self._handed.add(thing)
                # What they may store in the object itself is not held against it: nobody knows that they ran.
                receiver = () if thing.made_of is None else (thing.copy(),)
                self._hand_over_methods(thing.made_of or thing, receiver)
            elif thing.held:
                self._handed.add(thing)
                self.hand_over(union(thing.held.values()))

    def _hand_over_methods(self, cls: Thing, receiver: Things) -> None:
        for members in (cls.members or {}).values():
            for member in members:
                if member.function is not None and member not in self._handed:
                    self._handed.add(member)
                    self.invoke(member, [], {}, receiver)
        for base in cls.bases:
            if base.members is not None:
                self._hand_over_methods(base, receiver)

    def decorated(self, decorator: Thing, args: list[Things]) -> Things:
        """A decorated definition: the wrapper, and what it wraps."""
        return union([self.invoke(decorator, args, {}, ()), *args])

    def instance(self, cls: Thing, step: Call, frame: Frame) -> Thing:
        """A new instance of a class of the notebook."""
        thing = Thing(_library_base(cls))
        thing.made_of = cls
        args, keywords = self.arguments(step, frame)
        initialisers = cls.member("__init__")
        for each in initialisers:
            self.invoke(each, args, keywords, (thing,))
        if not initialisers:
            for index, held in enumerate([*args, *keywords.values()]):
                thing.add(f"[{index}]", held)
        return thing


def _bind_parameters(
    names: dict[str, Things],
    function: Function,
    defaults: Mapping[str, Things],
    args: list[Things],
    keywords: dict[str, Things],
) -> None:
    """Bind the parameters of a call; what the caller does not tell is a new object."""
    for name, things in zip(function.parameters, args, strict=False):
        names[name] = things or (Thing(),)
    for name in (*function.parameters[len(args) :], *function.keyword_only):
        names[name] = keywords.get(name) or defaults.get(name) or (Thing(),)
    if function.rest:
        names[function.rest] = (_held_by(args[len(function.parameters) :]),)
    if function.keywords:
        names[function.keywords] = (_held_by(list(keywords.values())),)


def _spread(things: Things) -> list[Things]:
    """The arguments that ``*things`` may stand for: in order where that is known, else any for any."""
    if len(things) == 1 and things[0].container:
        held = things[0].held
        if all(f"[{index}]" in held for index in range(len(held))):
            return [held[f"[{index}]"] for index in range(len(held))]
    inside = union(each.part(EACH) or (each,) for each in things)
    return [inside] * _MOST_SPREAD


def _held_by(groups: list[Things]) -> Thing:
    found = union(groups)
    return Thing.holding({EACH: found} if found else {})


def _library_base(cls: Thing) -> str:
    """The dotted name of the nearest base of a class of the notebook that a library gives; "" where there is none."""
    for base in cls.bases:
        found = base.origin if base.members is None else _library_base(base)
        if found:
            return found
    return ""


def parent_of(frame: Frame) -> Thing:
    """What ``super()`` is in a method: the receiver, seen as one of its class's bases."""
    inner: Frame | None = frame
    while inner is not None and inner.owner is None:
        inner = inner.parent
    thing = Thing()
    if inner is not None and inner.owner is not None and inner.receiver:
        stand_in = Thing()
        stand_in.members = {}
        stand_in.bases = inner.owner.bases
        thing.made_of = stand_in
        thing.held = inner.receiver[0].held
        thing.origin = _library_base(inner.owner)
    return thing
