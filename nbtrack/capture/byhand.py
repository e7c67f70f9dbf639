"""Follows training by hand: loops that move parameters along a gradient, and least squares in closed form.

Which loops and expressions may be such is told by their syntax (:mod:`nbtrack.capture.gradient_loops`,
:mod:`nbtrack.capture.closed_forms`); here their values decide: what is moved has to be an array, a tensor or numbers,
and data has to go in.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

from nbtrack import frameworks
from nbtrack.capture.gradient_loops import HandLoop
from nbtrack.capture.loops import scope_of
from nbtrack.capture.observation import Fit, HandTraining, Observation
from nbtrack.capture.sites import LoopSite, Site
from nbtrack.capture.training import Trainings
from nbtrack.frameworks.data import is_array, is_data
from nbtrack.frameworks.protocol import Argument, Call, Training
from nbtrack.observe.metrics import number

__all__ = ["ByHand"]


class ByHand:
    """The trainings by hand of a kernel.

    Args:
        trainings: enters them.
    """

    def __init__(self, trainings: Trainings) -> None:
        self._trainings = trainings

    def at_pass(self, observation: Observation, loop: LoopSite, frame: FrameType) -> None:
        """A pass of a loop that may train begins: its first begins a training, each later one goes on with it."""
        hand = loop.hand
        if hand is None:
            return
        scope = scope_of(frame)
        for known in observation.by_hand.values():
            if known.scope == scope and set(hand.moved) <= set(known.loop.moved):
                self._went_on(observation, known)
                return
        started = time.perf_counter()
        fit = self._begin(observation, loop, hand, frame)
        if fit is not None:
            observation.by_hand[loop.id] = HandTraining(hand, scope, frame, fit)
            observation.touch(fit)
        observation.seconds += time.perf_counter() - started

    def at_end(self, observation: Observation, loop: LoopSite, frame: FrameType) -> None:
        """A loop is over: what it made of its parameters is the model."""
        known = observation.by_hand.get(loop.id)
        if known is not None and known.scope == scope_of(frame):
            self._went_on(observation, known)
            del observation.by_hand[loop.id]
            self._finish(known)

    def cell_ends(self, observation: Observation) -> None:
        """The cell is over, and with it the loops that a ``return`` left."""
        for known in observation.by_hand.values():
            self._finish(known)
        observation.by_hand.clear()

    def solved(self, observation: Observation, site: Site, result: object, frame: FrameType) -> None:
        """An expression that solves least squares gave its coefficients."""
        names = {**frame.f_globals, **frame.f_locals}
        inputs = {text: _value(names, text) for text in site.arguments}
        data = {text: value for text, value in inputs.items() if value is not None and is_data(value)}
        if not is_array(result) or not data:
            return
        fit = self._enter(observation, site, data, frame, site.names)
        if fit is None:
            return
        fit.ended = time.time()
        observation.touch(fit)
        fit.stem = "least_squares"
        self._trainings.made(fit, result)

    # The parts of a loop's training.

    def _begin(
        self, observation: Observation, loop: LoopSite, hand: HandLoop, frame: FrameType
    ) -> Fit | None:
        names = {**frame.f_globals, **frame.f_locals}
        if not all(_is_parameter(_value(names, each)) for each in hand.moved):
            return None
        if any(isinstance(_value(names, each), int | float) for each in hand.inside):
            return None  # a function cannot change a number of its caller's
        data = {
            each: value
            for each in hand.feeds
            if (value := _value(names, each)) is not None and is_data(value) and _several(value)
        }
        if not data:
            return None
        site = Site(
            id=loop.id,
            role=0,
            name="loop",
            receiver=None,
            arguments=tuple(data),
            keywords={},
            names=frozenset(hand.feeds) | set(hand.moved),
            line=loop.first_line,
            no_keywords=True,
            depth=0,
        )
        fit = self._enter(observation, site, data, frame, (*hand.feeds, *hand.paces))
        if fit is not None:
            fit.stem = "loop"
        return fit

    def _enter(
        self,
        observation: Observation,
        site: Site,
        data: Mapping[str, Any],
        frame: FrameType,
        relevant: Iterable[str],
    ) -> Fit | None:
        """The entry of a training by hand; None inside another training, whose own work it is."""
        if any(fit.training is not None for fit in observation.fits):
            return None
        values = tuple(data.values())
        library = "torch" if any(type(value).__module__.startswith("torch") for value in values) else "numpy"
        framework = frameworks.named(library)
        if framework is None:
            return None
        arguments = tuple(Argument("train", position, value) for position, value in enumerate(values))
        call = Call(site.name, _by_hand, None, values, {})
        training = Training("model", None, arguments)
        return self._trainings.by_hand(observation, site, (framework, training, call), frame, set(relevant))

    @staticmethod
    def _went_on(observation: Observation, known: HandTraining) -> None:
        known.fit.fits += 1
        known.fit.ended = time.time()
        observation.touch(known.fit)

    def _finish(self, known: HandTraining) -> None:
        fit = known.fit
        fit.fits = 1  # however many passes: one model
        fit.ended = fit.ended or time.time()
        names = {**known.frame.f_globals, **known.frame.f_locals}
        moved = {each: value for each in known.loop.moved if (value := _value(names, each)) is not None}
        owner = names.get("self") if all(each.startswith("self.") for each in moved) else None
        if owner is not None:
            fit.stem = ""
            self._trainings.made(fit, owner)
        elif len(moved) == 1:
            self._trainings.made(fit, next(iter(moved.values())))
        elif moved:
            self._trainings.made(fit, moved)


def _by_hand() -> None:
    """Stands for the function of a training that has none."""


def _value(names: Mapping[str, Any], text: str) -> Any:
    """The value of a name or of an attribute of one; None where it has none."""
    first, *rest = text.split(".")
    value = names.get(first)
    for name in rest:
        value = getattr(value, "__dict__", {}).get(name) if name.isidentifier() else None
    return value


def _is_parameter(value: object) -> bool:
    if isinstance(value, dict | list):
        items = list(value.values()) if isinstance(value, dict) else value
        return bool(items) and all(_is_parameter(each) for each in items[:8])
    return number(value) is not None or is_array(value)


def _several(value: Any) -> bool:
    try:
        return len(value) > 2  # noqa: PLR2004 - a pair of numbers is no data to learn from
    except TypeError:
        return False
