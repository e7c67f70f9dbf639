"""The runs of a combination that is rare though each of its parts is common, as a needle in a haystack.

To walk an order until enough runs are found takes the longer the rarer the combination is, to look up the parts the
longer the commoner they are; and checking what they leave reads the store here and there. So a few runs are asked
first: where one of them fulfils all, walking is right. Else the runs of each part are read from its index, unless they
are too many, and where what they have in common is little beside what would be walked, that alone is checked.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from nbtrack.store.conditions import Condition

__all__ = ["common_runs"]

_ASKED = 64  # runs, the newest
_MOST = 50_000  # runs of a part: a few milliseconds of reading
_MOST_PARTS = 4  # read so
_FEW, _TIMES = 1000, 2


def common_runs(
    connection: sqlite3.Connection, conditions: Sequence[Condition], wanted: int | None
) -> list[int] | None:
    """The runs, by row number and in its order, among which all that fulfil the conditions are; None: walk.

    ``wanted`` is how many are asked for, None all.
    """
    indexed = [each for each in conditions if each.among or each.source]
    if not indexed or _is_met(connection, conditions):
        return None
    common: set[int] | None = None
    unread = []
    for each in indexed[:_MOST_PARTS]:
        # To check what is known to be few is quicker than to read another part that is many times as much.
        most = _MOST if common is None else min(_MOST, max(_FEW, _TIMES * len(common)))
        sql = f"{each.among or each.source} LIMIT {most + 1}"
        runs = [pk for (pk,) in connection.execute(sql, each.values)]
        if len(runs) <= most:
            common = set(runs) if common is None else common.intersection(runs)
        else:
            unread.append(each)
    if common is None:
        return None
    found = sorted(common)
    for each in unread:
        if each.probe is not None:
            sql = f"SELECT r.pk FROM (SELECT value AS pk FROM json_each(?)) r WHERE {each.probe}"  # noqa: S608 - values are bound
            found = [pk for (pk,) in connection.execute(sql, (json.dumps(found), *each.values))]
    (total,) = connection.execute("SELECT MAX(pk) FROM runs").fetchone()
    # If no part was left out, walking to as many as are wanted takes the share of all: wanted * total / found.
    if wanted is not None and len(found) ** 2 > 4 * wanted * (total or 0):
        return None
    return found


def _is_met(connection: sqlite3.Connection, conditions: Sequence[Condition]) -> bool:
    where = " AND ".join(f"({each.sql})" for each in conditions)
    sql = (
        "SELECT 1 FROM runs r WHERE r.pk IN (SELECT pk FROM runs ORDER BY started_at DESC, pk DESC LIMIT ?) "  # noqa: S608 - values are bound
        f"AND {where} LIMIT 1"
    )
    values = (value for each in conditions for value in each.values)
    return connection.execute(sql, (_ASKED, *values)).fetchone() is not None
