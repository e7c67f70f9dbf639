"""Decides which watched calls are trainings, and follows each from the call to its result.

The data digests are taken before the call, so that what the training or later code does to the data cannot falsify
them. The models are held until the end of the execution, or until nobody but nbtrack holds them any more.
"""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

from nbtrack import frameworks
from nbtrack.capture.attribute import Attribution
from nbtrack.capture.containers import Containers
from nbtrack.capture.flows import Flows
from nbtrack.capture.holders import name_of
from nbtrack.capture.influences import Influences
from nbtrack.capture.loops import is_cell, scope_of
from nbtrack.capture.memory import IdentityMap
from nbtrack.capture.naming import data_name
from nbtrack.capture.observation import Fit, Observation
from nbtrack.capture.sites import LoopSite, Site
from nbtrack.capture.tested import Tested
from nbtrack.capture.threads import UserThreads
from nbtrack.errors import CaptureError, CaptureSkipped, DigestError
from nbtrack.frameworks.protocol import Argument, Call, Framework, Parameters, Training
from nbtrack.frameworks.signatures import init_defaults, seen_building
from nbtrack.observe import data, kept, models
from nbtrack.observe.growth import Growth
from nbtrack.observe.params import is_plain
from nbtrack.observe.redaction import secrets_of
from nbtrack.progress import Work
from nbtrack.records import Dataset, ParamOrigin

__all__ = ["Trainings"]

_MOST_LAYERS = 50
# What a held model's reference count is when only its Fit and the counting call hold it.
_ONLY_OURS = 2


