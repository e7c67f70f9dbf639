"""One way in for every door: a run's name and options in, a result out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbtrack.errors import UsageError
from nbtrack.records.reproductions import DEFAULT_REPEATS
from nbtrack.render.verdict import progress_text
from nbtrack.reproduce.carry_out import Options, Progress
from nbtrack.reproduce.reproducing import reproduce
from nbtrack.reproduce.result import ReproductionResult, StabilityResult
from nbtrack.reproduce.stability import check_stability
from nbtrack.store import Store

__all__ = ["reproduce_run", "telling"]


def reproduce_run(
    folder: Path,
    ref: str,
    options: Options,
    *,
    seed: int | None = None,
    repeats: int | None = None,
) -> ReproductionResult | StabilityResult:
    """Reproduce the run that ``ref`` names in the store in ``folder``; with ``seed``, repeat it with seeds from it on.

    Raises:
        UsageError: there is no such run, it cannot be run again, or the options do not fit together.
        StoreError: the store cannot be read or written.
    """
    if not 0 <= options.tolerance < 1:
        raise UsageError(f"The tolerance is {options.tolerance}; it is a share, from 0 to less than 1.")
    if options.timeout_seconds is not None and options.timeout_seconds <= 0:
        raise UsageError(f"The time limit is {options.timeout_seconds} seconds; give more than 0.")
    if repeats is not None and seed is None:
        raise UsageError(
            "Repeats need a seed to begin with, such as --seed 0; without one a run is reproduced once."
        )
    with Store.open(folder) as store:
        run = store.get_run(ref)
        if seed is None:
            return ReproductionResult(run.label, reproduce(store, run, options))
        count = DEFAULT_REPEATS if repeats is None else repeats
        found = check_stability(store, run, seed=seed, repeats=count, options=options)
        return StabilityResult(run.label, found)


def telling(show: Callable[[str], None], *, begun: bool = False) -> Callable[[Progress], None]:
    """A listener that shows a line for each cell that ended; ``begun``: also for each that begins."""

    def listen(progress: Progress) -> None:
        outcome = progress.outcome
        if outcome is None and not begun:
            return
        show(
            progress_text(
                (progress.place, progress.of),
                progress.step.execution.execution_count,
                progress.step.execution.source,
                None if outcome is None else outcome.seconds,
                None if outcome is None else outcome.error,
            )
        )

    return listen
