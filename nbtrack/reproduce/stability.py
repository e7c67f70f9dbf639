"""How much a run's metrics hang on chance: the same cells again and again, with other seeds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from nbtrack.errors import UsageError
from nbtrack.records import Run, Spread, Stability, new_id
from nbtrack.records.reproductions import DEFAULT_REPEATS
from nbtrack.reproduce.carry_out import Attempt, Options, Seed, carry_out
from nbtrack.reproduce.plan import Plan, make_plan
from nbtrack.store import Store
from nbtrack.store.reproductions import begin, cancel, finish

__all__ = ["check_stability"]

_LIBRARIES = ("torch", "keras")
_LARGEST_SEED = 2**32 - 1
_SEEDING = re.compile(r"\b([\w.]*(?:random\.seed|manual_seed|set_seed|seed_everything|set_random_seed))\s*\(")


def check_stability(
    store: Store, run: Run, *, seed: int, repeats: int = DEFAULT_REPEATS, options: Options | None = None
) -> Stability:
    """Run the run's cells ``repeats`` times, each in a fresh kernel, with the seeds ``seed``, ``seed + 1``, ….

    Python's, NumPy's and PyTorch's global generators are seeded at the beginning, and Keras. Cells that seed
    themselves, and estimators with a fixed ``random_state``, go on doing so: the result names the former.

    Raises:
        UsageError: the seeds are not between 0 and 2**32 - 1, or the run cannot be run again.
        StoreError: the store cannot be read or written.
    """
    if repeats < 1 or seed < 0 or seed + repeats - 1 > _LARGEST_SEED:
        raise UsageError(
            f"Seeds {seed} to {seed + repeats - 1}: give at least one repeat, and seeds from 0 to {_LARGEST_SEED}."
        )
    given = options or Options()
    plan = make_plan(store, run)
    id_, started = new_id(), time.time()
    begin(store, id_, run.id, "stability", started)
    try:
        repeated = _Repeats(plan, tuple(range(seed, seed + repeats)))
        repeated.carry_out(store, given)
        result = repeated.result(id_, started)
    except BaseException:
        cancel(store, id_)
        raise
    finish(store, result)
    return result


class _Repeats:
    """The repeats of one plan, and the metrics that came out of them."""

    def __init__(self, plan: Plan, seeds: tuple[int, ...]) -> None:
        self._plan = plan
        self._seeds = seeds
        self._values: dict[tuple[str, str | None], list[float]] = {
            (each.name, each.dataset): [] for each in plan.run.metrics
        }
        self._failed: list[str] = []
        self._notes: dict[str, None] = {}

    def carry_out(self, store: Store, options: Options) -> None:
        """All of them, one after the other."""
        environment = self._plan.run.environment
        installed = environment.packages if environment is not None else {}
        libraries = tuple(name for name in _LIBRARIES if name in installed)
        for number in self._seeds:
            self._enter(number, carry_out(store, self._plan, options, seed=Seed(number, libraries)))

    def _enter(self, number: int, attempt: Attempt) -> None:
        self._notes.update(dict.fromkeys(attempt.notes))
        now = attempt.came_out(self._plan)
        if now is None or attempt.stopped is not None:
            self._failed.append(f"seed {number}: {_why(attempt)}")
            return
        for metric in now.metrics:
            if (metric.name, metric.dataset) in self._values:
                self._values[metric.name, metric.dataset].append(metric.value)

    def result(self, id_: str, started: float) -> Stability:
        """What came out."""
        spreads = tuple(
            Spread(
                name=m.name, dataset=m.dataset, then=m.value, values=tuple(self._values[m.name, m.dataset])
            )
            for m in self._plan.run.metrics
        )
        return Stability(
            id=id_,
            run_id=self._plan.run.id,
            started_at=started,
            duration_seconds=time.time() - started,
            seeds=self._seeds,
            metrics=spreads,
            failed=tuple(self._failed),
            seeds_itself=_seeding(self._plan),
            notes=(*self._notes, *_still(spreads)),
        )


def _why(attempt: Attempt) -> str:
    return str(attempt.stopped) if attempt.stopped is not None else "no such run came out"


def _seeding(plan: Plan) -> tuple[str, ...]:
    calls = (found for step in plan.steps for found in _SEEDING.findall(step.source))
    return tuple(dict.fromkeys(calls))


def _still(spreads: Iterable[Spread]) -> list[str]:
    several = [each.values for each in spreads if len(each.values) > 1]
    if not several or any(len(set(values)) > 1 for values in several):
        return []
    return ["no metric moved: the run is not random, or everything random in it has a seed of its own"]