class Trainings:
    """The trainings of a kernel.

    Args:
        namespace: the user's namespace.
        attribution: is told which run each model has.
        flows: what names were assigned from.
        max_fits: above so many trainings in one execution only numbers are kept of the rest.
        scope: the syntax tree of the cell or function that a frame runs.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        attribution: Attribution,
        flows: Flows,
        max_fits: int,
        scope: Callable[[FrameType], ast.AST | None] = lambda _: None,
    ) -> None:
        self._namespace = namespace
        self._attribution = attribution
        self._flows = flows
        self._max_fits = max_fits
        self._scope = scope
        self._threads = UserThreads()
        self.growth = Growth()
        """The data that went into earlier runs."""
        self._influences = Influences()
        self.built: IdentityMap[Site] = IdentityMap()
        """Where objects were built, for what was written there."""
        self.containers = Containers()
        self.tested = Tested(namespace, attribution)
        """What the models were trained and are tested on, row by row."""
        self._seeds: dict[str, int] = {}
        seen_building(self._written)

    # The life of a training.

    def begin(
        self,
        observation: Observation,
        site: Site,
        call: Call,
        frame: FrameType,
        enclosing: Fit | None,
    ) -> Fit | None:
        """A nominated call is about to be made: what it trains, its data digested; None when it trains nothing."""
        receiver = call.receiver if call.receiver is not None else call.function
        known = observation.continuing.get((site.id, id(receiver)))
        if known is not None:
            known.training = known.training or Training(known.kind, known.model, continues=True)
            return known
        found = frameworks.training(call)
        if found is None or found[1].kind == "preprocessing":
            return None
        framework, training = found
        if enclosing is not None and not self._is_own(enclosing, framework):
            return None
        fit = self._fit(observation, framework, training, site)
        fit.training = training
        if training.continues:
            observation.continuing[site.id, id(receiver)] = fit
        fit.chosen.update(training.params)
        # Nets draw from the global generators; of other models only the cell itself tells that a seed matters.
        fit.chosen.update(
            self._seeds if training.continues or framework.name == "keras" else observation.seeds
        )
        fit.around.update(self._around(frame, observation, loops=not training.continues))
        if not fit.brief:
            running = (name for passes in observation.loops.values() for name in passes.loop.targets)
            fit.variables.update(self._flows.chosen(site.names, running))
            self._take(observation, fit, site, call, training.data)
            for argument in training.data:
                self._keep(observation, fit, call, site, argument)
        return fit

    def by_hand(
        self,
        observation: Observation,
        site: Site,
        what: tuple[Framework, Training, Call],
        frame: FrameType,
        relevant: set[str],
    ) -> Fit:
        """Enter a training that no call makes; ``relevant`` are the names that go into it."""
        framework, training, call = what
        fit = self._fit(observation, framework, training, site)
        fit.training, fit.by_hand = None, True
        fit.fits = 1
        fit.ended = time.time()
        around = self._around(frame, observation, loops=True)
        fit.around.update({name: held for name, held in around.items() if name in relevant})
        fit.chosen.update(observation.seeds)
        if not fit.brief:
            fit.variables.update(self._flows.chosen(relevant))
            self._take(observation, fit, site, call, training.data)
        return fit

    def elsewhere(self, observation: Observation, site: Site, what: tuple[Framework, Training, Call]) -> Fit:
        """Enter a training that was not watched, from what is seen after it."""
        framework, training, call = what
        fit = self._fit(observation, framework, training, site)
        fit.training = None
        fit.fits = 1
        fit.chosen.update(self._seeds if framework.name in {"torch", "keras"} else observation.seeds)
        fit.variables.update(self._flows.chosen(site.names))
        self._take(observation, fit, site, call, training.data)
        return fit

    def made(self, fit: Fit, model: object) -> None:
        """What a training by hand made: an array, several by name, or the object that keeps them."""
        fit.class_name, fit.module = type(model).__qualname__, type(model).__module__
        if not fit.brief:
            fit.model = model
        self._attribution.runs[model] = fit.id
        for part in model.values() if isinstance(model, dict) else ():
            self._attribution.runs[part] = fit.id

    @staticmethod
    def _is_own(enclosing: Fit, framework: Framework) -> bool:
        """Whether a training inside another is its own: a trial of a study, the net inside a trainer class."""
        if enclosing.encloses:
            return True
        if enclosing.framework.name == "generic" and framework.name != "generic":
            enclosing.superseded = True
            return True
        return False

    def _fit(self, observation: Observation, framework: Framework, training: Training, site: Site) -> Fit:
        """The entry of the same model with the same parameters in this execution, or a new one."""
        model = training.model
        parameters, trouble = None, ""
        if model is not None:
            try:
                parameters = self._parameters(framework, model)
            except Exception as error:
                parameters = Parameters()
                trouble = f"its parameters could not be read: {type(error).__name__}: {error}"[:300]
        key = (
            id(model),
            repr(parameters.explicit) if parameters is not None and not training.continues else "",
        )
        known = observation.by_model.get(key) if model is not None else None
        if known is not None and known.model is model:
            return known
        self._settle_earlier(observation, model)
        fit = Fit(framework, training.kind, site, time.time(), training, encloses=training.encloses)
        fit.brief = len(observation.fits) >= self._max_fits
        if trouble:
            fit.note(trouble)
        block = fit.block = observation.block
        if block is not None and not block.adopted:
            fit.id, block.adopted = block.id, True
        if parameters is not None:
            fit.parameters = parameters
        if model is not None:
            observation.by_model[key] = fit
        observation.fits.append(fit)
        return fit

    def _parameters(self, framework: Framework, model: object) -> Parameters:
        """A model's parameters; those written where it was built are the author's, also at a default's value."""
        found = framework.parameters(model)
        if framework.name == "keras":
            found = replace(found, explicit={**found.explicit, **self._layers_as_written(model, found)})
        written = self._written(model)
        if not written:
            return found
        moved = {
            name: value
            for name, value in found.default.items()
            if name in written and is_plain(getattr(model, name, None))
        }
        kept = {name: value for name, value in found.default.items() if name not in moved}
        return Parameters({**found.explicit, **moved}, found.grid, kept)

    def _written(self, thing: object) -> frozenset[str]:
        """The parameters that an object was seen to be built with."""
        site = self.built.get(thing)
        if site is None:
            return frozenset()
        order = [name for name in init_defaults(type(thing)) if name != "self"]
        return frozenset({*site.keywords, *order[: len(site.arguments)]})

    def _layers_as_written(self, model: Any, found: Parameters) -> dict[str, Any]:
        """Literals written where layers were built that the layers themselves do not keep, such as ``input_dim``."""
        missing: dict[str, Any] = {}
        for layer in list(getattr(model, "layers", ()))[:_MOST_LAYERS]:
            site = self.built.get(layer)
            for name, text in site.keywords.items() if site is not None else ():
                full = f"{layer.name}.{name}"
                if name.startswith("input_") and full not in found.explicit:
                    with suppress(ValueError, SyntaxError):
                        missing[full] = ast.literal_eval(text)
        return missing

    def seeded(self, observation: Observation, call: Call) -> None:
        """A random generator was seeded: a parameter of what trains on it from now on."""
        splits = call.name == "train_test_split"
        value = call.kwargs.get("random_state") if splits else call.argument(0, "seed")
        if isinstance(value, int) and not isinstance(value, bool):
            if splits:
                observation.seeds["train_test_split.random_state"] = value
                return
            self._seeds[call.name] = value
            observation.seeds[call.name] = value

    def _settle_earlier(self, observation: Observation, model: object | None) -> None:
        """Take the bytes of models that are about to be fitted again, and of those that nobody else holds."""
        for fit in observation.fits:
            if fit.model is not None and (fit.model is model or sys.getrefcount(fit.model) <= _ONLY_OURS):
                serialize(fit, keep=True)
                if fit.model is not model:
                    fit.model = None

    def finish(self, observation: Observation, fit: Fit, call: Call, result: object) -> object | None:
        """The call returned: what came out. Returns the fitted object, if one was kept."""
        training = fit.training
        fit.training = None
        fit.fits += 1
        fit.calls += 1
        fit.ended = time.time()
        observation.touch(fit)
        if training is None or (training.continues and fit.fits > 1):
            return fit.model  # one of many steps: nothing new to learn
        outcome = fit.framework.outcome(training, call, result)
        model = outcome.model
        described = model if model is not None else training.model
        fit.fits += outcome.fits - 1
        fit.scores.update(outcome.scores)
        fit.unasked |= outcome.unasked
        fit.trials = outcome.trials or fit.trials
        for name, values in outcome.curves.items():
            fit.curve(name, values)
        if described is not None:
            named = outcome.specification if outcome.specification is not None else described
            fit.class_name, fit.module = type(named).__qualname__, type(named).__module__
            fit.stem = _stem(named, fit)
            if training.model is None:
                fit.parameters = self._parameters(fit.framework, described)
            self._attribution.runs[described] = fit.id
        if training.kind == "validation":
            self._attribution.measured_in(result, fit.id)
        if model is None:
            return None
        if not fit.brief:
            fit.model = model
        if training.model is not None and training.model is not model:
            self._attribution.runs[training.model] = fit.id
        for part in outcome.parts:
            self._attribution.runs[part] = fit.id
        return model

    def _around(
        self, frame: FrameType | None, observation: Observation, *, loops: bool
    ) -> dict[str, tuple[Any, ParamOrigin]]:
        """Plain values of loop variables and function arguments on the way from the cell to the call, nearest first.

        Those that do not flow into the call (the colour of a line drawn in the same loop) are left out.
        """
        running: dict[int, list[str]] = {}
        for passes in observation.loops.values():
            running.setdefault(passes.scope, []).extend(passes.loop.targets)
        found: dict[str, tuple[Any, ParamOrigin]] = {}
        while frame is not None:
            if frame.f_globals is self._namespace:
                inner = _is_comprehension(frame.f_code)
                loop_names: Iterable[str] = running.get(scope_of(frame), ())
                arguments: Iterable[str] = () if is_cell(frame) else _arguments(frame.f_code)
                if loop_names or arguments:
                    flowing = None if inner else self._influences.of(self._scope(frame), frame)
                    if flowing is not None:
                        loop_names = [name for name in loop_names if name in flowing]
                        arguments = [name for name in arguments if name in flowing]
                    names = frame.f_locals
                    _gather(found, names, loop_names if loops else (), "loop")
                    _gather(found, names, arguments, "loop" if inner else "variable")
                if is_cell(frame):
                    break
            frame = frame.f_back
        return found

    # Data.

    def _take(
        self, observation: Observation, fit: Fit, site: Site, call: Call, given: Sequence[Argument]
    ) -> None:
        found = [(self._digest(fit, site, call, argument), argument.value) for argument in given]
        self.tested.trained(observation, fit, found)

    def _digest(self, fit: Fit, site: Site, call: Call, argument: Argument) -> Dataset | None:
        name = data_name(site, call, argument, self._namespace, self.built.get(call.receiver))
        inside = self.containers.inside(argument.value, name, argument.role)
        if inside:
            fit.datasets.update({(each.name, each.role): each for each in inside})
            return None
        try:
            with Work(f"digesting {name}", "it is not recorded", size=_size(argument.value)):
                found = self.growth.told(data.dataset(name, argument.role, argument.value), argument.value)
                changed = self._threads.running() and not data.is_still(argument.value, found.content)
        except (DigestError, CaptureSkipped) as error:
            fit.note(f"data {name}: {error}")
            return None
        if changed:
            fit.note(f"data {name}: it was changed while its digest was taken, so it is not recorded")
            return None
        fit.datasets[name, argument.role] = found
        return found

    def _keep(self, observation: Observation, fit: Fit, call: Call, site: Site, argument: Argument) -> None:
        """Keep the data itself, where a ``%%track --keep-data`` line asks for it."""
        wanted = fit.block.wanted if fit.block is not None else None
        if wanted is None or not wanted.keep_data:
            return
        name = data_name(site, call, argument, self._namespace, self.built.get(call.receiver))
        try:
            observation.kept[name] = kept.to_parquet(name, argument.value)
        except CaptureError as error:
            fit.note(str(error))

    def saw_input(self, observation: Observation, site: Site, call: Call, model: object | None) -> None:
        """A model computed something inside a training loop: its input is data that went in."""
        key = site.id, id(call.receiver if call.receiver is not None else call.function)
        if not observation.loops or key in observation.looked_at:
            return
        within = {name for passes in observation.loops.values() for name in passes.loop.targets}
        made_by = model
        # What a loss is given beside a net's prediction is data of that net.
        model = next(
            (made for value in call.args if (made := self._attribution.made(value)) is not None), model
        )
        if model is None:
            return
        observation.looked_at.add(key)
        role = "train" if getattr(model, "training", True) else "test"
        for position, value in enumerate(call.args):
            text = site.arguments[position] if position < len(site.arguments) else None
            if text is None or text in within or self._attribution.is_prediction(value):
                continue
            name = name_of(self._namespace, value) or text
            if name in within or any(text.startswith(f"{each}.") for each in within):
                continue  # a batch, converted
            try:
                found = data.dataset(name, role, value)
            except DigestError as error:
                observation.note(f"data {name}: {error}")
                continue
            observation.inputs.append((id(model), found))
            if role == "train" and made_by is model:
                self.tested.net_trained(observation, model, value, found.content)

    def saw_iterable(self, observation: Observation, loop: LoopSite, iterable: object) -> None:
        """A loop in which something trains goes over this: a loader of data went in."""
        if not type(iterable).__module__.startswith("torch.utils.data"):
            return
        if (loop.id, id(iterable)) not in observation.looked_at:
            observation.looked_at.add((loop.id, id(iterable)))
            name = name_of(self._namespace, iterable) or loop.iterates or "loader"
            try:
                found = data.dataset(name, "train", iterable)
            except DigestError as error:
                observation.note(f"data {name}: {error}")
                return
            observation.inputs.append((0, found))
            self.tested.net_trained(observation, None, iterable, found.content)

    # Numbers.

    @staticmethod
    def scores(call: Call, result: object) -> Mapping[str, float] | None:
        """What a scoring method returned, as named numbers; None when it was none."""
        return frameworks.scores(call, result)

    @staticmethod
    def predictor(call: Call) -> object | None:
        """The model that computed the call's result; None when none did."""
        return frameworks.predictor(call)


