"""The schema, its migrations, and the page that documents it."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from nbtrack.store import Store, database, schema
from nbtrack.store.migrations import MIGRATIONS, migrate

ROOT = Path(__file__).resolve().parents[2]


def definitions(file):
    connection = sqlite3.connect(file)
    found = {
        name: " ".join(sql.split()).replace("( ", "(").replace(" )", ")")
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    }
    settings = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")
    ]
    applied = connection.execute("SELECT migration_set, name FROM _sqlite_migrations ORDER BY id").fetchall()
    connection.close()
    return found, settings, applied


def test_a_blank_store_is_what_all_migrations_make_of_a_blank_database(folder, tmp_path):
    Store.open(folder, create=True).close()
    file = tmp_path / "migrated.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrate(connection, tmp_path)
    connection.close()
    assert definitions(folder / "lineage.db") == definitions(file)


def test_every_migration_is_named_in_the_schema_in_its_order():
    database = Database(memory=True)
    assert tuple(one.name for one in MIGRATIONS.pending(database)) == schema.MIGRATIONS
    database.close()


def test_a_store_with_a_pending_migration_is_copied_and_migrated_in_one_transaction(
    folder, store, new_kernel
):
    kernel = new_kernel(store)
    kernel.train({"C": 1})
    kernel.log.end()
    store.close()
    connection = sqlite3.connect(folder / "lineage.db", isolation_level=None)
    connection.execute("DELETE FROM _sqlite_migrations")
    connection.execute("PRAGMA user_version = 0")
    # The tables of the pending migration are there: it fails, and nothing of it stays.
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, folder)
    assert connection.execute("SELECT COUNT(*) FROM runs").fetchone() == (1,)
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    assert not connection.in_transaction
    connection.close()
    (copy,) = (folder / "backups").iterdir()
    with sqlite3.connect(copy) as backup:
        assert backup.execute("SELECT label FROM runs").fetchall() == [("SVC-1",)]
    backup.close()
    assert copy.stat().st_mode & 0o077 == 0


def test_every_table_and_column_says_what_it_holds():
    for line in (schema.TABLES + schema.VIEWS).splitlines():
        text = line.strip()
        if text.startswith(("CREATE", "pk ", "id ")) or re.match(
            r"[a-z_]+ (INTEGER|TEXT|REAL|BLOB|ANY)", text
        ):
            assert "  -- " in line, line


def test_every_table_is_strict_and_has_a_column_count_that_its_comments_match():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(connection)
    tables = connection.execute(
        "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
    )
    for name, strict in [row for row in tables if not row[0].startswith("sqlite_")]:
        assert strict, name
        body = schema.TABLES.partition(f"CREATE TABLE {name} (")[2].partition("\n)")[0]
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        assert re.findall(r"^    ([a-z]\w*) .*  -- ", body, re.MULTILINE) == columns
    connection.close()


def test_the_reference_page_is_what_the_schema_says():
    made = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


@pytest.mark.parametrize("made_before", [1, 2])
def test_a_store_that_another_process_makes_while_it_is_looked_at_is_one_of_ours(folder, made_before):
    asked = []

    class Looking(sqlite3.Connection):
        def execute(self, sql, *values):
            asked.append(sql)
            if len(asked) == made_before:
                Store.open(folder, create=True).close()
            return super().execute(sql, *values)

    folder.mkdir()
    file = folder / "lineage.db"
    connection = sqlite3.connect(file, factory=Looking)
    assert database._version(connection, file) in {0, schema.VERSION}
    connection.close()
    assert len(asked) == 2
