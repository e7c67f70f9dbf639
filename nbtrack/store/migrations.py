"""Bringing an older store up to date, by sqlite_utils; loaded only for a store that needs it.

Each migration is a small named function over the database as the one before it left it; :data:`schema.MIGRATIONS`
names them all, so that a blank store can be marked as having had them. All pending ones run in one transaction,
after a copy of the database was put under ``backups/``.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from sqlite_utils import Database, Migrations

from nbtrack.errors import StoreTooNew
from nbtrack.store import schema
from nbtrack.store.durable import from_disk

__all__ = ["MIGRATIONS", "migrate"]

MIGRATIONS = Migrations(schema.MIGRATION_SET)


@MIGRATIONS()  # type: ignore[untyped-decorator]  # sqlite_utils is read without its types
def initial(database: Database) -> None:
    """The tables of version 1."""
    for statement in schema.statements(schema.TABLES + schema.INDEXES + schema.VIEWS + schema.TRIGGERS):
        database.conn.execute(statement)
    database.conn.execute("INSERT INTO writes VALUES (0)")
    database.conn.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")


def migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Run what is pending, in one transaction; the caller holds the write lock.

    Raises:
        StoreTooNew: the store had a migration that this nbtrack does not know.
    """
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone():
        _back_up(connection, folder)
    database = Database(connection, execute_plugins=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        unknown = {done.name for done in MIGRATIONS.applied(database)} - set(schema.MIGRATIONS)
        if unknown:
            raise StoreTooNew(
                f"{folder} was changed by a newer nbtrack ({', '.join(sorted(unknown))}). "
                "Upgrade with `pip install --upgrade nbtrack`."
            )
        MIGRATIONS.apply(database)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _back_up(connection: sqlite3.Connection, folder: Path) -> None:
    backups = folder / "backups"
    with from_disk(backups):
        backups.mkdir(mode=0o700, exist_ok=True)
    file = backups / f"lineage-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}.db"
    # SQLite's own backup: the file may not be read by other means while it is open.
    try:
        with contextlib.closing(sqlite3.connect(file)) as copy:
            connection.backup(copy)
        file.chmod(0o600)
    except BaseException:
        for half in (file, file.with_name(f"{file.name}-journal")):
            with contextlib.suppress(OSError):
                half.unlink()
        raise
