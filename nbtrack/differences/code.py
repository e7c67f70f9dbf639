"""The slices of two runs, cell by cell."""

from __future__ import annotations

import ast
import difflib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from nbtrack.differences.found import Found
from nbtrack.provenance.plain import plain_python
from nbtrack.records import ExecutedCell, Reason

__all__ = ["compare_code"]

_MOST_ALIGNED = 250_000  # pairs of cells
_MOST_RATED = 10_000  # pairs of cells whose likeness is looked at: a second or two
_ALIKE = 0.5  # the share of common characters from which on two cells are versions of one


def compare_code(then: Sequence[ExecutedCell], now: Sequence[ExecutedCell]) -> Found:
    """The cells that differ, in the order they ran: edited, left out, added, run at another place.

    Comments, spaces and line breaks do not count. Cells are matched by their content and order first, then by content
    alone, by their id in the notebook, by likeness.
    """
    before, after = [_meaning(each) for each in then], [_meaning(each) for each in now]
    # Among hundreds of cells, one that ran again and again is no landmark: looking at each pair takes minutes.
    many = len(before) * len(after) > _MOST_ALIGNED
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=many)
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
    _match(partners, {a: before[a] for a in old}, {b: after[b] for b in new})
    _match(partners, {a: old[a].cell_id for a in old}, {b: new[b].cell_id for b in new})
    taken = set(partners.values())
    free = [(a, b) for a in old if a not in partners for b in new if b not in taken]
    for rate, a, b in sorted(_rated(free[:_MOST_RATED], old, new), key=lambda each: (-each[0], each[1:])):
        if rate >= _ALIKE and a not in partners and b not in taken:
            partners[a] = b
            taken.add(b)
    return partners


def _match(partners: dict[int, int], old: dict[int, str | None], new: dict[int, str | None]) -> None:
    """Cells that have one text or one id become partners, in order."""
    places: dict[str, deque[int]] = {}
    taken = set(partners.values())
    for place, key in new.items():
        if key is not None and place not in taken:
            places.setdefault(key, deque()).append(place)
    for place, key in old.items():
        if key is not None and place not in partners and places.get(key):
            partners[place] = places[key].popleft()


def _rated(
    pairs: Iterable[tuple[int, int]], old: dict[int, ExecutedCell], new: dict[int, ExecutedCell]
) -> Iterator[tuple[float, int, int]]:
    for a, b in pairs:
        yield difflib.SequenceMatcher(None, old[a].source, new[b].source).ratio(), a, b


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
