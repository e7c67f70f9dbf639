"""The rows of the audit: each is chained to the one before by a digest, so that a changed or missing one shows."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping

from blake3 import blake3

from nbtrack.records import JSON, AuditAction
from nbtrack.store.values import clean, to_json

__all__ = ["append", "broken_links", "user"]


def user() -> str:
    """The name of the user on this machine, as the audit tells it."""
    import getpass

    try:
        return clean(getpass.getuser())
    except (KeyError, OSError, ImportError):  # a container's user without a name
        return "unknown"


def append(  # noqa: PLR0913 - the columns of the table, by name
    connection: sqlite3.Connection,
    action: AuditAction,
    subject: str,
    *,
    before: str | None = None,
    after: str | None = None,
    detail: Mapping[str, JSON] | None = None,
) -> None:
    """Append an entry, in the caller's write transaction."""
    last = connection.execute("SELECT pk, chain FROM audit ORDER BY pk DESC LIMIT 1").fetchone() or (0, "")
    row = (last[0] + 1, time.time(), user(), action, clean(subject), before, after, to_json(detail or {}))
    connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, _chained(last[1], row)))


def broken_links(connection: sqlite3.Connection) -> Iterator[int]:
    """Numbers of the entries that are not what was appended, or before which one is missing."""
    chain, expected = "", 1
    for *row, stored in connection.execute(
        "SELECT pk, at, who, action, subject, before, after, detail, chain FROM audit ORDER BY pk"
    ):
        if row[0] != expected or stored != _chained(chain, tuple(row)):
            yield row[0]
        chain, expected = stored, row[0] + 1


def _chained(before: str, row: tuple[object, ...]) -> str:
    text = json.dumps([before, *row], ensure_ascii=True, separators=(",", ":"))
    return "b3:" + blake3(b"nbtrack audit v1\n" + text.encode()).hexdigest()
