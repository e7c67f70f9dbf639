"""Samples loops: what a loop's losses and scores are after each pass, which gives a plain loop its curves."""

from __future__ import annotations

import inspect
from types import FrameType

from nbtrack.capture.observation import LoopPasses, Observation, Series
from nbtrack.capture.sites import LoopSite
from nbtrack.observe.metrics import number

__all__ = ["Loops", "is_cell", "scope_of"]

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
            seen = {name: _mark(names.get(name, _MISSING)) for name in loop.sampled}
            observation.loops[loop.id] = LoopPasses(loop, scope_of(frame), observation.clock, seen)
        else:
            self._sample(observation, passes, frame)

    def at_end(self, observation: Observation, loop: LoopSite, frame: FrameType) -> None:
        """The loop is over, also by ``break``: sample the last pass."""
        passes = observation.loops.pop(loop.id, None)
        if passes is not None and passes.scope == scope_of(frame):
            self._sample(observation, passes, frame)

    def _sample(self, observation: Observation, passes: LoopPasses, frame: FrameType) -> None:
        trained = observation.touched_since(passes.clock)
        passes.clock = observation.clock
        if not passes.loop.sampled:
            return
        names = frame.f_locals
        # With several trainings in one pass, nobody knows whose loss a variable is.
        series = trained[0].series if len(trained) == 1 else observation.curves if not trained else None
        for name in passes.loop.sampled:
            value = names.get(name, _MISSING)
            mark = _mark(value)
            if mark is passes.seen[name] or (type(mark) is _Place and mark == passes.seen[name]):
                continue  # not assigned in this pass
            passes.seen[name] = mark
            if series is None or value is _MISSING:
                continue
            kept = _kept(value)
            if kept is not None:
                series.setdefault(name, Series("loop")).sample(kept)


def scope_of(frame: FrameType) -> int:
    """Tells scopes apart: that of the cell, whose statements each run in a frame of their own, and each call's."""
    return 0 if is_cell(frame) else id(frame)


def is_cell(frame: FrameType) -> bool:
    """Whether the frame runs statements at the cell's own level."""
    return frame.f_locals is frame.f_globals if frame.f_code.co_flags & _NEWLOCALS == 0 else False


class _Place(int):
    """Where a tensor lies. Held itself, a loss would keep all that it was computed from until the next pass is over."""


def _mark(value: object) -> object:
    """What tells a value from the next one of the same name."""
    # Of the class: asked of a tensor itself, torch would build an object for the graph's node in each pass.
    return _Place(id(value)) if hasattr(type(value), "grad_fn") else value


def _kept(value: object) -> object | None:
    """The value as a float, or a detached tensor where reading it would wait for a device."""
    if getattr(value, "is_cpu", False):
        return number(value)
    device = getattr(getattr(value, "device", None), "type", "cpu")
    if device not in {"cpu", "meta"} and getattr(value, "numel", int)() == 1:
        return value.detach()  # type: ignore[attr-defined, no-any-return]
    return number(value)
