"""The connection to ``lineage.db``: opening, transactions, forks, and SQLite's errors in our words.

Always the standard library's ``sqlite3``: two SQLite libraries on one file lose commits. The database file is never
opened by other means in this process, because closing it would drop SQLite's own locks. Checkpoints run under our
write lock only, since SQLite before 3.51.3 can lose commits when one meets a writer.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

from nbtrack.errors import (
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreMoved,
    StoreNotFound,
    StoreOutdated,
    StoreSlow,
    StoreTooNew,
    StoreUnwritable,
)
from nbtrack.interrupts import deferred, is_to_stop
from nbtrack.store import schema
from nbtrack.store.deadline import STEPS, expired
from nbtrack.store.durable import from_disk, sync_folder
from nbtrack.store.links import refuse_links
from nbtrack.store.lock import WriteLock

__all__ = ["DATABASE", "Database", "from_sqlite"]

DATABASE = "lineage.db"
# A run touches some thirty pages, each of which goes to the log whole: smaller ones make a commit cheaper.
_PAGE_BYTES = 2048
_CHECKPOINT_BYTES = 4 * 1024 * 1024  # a longer write-ahead log slows readers down
_ROOM_BYTES = 1 << 16  # a disk with less room than this is full
_CLOSE_SECONDS = 1.0  # how long closing waits for the lock under which the last connection checkpoints


class Database:
    """The one connection of this process to one store; threads take turns."""

    def __init__(self, folder: Path, *, deadline_seconds: float, passive: bool = False) -> None:
        self.folder = folder
        self.passive = passive
        self.file = folder / DATABASE
        self._file = str(self.file)
        self._log_file = f"{self.file}-wal"
        self.deadline_seconds = deadline_seconds
        self.lock = WriteLock(folder / "write.lock")
        self._mutex = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False
        self.writable = True
        _open_databases.add(self)

    def open(self, *, create: bool) -> None:
        """Connect; make or migrate the schema where that is due.

        Raises:
            StoreNotFound, StoreTooNew, StoreUnwritable, StoreBusy, StoreCorrupt: as their names say.
            StoreOutdated: a passive one would have to be migrated.
        """
        refuse_links(self.folder)
        if not create and not self.file.is_file():
            self._refuse_emptied_store()
            raise StoreNotFound(
                f"There is no nbtrack store in {self.folder}. Run a notebook with `%load_ext nbtrack` there first."
            )
        self.writable = _make_folders(self.folder) if create else os.access(self.folder, os.W_OK)
        self._connect()
        with self._mutex, from_sqlite(self.file):
            assert self._connection is not None
            if _version(self._connection, self.file) != schema.VERSION:
                self._bring_up_to_date(self._connection)

    def _connect(self) -> None:
        if not self.writable and not self.file.is_file():
            raise StoreUnwritable(f"{self.folder} cannot be written. Check its owner and permissions.")
        if self.writable and not self.passive:
            _make_private(self.file)
        with from_sqlite(self.file):
            connection = sqlite3.connect(
                self._uri(), uri=True, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            connection.execute(f"PRAGMA busy_timeout = {int(self.deadline_seconds * 1000)}")
            connection.execute("PRAGMA foreign_keys = ON")
            # As FULL beside a log; without one, on a network, it also syncs the removal of the journal, the commit.
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA cache_size = -16000")
            connection.execute("PRAGMA trusted_schema = OFF")
            if self.passive:
                connection.execute("PRAGMA query_only = ON")
            connection.set_progress_handler(expired if self.passive else is_to_stop, STEPS)
        self._connection = connection
        status = self.file.stat()
        self._identity = (status.st_dev, status.st_ino)

    def _uri(self) -> str:
        uri = self.file.absolute().as_uri()
        if self.writable:
            return f"{uri}?mode=rw" if self.passive else uri
        # Without leave to write, the shared memory of the log cannot be made; a store at rest has no log to heed.
        log = self.file.with_name(self.file.name + "-wal")
        at_rest = not log.exists() or log.stat().st_size == 0
        return f"{uri}?mode=ro&immutable=1" if at_rest else f"{uri}?mode=ro"

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        if not self.writable:
            raise StoreUnwritable(
                f"{self.file} has an older schema, and its folder cannot be written to migrate it."
            )
        if self.passive:
            raise self._not_current(connection)
        with self.lock.held(self.deadline_seconds):
            version = _version(connection, self.file)  # again: another process may have been first
            if version == schema.VERSION:
                return
            if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                self._refuse_emptied_store()
                from nbtrack.store.network import is_on_network

                _sync_names(self.folder)
                connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
                if not is_on_network(self.folder):
                    connection.execute("PRAGMA journal_mode = WAL")
                with _immediate(connection):
                    schema.create(connection)
                    _record_migrations(connection)
                return
            from nbtrack.store.migrations import migrate

            migrate(connection, self.folder)

    def _not_current(self, connection: sqlite3.Connection) -> StoreError:
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._refuse_emptied_store()
            return StoreBusy(f"{self.file} is being made at this moment. Try again.")
        return StoreOutdated(
            f"{self.file} was written by an older nbtrack and has to be migrated first: "
            "run any notebook with `%load_ext nbtrack` there, or `nbtrack runs`."
        )

    def _refuse_emptied_store(self) -> None:
        blobs = self.folder / "blobs"
        if blobs.is_dir() and any(blobs.iterdir()):
            why = f"{blobs} holds stored models"
        elif count := self.lock.noted():
            why = f"it was written {count} times"
        else:
            return
        raise StoreCorrupt(
            f"{self.file} is empty or not there although {why}: it was emptied or deleted. "
            f"Put a copy of it back, or move {self.folder} away to begin anew."
        )

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the database for the ``with`` block."""
        with deferred(), self._mutex, from_sqlite(self.file):
            connection = self._usable()
            nested = connection.in_transaction
            if nested:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def writing(self, *, deadline_seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when the ``with`` block has ended and undone by anything raised in it."""
        if not self.writable or self.passive:
            raise StoreUnwritable(f"{self.folder} cannot be written. Check its owner and permissions.")
        deadline = self.deadline_seconds if deadline_seconds is None else deadline_seconds
        # The lock first: readers of this process need not wait for the writers of others.
        with deferred(whole=True), self.lock.held(deadline), self._mutex, from_sqlite(self.file):
            connection = self._usable()
            with _immediate(connection):
                yield connection
                ((count,),) = connection.execute(
                    "UPDATE writes SET count = count + 1 RETURNING count"
                ).fetchall()
            self.lock.note(count)
            self._checkpoint(connection)

    def _usable(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"The store {self.folder} was closed.")
        if self._connection is None:  # this process was forked from the one that opened the store
            self._check_identity()
            self._connect()
        self._check_identity()
        assert self._connection is not None
        return self._connection

    def _check_identity(self) -> None:
        # SQLite goes on answering "ok" on a file that has no name any more.
        try:
            status = os.stat(self._file)  # noqa: PTH116 - asked for every transaction
        except OSError:
            status = None
        if status is None or (status.st_dev, status.st_ino) != self._identity:
            raise StoreMoved(
                f"The store {self.folder} was deleted, renamed or replaced while it was open. "
                "Put it back, or run `%reload_ext nbtrack` to begin a new one."
            )

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        try:
            size = os.stat(self._log_file).st_size  # noqa: PTH116 - a Path costs more than the call
        except OSError:
            return  # no log: nothing was written yet, or the store is on a network file system
        if size > _CHECKPOINT_BYTES:
            # Without waiting for readers; once none is behind, the log starts over and is cut.
            connection.execute("PRAGMA journal_size_limit = 1048576")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close the connection; of the last one SQLite folds the log into the database."""
        with contextlib.ExitStack() as stack:
            if self.writable and self._connection is not None:
                with contextlib.suppress(StoreError):  # a hanging writer must not keep us from closing
                    stack.enter_context(self.lock.held(_CLOSE_SECONDS))
            with self._mutex:
                self._closed = True
                connection, self._connection = self._connection, None
                if connection is not None:
                    connection.close()
        self.lock.close()

    def forget(self) -> None:
        """In a forked child: keep the inherited connection from being closed, ever, and use a new one."""
        self._mutex = threading.RLock()
        self.lock.forget()
        if self._connection is not None:
            _make_immortal(self._connection)
            self._connection = None


_open_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _after_fork() -> None:
    for database in list(_open_databases):
        database.forget()


os.register_at_fork(after_in_child=_after_fork)


def _make_immortal(thing: object) -> None:
    # Closing the connection in the child would end the parent's locks and reset its log; the interpreter would
    # close it when the last reference goes, at the latest when it exits.
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


@contextlib.contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    # IMMEDIATE: a deferred transaction that reads first and writes then fails "locked" whatever the timeout.
    if connection.in_transaction:
        connection.execute("ROLLBACK")  # left by an interrupt between two bytecodes
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _record_migrations(connection: sqlite3.Connection) -> None:
    # A blank store is made at once in its current form; sqlite_utils, whose import takes a second where pandas is
    # installed, is left to those that are older. Its table is the one it would have made itself.
    connection.execute(
        'CREATE TABLE "_sqlite_migrations" (\n   "id" INTEGER PRIMARY KEY,\n   "migration_set" TEXT,\n'
        '   "name" TEXT,\n   "applied_at" TEXT\n)'
    )
    connection.execute(
        'CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"\n'
        '    ON "_sqlite_migrations" ("migration_set", "name")'
    )
    connection.executemany(
        'INSERT INTO "_sqlite_migrations" (migration_set, name, applied_at) VALUES (?, ?, datetime())',
        [(schema.MIGRATION_SET, name) for name in schema.MIGRATIONS],
    )


def _version(connection: sqlite3.Connection, file: Path) -> int:
    # In this order: another process may make the store in between, and both in one transaction.
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application not in (0, schema.APPLICATION_ID) or (application == 0 and version != 0):
        raise StoreCorrupt(
            f"{file} is a database, but not one of nbtrack's. Move it away to begin a new store."
        )
    if version > schema.VERSION:
        raise StoreTooNew(
            f"{file} has schema version {version}, written by a newer nbtrack; this one knows up to "
            f"{schema.VERSION}. Upgrade with `pip install --upgrade nbtrack`."
        )
    return version


def _make_folders(folder: Path) -> bool:
    try:
        for each in (folder, folder / "blobs", folder / "sessions"):
            each.mkdir(mode=0o700, parents=each is folder, exist_ok=True)
        # Models and a database under write belong into no commit; whoever wants them there empties this file.
        with contextlib.suppress(FileExistsError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(folder / ".gitignore", flags, 0o600), "w") as ignore:
                ignore.write("*\n")
    except OSError as error:
        raise StoreUnwritable(
            f"The store {folder} cannot be made: {error.strerror}. Check the owner and permissions of the folder, "
            "or name another in [tool.nbtrack] of pyproject.toml."
        ) from error
    return os.access(folder, os.W_OK)


def _sync_names(folder: Path) -> None:
    # Before the first commit: SQLite syncs the folder that its log is in, nobody that folder's own name.
    for each in (folder, *folder.parents):
        try:
            sync_folder(each)
        except PermissionError:
            continue  # a folder of somebody else, whose names were there before us
        except OSError as error:
            raise StoreUnwritable(f"{each} cannot be synced: {error.strerror}. Check its disk.") from error


def _make_private(file: Path) -> None:
    # Made by us, so that nobody else can read it whatever the umask: SQLite gives its log the same mode. Only ever
    # a file that was not there: closing one that SQLite has open would end its locks.
    with from_disk(file), contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


@contextlib.contextmanager
def from_sqlite(file: Path) -> Iterator[None]:
    """Turn what SQLite raises in the ``with`` block into errors of the store."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _in_our_words(error, file) from error
    except UnicodeDecodeError as error:  # in a text, or in the message that tells of a damaged one
        raise StoreCorrupt(f"{file} is damaged ({error}). Put back a copy.") from error


def _is_full(file: Path) -> bool:
    # Of a log's shared memory that cannot grow, SQLite says no more than that there was an error.
    if not hasattr(os, "statvfs"):
        return False
    try:
        status = os.statvfs(file.parent)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize < _ROOM_BYTES


def _in_our_words(error: sqlite3.DatabaseError, file: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreSlow(f"{file} did not answer in time. Ask for less: a shorter query, a smaller page.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(
            f"{file} is locked by another program ({error}). Close what else has it open, or try again."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreCorrupt(
            f"{file} is damaged, or its disk does not give it ({error}). Put back a copy; `sqlite3 … .recover` saves "
            "what can still be read."
        )
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(file)):
        return StoreUnwritable(
            f"{file} cannot be written: {os.strerror(errno.ENOSPC)}. Free some space and try again."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM):
        return StoreUnwritable(f"{file} cannot be used: {error}. Check its permissions and its disk.")
    return StoreCorrupt(f"{file} did not take a statement: {error}.")
