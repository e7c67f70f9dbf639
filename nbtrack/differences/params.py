"""Params that differ, by origin; those that are seeds are told as such."""

from __future__ import annotations

from functools import lru_cache

from nbtrack.differences.found import Found
from nbtrack.records import JSON, Param, Reason, Run

__all__ = ["compare_params", "is_seed"]

_ORIGINS = ("explicit", "loop", "grid", "constructor", "fit", "variable", "default")
_SEEDS = frozenset(
    {
        "bagging_seed", "data_seed", "feature_fraction_seed", "manual_seed", "manual_seed_all", "np_seed", "numpy_seed",
        "random_seed", "random_state", "rng_seed", "seed", "seed_everything", "set_random_seed", "set_seed",
        "torch_seed",
    },
)  # fmt: skip


def compare_params(then: Run, now: Run) -> tuple[Found, Found]:
    """The params that differ, and the seeds among them, each in order of origin: what was chosen first.

    A param that only one run has counts where it was chosen there: defaults come and go with the class.
    """
    params, seeds = Found(), Found()
    before, after = _by_name(then), _by_name(now)
    differing = []
    for name in (*after, *(name for name in before if name not in after)):
        old, new = before.get(name), after.get(name)
        if old is not None and new is not None and _equal(old, new):
            (seeds if is_seed(name) else params).same += 1
        elif _tells(old) or _tells(new) or (old is not None and new is not None):
            differing.append((name, old, new))
    for name, old, new in sorted(differing, key=lambda each: _rank(each[1], each[2])):
        seed = is_seed(name)
        (seeds if seed else params).reasons.append(_reason(name, old, new, "seed" if seed else "param"))
    params.reasons = _once(params.reasons)
    seeds.reasons = _once(seeds.reasons)
    return params, seeds


@lru_cache(maxsize=4096)
def is_seed(name: str) -> bool:
    """Whether a param of this name seeds random numbers, also inside a pipeline."""
    return name.rpartition("__")[2].lower() in _SEEDS


def _by_name(run: Run) -> dict[str, Param]:
    """One param a name: what was chosen wins over a default."""
    found = {param.name: param for param in run.params if param.origin == "default"}
    return found | {param.name: param for param in run.params if param.origin != "default"}


def _rank(old: Param | None, new: Param | None) -> int:
    return min(_ORIGINS.index(each.origin) for each in (old, new) if each is not None)


def _tells(param: Param | None) -> bool:
    return param is not None and param.origin != "default"


def _equal(old: Param, new: Param) -> bool:
    if old.redacted or new.redacted:
        return old.redacted == new.redacted  # of what was replaced nobody can tell
    return _alike(old.value, new.value)


def _alike(old: JSON, new: JSON) -> bool:
    """Equal, and not only to Python: True is no 1. A whole number is the same as an int and as a float."""
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def _reason(name: str, old: Param | None, new: Param | None, kind: str) -> Reason:
    then, now = (None if each is None else each.value for each in (old, new))
    return Reason(
        kind="seed" if kind == "seed" else "param", subject=name, then=then, now=now, detail=_origin(old, new)
    )


def _origin(old: Param | None, new: Param | None) -> str:
    if old is None or new is None:
        known = old or new
        assert known is not None
        return f"{known.origin}, {'then' if new is None else 'now'} only"
    if old.origin == new.origin:
        return new.origin
    return f"{old.origin} then, {new.origin} now"


def _once(reasons: list[Reason]) -> list[Reason]:
    """A pipeline's ``classifier__C`` beside ``C`` with the same values says the same again."""
    short = {(each.subject, repr(each.then), repr(each.now)) for each in reasons if "__" not in each.subject}
    return [
        each
        for each in reasons
        if "__" not in each.subject
        or (each.subject.rpartition("__")[2], repr(each.then), repr(each.now)) not in short
    ]
