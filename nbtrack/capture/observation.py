"""What is seen during one execution, before anyone decides what it means.

Unlike records these are filled while the cell runs; they never leave the capture layer.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from nbtrack.capture.gradient_loops import HandLoop
from nbtrack.capture.sites import LoopSite, Site
from nbtrack.frameworks.protocol import Framework, Parameters, Training, TrainingKind
from nbtrack.records import Dataset, MetricOrigin, ModelBytes, Outcomes, ParamOrigin, Scored, Trials, new_id

__all__ = ["CURRENT", "Block", "Fit", "HandTraining", "LoopPasses", "Observation", "Score", "Series"]

_MAX_POINTS = 10_000

CURRENT: ContextVar[Block | None] = ContextVar("nbtrack_block", default=None)
"""The block of the ``with`` statement that this thread or asyncio task is in."""


@dataclass(slots=True)
class Series:
    """A curve as it grows: values with their steps and times.

    A sampled curve is thinned: past 10,000 points every second one is dropped and only every second pass is kept from
    then on, so that memory and time stay bounded and the shape remains.
    """

    origin: MetricOrigin
    steps: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    _stride: int = 1
    _seen: int = 0

    def sample(self, value: Any) -> None:
        """Add the next value; its step is the number of values seen before it."""
        step = self._seen
        self._seen += 1
        if step % self._stride:
            return
        self.steps.append(step)
        self.values.append(value)
        self.times.append(time.time())
        if len(self.steps) > _MAX_POINTS:
            del self.steps[1::2], self.values[1::2], self.times[1::2]
            self._stride *= 2


@dataclass(slots=True, eq=False)
class Block:
    """A region tracked explicitly: a ``%%track`` cell or a ``with nbtrack.track(…)`` block.

    ``implicit``: a cell that called ``nbtrack.log`` or ``nbtrack.param`` outside of either. What is said for the block
    holds for every training in it; the first of them becomes the block's own run. A block without training is a run
    by itself. ``opened``: its run already stands in the store as RUNNING.
    """

    name: str | None = None
    experiment: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    note: str | None = None
    implicit: bool = False
    id: str = field(default_factory=new_id)
    started: float = field(default_factory=time.time)
    ended: float | None = None
    params: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    adopted: bool = False
    opened: bool = False
    failed: bool = False
    wanted: Wanted | None = None
    scoped: bool = False
    """Whether it is of a ``with`` statement, and so of the thread or asyncio task that runs that."""
    inside: Block | None = None
    """The block of a ``with`` statement around it."""

    def end(self) -> None:
        """The region is over."""
        self.ended = time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a ``%%track`` line asks for: variables to keep as params, data, the model, metrics by expression."""

    params: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    model: str | None = None
    metrics: tuple[tuple[str, str], ...] = ()
    keep_data: bool = False
    keep_model: bool = True
    quiet: bool = False


