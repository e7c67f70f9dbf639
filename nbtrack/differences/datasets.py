"""Data that went in: which dataset became which, and what of it changed."""

from __future__ import annotations

from collections.abc import Sequence

from nbtrack.differences.data import data_changes, in_words
from nbtrack.differences.found import Found
from nbtrack.records import JSON, Dataset, Reason, Run

__all__ = ["compare_datasets"]

_ROLES = ("train", "validation", "test", "input")


def compare_datasets(then: Run, now: Run) -> Found:
    """The datasets that differ: training data first; those that only one run has come last."""
    found, alone = Found(), []
    same_session = then.execution.session_id == now.execution.session_id
    for old, new in _paired(then.datasets, now.datasets):
        if old is None or new is None:
            said = "now only" if old is None else "then only"
            alone.append(_reason(old, new, said))
        elif old.content.digest == new.content.digest:
            found.same += 1
        else:
            found.reasons.append(_reason(old, new, _changed(old, new, same_session=same_session)))
    found.reasons += alone
    return found


def _paired(then: Sequence[Dataset], now: Sequence[Dataset]) -> list[tuple[Dataset | None, Dataset | None]]:
    """Datasets of one role belong together: by name, else by content, else by their order."""
    pairs: list[tuple[Dataset | None, Dataset | None]] = []
    roles = dict.fromkeys((*_ROLES, *(each.role for each in (*then, *now))))
    for role in roles:
        before = [each for each in then if each.role == role]
        after = [each for each in now if each.role == role]
        for key in (lambda each: each.name, lambda each: each.content.digest, bool):
            for old in list(before):
                match = next((new for new in after if key(new) == key(old)), None)
                if match is not None:
                    pairs.append((old, match))
                    before.remove(old)
                    after.remove(match)
        pairs += [(old, None) for old in before] + [(None, new) for new in after]
    return pairs


def _reason(old: Dataset | None, new: Dataset | None, said: str) -> Reason:
    names = dict.fromkeys(each.name for each in (old, new) if each is not None)
    return Reason(kind="data", subject=" → ".join(names), then=_told(old), now=_told(new), detail=said)


def _told(dataset: Dataset | None) -> JSON:
    if dataset is None:
        return None
    content = dataset.content
    return {
        "digest": content.digest,
        "role": dataset.role,
        "kind": content.kind,
        "shape": None if content.shape is None else list(content.shape),
    }


def _changed(old: Dataset, new: Dataset, *, same_session: bool) -> str:
    before, after = old.content, new.content
    if (before.by_pickle or after.by_pickle) and not same_session:
        return f"{new.role}; unknown: it has no canonical form, so it cannot be compared between sessions"
    said = [new.role, in_words(data_changes(before, after))]
    if before.sampled or after.sampled:
        said.append("not all was read")
    return "; ".join(said)