def _stem(model: Any, fit: Fit) -> str:
    """What the label begins with where the class says little: a pipeline's last step, the function that fitted."""
    steps = getattr(model, "steps", None)
    if fit.class_name == "Pipeline" and isinstance(steps, list) and steps:
        last = type(steps[-1][-1]).__name__
        return "" if last in {"str", "NoneType"} else f"{last}Pipeline"
    return fit.site.name if type(model).__module__ in {"numpy", "builtins"} else ""


def _size(value: object) -> int | None:
    """Bytes of an array; of other data only counting them would tell."""
    return int(value.nbytes) if type(value).__module__ == "numpy" and hasattr(value, "nbytes") else None


def _secrets(fit: Fit) -> frozenset[str]:
    """Secrets among the parameters, those of the model's parts included."""
    named = {**fit.parameters.default, **fit.parameters.explicit, **fit.chosen}
    return frozenset().union(*(secrets_of(name, value) for name, value in named.items()))


def serialize(fit: Fit, *, keep: bool = False) -> None:
    """Take the bytes of a training's model, once; what cannot be stored is said on the run.

    The bytes are views on the model's own memory; ``keep`` copies them, for when that memory is about to change.
    """
    if fit.model is None or fit.bytes is not None or fit.brief:
        return
    try:
        with Work("pickling the model", "The model was not stored", after_cell=not keep):
            taken = models.serialize(fit.model, _secrets(fit))
    except CaptureError as error:
        fit.note(str(error))
        return
    if keep:
        taken = replace(taken, buffers=tuple(memoryview(bytes(each)) for each in taken.buffers))
    fit.bytes = taken


def _gather(
    found: dict[str, tuple[Any, ParamOrigin]],
    values: Mapping[str, Any],
    names: Iterable[str],
    origin: ParamOrigin,
) -> None:
    for name in names:
        if name in values and name not in found and is_plain(values[name]):
            found[name] = (values[name], origin)


def _arguments(code: CodeType) -> tuple[str, ...]:
    if _is_comprehension(code):
        return tuple(name for name in code.co_varnames if not name.startswith("."))
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _is_comprehension(code: CodeType) -> bool:
    return code.co_name in {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