@dataclass(slots=True, eq=False)
class Fit:
    """One training, from the call that began it.

    ``training`` is the question's answer until the call returns, ``model`` is held until its bytes are taken.
    ``around`` are the plain values of loop variables (origin loop) and of the arguments of notebook functions
    (origin variable) that led to the call, ``variables`` those that the author assigned, with their executions.
    ``brief``: above the cap of a cell, only numbers are kept.
    """

    framework: Framework
    kind: TrainingKind
    site: Site
    started: float
    training: Training | None
    id: str = field(default_factory=new_id)
    model: object | None = None
    class_name: str = ""
    module: str = ""
    ended: float | None = None
    fits: int = 0
    brief: bool = False
    encloses: bool = False
    block: Block | None = None
    superseded: bool = False
    parameters: Parameters = field(default_factory=Parameters)
    chosen: dict[str, Any] = field(default_factory=dict)
    around: dict[str, tuple[Any, ParamOrigin]] = field(default_factory=dict)
    variables: dict[str, tuple[Any, str]] = field(default_factory=dict)
    datasets: dict[tuple[str, str], Dataset] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()
    series: dict[str, Series] = field(default_factory=dict)
    trials: Trials | None = None
    notes: list[str] = field(default_factory=list)
    bytes: ModelBytes | None = None
    opened: bool = False
    steps: dict[str, int] = field(default_factory=dict)
    touched: int = 0
    calls: int = 0
    by_hand: bool = False
    stem: str = ""
    """What the run's label begins with, where the class of the model does not tell it: an array is anything."""

    def curve(self, name: str, values: tuple[float, ...]) -> None:
        """Enter a curve that the library itself kept, such as a training history."""
        now = time.time()
        self.series[name] = Series("history", list(range(len(values))), list(values), [now] * len(values))

    def note(self, text: str) -> None:
        """Say once on the run what could not be captured."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(slots=True)
class Score:
    """Numbers that one scoring call gave, and the trainings whose model they measure.

    ``earlier``: of a loss that is computed again and again, of which this is the last, what it was in each pass.
    """

    values: dict[str, float]
    run_ids: tuple[str, ...]
    dataset: str | None
    result: object
    at: float
    block: Block | None = None
    origin: MetricOrigin = "call"
    variable: str | None = None
    names: frozenset[str] = frozenset()
    earlier: list[weakref.ref[Any]] = field(default_factory=list)

    def gave(self) -> Iterator[object]:
        """The values that were returned, as far as somebody holds them."""
        yield self.result
        yield from (each() for each in self.earlier)


@dataclass(slots=True)
class LoopPasses:
    """A loop that is running: the values last seen of its sampled names, and what had trained by then.

    ``places``: where those lay that are tensors; held itself, a loss would keep all that it was computed from.
    """

    loop: LoopSite
    scope: int
    clock: int
    seen: dict[str, object] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandTraining:
    """A loop that trains by hand while it runs, with the frame that holds its parameters."""

    loop: HandLoop
    scope: int
    frame: FrameType
    fit: Fit


@dataclass(slots=True)
class Observation:
    """Everything seen during one execution."""

    started: float = field(default_factory=time.time)
    fits: list[Fit] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    outcomes: dict[tuple[str, str, str], Outcomes] = field(default_factory=dict)
    scored: dict[tuple[str, str], Scored] = field(default_factory=dict)
    tested: set[tuple[str | None, ...]] = field(default_factory=set)
    marks: set[tuple[Any, ...]] = field(default_factory=set)
    looks: int = 0
    loader: str | None = None
    loops: dict[int, LoopPasses] = field(default_factory=dict)
    by_hand: dict[int, HandTraining] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    curves: dict[str, Series] = field(default_factory=dict)
    shown: dict[int, object] = field(default_factory=dict)
    shown_in_passes: dict[int, int] = field(default_factory=dict)
    listed: dict[int, dict[tuple[str, ...], Any]] = field(default_factory=dict)
    """Of what a loop shows in passes that train nothing, by site: for the runs measured the value, once; else None."""
    inputs: list[tuple[int, Dataset]] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lost: BaseException | None = None
    """Why a call that may train could not be looked at: to be told where no run is left to say it."""
    seconds: float = 0.0
    clock: int = 0
    recent: dict[str, Fit] = field(default_factory=dict)
    latest: Fit | None = None
    by_model: dict[tuple[int, str], Fit] = field(default_factory=dict)
    continuing: dict[tuple[int, int], Fit] = field(default_factory=dict)
    looked_at: set[tuple[int, int]] = field(default_factory=set)

    @property
    def block(self) -> Block | None:
        """The innermost block that is open where this is asked.

        Of ``with`` blocks that tasks or threads have open side by side, each sees its own. A thread that was started
        inside one has none of its own: it belongs to the only one that is open, and where there are several to none.
        """
        mine = CURRENT.get()
        is_open = [block for block in self.blocks if block.ended is None]
        if mine is not None and any(block is mine for block in is_open):
            return mine
        around = [block.inside for block in is_open]
        innermost = [block for block in is_open if block.scoped and not any(block is one for one in around)]
        if len(innermost) == 1:
            return innermost[0]
        return next((block for block in reversed(is_open) if not block.scoped), None)

    def touch(self, fit: Fit) -> None:
        """Enter that the training went on just now."""
        self.clock += 1
        fit.touched = self.clock
        if self.latest is not fit:
            self.recent.pop(fit.id, None)
            self.recent[fit.id] = self.latest = fit

    def touched_since(self, clock: int) -> list[Fit]:
        """The trainings that went on after ``clock``, latest first."""
        found = []
        for fit in reversed(self.recent.values()):
            if fit.touched <= clock:
                break
            found.append(fit)
        return found

    def note(self, text: str) -> None:
        """Say once, on each run of the execution, what could not be captured."""
        if text not in self.notes:
            self.notes.append(text)
