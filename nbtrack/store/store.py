"""The store of a project: one folder, any number of processes."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nbtrack.errors import StoreNotFound, UsageError
from nbtrack.records import Attachment, Execution, Point, Problem, Run, Session
from nbtrack.store import schema, search
from nbtrack.store.building import check
from nbtrack.store.database import Database
from nbtrack.store.live import Live
from nbtrack.store.reading import Reader, read_curve
from nbtrack.store.recovery import recover
from nbtrack.store.references import resolve, unknown
from nbtrack.store.sealing import seal_run
from nbtrack.store.values import clean
from nbtrack.store.versions import with_registered

if TYPE_CHECKING:
    from nbtrack.store.blobs import Buffer
    from nbtrack.store.session import SessionLog

# What writes, and what reads blobs, is loaded where it is asked for: a list of runs needs neither.

__all__ = ["Store"]

_DEADLINE_SECONDS = 5.0
_LOOKS = 5  # at database and journal, until both are of one moment


class Store:
    """Reads and writes one store; safe to use from several threads, and in forked children.

    Use :meth:`open`; close it, or use it in a ``with`` statement.
    """

    def __init__(self, database: Database) -> None:
        self.folder = database.folder
        self._database = database
        self._reader = Reader()
        self._live = Live(database.folder)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        create: bool = False,
        deadline_seconds: float = _DEADLINE_SECONDS,
        passive: bool = False,
    ) -> Self:
        """Open the store in ``folder`` (the project's ``.nbtrack``), making or migrating it where that is due.

        ``deadline_seconds`` is how long a write waits for other processes. A ``passive`` store only looks: it is
        never migrated, dead sessions are left to others, and writing to it is refused.

        Raises:
            StoreNotFound: there is none, and ``create`` is False.
            StoreTooNew: it was written by a newer nbtrack.
            StoreUnwritable: it cannot be made there.
            StoreCorrupt: its database is damaged or not nbtrack's.
            StoreBusy: another process kept it locked.
            StoreOutdated: it is to be opened passively, but would have to be migrated.
        """
        if not create and not folder.is_dir():
            raise StoreNotFound(
                f"There is no nbtrack store in {folder}. Run a notebook with `%load_ext nbtrack` there first."
            )
        database = Database(folder, deadline_seconds=deadline_seconds, passive=passive)
        try:
            database.open(create=create)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close the store's connection; sessions begun here are to be ended before."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def begin_session(self, session: Session) -> SessionLog:
        """Begin to write as one kernel; the session lives until ``end()`` or the end of this process."""
        from nbtrack.store.session import SessionLog

        return SessionLog(self._database, session)

    def find_runs(  # noqa: PLR0913 - what a table of runs is asked for, by name
        self,
        query: str | None = None,
        *,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
        order: str | None = None,
        experiment: str | None = None,
    ) -> list[Run]:
        """The runs that fulfil ``query``, newest first.

        Left out of each, as a list does not show them: the cell's text and output, columns of datasets, packages
        of the environment, trials. ``order`` is a metric, param or field, largest first, with ``-`` before it
        smallest first; runs without it come last. ``after`` is the id of the last run of the page before (newest
        first only).

        Raises:
            QueryError: the query does not parse or names what no run has.
        """
        with self.view() as connection:
            request = search.Request(query, order, limit, offset, after, experiment)
            return self.runs_of(connection, search.find(connection, request))

    def runs_of(self, connection: sqlite3.Connection, pks: Sequence[int]) -> list[Run]:
        """The runs of these row numbers, in their order, as :meth:`find_runs` gives them; in an open view."""
        runs = self._live.with_metrics(connection, self._reader.runs(connection, pks))
        return with_registered(connection, runs)

    def is_current(self) -> bool:
        """Whether the schema still is this nbtrack's: it is looked at when the store is opened, and not again."""
        with self._database.reading() as connection:
            return bool(connection.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION)

    @property
    def writable(self) -> bool:
        """Whether the store's folder may be written."""
        return self._database.writable

    def count_runs(self, query: str | None = None, *, experiment: str | None = None) -> int:
        """How many runs fulfil ``query``."""
        with self.view() as connection:
            return search.count(connection, search.Request(query, experiment=experiment))

    def get_run(self, ref: str) -> Run:
        """One run, whole but for the curves of its metrics (see :meth:`points`).

        ``ref`` is an id, a unique prefix of one, a label, ``last``, ``best:METRIC`` (the largest),
        ``best:-METRIC`` (the smallest), or a version of a registered model, ``NAME@alias`` or ``NAME:v3``.

        Raises:
            UnknownRun: there is none; names the nearest labels.
            AmbiguousRun: several ids begin so; names them.
            StoreCorrupt: its rows are not what was written.
        """
        with self.view() as connection:
            run = self._reader.whole_run(connection, resolve(connection, ref))
            return with_registered(connection, self._live.with_metrics(connection, [run]))[0]

    def points(self, run_id: str, metric: str, *, dataset: str | None = None, start: int = 0) -> list[Point]:
        """The curve of a metric, in the order of logging; also of a run that is being trained.

        Of a metric measured on several datasets, ``dataset`` says which; None is the first. A metric without a
        curve gives an empty list. ``start`` leaves out so many points at the beginning, for who has them already.
        """
        for attempt in range(_LOOKS):
            with self.view() as connection:
                row = connection.execute(
                    "SELECT r.pk, s.id, s.folds, s.ended_at FROM runs r JOIN executions e ON e.pk = r.execution "
                    "JOIN sessions s ON s.pk = e.session WHERE r.id = ?",
                    (run_id,),
                ).fetchone()
                if row is None:
                    raise unknown(connection, run_id)
                run_pk, session_id, folds, ended_at = row
                stored, length = read_curve(connection, run_pk, metric, dataset, start)
            if ended_at is not None or dataset:
                break
            live = self._live.curves(session_id, folds, ahead=attempt == _LOOKS - 1)
            # None: the kernel folded its journal after our look at the database. Only a database that is older than
            # the journal, put back from a copy, stays behind.
            if live is not None:
                new = live.get((run_id, metric))
                return stored + new.points(max(0, start - length)) if new else stored
        return stored

    def read_model(self, run_id: str) -> tuple[Buffer, list[Buffer]]:
        """The pickle stream and the buffers of a run's model, every digest verified; nothing is unpickled.

        Large buffers are private writable maps of their files.

        Raises:
            UnknownRun: there is no such run.
            UsageError: the run has no stored model.
            BlobCorrupt: bytes are missing or not what was written; names the blob and the run.
        """
        with self.view() as connection:
            row = connection.execute(
                "SELECT label, model_digest, model_stored FROM runs WHERE id = ?", (run_id,)
            ).fetchone()
            if row is None:
                raise unknown(connection, run_id)
            label, digest, stored = row
            if not stored or digest is None:
                raise UsageError(f"The model of {label} was not stored; `%track show {label}` says why.")
            from nbtrack.store.stored_models import read_segments

            stream, *buffers = read_segments(connection, self.folder, digest, f"the model of {label}")
        return stream, buffers

    def attachments(self, run_id: str) -> list[Attachment]:
        """The figures and kept data of the execution that made a run, in their order.

        Raises:
            UnknownRun: there is no such run.
            StoreCorrupt: one is not what was written.
        """
        with self.view() as connection:
            row = connection.execute("SELECT execution FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row is None:
                raise unknown(connection, run_id)
            found = connection.execute(
                "SELECT kind, name, media_type, blob, size, execution, position, seal FROM attachments "
                "JOIN blobs ON digest = blob WHERE execution = ? ORDER BY position",
                row,
            ).fetchall()
        for kind, name, media_type, blob, _, execution, position, sealed in found:
            check((execution, position, kind, name, media_type, blob), sealed, f"attachment {name!r}")
        fields = ("kind", "name", "media_type", "digest", "size_bytes")
        return [Attachment(**dict(zip(fields, each[:5], strict=True))) for each in found]

    def read_attachment(self, attachment: Attachment) -> bytes:
        """The bytes of an attachment, their digest verified.

        Raises:
            BlobCorrupt: they are missing or not what was written.
        """
        with self.view() as connection:
            from nbtrack.store.blobs import read_blob

            return bytes(read_blob(connection, self.folder, attachment.digest, attachment.name))

    def executions(self, session_id: str, ids: Collection[str] | None = None) -> list[Execution]:
        """The executions of a session that were stored, or of these the ones with ``ids``, in their order, whole."""
        with self.view() as connection:
            return self._reader.executions(connection, session_id, ids)

    def update_run(
        self,
        run_id: str,
        *,
        note: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        starred: bool | None = None,
        name: str | None = None,
    ) -> Run:
        """Change what the user says about a run; None leaves a thing as it is, of a tag it removes the tag.

        An empty note or name removes it.

        Raises:
            UnknownRun: there is no such run.
        """
        with self._database.writing() as connection:
            found = connection.execute("SELECT pk FROM runs WHERE id = ?", (run_id,)).fetchone()
            if found is None:
                raise unknown(connection, run_id)
            pk = found[0]
            changes = {"note": note, "name": name, "starred": None if starred is None else int(starred)}
            for column, value in changes.items():
                if value is not None:
                    stored = (clean(value) or None) if isinstance(value, str) else value
                    connection.execute(f"UPDATE runs SET {column} = ? WHERE pk = ?", (stored, pk))  # noqa: S608 - the columns are ours
            for tag, text in (tags or {}).items():
                if text is None:
                    connection.execute("DELETE FROM run_tags WHERE run = ? AND name = ?", (pk, clean(tag)))
                else:
                    from nbtrack.store.writing import write_tags

                    write_tags(connection, pk, {tag: text})
            seal_run(connection, pk)
            return self._reader.whole_run(connection, pk)

    def experiments(self) -> list[str]:
        """Names of the experiments that have runs, the one used last first."""
        with self.view() as connection:
            rows = connection.execute(
                "SELECT x.name, (SELECT MAX(started_at) FROM runs WHERE experiment = x.pk) AS used FROM experiments x "
                "WHERE used IS NOT NULL ORDER BY used DESC"
            )
            return [row[0] for row in rows]

    def size_bytes(self) -> int:
        """Bytes on disk: the database, its log, blobs, journals."""
        total = 0
        for file in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # a journal or a log that ended this moment
                status = file.lstat()
                total += status.st_size if stat.S_ISREG(status.st_mode) else 0
        return total

    def doctor(self, full: bool = False) -> list[Problem]:  # noqa: FBT001, FBT002 - doctor(True) reads well enough
        """What is wrong with the store, errors first; ``full`` also reads every row and every blob."""
        from nbtrack.store.doctor import examine

        noted = (
            self._database.lock.noted()
        )  # first: what is written meanwhile may only make the database newer
        with self.view() as connection:
            return examine(connection, self.folder, full=full, noted=noted)

    @contextmanager
    def view(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the database for the modules of this folder, after looking after dead sessions."""
        self.recover()
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction for the modules of this folder: durable at its end, undone by what is raised in it.

        Raises:
            StoreUnwritable: the store may only be read.
            StoreBusy: another process kept it locked past the deadline.
        """
        with self._database.writing() as connection:
            yield connection

    def recover(self) -> None:
        """Take in what dead sessions left, and mark their unfinished runs CANCELED; every view begins so."""
        if self._database.writable and not self._database.passive:
            with self._database.reading() as connection:
                rows = connection.execute("SELECT id FROM sessions WHERE ended_at IS NULL").fetchall()
            recover(self.folder, [row[0] for row in rows], self._database.writing)
