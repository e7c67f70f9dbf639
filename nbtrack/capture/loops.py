"""Samples loops: what a loop's losses and scores are after each pass, which gives a plain loop its curves."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import FrameType
from typing import Any

from nbtrack.capture.observation import LoopPasses, Observation, Series
from nbtrack.capture.sites import LoopSite
from nbtrack.observe.metrics import number

__all__ = ["Loops", "is_cell", "sample", "scope_of"]

_NEWLOCALS = inspect.CO_NEWLOCALS

_MISSING = object()


class Loops:
    """Follows the loops of the current execution."""

    def at_pass(self, observation: Observation, loop: LoopSite, frame: FrameType) -> None:
        """A pass begins: sample what the one before it left; at the first, remember what was there already."""
        passes = observation.loops.get(loop.id)
        # Of the cell's own loops there is one scope.
        if passes is None or not (loop.in_cell or passes.scope == scope_of(frame)):
            names = frame.f_locals
            there = {name: names.get(name, _MISSING) for name in loop.sampled}
            observation.loops[loop.id] = LoopPasses(
                loop,
                scope_of(frame),
                observation.clock,
                seen={name: value for name, value in there.items() if not hasattr(type(value), "grad_fn")},
                places={name: id(value) for name, value in there.items() if hasattr(type(value), "grad_fn")},
            )
        else:
            sample(observation, passes, frame.f_locals)

    def at_end(self, observation: Observation, loop: LoopSite, frame: FrameType) -> None:
        """The loop is over, also by ``break``: sample the last pass."""
        passes = observation.loops.pop(loop.id, None)
        if passes is not None and passes.scope == scope_of(frame):
            sample(observation, passes, frame.f_locals)


def sample(observation: Observation, passes: LoopPasses, names: Mapping[str, object]) -> None:
    """Take what a pass assigned to the sampled names, as points of the curves of what it trained.

    A pass of real training leaves nothing of this in the processor's caches: each call and each object made here costs
    a multiple of what it takes by itself.
    """
    clock, passes.clock = passes.clock, observation.clock
    sampled = passes.loop.sampled
    if not sampled:
        return
    latest = observation.latest
    series: dict[str, Series] | None
    if latest is not None and len(observation.recent) == 1:
        series = latest.series if latest.touched > clock else observation.curves
    else:
        trained = observation.touched_since(clock)
        # With several trainings in one pass, nobody knows whose loss a variable is.
        series = trained[0].series if len(trained) == 1 else None if trained else observation.curves
    seen, places = passes.seen, passes.places
    for name in sampled:
        value = names.get(name, _MISSING)
        kind = type(value)
        # Of the class: asked of a tensor itself, torch would build an object for the graph's node in each pass.
        if hasattr(kind, "grad_fn"):
            if places.get(name) == id(value):
                continue  # not assigned in this pass
            places[name] = id(value)
            seen.pop(name, None)
        else:
            if seen.get(name, seen) is value:
                continue
            seen[name] = value
            places.pop(name, None)
        if series is None or value is _MISSING:
            continue
        kept = _kept(value)
        if kept is not None:
            curve = series.get(name)
            if curve is None:
                curve = series[name] = Series("loop")
            curve.sample(kept)


def scope_of(frame: FrameType) -> int:
    """Tells scopes apart: that of the cell, whose statements each run in a frame of their own, and each call's."""
    return 0 if is_cell(frame) else id(frame)


def is_cell(frame: FrameType) -> bool:
    """Whether the frame runs statements at the cell's own level."""
    return frame.f_locals is frame.f_globals if frame.f_code.co_flags & _NEWLOCALS == 0 else False


def _kept(value: Any) -> object | None:
    """The value as a float, or a detached tensor where reading it would wait for a device."""
    if getattr(value, "is_cpu", False):
        if type(value).__module__ == "torch" and value.numel() == 1:
            item = value.item()
            if type(item) is float:
                return item
        return number(value)
    device = getattr(getattr(value, "device", None), "type", "cpu")
    if device not in {"cpu", "meta"} and getattr(value, "numel", int)() == 1:
        return value.detach()  # type: ignore[no-any-return]
    return number(value)
