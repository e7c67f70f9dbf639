"""What of a dataset changed, told from two records of its content: by column and by range of rows, without the data.

Pure, and never more than the digests say. A column is known again by its name, else by its content; rows are told
apart by chunks of :data:`~nbtrack.digests.CHUNK_ROWS`. Where rows were added, those of the earlier data that fill whole
chunks can be shown to be the same afterwards; all of them where they were looked for while the later data was there
(``Content.begins_with``). "Appended" is only said where it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from nbtrack.digests import CHUNK_ROWS
from nbtrack.records import JSON, Column, Content, DataChange

__all__ = ["data_changes", "in_words"]

_PROFILED = ("missing", "count", "mean", "std", "min", "max", "distinct")
_CLOSE = 1e-9  # sums of the same numbers in another order differ by no more
_NAMES_SHOWN = 5
_RANGES_SHOWN = 3
_TO = "\N{EN DASH}"


def data_changes(then: Content, now: Content) -> tuple[DataChange, ...]:
    """What changed from ``then`` to ``now``; empty where their digests are equal.

    Contents without canonical form are compared as they are told: whether their digests mean anything in each other's
    session is the caller's to know.
    """
    if then.digest == now.digest:
        return ()
    changes = list(_whole(then, now))
    pairs, gone, new = _matched(then.columns, now.columns)
    for old, column in pairs:
        if any(change.kind == "shape" for change in changes):
            break  # of arrays of another shape no more is to be said
        changes += _of_column(old, column, _rows(then), _rows(now))
    if gone:
        changes.append(DataChange(kind="removed", columns=tuple(one.name for one in gone)))
    if new:
        changes.append(DataChange(kind="added", columns=tuple(one.name for one in new)))
    if not gone and not new and [old for old, _ in pairs] != list(then.columns):
        changes.append(DataChange(kind="moved"))
    if not changes and then.columns and not then.sampled and not now.sampled:
        # Names, order and columns are equal, and the whole is not: what is left are the labels of rows.
        changes.append(DataChange(kind="index"))
    return tuple(changes) or (DataChange(kind="unknown"),)


def _whole(then: Content, now: Content) -> Iterator[DataChange]:
    if then.kind != now.kind:
        yield DataChange(kind="type", then=then.kind, now=now.kind)
    before, after = then.shape, now.shape
    if before is None or after is None or before == after or not before or not after:
        return
    if before[0] != after[0]:
        yield DataChange(kind="rows", then=before[0], now=after[0], rows=_kept_rows(then, now))
    if _whole_array(then, now) and before[1:] != after[1:]:
        yield DataChange(kind="shape", then=list(before), now=list(after))


def _whole_array(then: Content, now: Content) -> bool:
    return all(column.name == "" for column in (*then.columns, *now.columns))


def _rows(content: Content) -> int:
    return content.shape[0] if content.shape else 0


def _kept_rows(then: Content, now: Content) -> tuple[tuple[int, int], ...]:
    """The rows from the first on that are shown to be the same in all columns; empty: none are."""
    if then.digest in now.begins_with:
        return ((0, _rows(then)),)
    if now.digest in then.begins_with:
        return ((0, _rows(now)),)
    pairs, gone, new = _matched(then.columns, now.columns)
    if gone or new or not pairs or any(old.dtype != column.dtype for old, column in pairs):
        return ()
    least = min(_rows(then), _rows(now))
    same = min(_same_chunks(old, column) for old, column in pairs) * CHUNK_ROWS
    return ((0, min(same, least)),) if same else ()


def _same_chunks(then: Column, now: Column) -> int:
    count = 0
    for before, after in zip(then.chunks, now.chunks, strict=False):
        if before != after:
            break
        count += 1
    return count


def _matched(
    then: Sequence[Column], now: Sequence[Column]
) -> tuple[list[tuple[Column, Column]], list[Column], list[Column]]:
    """Columns that belong together, in the order of ``now``; those that are gone; those that are new.

    By name, of equal names the first to the first; those that are left by equal dtype and content.
    """
    before, found = list(then), dict[int, Column]()
    for same in (_same_name, _same_content):
        for place, column in enumerate(now):
            if place in found:
                continue
            old = next((one for one in before if same(one, column)), None)
            if old is not None:
                found[place] = old
                before.remove(old)
    pairs = [(found[place], now[place]) for place in sorted(found)]
    return pairs, before, [column for place, column in enumerate(now) if place not in found]


def _same_name(one: Column, other: Column) -> bool:
    return one.name == other.name


def _same_content(one: Column, other: Column) -> bool:
    return one.digest == other.digest and one.dtype == other.dtype


def _of_column(then: Column, now: Column, rows_then: int, rows_now: int) -> Iterator[DataChange]:
    columns = (now.name,)
    if then.name != now.name:
        yield DataChange(kind="renamed", columns=columns, then=then.name, now=now.name)
    if then.dtype != now.dtype:
        equal = "equal content" if then.digest == now.digest else _width(then.dtype, now.dtype)
        yield DataChange(kind="dtype", columns=columns, then=then.dtype, now=now.dtype, detail=equal)
    elif then.digest != now.digest and rows_then == rows_now:
        yield DataChange(
            kind="values",
            columns=columns,
            rows=_ranges(then, now, rows_now),
            detail=_profiles(then.profile, now.profile),
        )
    elif then.digest != now.digest and (
        changed := _ranges(then, now, min(rows_then, rows_now), whole_only=True)
    ):
        # Beside rows that were added or taken away: what changed within chunks that both fill.
        yield DataChange(kind="values", columns=columns, rows=changed)


def _ranges(then: Column, now: Column, rows: int, *, whole_only: bool = False) -> tuple[tuple[int, int], ...]:
    """The ranges of rows that differ, from inclusive to exclusive; empty where the digests do not tell."""
    if not then.chunks or not now.chunks:
        return ()
    ranges: list[tuple[int, int]] = []
    for place, (before, after) in enumerate(zip(then.chunks, now.chunks, strict=False)):
        start, stop = place * CHUNK_ROWS, min((place + 1) * CHUNK_ROWS, rows)
        if before == after or (whole_only and stop - start < CHUNK_ROWS):
            continue
        if ranges and ranges[-1][1] == start:
            start = ranges.pop()[0]
        ranges.append((start, stop))
    return tuple(ranges)


def _width(then: str, now: str) -> str | None:
    """``widened`` or ``narrowed``, of dtypes that differ in their width alone."""
    kind_then, kind_now = then.rstrip("0123456789"), now.rstrip("0123456789")
    bits_then, bits_now = then[len(kind_then) :], now[len(kind_now) :]
    if kind_then != kind_now or not bits_then or not bits_now:
        return None
    return "widened" if int(bits_now) > int(bits_then) else "narrowed"


def _profiles(then: Mapping[str, JSON] | None, now: Mapping[str, JSON] | None) -> str | None:
    """What the profiles say of the change; None where there are none."""
    if then is None or now is None:
        return None
    said = [
        f"{key} {_short(then[key])} → {_short(now[key])}"
        for key in _PROFILED
        if key in then and key in now and not _close(then[key], now[key])
    ]
    if said:
        return ", ".join(said[:3])
    rest = {key for key in (*then, *now) if key not in _PROFILED and then.get(key) != now.get(key)}
    return None if rest else "same profile, as if rows had changed places"


def _close(then: JSON, now: JSON) -> bool:
    if isinstance(then, float) and isinstance(now, float):
        return math.isclose(then, now, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return then == now


def _short(value: JSON) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


# Words -----------------------------------------------------------------------------------------------------------


def in_words(changes: Sequence[DataChange]) -> str:
    """All changes as one line, such as ``same schema; age changed in rows 0-65,535``."""
    said: list[str] = []
    kinds = {change.kind for change in changes}
    if changes and not kinds & {"type", "dtype", "added", "removed", "renamed", "moved", "shape", "unknown"}:
        said.append("same schema")
    return "; ".join([*said, *map(_said, _grouped(changes))])


def _grouped(changes: Sequence[DataChange]) -> list[DataChange]:
    """Changes with the columns of equal ones put together; what only one column has keeps its detail."""
    found: dict[tuple[object, ...], list[DataChange]] = {}
    for change in changes:
        alone = (change.columns,) if change.kind not in {"values", "dtype"} else ()
        found.setdefault((change.kind, change.rows, str(change.then), str(change.now), *alone), []).append(
            change
        )
    return [
        group[0]
        if len(group) == 1
        else DataChange(
            kind=group[0].kind,
            columns=tuple(name for one in group for name in one.columns),
            then=group[0].then,
            now=group[0].now,
            rows=group[0].rows,
            detail=group[0].detail if len({one.detail for one in group}) == 1 else None,
        )
        for group in found.values()
    ]


def _said(change: DataChange) -> str:
    names, detail = _names(change.columns), f" ({change.detail})" if change.detail else ""
    if change.kind == "rows":
        return _rows_said(change)
    if change.kind == "values":
        return f"{names} changed{_rows_in_words(change.rows)}{detail}"
    sentences = {
        "type": f"{change.then} → {change.now}",
        "shape": f"shape {change.then} → {change.now}",
        "dtype": f"{names}: dtype {change.then} → {change.now}{detail}",
        "renamed": f"column {change.then} renamed to {change.now} (equal content)",
        "added": f"{_columns(change.columns)} {names} added",
        "removed": f"{_columns(change.columns)} {names} removed",
        "moved": "columns in another order",
        "index": "the labels of rows changed, all columns are equal",
        "unknown": "the digests tell no more than that it changed",
    }
    return sentences[change.kind]


def _rows_said(change: DataChange) -> str:
    assert isinstance(change.then, int)
    assert isinstance(change.now, int)
    more, least = change.now > change.then, min(change.then, change.now)
    same = change.rows[0][1] if change.rows else 0
    count = abs(change.now - change.then)
    rows = f"{count:,} row{'' if count == 1 else 's'}"
    if same == least and same:
        return f"{rows} appended" if more else f"the last {rows} removed"
    known = f", the first {same:,} are equal" if same else ""
    return f"{rows} {'more' if more else 'fewer'} ({change.then:,} → {change.now:,}){known}"


def _rows_in_words(ranges: Sequence[tuple[int, int]]) -> str:
    if not ranges:
        return ""
    shown = ", ".join(f"{start:,}{_TO}{stop - 1:,}" for start, stop in ranges[:_RANGES_SHOWN])
    more = f" and {len(ranges) - _RANGES_SHOWN} more ranges" if len(ranges) > _RANGES_SHOWN else ""
    return f" in rows {shown}{more}"


def _columns(names: Sequence[str]) -> str:
    return "column" if len(names) == 1 else "columns"


def _names(names: Sequence[str]) -> str:
    told = [name or "values" for name in names]
    if len(told) > _NAMES_SHOWN:
        return f"{', '.join(told[:_NAMES_SHOWN])} and {len(told) - _NAMES_SHOWN} more columns"
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1] if told else ""]))
