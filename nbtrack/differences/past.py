"""What a kernel remembers of its runs, so that the card under a cell needs no look at the store, or one."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from nbtrack.differences.standing import standing, telling_metric
from nbtrack.records import Best, LateMetric, Metric, Run, Standing, State, revised
from nbtrack.render.direction import better
from nbtrack.render.highlights import differing_params, param_text
from nbtrack.store import Store
from nbtrack.store.standing import COUNTED, Measure, best_of, previous_of_cell

__all__ = ["Past", "Truths"]

_CELLS = 200
_CELLS_OF_SEVERAL = 20  # whose last runs, up to fifty each, are remembered
_WHOLE = 1000  # characters of a value
_RARELY = 1000  # a look at the store is repeated after so many times the time it took
_SECONDS = 30.0  # and never sooner than this: other kernels' runs may come late


Truths: TypeAlias = Mapping[tuple[str, str | None], str]
"""By run id and name of data the digest of its true values, where an execution scored them row by row."""

NO_TRUTHS: Truths = MappingProxyType({})


@dataclass(slots=True)
class _Known:
    best: Best | None
    until: float


class Past:
    """The last run of each cell, and the best of each metric, of one kernel.

    Args:
        store: gives the open store; None where there is none.
    """

    def __init__(self, store: Callable[[], Store | None]) -> None:
        self._store = store
        self._last: OrderedDict[tuple[str | None, ...], Run | None] = OrderedDict()
        self._several: OrderedDict[tuple[str | None, ...], tuple[Run, ...]] = OrderedDict()
        self._recent: OrderedDict[str, tuple[Run, str | None]] = (
            OrderedDict()
        )  # with the id of the previous run
        self._bests: dict[Measure, _Known] = {}
        self._truths = NO_TRUTHS

    def standings(self, runs: Sequence[Run], truths: Truths = NO_TRUTHS) -> dict[str, Standing]:
        """How the runs of one execution stand, by run id; ``truths`` are of what it scored.

        Of several runs only the one with the best number has a standing. It continues the former run with the same
        values of the params that tell the runs of the cell apart, if there is just one.
        """
        store, self._truths = self._store(), truths
        complete = [run for run in runs if run.state is State.COMPLETE]
        if store is None or not complete:
            return {}
        if len(runs) > 1:
            before = self._several.pop(_place(runs[0]), ())
            for run in runs:
                self._remember(run, None)
                self._keep(run, None)
            self._remember_all(runs)
            chosen = _best_of_cell(complete)
            if chosen is None:
                return {}
            previous = _continued(before, runs, chosen)
            return {chosen.id: standing(chosen, previous, self._best(store, chosen, complete))}
        run = runs[0]
        previous = self._previous(store, run)
        self._remember(run, run)
        if previous is not None:
            self._keep(previous, self._recent.get(previous.id, (previous, None))[1])
        self._keep(run, previous.id if previous is not None else None)
        return {run.id: standing(run, previous, self._best(store, run, [run]))}

    def measured(self, late: Sequence[LateMetric], truths: Truths = NO_TRUTHS) -> list[tuple[Run, Standing]]:
        """Runs of earlier cells whose main metric a later cell measured just now, with how they stand."""
        store, self._truths = self._store(), truths
        found = []
        for run_id in dict.fromkeys(each.run_id for each in late):
            if store is None or run_id not in self._recent:
                continue
            known, previous_id = self._recent[run_id]
            new = tuple(each.metric for each in late if each.run_id == run_id)
            run = revised(known, metrics=(*known.metrics, *new))
            self._keep(run, previous_id)
            if self._last.get(_place(run)) == known:
                self._remember(run, run)
            metric = telling_metric(run)
            if metric is not None and metric in new:
                previous = (
                    self._recent[previous_id][0] if previous_id and previous_id in self._recent else None
                )
                found.append((run, standing(run, previous, self._best(store, run, [run]))))
        return found

    def _keep(self, run: Run, previous_id: str | None) -> None:
        self._recent[run.id] = (run, previous_id)
        self._recent.move_to_end(run.id)
        if len(self._recent) > _CELLS:
            self._recent.popitem(last=False)

    def _previous(self, store: Store, run: Run) -> Run | None:
        key = _place(run)
        if key in self._last:
            return self._last[key]
        return previous_of_cell(store, run)

    def _remember(self, run: Run, last: Run | None) -> None:
        key = _place(run)
        self._last[key] = last
        self._last.move_to_end(key)
        if len(self._last) > _CELLS:
            self._last.popitem(last=False)

    def _remember_all(self, runs: Sequence[Run]) -> None:
        self._several[_place(runs[0])] = tuple(runs)
        if len(self._several) > _CELLS_OF_SEVERAL:
            self._several.popitem(last=False)

    def _best(self, store: Store, run: Run, new: Sequence[Run]) -> Best | None:
        """The best of the run's telling metric; ``new`` are the runs that came since the last look."""
        metric = telling_metric(run)
        direction = better(metric.name) if metric is not None else None
        if metric is None or direction is None:
            return None
        truths = {each.id: self._truths.get((each.id, metric.dataset)) for each in new}
        key = Measure(run.experiment, metric.name, metric.dataset, truths.get(run.id))
        known, now = self._bests.get(key), time.monotonic()
        if known is None or known.best is None or now > known.until:
            started = time.perf_counter()
            found = best_of(store, key, lowest=direction == "lower")
            cost = time.perf_counter() - started
            self._bests[key] = _Known(found, now + max(_SECONDS, cost * _RARELY))
            return found
        for each in (each for each in new if truths.get(each.id) == key.truth):
            known.best = _with(known.best, each, metric, lowest=direction == "lower")
        return known.best


