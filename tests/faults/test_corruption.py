"""Bits that flip, files that are cut, emptied or gone: the doctor finds them, and nothing wrong is read in silence."""

import os
import random
import shutil
import sqlite3
from contextlib import closing, suppress

import pytest
from filled import everything, fill
from writer import Writer

from nbtrack.errors import NbtrackError, StoreCorrupt
from nbtrack.records import State
from nbtrack.store import Store
from nbtrack.store.blobs import digest_of_file
from nbtrack.store.reading import DAMAGED


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled") / ".nbtrack"
    fill(folder)
    with Store.open(folder) as store:
        assert [one.message for one in store.doctor(full=True) if one.severity == "error"] == []
        told = everything(store)
        assert everything(store) == told
    return folder, told


def cells_of(folder):
    """Every column of every table: table, column, and the table whose row numbers it holds, if of any."""
    with closing(sqlite3.connect(folder / "lineage.db")) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table.startswith(("sqlite_", "_sqlite")):
                continue
            parents = {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}
            for column in [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]:
                there = connection.execute(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL").fetchone()
                assert there, f"nothing is in {table}.{column}: filled.py has to put something there"
                yield table, column, parents.get(column)


def flip(folder, table, column, others):
    """Change a value as flipped bits would: to one that no row has, or to one of ``others``, a table and its column."""
    connection = sqlite3.connect(folder / "lineage.db", isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    (value,) = connection.execute(
        f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1"
    ).fetchone()
    try:
        for new in another(connection, value, others) if others else flipped(value):
            with suppress(
                sqlite3.IntegrityError
            ):  # two rows with one key: SQLite itself finds that in an index
                connection.execute(
                    f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT rowid FROM {table} WHERE {column} = ? LIMIT 1)"
                    if "rowid" in rowid_tables(connection, table)
                    else f"UPDATE {table} SET {column} = ?1 WHERE {column} = ?2",
                    (new, value),
                )
                return True
        return False
    finally:
        for _, sql in triggers:
            connection.execute(sql)
        connection.close()


def another(connection, value, others):
    table, column = others
    sql = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT ? ORDER BY 1"
    return [row[0] for row in connection.execute(sql, (value,))]


def flipped(value):
    if isinstance(value, str):
        at = len(value) // 2
        yield value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] if value else "x"
    elif isinstance(value, bytes):
        at = len(value) // 2
        yield value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
    else:
        yield from (value + 1, value + 4096)


def rowid_tables(connection, table):
    sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    return "" if "WITHOUT ROWID" in sql else "rowid"


# Columns that may change without a word: nothing that is read comes of them.
HARMLESS = {
    "sessions.ended_at": "whether it is dead is asked of its journal",
    "sessions.folds": "a journal is taken in by its own number, which is checked",
    "points.logged": "says only which of two curves would be kept",
    "reproductions.pk": "a row number",
    "reproductions.pid": "of one that is complete",
    "reproductions.host": "as above",
    "exports.pk": "a row number",
    "blobs.condemned_at": "what a collection deletes it finds out anew",
    "blobs.dense": "says only whether it was tried to compress it",
    "label_numbers.last": "a larger one leaves numbers out",
    "writes.count": "a larger one says nothing",
}
# Those by which rows find each other: what they no longer lead to is missing in a list, and the doctor says so.
LEADING = {
    *("experiments.pk", "classes.pk", "sessions.pk", "sessions.id", "executions.session", "runs.experiment"),
    *("points.name", "points.dataset", "reproductions.kind", "reproductions.state", "attachments.blob"),
    *("sources.pk", "effects.execution", "execution_files.execution", "outputs.execution"),
    *("random_states.execution", "attachments.execution", "outcomes.run", "scored.run", "points.run"),
    *(
        "run_trials.run",
        "registered_models.pk",
        "model_versions.model",
        "model_aliases.model",
        "model_aliases.version",
    ),
}


def test_no_value_in_the_database_can_change_without_being_found_and_none_is_read_in_silence(
    filled, tmp_path, tally
):
    folder, told = filled
    copy = tmp_path / ".nbtrack"
    shutil.copytree(folder, copy)
    for table, column, _ in cells_of(folder):
        put_back(folder, copy)
        if flip(copy, table, column, None):
            found_and_not_read(copy, told, table, column)
            tally["values"] += 1


