"""States of the global generators of random numbers, as executions found them."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nbtrack.store.building import check
from nbtrack.store.values import seal

if TYPE_CHECKING:
    from nbtrack.store.store import Store

__all__ = ["read_states", "write_states"]


def write_states(
    connection: sqlite3.Connection, execution_pk: int | None, states: Mapping[str, bytes]
) -> None:
    """Keep the states of an execution, by stream, in the open transaction; nothing where it is not stored."""
    if execution_pk is None:
        return
    connection.executemany(
        "INSERT OR REPLACE INTO random_states VALUES (?, ?, ?, ?)",
        [
            (execution_pk, stream, state, seal(execution_pk, stream, state))
            for stream, state in states.items()
        ],
    )


def read_states(store: Store, execution_ids: Iterable[str]) -> dict[str, dict[str, bytes]]:
    """By execution and stream; executions that drew nothing, or whose states are not known, are left out.

    Raises:
        StoreCorrupt: one is not what was written.
    """
    with store.view() as connection:
        rows = connection.execute(
            "SELECT e.id, s.execution, s.stream, s.state, s.seal FROM random_states s "
            "JOIN executions e ON e.pk = s.execution "
            "WHERE e.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(execution_ids)),),
        ).fetchall()
    found: dict[str, dict[str, bytes]] = defaultdict(dict)
    for execution_id, pk, stream, state, sealed in rows:
        check((pk, stream, state), sealed, f"the random state {stream!r} of execution {execution_id}")
        found[execution_id][stream] = state
    return dict(found)
