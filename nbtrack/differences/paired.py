"""Whether two models can be told apart: by tests of SciPy that are named, on what was kept."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from nbtrack.records import Certainty, Judgement, Outcomes, Repeats, Summary

__all__ = ["judge", "paired_outcomes"]

_LEVEL = 0.05
_FEWEST_PAIRS = 6  # rows or seeds that differ: with fewer no test can say anything at this level
_NO_SCIPY = "SciPy is not installed, so nothing was tested"


def judge(
    metric: str, then: Repeats, now: Repeats, outcomes: tuple[Sequence[Outcomes], Sequence[Outcomes]]
) -> Judgement:
    """Whether ``now`` can be told from ``then`` by a metric that both have.

    Repeats with the same seeds are tested in pairs (paired t), others as two samples (Welch's t). A run against
    repeats is looked for in their spread. Of two single runs, the rows that both predicted are tested in pairs
    (McNemar's exact test of right and wrong, Wilcoxon's signed-rank test of errors), where they were kept.

    Args:
        metric: the metric's name.
        then: one group.
        now: the other.
        outcomes: of the first run of either group, for paired tests.
    """
    before, after = then.metrics[metric], now.metrics[metric]
    if not all(map(math.isfinite, (*before.values, *after.values))):
        tested: _Tested = ("unknown", "not all values are finite numbers", None, None)
    elif _on_other_data(*outcomes):
        tested = ("unknown", "they were measured on different test data", None, None)
    elif len(before.values) == len(after.values) == 1:
        tested = _of_rows(*outcomes) or _of_repeats(then, now, before, after)
    else:
        tested = _of_repeats(then, now, before, after)
    verdict, because, test, p_value = tested
    return Judgement(
        metric=metric, then=then.name, now=now.name, difference=after.mean - before.mean,
        verdict=verdict, because=because, test=test, p_value=p_value,
    )  # fmt: skip


_Tested = tuple[Certainty, str, str | None, float | None]


def _of_repeats(then: Repeats, now: Repeats, before: Summary, after: Summary) -> _Tested:
    fewest, most = sorted((len(before.values), len(after.values)))
    if most == 1:
        return "unknown", "one run each: repeat with other seeds to see the spread", None, None
    stats = _scipy()
    if stats is None:
        return "unknown", _NO_SCIPY, None, None
    if fewest == 1:
        return _in_spread(stats, before, after)
    if before.spread == after.spread == 0:
        same = before.mean == after.mean
        said = f"{most} repeats each gave the same number"
        return ("not distinguishable" if same else "distinguishable"), said, None, None
    paired = _by_seed(then, now, before, after)
    if len(paired) == len(before.values) == len(after.values) and len({b - a for a, b in paired}) > 1:
        result = stats.ttest_rel([b for _, b in paired], [a for a, _ in paired])
        return _verdict(float(result.pvalue), f"{len(paired)} repeats with the same seeds", "paired t-test")
    result = stats.ttest_ind(after.values, before.values, equal_var=False)
    repeats = f"{fewest} repeats" if fewest == most else f"{fewest} and {most} repeats"
    return _verdict(float(result.pvalue), repeats, "Welch's t-test")


def _in_spread(stats: Any, before: Summary, after: Summary) -> _Tested:
    """A single run against repeats: by the interval in which one more repeat would be expected."""
    many, one = (before, after) if len(before.values) > 1 else (after, before)
    count = len(many.values)
    assert many.spread is not None
    reach = float(stats.t.ppf(1 - _LEVEL / 2, count - 1)) * many.spread * (1 + 1 / count) ** 0.5
    inside = abs(one.mean - many.mean) <= reach
    said = f"one run, {'within' if inside else 'outside of'} the spread of {count} repeats"
    return ("not distinguishable" if inside else "distinguishable"), said, "prediction interval", None


def _by_seed(then: Repeats, now: Repeats, before: Summary, after: Summary) -> list[tuple[float, float]]:
    """The values of both groups by seed, of seeds that both have once."""
    first = _once(zip(then.seeds, before.values, strict=True))
    second = _once(zip(now.seeds, after.values, strict=True))
    return [(first[seed], second[seed]) for seed in first if seed in second]


def _once(pairs: Iterable[tuple[int | None, float]]) -> dict[int, float]:
    found: dict[int, list[float]] = {}
    for seed, value in pairs:
        if seed is not None:
            found.setdefault(seed, []).append(value)
    return {seed: values[0] for seed, values in found.items() if len(values) == 1}


def paired_outcomes(then: Sequence[Outcomes], now: Sequence[Outcomes]) -> tuple[Outcomes, Outcomes] | None:
    """Outcomes of the same rows, those with most rows first; None where nothing was kept of the same rows."""
    pairs = [
        (old, new)
        for old in then
        for new in now
        if (old.truth, old.kind, old.rows) == (new.truth, new.kind, new.rows)
    ]
    return max(pairs, key=lambda pair: (pair[0].rows, pair[0].kind == "correct"), default=None)


def _on_other_data(then: Sequence[Outcomes], now: Sequence[Outcomes]) -> bool:
    """Whether data of one name is known to have had other true values."""
    named = {(old.dataset, old.kind): old.truth for old in then}
    shared = [new for new in now if (new.dataset, new.kind) in named]
    return bool(shared) and all(named[new.dataset, new.kind] != new.truth for new in shared)


def _of_rows(then: Sequence[Outcomes], now: Sequence[Outcomes]) -> _Tested | None:
    pair = paired_outcomes(then, now)
    if pair is None:
        return None
    stats = _scipy()
    if stats is None:
        return "unknown", _NO_SCIPY, None, None
    old, new = pair
    rows = f"the same {old.rows} rows of {old.dataset or 'test data'}"
    return _mcnemar(stats, old, new, rows) if old.kind == "correct" else _wilcoxon(stats, old, new, rows)


def _mcnemar(stats: Any, old: Outcomes, new: Outcomes, rows: str) -> _Tested:
    import numpy as np

    before, after = (
        np.unpackbits(np.frombuffer(zlib.decompress(one.data), dtype="u1"), count=one.rows)
        for one in (old, new)
    )
    lost, won = int(((before == 1) & (after == 0)).sum()), int(((before == 0) & (after == 1)).sum())
    said = f"{rows}: {won} newly right, {lost} newly wrong"
    if lost + won == 0:
        return "not distinguishable", f"{rows}: right and wrong on the same ones", None, None
    p_value = float(stats.binomtest(won, won + lost).pvalue)
    return _verdict(p_value, said, "McNemar's exact test")


def _wilcoxon(stats: Any, old: Outcomes, new: Outcomes, rows: str) -> _Tested:
    import numpy as np

    before, after = (np.frombuffer(zlib.decompress(one.data), dtype="<f4").astype("f8") for one in (old, new))
    moved = int((before != after).sum())
    if moved < _FEWEST_PAIRS:
        return "not distinguishable", f"{rows}: the errors differ on {moved}", None, None
    p_value = float(stats.wilcoxon(after, before).pvalue)
    closer = int((after < before).sum())
    return _verdict(
        p_value, f"{rows}: closer on {closer}, farther on {moved - closer}", "Wilcoxon's signed-rank test"
    )


def _verdict(p_value: float, because: str, test: str) -> _Tested:
    verdict: Certainty = "distinguishable" if p_value < _LEVEL else "not distinguishable"
    return verdict, because, test, p_value


def _scipy() -> Any:
    try:
        from scipy import stats
    except ImportError:
        return None
    return stats