def test_no_row_can_be_led_to_another_s_without_being_found(filled, tmp_path, tally):
    folder, told = filled
    copy = tmp_path / ".nbtrack"
    shutil.copytree(folder, copy)
    for table, column, parent in cells_of(folder):
        if parent is None and f"{table}.{column}" not in LEADING:
            continue
        put_back(folder, copy)
        if flip(copy, table, column, (parent, key_of(copy, parent)) if parent else (table, column)):
            found_and_not_read(copy, told, table, column)
            tally["links"] += 1
    assert tally["links"] > 30


def key_of(folder, table):
    with closing(sqlite3.connect(folder / "lineage.db")) as connection:
        return next(row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5])


def found_and_not_read(copy, told, table, column):
    name = f"{table}.{column}"
    found, read = looked_at(copy, told)
    assert found or name in HARMLESS, f"{name} changed, and the doctor found nothing"
    if found is False:
        assert read == "same", f"{name} changed what is read, and the doctor found nothing"
    # The doctor always reads the whole audit, so a list of it need not.
    assert read in {"same", "refused"} or name in LEADING or table == "audit", f"{name} was read in silence"


def put_back(folder, copy):
    for left in copy.glob("lineage.db*"):
        left.unlink()
    shutil.copy(folder / "lineage.db", copy)


def looked_at(folder, told):
    """Whether the doctor finds an error, and how reading went: as before, refused, or something else in silence."""
    try:
        with Store.open(folder) as store:
            found = any(one.severity == "error" for one in store.doctor(full=True))
            try:
                return found, "same" if everything(store) == told else "something else"
            except NbtrackError:
                return found, "refused"
    except NbtrackError:
        return True, "refused"


def test_a_value_that_its_column_cannot_hold_is_told_and_not_tripped_over(filled, tmp_path):
    folder, _ = filled
    copy = tmp_path / ".nbtrack"
    shutil.copytree(folder, copy)
    with closing(sqlite3.connect(copy / "lineage.db", isolation_level=None)) as connection:
        (version,) = connection.execute("PRAGMA schema_version").fetchone()
        change = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'runs'"
        for before, after, statement in [
            ("label TEXT NOT NULL", "label TEXT", "UPDATE runs SET label = NULL WHERE pk = 1"),
            ("label TEXT UNIQUE", "label TEXT NOT NULL UNIQUE", "SELECT 1"),
        ]:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(change, (before, after))
            version += 1
            connection.execute(f"PRAGMA schema_version = {version}")
            connection.execute("PRAGMA writable_schema = RESET")
            connection.execute(statement)
    with Store.open(copy) as store:
        assert any(one.severity == "error" for one in store.doctor(full=True))
        (damaged,) = [run for run in store.find_runs() if run.label == "run number 1"]
        assert DAMAGED in damaged.capture_notes
        with pytest.raises(StoreCorrupt):
            store.get_run(damaged.id)


FLIPS = int(os.environ.get("NBTRACK_FLIPS", "40"))


def test_a_bit_that_flips_anywhere_in_the_database_is_found_or_changes_nothing_that_is_read(
    filled, tmp_path, tally
):
    folder, told = filled
    copy = tmp_path / ".nbtrack"
    shutil.copytree(folder, copy)
    whole = (folder / "lineage.db").read_bytes()
    for seed in range(FLIPS):
        chance = random.Random(seed)
        damaged = bytearray(whole)
        at = chance.randrange(len(whole))
        damaged[at] ^= 1 << chance.randrange(8)
        put_back(folder, copy)
        (copy / "lineage.db").write_bytes(damaged)
        found, read = looked_at(copy, told)
        assert found or read == "same", f"byte {at} flipped: {read}, and the doctor found nothing"
        tally["flips"] += 1
        tally["found"] += found


