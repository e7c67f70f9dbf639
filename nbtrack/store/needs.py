"""What executions needed and what needed them, followed through the stored effects; no other rows are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from nbtrack.store.values import from_json

if TYPE_CHECKING:
    import sqlite3

    from nbtrack.store.store import Store

__all__ = ["Found", "needed_by", "needing", "newest_until"]


class Found(NamedTuple):
    """Executions of one session.

    Attributes:
        ids: theirs, in the order they ran.
        more: whether there are others beyond the limit.
        known: whether it is stored of each what it needed; else nothing was followed, and ``ids`` is empty.
    """

    ids: list[str]
    more: bool = False
    known: bool = True


_UNKNOWN = Found([], known=False)


def needed_by(
    store: Store, session_id: str, execution_ids: Iterable[str], *, draws: bool, limit: int | None = None
) -> Found:
    """These executions and all that they needed, the newest ``limit`` of them.

    ``draws``: also those that they needed only as these drew random numbers.
    """
    with store.view() as connection:
        session, starts = _sequences(connection, session_id, execution_ids)
        pending = [-each for each in starts]
        heapq.heapify(pending)
        seen, found = set(starts), list[str]()
        while pending:
            if len(found) == limit:
                return Found(found[::-1], more=True)
            row = connection.execute(
                "SELECT e.id, f.needs, f.draws FROM executions e LEFT JOIN effects f ON f.execution = e.pk "
                "WHERE e.session = ? AND e.sequence = ?",
                (session, -heapq.heappop(pending)),
            ).fetchone()
            if row is None:  # deleted since
                continue
            execution_id, needs, drew = row
            if needs is None:
                return _UNKNOWN
            found.append(execution_id)
            for each in _earlier(needs, drew if draws else None):
                if each not in seen:
                    seen.add(each)
                    heapq.heappush(pending, -each)
    return Found(found[::-1])


def needing(store: Store, session_id: str, execution_ids: Iterable[str], *, limit: int) -> Found:
    """The later executions of the session that needed one of these, by way of others too: the first ``limit``."""
    with store.view() as connection:
        session, starts = _sequences(connection, session_id, execution_ids)
        reached, found = set(starts), list[str]()
        rows = connection.execute(
            "SELECT e.id, e.sequence, f.needs FROM executions e LEFT JOIN effects f ON f.execution = e.pk "
            "WHERE e.session = ? AND e.sequence > ? ORDER BY e.sequence",
            (session, min(starts, default=0)),
        )
        for execution_id, sequence, needs in rows:
            if needs is None:
                return _UNKNOWN
            if sequence in reached or reached.isdisjoint(_earlier(needs, None)):
                continue
            if len(found) == limit:
                return Found(found, more=True)
            reached.add(sequence)
            found.append(execution_id)
    return Found(found)


def newest_until(store: Store, session_id: str, execution_ids: Iterable[str] | None, *, limit: int) -> Found:
    """The newest ``limit`` executions of the session up to the last of these (None: at all), whatever they needed."""
    with store.view() as connection:
        session, starts = _sequences(connection, session_id, execution_ids or ())
        last = max(starts, default=0) if execution_ids is not None else 2**62
        rows = connection.execute(
            "SELECT id FROM executions WHERE session = ? AND sequence <= ? ORDER BY sequence DESC LIMIT ?",
            (session, last, limit + 1),
        ).fetchall()
    return Found([id_ for (id_,) in reversed(rows[:limit])], more=len(rows) > limit)


def _sequences(
    connection: sqlite3.Connection, session_id: str, execution_ids: Iterable[str]
) -> tuple[int | None, list[int]]:
    """The row number of the session, and the numbers of the executions in it; those of other sessions are left out."""
    row = connection.execute("SELECT pk FROM sessions WHERE id = ?", (session_id,)).fetchone()
    session = None if row is None else row[0]
    found = []
    for each in dict.fromkeys(execution_ids):
        row = connection.execute(
            "SELECT sequence FROM executions WHERE id = ? AND session = ?", (each, session)
        ).fetchone()
        found += [] if row is None else [row[0]]
    return session, found


def _earlier(needs: str, draws: str | None) -> Iterator[int]:
    yield from from_json(needs)
    for drew in from_json(draws).values() if draws is not None else ():
        yield from drew
