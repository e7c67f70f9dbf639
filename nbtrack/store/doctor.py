"""Checking a store: what is wrong, with which thing, and what to do about it. Nothing is changed."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from pathlib import Path

from nbtrack.errors import BlobCorrupt, StoreCorrupt
from nbtrack.records import Problem
from nbtrack.store import schema
from nbtrack.store.blobs import blob_file, digest_of_file, read_blob
from nbtrack.store.building import SESSION_COLUMNS
from nbtrack.store.chain import broken_links
from nbtrack.store.entries import read_journal
from nbtrack.store.leftovers import leftovers
from nbtrack.store.network import is_on_network
from nbtrack.store.points import unpack
from nbtrack.store.roots import needed_blobs
from nbtrack.store.sealing import BELONGINGS_OF_ONE, EXECUTION_COLUMNS, RUN_COLUMNS, run_seal
from nbtrack.store.values import seal

__all__ = ["examine"]

# What reading a row raises that holds what was never written: text that is none, NULL where no NULL can be.
_DAMAGED = (ValueError, TypeError, AttributeError, LookupError, OverflowError)
_GRACE_SECONDS = 3600.0  # a younger leftover may belong to a write that is under way
_SHOWN = 20  # problems of one kind that are listed one by one

# Tables whose rows have a seal over some of their columns.
_SEALED = {
    "executions": (f"SELECT e.seal, e.id, {EXECUTION_COLUMNS} FROM executions e", "execution"),  # noqa: S608 - columns are ours
    "effects": (
        "SELECT seal, execution, execution, needs, draws, mutates, deletes, opaque, unseeded FROM effects",
        "effects of execution number",
    ),
    "sources": ("SELECT seal, digest, digest, text FROM sources", "cell text"),
    "outputs": (
        "SELECT seal, execution, execution, stdout, stderr FROM outputs",
        "output of execution number",
    ),
    "params": (
        (
            "SELECT p.seal, n.name, n.name, p.value, p.kind, p.origin, p.redacted "
            "FROM params p JOIN names n ON n.pk = p.name"
        ),
        "param",
    ),
    "contents": (
        "SELECT seal, digest, digest, kind, shape, by_pickle, sampled, columns, begins_with FROM contents",
        "content of data",
    ),
    "environments": (
        "SELECT seal, digest, digest, python, platform, git, hardware, packages, modules FROM environments",
        "environment",
    ),
    "reproductions": (
        (
            "SELECT seal, id, id, run, kind, started_at, duration_seconds, verdict, environment, document "
            "FROM reproductions"
        ),
        "reproduction",
    ),
    "tombstones": (
        (
            "SELECT seal, label, run_id, label, experiment, started_at, removed_at, removed_by, model, datasets, "
            "files, blobs FROM tombstones"
        ),
        "tombstone of",
    ),
    "names": ("SELECT seal, name, name FROM names", "name"),
    "experiments": ("SELECT seal, name, name FROM experiments", "experiment"),
    "classes": ("SELECT seal, name, name, module, framework FROM classes", "class"),
    "files": ("SELECT seal, path, path, digest, size_bytes FROM files", "file"),
    "sessions": (f"SELECT seal, id, {SESSION_COLUMNS} FROM sessions", "session"),  # noqa: S608 - columns are ours
    "execution_files": (
        "SELECT seal, path, execution, path, generated, size_bytes, modified_ns, digest FROM execution_files",
        "use of file",
    ),
    "random_states": (
        "SELECT seal, execution, execution, stream, state FROM random_states",
        "random state of execution number",
    ),
    "outcomes": (
        "SELECT seal, run, run, dataset, kind, truth, rows, data FROM outcomes",
        "outcomes of run number",
    ),
    "scored": (
        "SELECT seal, run, run, dataset, rows, inputs, digest, truth, shared, reason FROM scored",
        "scored data of run number",
    ),
    "attachments": (
        "SELECT seal, name, execution, position, kind, name, media_type, blob FROM attachments",
        "attachment",
    ),
    "registered_models": (
        "SELECT seal, name, name, created_at FROM registered_models",
        "registered model",
    ),
    "model_versions": (
        "SELECT seal, version, model, version, run, model_digest, created_at, created_by FROM model_versions",
        "registered version",
    ),
    "model_aliases": ("SELECT seal, alias, model, alias, version FROM model_aliases", "alias"),
    "exports": ("SELECT seal, name, run, at, manifest, format, safe, name FROM exports", "export"),
    "run_trials": ("SELECT seal, run, run, columns, rows FROM run_trials", "trials of run number"),
}

_RUNS = f"SELECT r.seal, {RUN_COLUMNS} FROM runs r"  # noqa: S608 - as above


def examine(connection: sqlite3.Connection, folder: Path, *, full: bool, noted: int = 0) -> list[Problem]:
    """All problems found, the errors first; ``full`` also reads every row and every blob.

    ``noted`` is how often the store was written before ``connection`` looked at it, by its lock file.
    """
    checks: list[Callable[[], Iterator[Problem]]] = [
        lambda: _integrity(connection, full=full),
        lambda: _schema(connection),
        lambda: _writes(connection, noted),
        lambda: _foreign_keys(connection),
        lambda: _blobs(connection, folder, full=full),
        lambda: _unreferenced(connection, folder),
        lambda: _leftovers(folder),
        lambda: _journals(folder),
        lambda: _surroundings(connection, folder),
        lambda: _audit(connection),
    ]
    if full:
        checks += [
            lambda: _seals(connection),
            lambda: _run_seals(connection),
            lambda: _models(connection),
            lambda: _curves(connection),
            lambda: _label_numbers(connection),
        ]
    problems: list[Problem] = []
    for check in checks:
        try:
            problems += check()
        except (sqlite3.DatabaseError, *_DAMAGED) as error:
            problems.append(
                Problem(
                    severity="error",
                    subject="lineage.db",
                    message=f"The database cannot be read through: {error}.",
                    remedy="Put back a copy; what is readable can be saved with `sqlite3 lineage.db .recover`.",
                )
            )
    return sorted(set(problems), key=lambda one: (one.severity != "error", one.subject))


def _integrity(connection: sqlite3.Connection, *, full: bool) -> Iterator[Problem]:
    for (text,) in connection.execute("PRAGMA integrity_check" if full else "PRAGMA quick_check"):
        if text != "ok":
            yield Problem(
                severity="error",
                subject="lineage.db",
                message=f"The database is damaged: {text}.",
                remedy="Put back a copy; what is readable can be saved with `sqlite3 lineage.db .recover`.",
            )


def _schema(connection: sqlite3.Connection) -> Iterator[Problem]:
    model = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.create(model)
        wanted, found = _definitions(model), _definitions(connection)
    finally:
        model.close()
    for name in sorted(wanted.keys() | found.keys()):
        if name.startswith("_sqlite_migrations") or "_sqlite_migrations" in name:
            continue
        if wanted.get(name) != found.get(name):
            state = "missing" if name not in found else "not nbtrack's" if name not in wanted else "changed"
            yield Problem(
                severity="warning" if name not in wanted else "error",
                subject=name,
                message=f"The table, index or view {name} of the database is {state}.",
                remedy="nbtrack changes its schema by migrations only; undo what another program did.",
            )


def _writes(connection: sqlite3.Connection, noted: int) -> Iterator[Problem]:
    (count,) = connection.execute("SELECT TOTAL(count) FROM writes").fetchone()
    if count < noted:
        yield Problem(
            severity="error",
            subject="lineage.db",
            message=f"The last {noted - int(count)} of {noted} writes are missing: lineage.db-wal was deleted, cut or "
            "damaged, or an older copy of the database was put back.",
            remedy="Put lineage.db-wal back if you have it; delete write.lock while no kernel runs to go on without.",
        )


def _definitions(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    )
    return {name: " ".join(sql.split()) for name, sql in rows}


def _foreign_keys(connection: sqlite3.Connection) -> Iterator[Problem]:
    broken: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        broken[table, parent] = broken.get((table, parent), 0) + 1
    for (table, parent), count in broken.items():
        yield Problem(
            severity="error",
            subject=table,
            message=f"{count} rows of {table} refer to rows of {parent} that are not there.",
            remedy="Put back a copy of the database; runs that these rows belong to cannot be read whole.",
        )


def _blobs(connection: sqlite3.Connection, folder: Path, *, full: bool) -> Iterator[Problem]:
    rows = connection.execute(
        "SELECT r.label, b.blob, s.stored, s.data IS NULL, s.encoding, length(s.data) "
        "FROM runs r JOIN model_blobs b ON b.model = r.model_digest LEFT JOIN blobs s ON s.digest = b.blob "
        "WHERE r.model_stored = 1 ORDER BY r.pk, b.position"
    ).fetchall()
    rows += connection.execute(
        "SELECT a.name || ' of ' || r.label, a.blob, s.stored, s.data IS NULL, s.encoding, length(s.data) "
        "FROM attachments a "
        "JOIN runs r ON r.execution = a.execution LEFT JOIN blobs s ON s.digest = a.blob ORDER BY r.pk, a.position"
    ).fetchall()
    seen: set[str] = set()
    for label, digest, size, in_file, encoding, inline in rows:
        if digest in seen:
            continue
        seen.add(digest)
        problem = None
        if size is None:
            problem = "is not in the store"
        elif in_file and not _is_there(folder, digest, encoding, size):
            problem = f"is missing or cut: {blob_file(folder, digest, encoding)}"
        elif not in_file and inline != size:
            problem = "is not what was written: in the database"
        elif full:
            try:
                read_blob(connection, folder, digest, label)
            except BlobCorrupt:
                where = blob_file(folder, digest, encoding) if in_file else "in the database"
                problem = f"is not what was written: {where}"
        if problem:
            yield Problem(
                severity="error",
                subject=label,
                message=f"The blob {digest} of the model of {label} {problem}.",
                remedy="The run's record can still be read; the model can be made again from its cells.",
            )


def _is_there(folder: Path, digest: str, encoding: str, size: int) -> bool:
    if _has_size(blob_file(folder, digest, encoding), size):
        return True
    # Compressed since its row was read.
    return (
        encoding == "raw"
        and not blob_file(folder, digest, "raw").exists()
        and blob_file(folder, digest, "zstd").exists()
    )


def _has_size(file: Path, size: int) -> bool:
    try:
        return file.lstat().st_size == size
    except OSError:
        return False


def _unreferenced(connection: sqlite3.Connection, folder: Path) -> Iterator[Problem]:
    rows = connection.execute(
        f"SELECT COUNT(*), TOTAL(stored) FROM blobs WHERE digest NOT IN ({needed_blobs()})"  # noqa: S608 - our queries
    ).fetchone()
    known = {digest for (digest,) in connection.execute("SELECT digest FROM blobs WHERE data IS NULL")}
    files = [file for file in (folder / "blobs").glob("?/*") if not file.name.startswith(".")]
    loose = [file for file in files if digest_of_file(file) not in known and _is_old(file)]
    count = rows[0] + len(loose)
    if count:
        size = int(rows[1]) + sum(file.lstat().st_size for file in loose)
        yield Problem(
            severity="warning",
            subject="blobs",
            message=f"{count} blobs ({size} bytes) belong to nothing.",
            remedy="They do no harm: their runs were removed, or a kernel ended while it wrote them. `nbtrack gc` "
            "frees the space.",
        )


def _leftovers(folder: Path) -> Iterator[Problem]:
    for file in [file for file in leftovers(folder) if _is_old(file)][:_SHOWN]:
        yield Problem(
            severity="warning",
            subject=str(file.relative_to(folder)),
            message=f"{file} was left half written by a process that ended.",
            remedy="`nbtrack gc` deletes it.",
        )


def _is_old(file: Path) -> bool:
    try:
        return time.time() - file.lstat().st_mtime > _GRACE_SECONDS
    except OSError:
        return False


def _journals(folder: Path) -> Iterator[Problem]:
    for file in (folder / "sessions").glob("*.damaged"):
        yield Problem(
            severity="error",
            subject=str(file.relative_to(folder)),
            message=f"{file} is the journal of a kernel that died, and could not be read: its last points are lost.",
            remedy="Delete it once you have seen this; the runs themselves are in the database.",
        )
    for file in (folder / "spool").glob("*.damaged"):
        yield Problem(
            severity="error",
            subject=str(file.relative_to(folder)),
            message=f"{file} holds runs that could not be saved when they were made, and could not be read later.",
            remedy="It is JSON: what can be read in it can be seen with an editor. Delete it once you have seen this.",
        )
    for file in (folder / "sessions").glob("*.journal"):
        try:
            read_journal(file)
        except FileNotFoundError:
            continue  # its session ended this moment
        except StoreCorrupt as error:
            yield Problem(
                severity="error",
                subject=str(file.relative_to(folder)),
                message=str(error),
                remedy="The next reader moves it away once its kernel has ended.",
            )


def _surroundings(connection: sqlite3.Connection, folder: Path) -> Iterator[Problem]:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal" and _has_log_bug(sqlite3.sqlite_version_info):
        yield Problem(
            severity="warning",
            subject=f"SQLite {sqlite3.sqlite_version}",
            message="This SQLite has a bug by which commits can be lost when a checkpoint meets a writer; nbtrack "
            "keeps them apart by its own lock, other programs that write to the database do not.",
            remedy="Do not write to lineage.db with other programs, or use a Python with SQLite 3.51.3 or newer.",
        )
    if mode == "wal" and is_on_network(folder):
        yield Problem(
            severity="error",
            subject=str(folder),
            message="The store is on a network file system, where SQLite's write-ahead log can lose commits.",
            remedy="Move the store to a local disk.",
        )
    for file in (folder, folder / "lineage.db"):
        if file.stat().st_mode & 0o077:
            yield Problem(
                severity="warning",
                subject=str(file),
                message=f"{file} can be read by other users of this machine.",
                remedy=f"chmod go= {file}",
            )


def _has_log_bug(version: tuple[int, ...]) -> bool:
    """The WAL-reset bug: in 3.7.0 to 3.51.2, but not in 3.50.7 and later 3.50, nor in 3.44.6 and later 3.44."""
    if version[:2] in {(3, 50), (3, 44)}:
        return version < {50: (3, 50, 7), 44: (3, 44, 6)}[version[1]]
    return (3, 7, 0) <= version < (3, 51, 3)


def _audit(connection: sqlite3.Connection) -> Iterator[Problem]:
    for number in islice(broken_links(connection), _SHOWN):
        yield Problem(
            severity="error",
            subject="audit",
            message=f"Entry {number} of the audit is not what was appended, or one before it is missing.",
            remedy="Another program changed the database: take what the audit says from there on with care.",
        )


def _seals(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table, (sql, what) in _SEALED.items():
        for sealed, name, *values in connection.execute(sql):
            if seal(*values) != sealed:
                yield _changed(table, f"{what} {name}")
    told = "SELECT id FROM reproductions WHERE (document IS NOT NULL) != (state = 'COMPLETE')"
    for (name,) in connection.execute(told):
        yield _changed("reproductions", f"state of reproduction {name}")


def _run_seals(connection: sqlite3.Connection) -> Iterator[Problem]:
    rows = connection.execute(_RUNS).fetchall()
    for sealed, *row in rows:
        belongings = [connection.execute(sql, (row[0],)).fetchall() for sql in BELONGINGS_OF_ONE.values()]
        if run_seal(tuple(row), belongings) != sealed:
            yield _changed(str(row[2]), f"run {row[2]}")


def _models(connection: sqlite3.Connection) -> Iterator[Problem]:
    blobs: dict[str, list[str]] = defaultdict(list)
    for model, blob in connection.execute("SELECT model, blob FROM model_blobs ORDER BY model, position"):
        blobs[model].append(blob)
    for digest, sizes, sealed in connection.execute("SELECT digest, sizes, seal FROM models"):
        if seal(digest, sizes, blobs[digest]) != sealed:
            yield _changed("models", f"list of the blobs of model {digest}")


def _curves(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Each curve is whole, and as long as its metric says."""
    rows = connection.execute(
        "SELECT r.label, n.name, p.first, p.count, p.data, (SELECT MAX(points) FROM metrics m "
        "WHERE m.run = p.run AND m.name = p.name AND COALESCE(m.dataset, '') = p.dataset), p.run, p.dataset "
        "FROM points p JOIN runs r ON r.pk = p.run JOIN names n ON n.pk = p.name "
        "ORDER BY p.run, p.name, p.dataset, p.first"
    )
    for (_, name, _), pieces in groupby(rows, key=lambda row: (row[6], row[1], row[7])):
        at, label, told = 0, "", 0
        for label, _, first, count, data, told, *_ in pieces:  # noqa: B007 - read after the loop
            try:
                whole = first == at and len(unpack(data, count)) == count
            except StoreCorrupt:
                whole = False
            if not whole:
                at = -1
                break
            at += count
        if at != told:
            yield _changed(label, f"curve of {name} of {label}")


def _label_numbers(connection: sqlite3.Connection) -> Iterator[Problem]:
    last: dict[str, int] = dict(connection.execute("SELECT stem, last FROM label_numbers"))
    for (label,) in connection.execute("SELECT label FROM runs UNION ALL SELECT label FROM tombstones"):
        stem, _, number = label.rpartition("-")
        if not number.isdecimal() or last.get(stem, 0) < int(number):
            yield _changed("label_numbers", f"last number of the labels {stem}")


def _changed(subject: str, what: str) -> Problem:
    return Problem(
        severity="error",
        subject=subject,
        message=f"The {what} is not what was written: a bit flipped on the disk, or another program changed it.",
        remedy="Put back a copy of the database, or take what it says with care.",
    )