@pytest.mark.parametrize("how", ["flipped", "cut", "emptied", "deleted", "longer"])
def test_every_file_of_a_model_or_figure_is_told_when_it_is_not_what_was_written(
    filled, tmp_path, tally, how
):
    folder, told = filled
    copy = tmp_path / ".nbtrack"
    shutil.copytree(folder, copy)
    with closing(sqlite3.connect(copy / "lineage.db")) as connection:
        unneeded = {row[0] for row in connection.execute("SELECT digest FROM blobs WHERE condemned_at > 0")}
    files = sorted(file for file in copy.glob("blobs/?/*") if digest_of_file(file) not in unneeded)
    for number, file in enumerate(files):
        before = file.read_bytes()
        damage(file, how, random.Random(number))
        found, read = looked_at(copy, told)
        assert (found, read) == (True, "refused" if how != "longer" or file.suffix == "" else "same"), file
        file.unlink(missing_ok=True)
        file.write_bytes(before)
        tally["blobs"] += 1
    assert files


def damage(file, how, chance):
    content = bytearray(file.read_bytes())
    file.chmod(0o600)
    if how == "deleted":
        file.unlink()
    elif how == "emptied":
        file.write_bytes(b"")
    elif how == "cut":
        file.write_bytes(content[: chance.randrange(1, len(content))])
    elif how == "longer":
        file.write_bytes(bytes(content) + b"x")
    else:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)


@pytest.fixture
def killed(tmp_path):
    """A store whose kernel was killed, with its write-ahead log beside it; and the runs that were acknowledged."""
    place = tmp_path / "before" / ".nbtrack"
    writer = Writer(place, 0)
    run = writer.log.open_run(writer.run(State.RUNNING, model=False))
    ids = [run.id, *(writer.capture().id for _ in range(5))]
    writer.log.log(run.id, "loss", 0, 0.5, 1e9)
    folder = tmp_path / ".nbtrack"
    shutil.copytree(place, folder)
    writer.log.end()
    writer.store.close()
    return folder, ids


@pytest.mark.parametrize("how", ["flipped", "cut", "emptied", "deleted"])
def test_a_write_ahead_log_that_is_not_whole_is_told_by_the_writes_that_it_lost(killed, how, tally):
    folder, ids = killed
    log = folder / "lineage.db-wal"
    content = log.read_bytes()
    if how == "flipped":  # in its last third
        at = len(content) * 5 // 6
        log.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    elif how == "cut":
        log.write_bytes(content[: len(content) * 5 // 6])
    else:
        damage(log, how, random.Random(0))
    tally["logs"] += 1
    if how in {"emptied", "deleted"}:
        with pytest.raises(
            StoreCorrupt, match="emptied or deleted"
        ):  # as young as this, it was all in the log
            Store.open(folder)
        return
    with Store.open(folder) as store:
        problems = [one.message for one in store.doctor() if one.severity == "error"]
        there = {run.id for run in store.find_runs()}
    assert any("writes are missing" in one for one in problems), problems
    assert not there >= set(ids)


@pytest.mark.parametrize("how", ["deleted", "emptied", "flipped"])
def test_a_lock_file_that_is_gone_or_damaged_is_made_anew_and_nothing_is_lost(killed, how, tally):
    folder, ids = killed
    damage(folder / "write.lock", how, random.Random(0))
    with Store.open(folder) as store:
        assert {run.id for run in store.find_runs()} == set(ids)
        writer = Writer(folder, 100)
        (folder / "write.lock").unlink()
        writer.capture()
        assert (folder / "write.lock").exists()
        writer.log.end()
        writer.store.close()
        assert len(store.find_runs()) == len(ids) + 1
        assert [one.message for one in store.doctor(full=True) if one.severity == "error"] == []
    tally["locks"] += 1


@pytest.mark.parametrize("how", ["flipped", "cut", "emptied", "deleted"])
def test_a_journal_that_is_not_whole_costs_points_at_most_and_is_told(killed, how, tally):
    folder, ids = killed
    (journal,) = (folder / "sessions").glob("*.journal")
    content = journal.read_bytes()
    if how == "flipped":
        journal.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    elif how == "cut":
        journal.write_bytes(content[:30])
    else:
        damage(journal, how, random.Random(0))
    with Store.open(folder) as store:
        runs = {run.id: run for run in store.find_runs()}
        assert set(runs) == set(ids)
        assert runs[ids[0]].state is State.CANCELED
        problems = [one.message for one in store.doctor(full=True) if one.severity == "error"]
        assert [one for one in problems if "last points are lost" not in one] == []
        assert bool(problems) == (how != "deleted")
    tally["journals"] += 1
