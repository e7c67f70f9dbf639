"""Watched calls between their beginning and their return, the innermost last, in each thread and task by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from types import FrameType, ModuleType
from typing import Any

from nbtrack.capture.observation import Fit, Score
from nbtrack.capture.sites import Site
from nbtrack.frameworks.protocol import Call

__all__ = [
    "STACK",
    "InFlight",
    "afterwards",
    "enclosing_fit",
    "in_flight",
    "scope_of_frame",
    "told_inside",
    "whole",
    "with_bound",
]

STACK: ContextVar[InFlight | None] = ContextVar("nbtrack_calls", default=None)
"""The innermost watched call."""


class InFlight:
    """A watched call between its beginning and its return."""

    __slots__ = (
        "args",
        "call",
        "caller",
        "fit",
        "function",
        "kwargs",
        "outer",
        "predictions",
        "scored",
        "site",
    )

    def __init__(self, site: Site, function: Any, outer: InFlight | None, caller: int) -> None:
        self.site = site
        self.function = function
        self.outer = outer
        self.caller = caller
        self.args: tuple[Any, ...] = ()
        self.kwargs: Mapping[str, Any] = {}
        self.call: Call | None = None
        self.fit: Fit | None = None
        self.predictions: list[object] = []
        self.scored = 0


def whole(flight: InFlight, scope: Callable[[], Mapping[str, Any]]) -> Call:
    """The call that is made; that of a partial function with what was bound to it, under its own name."""
    name, function, args, kwargs = flight.site.name, flight.function, flight.args, flight.kwargs
    if type(function) is partial:
        args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
        function = function.func
        name = getattr(function, "__name__", name)
    receiver = getattr(function, "__self__", None)
    return Call(name, function, None if isinstance(receiver, ModuleType) else receiver, args, kwargs, scope)


def with_bound(site: Site, function: object) -> Site:
    """The site with room for the positional arguments that a partial function was bound with, without text."""
    bound = len(function.args) if type(function) is partial else 0
    return replace(site, arguments=("",) * bound + site.arguments) if bound else site


def in_flight(number: int) -> InFlight | None:
    """The innermost call of this site; those begun inside it and still there have raised."""
    call = STACK.get()
    while call is not None and call.site.id != number:
        call = call.outer
    return call


def afterwards(
    site: Site, function: Any, given: tuple[tuple[Any, ...], Mapping[str, Any]], frame: FrameType
) -> InFlight:
    """A call that has just returned and whose beginning was not watched."""
    flight = InFlight(site, function, STACK.get(), id(frame))
    flight.args, flight.kwargs = given
    flight.call = whole(flight, scope_of_frame(frame))
    return flight


def told_inside(flight: InFlight, scores: list[Score], values: Mapping[str, float]) -> list[Score]:
    """The scores entered last, by calls inside this one, whose numbers are among its own."""
    inside: list[Score] = []
    for score in reversed(scores[max(0, len(scores) - flight.scored) :]):
        if not set(score.values.values()) <= set(values.values()):
            break
        inside.append(score)
    return inside


def enclosing_fit(call: InFlight | None) -> Fit | None:
    """The training that a call stands in."""
    while call is not None:
        if call.fit is not None:
            return call.fit
        call = call.outer
    return None


def scope_of_frame(frame: FrameType) -> Callable[[], Mapping[str, Any]]:
    """Gives the names that the frame sees."""

    def names() -> Mapping[str, Any]:
        return {**frame.f_globals, **frame.f_locals}

    return names
