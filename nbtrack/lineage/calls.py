"""Calls: of functions and classes of the notebook by following their bodies, of all others by what is known of them."""

from __future__ import annotations

from nbtrack.lineage import files
from nbtrack.lineage.knowledge import (
    ALWAYS_CHANGING,
    CHANGING_PREFIXES,
    CONTAINER_CHANGING,
    FIRST_ARGUMENT_CHANGING,
    FITTING,
    HANDLES,
    LOOK_PREFIXES,
    LOOKS,
    MODE_FREE,
    PASSING,
    PLAIN_BUILTINS,
    RETURNING_SELF,
    TRAINING,
    fitting_of,
    is_cloning,
    is_look_module,
    is_setting,
    keeps_only_parameters,
    seeded_by,
    streams_of,
)
from nbtrack.lineage.things import Frame, Thing, Things, union
from nbtrack.lineage.types import ELEMENT, Call, Place, Use
from nbtrack.lineage.values import NAMESPACE, Values

__all__ = ["Calls"]

_DEEPEST = 25
_MODE = frozenset({"mode"})
_FIT = frozenset({"fit"})


class Calls(Values):
    """Follows calls; see :class:`Values` for what is recorded."""

    _budget = 20_000
    _stack: tuple[Thing, ...] = ()

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
            return self._call_library(f"{receiver.origin}.{name}", step, frame)
        own = receiver.part(name) if not receiver.container else ()
        if own:
            self.observe_alone((receiver,))
            return union(self._call_thing(each, step, frame) for each in own)
        methods = receiver.member(name) if receiver.members is not None else receiver.method(name)
        if methods:
            self.observe_alone((receiver,))
            args, keywords = self._arguments(step, frame)
            return union(self._invoke_method(each, receiver, args, keywords) for each in methods)
        return self._call_method(receiver, name, step, frame)

    def _invoke_method(
        self, method: Thing, receiver: Thing, args: list[Things], keywords: dict[str, Things]
    ) -> Things:
        if receiver.members is not None or method.kind == "staticmethod":
            return self.invoke(method, args, keywords, ())
        return self.invoke(method, args, keywords, (receiver,))

    def _call_thing(self, called: Thing, step: Call, frame: Frame) -> Things:
        """``called(...)``, whatever it is."""
        if called.function is not None:
            args, keywords = self._arguments(step, frame)
            if "@" in step.keywords:
                return self._decorated(called, args)
            return self.invoke(called, args, keywords, ())
        if called.members is not None:
            return (self._instance(called, step, frame),)
        if called.imported:
            return self._call_library(called.origin, step, frame)
        self.observe((called,))
        args, keywords = self._arguments(step, frame)
        for name in ("__call__", "forward", "call"):
            methods = called.method(name)
            if methods:
                return union(self.invoke(each, args, keywords, (called,)) for each in methods)
        self._hand_over((called,))
        self._hand_over(union([*args, *keywords.values()]))
        return (Thing(),)

    def _decorated(self, decorator: Thing, args: list[Things]) -> Things:
        """A decorated definition: the wrapper, and what it wraps."""
        return union([self.invoke(decorator, args, {}, ()), *args])

    def _instance(self, cls: Thing, step: Call, frame: Frame) -> Thing:
        thing = Thing(_library_base(cls))
        thing.made_of = cls
        args, keywords = self._arguments(step, frame)
        initialisers = cls.member("__init__")
        for each in initialisers:
            self.invoke(each, args, keywords, (thing,))
        if not initialisers:
            for index, held in enumerate([*args, *keywords.values()]):
                thing.add(f"[{index}]", held)
        return thing

    def _arguments(self, step: Call, frame: Frame) -> tuple[list[Things], dict[str, Things]]:
        args = [() if each is None else self.evaluate(each, frame) for each in step.args]
        keywords = {
            name: () if each is None else self.evaluate(each, frame) for name, each in step.keywords.items()
        }
        return args, keywords

    # --- functions of the notebook

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
        given = [receiver, *args] if receiver else args
        names = frame.names
        for name, things in zip(definition.parameters, given, strict=False):
            names[name] = things
        for name in (*definition.parameters[len(given) :], *definition.keyword_only):
            names[name] = keywords.get(name) or function.defaults.get(name, ())
        for name in definition.parameters + definition.keyword_only:
            if not names[name]:
                names[name] = (Thing(),)
        if definition.rest:
            names[definition.rest] = (_held_by(given[len(definition.parameters) :]),)
        if definition.keywords:
            names[definition.keywords] = (_held_by(list(keywords.values())),)
        outer, self._stack = self._stack, (*self._stack, function)
        self.run(definition.steps, frame)
        self._stack = outer
        found = union(frame.returned)
        if frame.yields:
            return (Thing.holding({ELEMENT: found}),)
        return found or (Thing(scalar=True),)

    def _hand_over(self, things: Things) -> None:
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
            elif thing.container and thing.held:
                self._handed.add(thing)
                self._hand_over(union(thing.held.values()))

    def _hand_over_methods(self, cls: Thing, receiver: Things) -> None:
        for members in (cls.members or {}).values():
            for member in members:
                if member.function is not None and member not in self._handed:
                    self._handed.add(member)
                    self.invoke(member, [], {}, receiver)
        for base in cls.bases:
            if base.members is not None:
                self._hand_over_methods(base, receiver)

    @property
    def _handed(self) -> set[Thing]:
        raise NotImplementedError

    # --- functions of libraries

    def _call_library(self, dotted: str, step: Call, frame: Frame) -> Things:
        if dotted.startswith("builtins."):
            return self._call_builtin(dotted[9:], step, frame)
        last = dotted.rpartition(".")[2]
        spared = self._spare_fits(step, frame) if keeps_only_parameters(dotted) else set()
        self._depend_on_settings(dotted)
        args, keywords = self._arguments(step, frame)
        self._observed -= spared
        given = union([*args, *keywords.values()])
        files.follow_call(self, last, step, given)
        streams = seeded_by(dotted)
        if streams:
            self.seed(streams)
            return (Thing(scalar=True),)
        self._change_surroundings(dotted, step)
        self._change_arguments(dotted, step, args, keywords)
        if is_setting(dotted, step.texts) and step.use != Use.TAKEN:
            self._set(dotted)
        if not is_look_module(dotted):
            self._hand_over(given)
        if last in PASSING or last in {"deepcopy", "clone"}:
            return self._passed_on(last, args)
        return (self._made_by(dotted, step, given),)

    def _made_by(self, dotted: str, step: Call, given: Things) -> Thing:
        """What a library's function or class gives back."""
        thing = Thing(dotted)
        constants = dict(step.constants)
        streams = streams_of(dotted, constants, frozenset(step.keywords))
        carried = dict.fromkeys(stream for each in given for stream in each.streams)
        last = dotted.rpartition(".")[2]
        if last[:1].isupper():
            thing.streams = tuple(dict.fromkeys((*streams, *carried)))
            thing.warm = bool(constants.get("warm_start"))
            # An estimator draws when it is fitted, a network when it is built.
            self.draw(streams if thing.package not in {"sklearn", "imblearn", "umap"} else ())
        else:
            self.draw((*streams, *carried))
        for each in given:
            if each.is_model or (each.container and any(held.is_model for held in union(each.held.values()))):
                thing.add("[model]", (each,))
        if last in {"Path", "join", "PurePath", "expanduser", "abspath"}:
            thing.text = ""
        return thing

    def _change_arguments(
        self, dotted: str, step: Call, args: list[Things], keywords: dict[str, Things]
    ) -> None:
        last = dotted.rpartition(".")[2]
        torch_in_place = dotted.startswith("torch.") and last.endswith("_")
        if args and (dotted in FIRST_ARGUMENT_CHANGING or torch_in_place):
            self.change(args[0])
        if "out" in keywords:
            self.change(keywords["out"])
        if any(word in TRAINING for word in last.lower().split("_")):
            self._train_models(union([*args, *keywords.values()]))

    def _train_models(self, things: Things) -> None:
        for thing in things:
            if thing.is_model:
                self.change((thing,))
            for held in union(thing.held.values()):
                if held.is_model:
                    self.change((held,))

    def _spare_fits(self, step: Call, frame: Frame) -> set[Thing]:
        """The arguments are read, but not what they were fitted to; gives those that count as observed for now."""
        spared: set[Thing] = set()
        for operand in (*step.args, *step.keywords.values()):
            if isinstance(operand, str):
                things = set(self.lookup(operand, frame)) - self._observed
                self.observe(things, _FIT)
                spared |= things
        self._observed |= spared
        return spared

    def _set(self, dotted: str) -> None:
        package = dotted.partition(".")[0]
        known = self.world.settings.get(package, ())
        if self.execution not in known:
            self.world.settings[package] = (*known, self.execution)

    def _change_surroundings(self, dotted: str, step: Call) -> None:
        """Calls that change where files and modules are found, or run a command."""
        if dotted.startswith("sys.path."):
            self.world.search_path = (*self.world.search_path, self.execution)
        elif dotted == "os.chdir":
            files.change_folder(self, step.texts[0] if step.texts else "")
        elif dotted.startswith(("os.system", "os.popen", "subprocess.")):
            files.follow_shell(self, " ".join(step.texts))
        elif dotted.startswith("os.environ."):
            self._set(dotted)

    def _depend_on_settings(self, dotted: str) -> None:
        if self.world.settings:
            self.dependencies.update(self.world.settings.get(dotted.partition(".")[0], ()))

    def _passed_on(self, name: str, args: list[Things]) -> Things:
        """The result of a function that gives back what it was given, or copies of it."""
        if name in {"copy", "deepcopy", "clone"}:
            return tuple(each.copy() for each in args[0]) if args and args[0] else (Thing(),)
        if name == "partial":
            return args[0] if args else (Thing(),)
        inside: list[Things] = []
        for things in args:
            for each in things:
                inside.append(
                    union(each.held.values()) if each.container else (each,) if each.made_of else ()
                )
        found = union(inside)
        if name == "next":
            return found or (Thing(),)
        return (Thing.holding({ELEMENT: found} if found else {}),)

    # --- builtins

    def _call_builtin(self, name: str, step: Call, frame: Frame) -> Things:
        args, keywords = self._arguments(step, frame)
        given = union([*args, *keywords.values()])
        if name in {"exec", "eval", "compile", "__import__"}:
            return self.evaluated_text(name, step, frame)
        if name in {"globals", "locals", "vars"} and not args:
            return (Thing(NAMESPACE),)
        if name in {"setattr", "delattr"} and args:
            self.change(args[0])
            for each in args[0]:
                each.add(f"{step.texts[0]}" if step.texts else ELEMENT, args[-1] if len(args) > 2 else ())
            return (Thing(scalar=True),)
        if name == "super":
            return (_parent(frame),)
        if name == "getattr" and args and args[0]:
            return union(
                self._inside(each, step.texts[0] if step.texts else ELEMENT, frame) for each in args[0]
            ) or (Thing(),)
        files.follow_call(self, name, step, given)
        if name not in PLAIN_BUILTINS:
            self._hand_over(given)
        if name in PASSING:
            return self._passed_on(name, args)
        if name in {"str", "format"} and any(each.text is not None for each in given):
            return (Thing(text=""),)
        return (Thing(scalar=name in PLAIN_BUILTINS),)

    def evaluated_text(self, name: str, step: Call, frame: Frame) -> Things:
        raise NotImplementedError

    # --- methods of objects that the notebook did not define

    def _call_method(self, receiver: Thing, name: str, step: Call, frame: Frame) -> Things:
        fitting = name in FITTING or name == "partial_fit"
        manner = fitting_of(receiver.package, name, warm=receiver.warm) if fitting else ""
        if manner == "anew":
            self.observe((receiver,), _FIT)
        elif name in MODE_FREE:
            self.observe((receiver,), _MODE)
        else:
            self.observe((receiver,))
        args, keywords = self._arguments(step, frame)
        given = union([*args, *keywords.values()])
        files.follow_call(self, name, step, given)
        if receiver.made_of is not None and name not in MODE_FREE:
            self._hand_over((receiver,))
        if is_look_module(receiver.origin):
            return (Thing(receiver.origin),)
        if name in CONTAINER_CHANGING and step.use != Use.TAKEN:
            receiver.add(ELEMENT, union([given, *(each.held.get(ELEMENT, ()) for each in given)]))
        self._draw_in_method(receiver, name, step, given)
        self._change_receiver(receiver, name, step, manner)
        if name in TRAINING:
            self._train(receiver, given, keywords)
        self._hand_over(given)
        return self._given_by_method(receiver, name, manner, args)

    def _draw_in_method(self, receiver: Thing, name: str, step: Call, given: Things) -> None:
        self.draw(receiver.streams)
        self.draw(stream for each in given for stream in each.streams)
        if receiver.origin.startswith(("numpy.random.", "random.Random")):
            self.change((receiver,), "draws")
        elif name in {"sample", "rvs"} and "random_state" not in step.keywords:
            self.draw(("torch",) if receiver.package == "torch" else ("numpy",))
        elif name in TRAINING and not receiver.origin and name != "step":
            # Nobody knows what is trained here: it may draw from whatever was seeded.
            self.draw(tuple(self.world.seeds))

    def _change_receiver(self, receiver: Thing, name: str, step: Call, manner: str) -> None:
        if manner == "anew":
            self.change((receiver,), "fit", anew=True)
        elif manner:
            if manner == "further":
                self.change((receiver,), "fit" if receiver.warm else "value")
        elif name in {"eval", "train"} and not step.args and receiver.package not in {"pandas"}:
            self.change((receiver,), "mode", anew=True)
            if name == "train":
                self.change((receiver,))
        elif self._changes(name, step):
            self.change((receiver,))
            if name in TRAINING and not is_cloning(receiver.origin):
                self._train_models((receiver,))

    @staticmethod
    def _changes(name: str, step: Call) -> bool:
        """Whether a method of an object that nothing is known of changes it."""
        if "inplace" in step.keywords:
            return step.constants.get("inplace", True) is not False
        if name in ALWAYS_CHANGING or (name.endswith("_") and name[0] != "_"):
            return True
        if step.use == Use.TAKEN:
            return False
        if name in CONTAINER_CHANGING or name == "to" or name.startswith(CHANGING_PREFIXES):
            return True
        return step.use == Use.DISCARDED and name not in LOOKS and not name.startswith(LOOK_PREFIXES)

    def _train(self, receiver: Thing, given: Things, keywords: dict[str, Things]) -> None:
        """Models that the receiver was made of, or that it is given, are trained with it."""
        if not is_cloning(receiver.origin):
            for held in union(receiver.held.values()):
                self._train_models((held,))
        self._train_models(given)
        for name in ("model", "learner"):
            self.change(keywords.get(name, ()))

    def _given_by_method(self, receiver: Thing, name: str, manner: str, args: list[Things]) -> Things:
        if name in RETURNING_SELF and manner != "result":
            return (receiver,)
        if name in HANDLES:
            handle = Thing.holding({ELEMENT: (receiver,)})
            return (handle,)
        if name in {"copy", "clone"}:
            return (receiver.copy(),)
        if receiver.container:
            inside = union(receiver.held.values())
            if name in {"items", "values", "keys"}:
                return (Thing.holding({ELEMENT: inside} if inside else {}),)
            if name in {"get", "pop", "popitem", "setdefault"} and inside:
                return union([inside, *args[1:]])
        if (
            name in {"joinpath", "with_suffix", "absolute", "resolve", "format", "join"}
            and receiver.text is not None
        ):
            return (Thing(text=""),)
        return (Thing(),)


def _held_by(groups: list[Things]) -> Thing:
    found = union(groups)
    return Thing.holding({ELEMENT: found} if found else {})


def _library_base(cls: Thing) -> str:
    """The dotted name of the nearest base of a class of the notebook that a library gives; "" where there is none."""
    for base in cls.bases:
        found = base.origin if base.members is None else _library_base(base)
        if found:
            return found
    return ""


def _parent(frame: Frame) -> Thing:
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
