"""Calls of what the notebook did not define: functions of libraries, methods of their objects."""

from __future__ import annotations

from nbtrack.lineage import files
from nbtrack.lineage.functions import Functions
from nbtrack.lineage.knowledge import (
    ALWAYS_CHANGING,
    CHANGING_PREFIXES,
    CONTAINER_CHANGING,
    FIRST_ARGUMENT_CHANGING,
    FIT_FREE,
    FITTING,
    HANDLES,
    LOOK_PREFIXES,
    LOOKS,
    MODE_FREE,
    PASSING,
    RETURNING_SELF,
    TRAINING,
    fitting_of,
    is_cloning,
    is_look_module,
    is_setting,
    keeps_only_parameters,
    returns_self,
)
from nbtrack.lineage.passing import given_by_container, passed_on
from nbtrack.lineage.randomness import GENERATORS, seeded_by, streams_of
from nbtrack.lineage.things import Frame, Thing, Things, union
from nbtrack.lineage.types import EACH, Call, Use
from nbtrack.records import GENERATOR

__all__ = ["Libraries"]

_MODE = frozenset({"mode"})
_FIT = frozenset({"fit"})
_COMPILE = frozenset({"compile"})
_PATH_METHODS = frozenset({"absolute", "format", "join", "joinpath", "resolve", "with_suffix"})
_DRAWING_LATE = frozenset({"imblearn", "sklearn", "umap"})


