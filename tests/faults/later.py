"""A later nbtrack, made up: its schema has a table more, which a migration fills from the runs that are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nbtrack.store import schema

TABLE = """
CREATE TABLE copies (  -- labels of runs, once more
    run INTEGER PRIMARY KEY REFERENCES runs,  -- the run
    label TEXT NOT NULL  -- its label
) STRICT;
"""


@contextmanager
def later() -> Iterator[None]:
    """Within the block, this nbtrack is the later one."""
    from nbtrack.store.migrations import MIGRATIONS

    before = schema.VERSION, schema.MIGRATIONS, schema.TABLES, list(MIGRATIONS._migrations)
    schema.VERSION, schema.MIGRATIONS = before[0] + 1, (*before[1], "copied")
    schema.TABLES = before[2] + TABLE

    @MIGRATIONS()
    def copied(database) -> None:
        database.conn.execute(TABLE)
        database.conn.execute("INSERT INTO copies SELECT pk, label FROM runs")

    try:
        yield
    finally:
        schema.VERSION, schema.MIGRATIONS, schema.TABLES, MIGRATIONS._migrations = before
