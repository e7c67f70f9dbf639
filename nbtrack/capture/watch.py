"""What the watched calls of a cell report to.

The methods with one letter are called from rewritten code, see :mod:`nbtrack.capture.rewrite`; they are on the
path of the user's own code, so they return what they were given, at once, whatever goes wrong inside them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, MethodType, ModuleType
from typing import Any

from nbtrack.capture.again import Again, Net, Step
from nbtrack.capture.attribute import Attribution
from nbtrack.capture.byhand import ByHand
from nbtrack.capture.callbacks import BY_KEY, BY_KEYWORD, calls_back
from nbtrack.capture.in_flight import (
    STACK,
    InFlight,
    afterwards,
    enclosing_fit,
    in_flight,
    scope_of_frame,
    told_inside,
    whole,
    with_bound,
)
from nbtrack.capture.loops import Loops, sample
from nbtrack.capture.losses import Losses
from nbtrack.capture.observation import Fit, Observation, Score
from nbtrack.capture.repeated import Repeated
from nbtrack.capture.rewrite import Sites
from nbtrack.capture.scored import ScoredRows
from nbtrack.capture.sites import Role
from nbtrack.capture.training import Trainings
from nbtrack.capture.twins import Twins
from nbtrack.frameworks.hushed import Hushed
from nbtrack.frameworks.protocol import Call
from nbtrack.observe import metrics

__all__ = ["Watcher"]

_VAIN = 3  # passes in which a call that is no model's told nothing of the nets around it
_NEVER_NUMBERS = frozenset({str, bool, type(None), dict, set, type, ModuleType})


# Calls that call a function of the notebook back, in this process, for each trial of a study.
_CALLS_BACK = frozenset({"optimize"})


class Watcher:
    """Gathers into the current observation; between executions it only passes through.

    Args:
        namespace: the user's namespace.
        sites: the sites of all rewritten code.
        twins: the functions of the notebook.
        trainings: decides about and follows training calls.
        attribution: knows which model a number measures.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        sites: Sites,
        twins: Twins,
        trainings: Trainings,
        attribution: Attribution,
    ) -> None:
        self.namespace = namespace
        self.sites = sites
        self.twins = twins
        self.trainings = trainings
        self.attribution = attribution
        self.rows = ScoredRows(attribution)
        self.observation: Observation | None = None
        self.loops = Loops()
        self._again: dict[int, Again] = {}
        self.losses = Losses(attribution, trainings.tested, self._again)
        self._vain: dict[int, int] = {}  # how often a site of a loop told nothing
        self.by_hand = ByHand(trainings)
        self.repeated = Repeated(sites, attribution)
        self.note_file: Callable[[object, Iterable[object]], None] = lambda *_: None
        """Is told the paths that readers are given: not all of them tell the interpreter what they open."""

    def begin(self, observation: Observation) -> None:
        """Start gathering into ``observation``."""
        STACK.set(None)
        self._again.clear()
        self._vain.clear()
        self.losses.clear()
        self.observation = observation

    def end(self) -> None:
        """Stop gathering."""
        if self.observation is not None and self.observation.by_hand:
            try:
                with Hushed():
                    self.by_hand.cell_ends(self.observation)
            except Exception as error:
                self._trouble(self.observation, error)
        STACK.set(None)
        self._again.clear()
        self._vain.clear()
        self.losses.clear()
        self.observation = None

    def _trouble(self, observation: Observation | None, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt):
            raise error
        if observation is not None:
            observation.note(f"part of this cell was not captured: {type(error).__name__}: {error}"[:300])

    # Calls. ``c`` is given the function, ``a`` the positional arguments, ``k`` the named ones, ``r`` the result.

    def c(self, number: int, function: Any, /) -> Any:
        """Begin a watched call; returns what to call."""
        again = self._again.get(number)
        if again is not None:
            known = again.function
            # A method is made anew each time it is asked for, and equal where it is of the same object.
            if (function is known or (type(function) is MethodType and function == known)) and (
                again.net is None or again.net.training
            ):
                outer = STACK.get() if again.asked_of else None
                if outer is None or not outer.site.role & Role.SCORE:
                    return function
            del self._again[number]
        observation = self.observation
        try:
            if observation is not None:
                site = self.sites.calls[number]
                caller = id(sys._getframe(1))  # noqa: SLF001 - the only way to the calling frame
                outer = STACK.get()
                # What this frame began at this depth or deeper and never finished has raised.
                while outer is not None and outer.caller == caller and outer.site.depth >= site.depth:
                    outer = outer.outer
                STACK.set(InFlight(site, function, outer, caller))
            return self.twins.of(function)
        except BaseException as error:
            self._trouble(observation, error)
            return function

    def t(self, function: Any, /) -> Any:
        """What to call in place of a function of the notebook."""
        try:
            return self.twins.of(function)
        except Exception as error:
            self._trouble(self.observation, error)
            return function

    def a(self, number: int, /, *args: Any) -> tuple[Any, ...]:
        """Take the positional arguments."""
        again = self._again.get(number)
        if again is not None:
            again.args = args
            return args
        call = in_flight(number)
        if call is not None and self.observation is not None:
            STACK.set(call)
            if call.site.name in _CALLS_BACK:
                args = tuple(self.t(each) for each in args)
            elif (
                call.site.role & Role.CALLBACK
                and args
                and call.site.name not in BY_KEY
                and calls_back(call.function)
            ):
                args = (self.t(args[0]), *args[1:])
            call.args = args
            if call.site.no_keywords:
                self._enter(call, self.observation, sys._getframe(1))  # noqa: SLF001 - as above
        return args

    def k(self, number: int, /, **kwargs: Any) -> dict[str, Any]:
        """Take the named arguments."""
        again = self._again.get(number)
        if again is not None:
            again.kwargs = kwargs
            return kwargs
        call = in_flight(number)
        if call is not None and self.observation is not None:
            STACK.set(call)
            if call.site.name in _CALLS_BACK:
                kwargs = {name: self.t(each) for name, each in kwargs.items()}
            elif call.site.role & Role.CALLBACK and calls_back(call.function):
                kwargs = {name: self.t(each) if name in BY_KEYWORD else each for name, each in kwargs.items()}
            call.kwargs = kwargs
            self._enter(call, self.observation, sys._getframe(1))  # noqa: SLF001 - as above
        return kwargs

    def r(self, number: int, result: Any, /) -> Any:
        """Take the result."""
        again = self._again.get(number)
        observation = self.observation
        if again is None:
            call = in_flight(number)
        else:
            try:
                if again.done(result):
                    return result
                call = afterwards(self.sites.calls[number], again.function, again.given(), sys._getframe(1))  # noqa: SLF001 - as above
            except BaseException as error:
                self._trouble(observation, error)
                return result
        if call is not None and observation is not None:
            STACK.set(call.outer)
            started = time.perf_counter()
            try:
                with Hushed():
                    self._leave(call, result, observation, sys._getframe(1))  # noqa: SLF001 - as above
            except BaseException as error:
                self._trouble(observation, error)
            observation.seconds += time.perf_counter() - started
        return result

    def _enter(self, call: InFlight, observation: Observation, frame: FrameType) -> None:
        started = time.perf_counter()
        try:
            call.call = whole(call, scope_of_frame(frame))
            if call.site.role & Role.TRAIN:
                enclosing = enclosing_fit(call.outer)
                site = with_bound(call.site, call.function)
                with Hushed():
                    call.fit = self.trainings.begin(observation, site, call.call, frame, enclosing)
            if call.fit is not None:
                call.args, call.kwargs = (), {}
        except BaseException as error:
            self._trouble(observation, error)
            if call.site.role & Role.TRAIN:
                observation.lost = error
        observation.seconds += time.perf_counter() - started

    def _leave(self, flight: InFlight, result: Any, observation: Observation, frame: FrameType) -> None:
        call = flight.call
        if call is None:
            return
        role = flight.site.role
        if role & Role.SEED:
            self.trainings.seeded(observation, call)
        if role & Role.READ:
            self.note_file(call.function, (*call.args, *call.kwargs.values()))
        if role & Role.CONTAIN:
            self.trainings.containers.made(call, result)
        if flight.fit is not None:
            self._trained(flight, flight.fit, call, result, observation)
            return
        if role & Role.SCORE and self._scored(flight, call, result, observation, frame):
            return
        model = self.trainings.predictor(call) if role & Role.PREDICT else None
        if model is not None:
            self._predicted(flight, model, result)
            self.trainings.tested.predicted(observation, flight.site, call, model, result)
        if role & Role.PREDICT:
            self.trainings.saw_input(observation, flight.site, call, model)
            if role == Role.PREDICT and observation.loops and self._is_plain(flight, call):
                self._hear_no_more(flight, call, model, observation)

    def _hear_no_more(
        self, flight: InFlight, call: Call, model: object | None, observation: Observation
    ) -> None:
        """A net that trains, or a loss, was called in a loop: the next pass has nothing new to tell of it."""
        number = flight.site.id
        if model is not None and model is flight.function and getattr(model, "training", None) is True:
            self._again[number] = Net(self.attribution, flight.site, model)
        elif model is None:
            self._vain[number] = self._vain.get(number, 0) + 1
            if (number, id(call.function)) in observation.looked_at or self._vain[number] >= _VAIN:
                self._again[number] = Again(flight.function)

    def _trained(self, flight: InFlight, fit: Fit, call: Call, result: Any, observation: Observation) -> None:
        role = flight.site.role
        model = self.trainings.finish(observation, fit, call, result)
        goes_on = observation.continuing.get((flight.site.id, id(call.receiver))) is fit and fit.fits > 1
        if not goes_on:
            self.losses.forget()
        if goes_on and role == Role.TRAIN and self._is_plain(flight, call):
            self._again[flight.site.id] = Step(observation, fit, flight.function)
        if role & Role.PREDICT and model is not None:  # fit_predict, fit_transform
            self._predicted(flight, model, result)

    def _is_plain(self, flight: InFlight, call: Call) -> bool:
        """Whether a call runs nothing of the notebook's inside, and stands in no other that asks what did."""
        outer = flight.outer
        return (
            (outer is None or not outer.site.role & Role.SCORE)
            and self.twins.of(flight.function) is flight.function
            and not any(map(callable, (*call.args, *call.kwargs.values())))
        )

    def _predicted(self, flight: InFlight, model: object, result: object) -> None:
        self.attribution.predicted(flight.site, model, result, [*flight.args, *flight.kwargs.values()])
        if flight.outer is not None:
            flight.outer.predictions.append(result)

    def _scored(
        self,
        flight: InFlight,
        call: Call,
        result: object,
        observation: Observation,
        frame: FrameType,
    ) -> bool:
        """Enter the numbers of a scoring call; False when it was none."""
        values: Mapping[str, float] | None = self.trainings.scores(call, result)
        if values is None and call.receiver is None:
            values = metrics.scores(flight.site.name, _readable(call, result))
        if not values:
            tested = metrics.test_numbers(result)
            values = {f"{flight.site.name}.{name}": each for name, each in tested.items()}
        if not values:
            return False
        outer = flight.outer
        if outer is not None and outer.site.role & Role.SCORE:
            outer.scored += 1
        models = self.attribution.measured(flight.site, call, flight.predictions, frame)
        # A metric of the notebook's own that returns what a library's metric gave it says the number once.
        inside = told_inside(flight, observation.scores, values)
        if not models and any(score.run_ids for score in inside):
            return (
                True  # only inside the function is it known whose number it is: its model died with the call
            )
        del observation.scores[len(observation.scores) - len(inside) :]
        dataset = self.attribution.measured_on(flight.site, call)
        score = Score(dict(values), models, dataset, result, time.time(), observation.block)
        observation.scores.append(score)
        self.rows.take(observation, call, models, dataset)
        unseen = self.trainings.tested.scored(
            observation, flight.site, call, flight.predictions, frame, models, dataset
        )
        if unseen and not flight.scored and observation.loops and self._is_plain(flight, call):
            self.losses.looked(flight, result, score, observation, frame)
        return True

    # Objects that are built.

    def o(self, number: int, built: Any, /) -> Any:
        """Take what a class gave, for how it was written."""
        if self.observation is not None:
            try:
                site = self.sites.calls[number]
                if type(built).__name__ == site.name:  # a function may be called like a class
                    self.trainings.built[built] = site
            except Exception as error:
                self._trouble(self.observation, error)
        return built

    # Values that a cell prints or displays.

    def p(self, number: int, value: Any, /) -> Any:
        """Take a value that is shown; of a loop's the last one is kept."""
        observation = self.observation
        if observation is not None and type(value) not in _NEVER_NUMBERS:
            observation.shown[number] = value
            if observation.loops and observation.fits and metrics.number(value) is not None:
                self._look(observation, self.repeated.shown_in_pass, number, value)
            elif (
                self.attribution.knows_models
                and number in self.sites.shown
                and self.sites.shown[number].repeats
            ):
                self._look(observation, self.repeated.shown_in_list, number, value)
        return value

    def q(self, number: int, value: Any, /) -> Any:
        """Take a value that is appended to a list: a pass of a loop may keep its model's number there."""
        observation = self.observation
        if observation is not None and type(value) not in _NEVER_NUMBERS:
            self._look(observation, self.repeated.appended, number, value)
        return value

    def f(self, number: int, value: Any, /) -> Any:
        """Take the coefficients that a solution of least squares gave."""
        observation = self.observation
        if observation is not None:
            self._look(observation, self._solved, number, value, sys._getframe(1))  # noqa: SLF001 - as above
        return value

    def _solved(self, observation: Observation, number: int, value: Any, frame: FrameType) -> None:
        self.by_hand.solved(observation, self.sites.calls[number], value, frame)

    def _look(self, observation: Observation, into: Callable[..., None], /, *of: Any) -> None:
        """Look into a value on the way of the user's code: what it takes is told, what fails is noted."""
        started = time.perf_counter()
        try:
            into(observation, *of)
        except Exception as error:
            self._trouble(observation, error)
        finally:
            observation.seconds += time.perf_counter() - started

    # Loops. ``i`` is given what a loop goes over, ``l`` stands at the start of each pass, ``e`` after the last.

    def i(self, number: int, iterable: Any, /) -> Any:
        """Take what a loop is about to go over."""
        try:
            if self.observation is not None:
                self.trainings.saw_iterable(self.observation, self.sites.loops[number], iterable)
        except BaseException as error:
            self._trouble(self.observation, error)
        return iterable

    def l(self, number: int, /) -> None:  # noqa: E743 - one letter like the rest
        """Sample what the last pass of a loop left."""
        if self.observation is not None:
            try:
                passes = self.observation.loops.get(number)
                if passes is not None and passes.loop.in_cell and passes.loop.hand is None:
                    sample(self.observation, passes, self.namespace)
                    return
                loop = self.sites.loops[number]
                frame = sys._getframe(1)  # noqa: SLF001 - as above
                self.by_hand.at_pass(self.observation, loop, frame)
                self.loops.at_pass(self.observation, loop, frame)
            except BaseException as error:
                self._trouble(self.observation, error)

    def e(self, number: int, /) -> None:
        """Sample what the last pass left, when the loop is over."""
        if self.observation is not None:
            try:
                loop, frame = self.sites.loops[number], sys._getframe(1)  # noqa: SLF001 - as above
                self.by_hand.at_end(self.observation, loop, frame)
                self.loops.at_end(self.observation, loop, frame)
            except BaseException as error:
                self._trouble(self.observation, error)


def _readable(call: Call, result: object) -> object:
    """The result of a scoring function; of a report in words the same report in numbers."""
    if not isinstance(result, str) or getattr(call.function, "__name__", "") != "classification_report":
        return result
    return call.function(*call.args, **{**call.kwargs, "output_dict": True})