class Libraries(Functions):
    """Records what calls of libraries do, as far as it is known; see :class:`Values`."""

    def call_builtin(self, name: str, step: Call, frame: Frame) -> Things:
        """Call a builtin function."""
        raise NotImplementedError

    def call_library(self, dotted: str, step: Call, frame: Frame) -> Things:
        """Call a function or make an instance of a class that was imported as ``dotted``."""
        if dotted.startswith("builtins."):
            return self.call_builtin(dotted[9:], step, frame)
        last = dotted.rpartition(".")[2]
        spared = self._spare_fits(step, frame) if keeps_only_parameters(dotted) else set()
        self._depend_on_settings(dotted)
        args, keywords = self.arguments(step, frame)
        self._observed -= spared
        given = union([*args, *keywords.values()])
        files.follow_call(self, last, step, given)
        streams = seeded_by(dotted)
        if streams:
            self.seed(streams)
            return (Thing(scalar=True),)
        self._change_surroundings(dotted, step)
        self._change_arguments(dotted, args, keywords)
        if is_setting(dotted, step.texts) and step.use != Use.TAKEN:
            self._set(dotted)
        if not is_look_module(dotted):
            self.hand_over(given)
        if last in PASSING or last in {"deepcopy", "clone", "delayed", "partial"}:
            return passed_on(last, args, keywords)
        return (self._made_by(dotted, step, given),)

    def _made_by(self, dotted: str, step: Call, given: Things) -> Thing:
        """What a library's function or class gives back."""
        thing = Thing(dotted)
        if dotted in GENERATORS and not (step.args or step.keywords):
            self.unseeded.add(GENERATOR)
        streams = streams_of(dotted, step.constants, step.keywords)
        carried = tuple(dict.fromkeys(stream for each in given for stream in each.streams))
        last = dotted.rpartition(".")[2]
        if last[:1].isupper():
            thing.warm = bool(step.constants.get("warm_start"))
            # An estimator draws when it is fitted, a layer when it is built, a loader when it is iterated over.
            if last == "DataLoader" or thing.package not in {"torch", "torchvision"}:
                thing.streams = tuple(dict.fromkeys((*streams, *carried)))
            if thing.package not in _DRAWING_LATE and last != "DataLoader":
                self.draw(streams)
        else:
            self.draw((*streams, *carried) if thing.package in _DRAWING_LATE else streams)
        models = tuple(each for each in given if _holds_model(each))
        if models and (last[:1].isupper() or not keeps_only_parameters(dotted)):
            thing.add("[model]", models)
        if last in {"Path", "join", "PurePath", "expanduser", "abspath"}:
            thing.text = ""
        return thing

    def _change_arguments(self, dotted: str, args: list[Things], keywords: dict[str, Things]) -> None:
        last = dotted.rpartition(".")[2]
        torch_in_place = dotted.startswith("torch.") and last.endswith("_")
        if args and (dotted in FIRST_ARGUMENT_CHANGING or torch_in_place):
            self.change(args[0])
        if "out" in keywords:
            self.change(keywords["out"])
        if any(word in TRAINING for word in last.lower().split("_")):
            self._train_models(union([*args, *keywords.values()]))

    def _train_models(self, things: Things) -> None:
        """The models among ``things``, and those that they hold, are trained."""
        pending = list(things)
        seen: set[Thing] = set()
        while pending:
            thing = pending.pop()
            if thing not in seen:
                seen.add(thing)
                if thing.is_model:
                    self.change((thing,))
                pending.extend(union(thing.held.values()))

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

    def call_method(self, receiver: Thing, name: str, step: Call, frame: Frame) -> Things:
        """Call a method of an object whose class the notebook does not define, or does not define it in."""
        fitting = name in FITTING or name == "partial_fit"
        manner = fitting_of(receiver.package, name, warm=receiver.warm) if fitting else ""
        self.observe((receiver,), _irrelevant_facets(name, manner))
        args, keywords = self.arguments(step, frame)
        given = union([*args, *keywords.values()])
        files.follow_call(self, name, step, given)
        if receiver.made_of is not None and name not in MODE_FREE:
            self.hand_over((receiver,))
        if name == "pipe" and args:
            return self.apply(args[0], [(receiver,), *args[1:]]) or (Thing(),)
        if is_look_module(receiver.origin):
            return (Thing(receiver.origin),)
        if name in CONTAINER_CHANGING and step.use != Use.TAKEN:
            receiver.add(EACH, union([given, *(each.held.get(EACH, ()) for each in given)]))
        self._draw_in_method(receiver, name, step, given)
        self._change_receiver(receiver, name, step, manner)
        if name in TRAINING:
            self._trained = True
            self._train(receiver, given, keywords)
        self.hand_over(given)
        return self._given_by_method(receiver, name, manner, args)

    def _draw_in_method(self, receiver: Thing, name: str, step: Call, given: Things) -> None:
        if name in TRAINING or name in {"bootstrap", "predict_generator", "split", "take"}:
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
        elif name == "compile":
            self.change((receiver,), "compile", anew=True)
        elif name in {"eval", "train"} and not step.args and receiver.package != "pandas":
            self.change((receiver,), "mode", anew=True)
            if name == "train":
                self.change((receiver,))
        elif self._changes(name, step) or (name == "apply" and receiver.is_model):
            self.change((receiver,))

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
            self._train_models(union(receiver.held.values()))
        self._train_models(given)
        for name in ("model", "learner"):
            self.change(keywords.get(name, ()))

    def _given_by_method(self, receiver: Thing, name: str, manner: str, args: list[Things]) -> Things:
        """What a method gives back: the object, a handle on it, what it holds, or something new."""
        found: Things = ()
        if name in RETURNING_SELF and (not manner or returns_self(receiver.package)):
            found = (receiver,)
        elif name in HANDLES:
            inside: Things = (Thing.holding({"[1]": (receiver,)}) if name.startswith("named_") else receiver,)
            found = (Thing.holding({EACH: inside}),)
        elif name in {"copy", "clone"}:
            found = (receiver.copy(),)
        elif receiver.container:
            found = given_by_container(receiver, name, args)
        elif receiver.text is not None and name in _PATH_METHODS:
            found = (Thing(text=""),)
        if found:
            return found
        thing = Thing()
        if name in {"get", "items", "values"}:
            thing.base = (receiver,)  # what comes out of an unknown container is in it still
        return (thing,)


def _irrelevant_facets(name: str, manner: str) -> frozenset[str]:
    """What was done to an object that a method does not depend on, because it starts that anew or never looks."""
    if manner == "anew" or name in FIT_FREE:
        return _FIT
    if name == "compile":
        return _COMPILE
    return _MODE if name in MODE_FREE else frozenset()


def _holds_model(thing: Thing) -> bool:
    """Whether it is a model, or a container with a model somewhere in it."""
    if thing.is_model:
        return True
    return thing.container and any(_holds_model(each) for held in thing.held.values() for each in held)
