"""Which of the runs that an execution made again corresponds to one of those it made before."""

from __future__ import annotations

from collections.abc import Sequence

from nbtrack.records import JSON, Run

__all__ = ["matched"]


def matched(run: Run, before: Sequence[Run], after: Sequence[Run]) -> Run | None:
    """The run in ``after`` that corresponds to ``run``, which is one of ``before``; None: none does.

    Runs of one execution are told apart by what trained (the label's stem), then by their place among those of the same
    stem. Where there are more or fewer of the stem than before, places mean nothing: then by what was chosen.
    """
    then = [each for each in before if each.label_stem == run.label_stem]
    now = [each for each in after if each.label_stem == run.label_stem]
    place = next((place for place, each in enumerate(then) if each.id == run.id), None)
    if place is None:
        return None
    if len(then) == len(now):
        return now[place]
    chosen = _chosen(run)
    alike_then = [each for each in then if _chosen(each) == chosen]
    alike_now = [each for each in now if _chosen(each) == chosen]
    place = next(place for place, each in enumerate(alike_then) if each.id == run.id)
    return alike_now[place] if place < len(alike_now) else None


def _chosen(run: Run) -> list[tuple[str, str, JSON]]:
    return [(each.origin, each.name, each.value) for each in run.params if each.origin != "default"]
