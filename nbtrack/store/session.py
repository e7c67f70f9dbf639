"""Writing by a kernel: its journal of metric points, and one transaction per cell."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time as clock
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import replace

from nbtrack.errors import CaptureError, StoreError, StoreUnwritable, UnknownRun, UsageError
from nbtrack.records import Attachment, Capture, LateMetric, ModelBytes, Run, Session
from nbtrack.store.blobs import insert_blob, write_files
from nbtrack.store.database import Database
from nbtrack.store.effects import write_file_uses
from nbtrack.store.journal import Journal, journal_path
from nbtrack.store.metrics import fold, write_metrics
from nbtrack.store.outcomes import write_outcomes
from nbtrack.store.random_states import write_states
from nbtrack.store.recovery import end_session
from nbtrack.store.sealing import seal_run
from nbtrack.store.stored_models import blobs_of, insert_model
from nbtrack.store.values import clean
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
        return replace(run, label=saved.label)

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
        could not be written is left out, and its run says why.

        Raises:
            StoreError: nothing was written; see its subclasses.
            CaptureError: a param is not JSON.
        """
        database, models = self._database, dict(capture.models)
        attachments = self._with_files(capture)
        runs = [self._with_model_files(run, models) for run in capture.runs]
        with self._transaction() as connection:
            writer = self._writer
            session_pk = writer.session(connection, self.session)
            for execution in (*capture.earlier, capture.execution):
                writer.execution(connection, execution, session_pk)
            uses = ((writer.execution_pk(connection, use.execution_id), use) for use in capture.file_uses)
            write_file_uses(connection, uses)
            self._attach(connection, capture.execution.id, attachments)
            for execution_id, states in capture.drawn.items():
                write_states(connection, writer.execution_pk(connection, execution_id), states)
            for model in models.values():
                insert_model(connection, database.folder, model)
            saved = [
                writer.run(connection, run, self._execution_pk(connection, run, session_pk)) for run in runs
            ]
            touched = self._fold(connection, session_pk)
            results = []
            for run, row in zip(runs, saved, strict=True):
                new = row.new and row.pk not in touched
                metrics = write_metrics(connection, writer, row.pk, run.metrics, new=new)
                results.append(replace(run, label=row.label, metrics=metrics))
            touched |= self._save_late(connection, capture.late_metrics)
            write_outcomes(connection, capture.outcomes)
            for run_pk in touched | {row.pk for row in saved}:
                seal_run(connection, run_pk)
        self._runs.update(run.id for run in runs)
        return tuple(results)

    def _with_files(self, capture: Capture) -> tuple[tuple[Attachment, bytes], ...]:
        """The attachments whose bytes could be written: a figure is never worth a run."""
        try:
            write_files(self._database.folder, [(each.digest, (data,)) for each, data in capture.attachments])
        except (CaptureError, StoreUnwritable):
            return ()
        return capture.attachments

    def _attach(
        self,
        connection: sqlite3.Connection,
        execution_id: str,
        attachments: Iterable[tuple[Attachment, bytes]],
    ) -> None:
        execution = self._writer.execution_pk(connection, execution_id)
        for position, (each, data) in enumerate(attachments):
            insert_blob(connection, self._database.folder, each.digest, (data,))
            row = (execution, position, each.kind, clean(each.name), each.media_type, each.digest)
            connection.execute("INSERT OR REPLACE INTO attachments VALUES (?, ?, ?, ?, ?, ?)", row)

    def end(self) -> None:
        """End the session: what is unfinished becomes CANCELED. Can be called again."""
        if self not in _open_logs:
            return
        with self._transaction() as connection:
            found = connection.execute("SELECT pk FROM sessions WHERE id = ?", (self.session.id,)).fetchone()
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
        with database.lock.held(deadline), journal.paused(self._folds):
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

    def _save_late(self, connection: sqlite3.Connection, late_metrics: Iterable[LateMetric]) -> set[int]:
        touched = set()
        for late in late_metrics:
            found = connection.execute("SELECT pk FROM runs WHERE id = ?", (late.run_id,)).fetchone()
            if found is not None:  # else the run was deleted meanwhile, and its metrics with it
                write_metrics(connection, self._writer, found[0], (late.metric,), new=False)
                touched.add(int(found[0]))
        return touched

    def _execution_pk(self, connection: sqlite3.Connection, run: Run, session_pk: int) -> int:
        pk = self._writer.execution_pk(connection, run.execution.id)
        return self._writer.execution(connection, run.execution, session_pk) if pk is None else pk

    def _with_model_files(self, run: Run, models: dict[str, ModelBytes]) -> Run:
        model = models.get(run.id)
        if model is None or run.model is None:
            return run
        stored, notes = True, run.capture_notes
        try:
            write_files(self._database.folder, blobs_of(model))
        except (CaptureError, StoreUnwritable) as error:
            del models[run.id]
            stored, notes = False, (*notes, str(error))
        record = replace(
            run.model,
            stored=stored,
            digest=model.digest,
            blobs=model.blob_digests,
            size_bytes=model.size_bytes,
        )
        return replace(run, model=record, capture_notes=notes)


_open_logs: weakref.WeakSet[SessionLog] = weakref.WeakSet()


def _after_fork() -> None:
    for log in list(_open_logs):
        log.forget()


os.register_at_fork(after_in_child=_after_fork)
