"""The runs in the order of a param, walked value by value: a page of a large store needs no sort of all runs."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["MOST_SKIPPED", "Walk", "walk"]

MOST_SKIPPED = 1000
"""Pages that begin so far down are sorted faster than walked to."""

_MOST_VALUES = 3000  # looked at for one page; where the conditions leave so few runs, sorting is faster
_FEW = 1000  # runs of one value that are sorted; of more the newest are looked for among all runs
_FIRST = (  # a run with several params of the name counts with its first
    "NOT EXISTS (SELECT 1 FROM run_params o WHERE o.run = q.run AND o.name = q.name AND o.position < q.position)"
)
_ORDER = "ORDER BY {0}r.started_at DESC, {0}r.pk DESC LIMIT ?"


class Walk(NamedTuple):
    """What is asked for: the param's name by its number, the conditions on a run ``r`` with their values.

    ``start`` is the value, the start and the number of the run after which the page begins.
    """

    name: int
    descending: bool
    where: str
    values: tuple[object, ...]
    start: tuple[object, float, int] | None = None


def walk(connection: sqlite3.Connection, asked: Walk, wanted: int) -> list[int] | None:
    """The first ``wanted`` runs that have the param, those of equal values newest first; None: sorting is faster."""
    found: list[int] = []
    for looked, (value, params) in enumerate(_values(connection, asked)):
        if len(found) >= wanted:
            break
        if looked >= _MOST_VALUES:
            return None
        found += _with_value(connection, asked, value, params, wanted - len(found))
    return found


def _values(connection: sqlite3.Connection, asked: Walk) -> Iterator[tuple[object, list[tuple[int, bool]]]]:
    """The values in order, each with the params that have it: their numbers and whether anybody chose them."""
    begin = "" if asked.start is None else f"AND value {'<=' if asked.descending else '>='} ?"
    rows = connection.execute(
        f"SELECT value, pk, origin != 'default' FROM params INDEXED BY params_by_value WHERE name = ? {begin} "  # noqa: S608 - values are bound
        f"ORDER BY value {'DESC' if asked.descending else 'ASC'}",
        (asked.name, *([] if asked.start is None else [asked.start[0]])),
    )
    for value, of in itertools.groupby(rows, key=lambda row: row[0]):
        yield value, [(pk, bool(chosen)) for _, pk, chosen in of]


def _with_value(
    connection: sqlite3.Connection, asked: Walk, value: object, params: list[tuple[int, bool]], wanted: int
) -> list[int]:
    marks = ", ".join("?" * len(params))
    numbers = [pk for pk, _ in params]
    later, bound = "", list[object]()
    if asked.start is not None and value == asked.start[0]:
        later, bound = "AND (r.started_at, r.pk) < (?, ?)", list(asked.start[1:])
    # Only the chosen are indexed. What many runs have is found soonest by going through the runs.
    if all(chosen for _, chosen in params) and _are_few(connection, marks, numbers):
        sql = (
            f"SELECT r.pk FROM run_params q CROSS JOIN runs r ON r.pk = q.run WHERE q.chosen = 1 "  # noqa: S608 - values are bound
            f"AND q.param IN ({marks}) AND {_FIRST} AND ({asked.where}) {later} {_ORDER.format('+')}"
        )
        values = [*numbers, *asked.values, *bound, wanted]
    else:
        sql = (
            f"SELECT r.pk FROM runs r WHERE EXISTS (SELECT 1 FROM run_params q WHERE q.run = r.pk AND q.name = ? "  # noqa: S608 - as above
            f"AND q.param IN ({marks}) AND {_FIRST}) AND ({asked.where}) {later} {_ORDER.format('')}"
        )
        values = [asked.name, *numbers, *asked.values, *bound, wanted]
    return [pk for (pk,) in connection.execute(sql, values)]


def _are_few(connection: sqlite3.Connection, marks: str, numbers: list[int]) -> bool:
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM run_params WHERE chosen = 1 AND param IN ({marks}) LIMIT ?)"  # noqa: S608 - as above
    return int(connection.execute(sql, (*numbers, _FEW + 1)).fetchone()[0]) <= _FEW
