"""Writing by a kernel: its journal of metric points, and one transaction per cell."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time as clock
import weakref
from collections.abc import Iterator
from pathlib import Path

from nbtrack.errors import StoreError, UnknownRun, UsageError
from nbtrack.interrupts import deferred
from nbtrack.records import Capture, Run, Session, revised
from nbtrack.store.database import Database
from nbtrack.store.journal import Journal, journal_path
from nbtrack.store.metrics import fold, write_metrics
from nbtrack.store.remains import end_session, take_in
from nbtrack.store.saving import with_files, write_capture
from nbtrack.store.sealing import seal_run
from nbtrack.store.writing import Writer

__all__ = ["LONGEST_NAME", "SessionLog"]

LONGEST_NAME = 500  # characters of a logged metric's name
_FOLD_BYTES = (
    1 << 20
)  # a fuller journal is folded within a cell, so that it stays short for readers and recovery
_FOLD_SECONDS = 0.05  # how long a full journal waits for the write lock before it grows instead


class SessionLog:
    """What a kernel writes through, from its start to its end.

    The session counts as alive as long as this object is open in its process, and dead from the moment that process
    ends, however it ends.
    """

    def __init__(self, database: Database, session: Session) -> None:
        self.session = session
        self._database = database
        self._writer = Writer()
        self._runs: set[str] = set()
        self._fold_at = _FOLD_BYTES
        self._journal = Journal(journal_path(database.folder, session.id), session)
        _open_logs.add(self)

    def open_run(self, run: Run) -> Run:
        """Make ``run``, in state RUNNING, durable and visible before it is finished; returns it with its label."""
        with self._transaction() as connection:
            session_pk = self._writer.session(connection, self.session)
            execution_pk = self._writer.execution(connection, run.execution, session_pk)
            saved = self._writer.run(connection, run, execution_pk)
            write_metrics(connection, self._writer, saved.pk, run.metrics, new=saved.new)
            seal_run(connection, saved.pk)
        self._runs.add(run.id)
        return revised(run, label=saved.label)

    def log(self, run_id: str, name: str, step: int, value: float, time: float) -> None:
        """Record one point of a metric of a run that this session opened or saved.

        On return the point survives the end of the process, and other processes can read it.

        Raises:
            UnknownRun: the run was not opened in this session.
            UsageError: the name is longer than 500 characters.
        """
        if run_id not in self._runs:
            raise UnknownRun(f"Run {run_id} was not opened in this session, so nothing can be logged to it.")
        if len(name) > LONGEST_NAME:
            raise UsageError(
                f"A metric's name may have {LONGEST_NAME} characters; this one has {len(name)}: {name[:40]}…"
            )
        journal = self._journal
        journal.append(run_id, name, step, value, time)
        if journal.used_bytes > self._fold_at:
            self._fold_full_journal()

    def save(self, capture: Capture) -> tuple[Run, ...]:
        """Write all that an execution gave, in one transaction, durable on return.

        Returns the runs as they are stored: with labels, and with the metrics that were logged. A model whose bytes
        could not be written is left out, and its run says why. Ctrl-C stops the writing of models and waiting for the
        lock; during the transaction it waits until that is durable.

        Raises:
            StoreError: nothing was written; see its subclasses.
            CaptureError: a param is not JSON.
        """
        folder, writer = self._database.folder, self._writer
        prepared = with_files(folder, capture)
        with self._transaction() as connection:
            session_pk = writer.session(connection, self.session)
            runs = write_capture(
                connection, folder, writer, session_pk, prepared, lambda: self._fold(connection, session_pk)
            )
        self._runs.update(run.id for run in runs)
        return runs

    def take_in(self, file: Path) -> None:
        """Save what was put into the spool; what somebody else took in meanwhile is passed over.

        Raises:
            StoreError: nothing was written; see its subclasses.
        """
        take_in(self._database.folder, file, self._transaction)

    def end(self) -> None:
        """End the session: what is unfinished becomes CANCELED. Can be called again."""
        if self not in _open_logs:
            return
        with deferred():
            with self._transaction() as connection:
                found = connection.execute(
                    "SELECT pk FROM sessions WHERE id = ?", (self.session.id,)
                ).fetchone()
                if found is not None:
                    for run_pk in self._fold(connection, found[0]):
                        seal_run(connection, run_pk)
                    end_session(connection, self.session.id, ended_at=clock.time())
            _open_logs.discard(self)
            self._journal.close(remove=True)

    def forget(self) -> None:
        """In a forked child: let go of the journal, which stays the parent's."""
        self._journal.forget()
        self._writer.forget()
        self._runs.clear()
        _open_logs.discard(self)

    @contextlib.contextmanager
    def _transaction(self, *, deadline_seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """One transaction, in which the journal may be folded.

        The locks are taken in one order everywhere: the store's write lock, the journal, the connection.
        """
        database, journal = self._database, self._journal
        deadline = database.deadline_seconds if deadline_seconds is None else deadline_seconds
        with deferred(whole=True), database.lock.held(deadline), journal.paused(self._folds):
            try:
                with database.writing(deadline_seconds=deadline) as connection:
                    yield connection
            except BaseException:
                self._writer.forget()  # row numbers of what was rolled back
                raise

    def _folds(self) -> int:
        with self._database.reading() as connection:
            row = connection.execute("SELECT folds FROM sessions WHERE id = ?", (self.session.id,)).fetchone()
        return 0 if row is None else int(row[0])

    def _fold(self, connection: sqlite3.Connection, session_pk: int) -> set[int]:
        """Take the journal's points in; the runs that got some have their metrics brought up to date."""
        curves = self._journal.unfolded()
        if not curves:
            return set()
        touched = fold(connection, self._writer, curves)
        for run_pk in touched:
            write_metrics(connection, self._writer, run_pk, (), new=False)
        connection.execute("UPDATE sessions SET folds = folds + 1 WHERE pk = ?", (session_pk,))
        return touched

    def _fold_full_journal(self) -> None:
        try:
            with self._transaction(deadline_seconds=_FOLD_SECONDS) as connection:
                session_pk = self._writer.session(connection, self.session)
                for run_pk in self._fold(connection, session_pk):
                    seal_run(connection, run_pk)
            self._fold_at = _FOLD_BYTES
        except StoreError:
            # The points are safe where they are: the journal grows, and is folded at the next size or save.
            self._fold_at = self._journal.used_bytes * 2


_open_logs: weakref.WeakSet[SessionLog] = weakref.WeakSet()


def _after_fork() -> None:
    for log in list(_open_logs):
        log.forget()


os.register_at_fork(after_in_child=_after_fork)
