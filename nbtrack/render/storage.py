"""What there is to say of the store itself: what a collection freed, what an examination found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nbtrack.records import Collection, Garbage, Problem
from nbtrack.render.numbers import moment, size

__all__ = ["collection_text", "problems_text"]

_LABELS_SHOWN = 10


def problems_text(place: str, problems: Sequence[Problem]) -> str:
    """Each problem with its remedy, and how many there are."""
    lines = [f"{one.severity}: {one.subject}: {one.message}\n  {one.remedy}" for one in problems]
    errors = sum(one.severity == "error" for one in problems)
    return "\n".join(
        [*lines, f"{place}: {_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}."]
    )


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def collection_text(done: Collection) -> str:
    """What was freed or would be, and what waits."""
    return "\n".join(_told(done))


def _told(done: Collection) -> list[str]:
    packed = _packed(done)
    if not done.freed and not done.waiting:
        return packed or ["Nothing to free."]
    would = "Would free" if done.dry_run else "Freed"
    lines = [f"{would} {_amount(done.freed)}."] if done.freed else [f"{would} nothing yet."]
    lines += packed
    if done.waiting:
        last = max(one.free_at for one in done.waiting)
        lines.append(
            f"{_amount(done.waiting)}, waits for the end of the grace period: `nbtrack gc` after {moment(last)} "
            "frees it, `nbtrack gc --grace 0` now."
        )
    return lines


def _packed(done: Collection) -> list[str]:
    if not done.compressed:
        return []
    files = f"{done.compressed} file{'' if done.compressed == 1 else 's'}"
    if done.dry_run:
        return [f"Would compress {files} of {size(done.saved_bytes)} in all, by a quarter or more."]
    return [f"Compressed {files}, which saves {size(done.saved_bytes)}."]


def _amount(garbage: Iterable[Garbage]) -> str:
    """``31 MB in 4 blobs, of SVC-3 and SVC-7``."""
    found = list(garbage)
    labels = sorted({label for one in found for label in one.runs})
    if len(labels) > _LABELS_SHOWN:
        labels = [*labels[:_LABELS_SHOWN], f"{len(labels) - _LABELS_SHOWN} more runs"]
    whose = f", of {' and '.join(filter(None, [', '.join(labels[:-1]), labels[-1]]))}" if labels else ""
    total = size(sum([one.size_bytes for one in found]))
    return f"{total} in {len(found)} blob{'' if len(found) == 1 else 's'}{whose}"
