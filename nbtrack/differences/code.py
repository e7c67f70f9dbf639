"""The slices of two runs, cell by cell."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Sequence

from nbtrack.differences.found import Found
from nbtrack.provenance.plain import plain_python
from nbtrack.records import ExecutedCell, Reason

__all__ = ["compare_code"]

_ALIKE = 0.5  # the share of common characters from which on two cells are versions of one


def compare_code(then: Sequence[ExecutedCell], now: Sequence[ExecutedCell]) -> Found:
    """The cells that differ, in the order they ran: edited, left out, added, run at another place.

    Comments, spaces and line breaks do not count. Cells are matched by their content and order first, then by content
    alone, by their id in the notebook, by likeness.
    """
    before, after = [_meaning(each) for each in then], [_meaning(each) for each in now]
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    blocks = matcher.get_matching_blocks()
    same_then = {block.a + step for block in blocks for step in range(block.size)}
    same_now = {block.b + step for block in blocks for step in range(block.size)}
    old = {place: cell for place, cell in enumerate(then) if place not in same_then}
    new = {place: cell for place, cell in enumerate(now) if place not in same_now}
    partners = _partners(old, new, before, after)
    # In the order of the new run; what only the old one ran stands before what took its place.
    pairs: list[tuple[int | None, int | None]] = [(place, partners.get(place)) for place in old]
    pairs += [(None, place) for place in new if place not in partners.values()]
    pairs.sort(key=lambda pair: (pair[0] if pair[1] is None else pair[1]) or 0)
    reasons = [_reason(None if a is None else then[a], None if b is None else now[b]) for a, b in pairs]
    return Found(reasons, len(same_then))


def _partners(
    old: dict[int, ExecutedCell], new: dict[int, ExecutedCell], before: Sequence[str], after: Sequence[str]
) -> dict[int, int]:
    """Which cell became which, by place in the slices."""
    partners: dict[int, int] = {}
    likeness: list[Callable[[int, int], float]] = [
        lambda a, b: float(before[a] == after[b]),
        lambda a, b: float(old[a].cell_id is not None and old[a].cell_id == new[b].cell_id),
        lambda a, b: difflib.SequenceMatcher(None, old[a].source, new[b].source).ratio(),
    ]
    for alike in likeness:
        free = [(a, b) for a in old if a not in partners for b in new if b not in partners.values()]
        rated = sorted(((alike(a, b), a, b) for a, b in free), key=lambda each: (-each[0], each[1:]))
        for rate, a, b in rated:
            if rate >= _ALIKE and a not in partners and b not in partners.values():
                partners[a] = b
    return partners


def _meaning(cell: ExecutedCell) -> str:
    tree = plain_python(cell.source)
    return cell.source if tree is None else ast.dump(tree)


def _reason(old: ExecutedCell | None, new: ExecutedCell | None) -> Reason:
    then, now = (None if each is None else each.source for each in (old, new))
    detail = "ran at another place in the order" if then == now else _diff(then, now)
    return Reason(kind="code", subject=_subject(old, new), then=then, now=now, detail=detail)


def _subject(old: ExecutedCell | None, new: ExecutedCell | None) -> str:
    places = dict.fromkeys(_place(each) for each in (old, new) if each is not None)
    return "cell " + " → ".join(places)


def _place(cell: ExecutedCell) -> str:
    return (cell.cell_id or "?") if cell.execution_count is None else f"[{cell.execution_count}]"


def _diff(then: str | None, now: str | None) -> str:
    """The lines that differ, marked by - and +, with a line before and after; ``…`` where lines are left out."""
    old, new = ((text or "").splitlines() for text in (then, now))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]
    kept = ["…" if line.startswith("@@") else line for line in lines]
    return "\n".join(kept[1:] if kept[:1] == ["…"] else kept)