def _place(run: Run) -> tuple[str | None, ...]:
    """What makes two runs those of the same cell; without a cell id, of the same kind under the same name."""
    place = run.execution
    if place.cell_id is not None:
        return (place.notebook_path, place.cell_id)
    return ("", run.label_stem, run.model.variable if run.model else run.name)


def _best_of_cell(runs: Sequence[Run]) -> Run | None:
    """The one run with the best number, where all were measured by the same and its name tells what is better."""
    metrics = [(telling_metric(run), run) for run in runs]
    names = {(metric.name, metric.dataset) if metric else None for metric, _ in metrics}
    first = metrics[0][0]
    direction = better(first.name) if first is not None else None
    if len(names) != 1 or direction is None:
        return None
    sign = -1 if direction == "lower" else 1
    rated = [(sign * metric.value, run) for metric, run in metrics if metric and metric.value == metric.value]
    if not rated:
        return None
    top = max(value for value, _ in rated)
    ahead = [run for value, run in rated if value == top]
    return ahead[0] if len(ahead) == 1 else None


def _continued(before: Sequence[Run], runs: Sequence[Run], chosen: Run) -> Run | None:
    """The run of the time before that has the values of ``chosen`` where the runs of the cell stand apart."""
    if not before:
        return None
    names = differing_params(runs)

    def kind(run: Run) -> tuple[str, ...]:
        return (run.label_stem, *(param_text(run, name, _WHOLE) for name in names))

    alike = [run for run in before if kind(run) == kind(chosen)]
    alone = sum(kind(run) == kind(chosen) for run in runs) == 1
    return alike[0] if len(alike) == 1 and alone else None


def _with(best: Best, run: Run, metric: Metric, *, lowest: bool) -> Best:
    """``best`` with one more run looked at."""
    found = [one.value for one in run.metrics if (one.name, one.dataset) == (metric.name, metric.dataset)]
    if not found or found[-1] != found[-1]:
        return best
    best = revised(best, count=min(COUNTED, best.count + 1))
    ahead = found[-1] < best.value if lowest else found[-1] > best.value
    return revised(best, value=found[-1], label=run.label, run_id=run.id) if ahead else best
