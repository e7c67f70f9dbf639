"""Several runs beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from nbtrack.differences.paired import judge
from nbtrack.differences.repeats import group_repeats
from nbtrack.records import Comparison, Judgement, Outcomes, Point, Repeats, Run
from nbtrack.render.curves import thinned
from nbtrack.render.direction import better
from nbtrack.store import Store
from nbtrack.store.outcomes import read_outcomes

__all__ = ["comparing"]

_JUDGED = 12  # groups that are judged against the best
_CURVES = 40  # curves that are read
_POINTS = 400  # of each


def comparing(store: Store, runs: Sequence[Run], metric: str | None = None) -> Comparison:
    """What is to be said about ``runs``, which are whole and of ``store``.

    Args:
        store: to read curves and outcomes from.
        runs: at least one.
        metric: what to judge by; None: the first metric that most of the groups have.
    """
    groups = group_repeats(runs)
    chosen = metric or _shared(groups)
    return Comparison(
        runs=tuple(runs),
        groups=groups,
        metric=chosen,
        judgements=_judged(store, groups, chosen) if chosen else (),
        curves=_curves(store, runs),
    )


def _shared(groups: Sequence[Repeats]) -> str | None:
    counts: dict[str, int] = {}
    for group in groups:
        for name in group.metrics:
            counts[name] = counts.get(name, 0) + 1
    # Of equally common ones the first: the most deliberately measured. A loss that fell during training is no result.
    return max(counts, key=counts.__getitem__, default=None)


def _judged(store: Store, groups: Sequence[Repeats], metric: str) -> tuple[Judgement, ...]:
    """The best group against each other; where nobody knows what is better, the last against each earlier one."""
    measured = [group for group in groups if metric in group.metrics]
    if len(measured) < 2:  # noqa: PLR2004 - it takes two to be compared
        return ()
    direction = better(metric)
    if direction is None:
        now = measured[-1]
    else:
        sign = -1 if direction == "lower" else 1
        now = max(measured, key=lambda group: _rated(sign * group.metrics[metric].mean))
    others = [group for group in measured if group is not now][:_JUDGED]
    kept = {group.run_ids[0]: _outcomes(store, group.run_ids[0]) for group in (now, *others)}
    return tuple(judge(metric, then, now, (kept[then.run_ids[0]], kept[now.run_ids[0]])) for then in others)


def _rated(value: float) -> float:
    return value if value == value else float("-inf")  # noqa: PLR0124 - NaN is never the best


def _outcomes(store: Store, run_id: str) -> tuple[Outcomes, ...]:
    with store.view() as connection:
        return read_outcomes(connection, run_id)


def _curves(store: Store, runs: Sequence[Run]) -> dict[str, dict[str, tuple[Point, ...]]]:
    found: dict[str, dict[str, tuple[Point, ...]]] = {}
    left = _CURVES
    for run in runs:
        for name in dict.fromkeys(metric.name for metric in run.metrics if metric.points > 1):
            if left == 0:
                return found
            found.setdefault(run.id, {})[name] = tuple(thinned(store.points(run.id, name), _POINTS))
            left -= 1
    return found
