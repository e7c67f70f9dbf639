"""What a dead session left, taken into the database: captures of the spool, points of its journal, its end."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from nbtrack.errors import StoreCorrupt
from nbtrack.store.durable import from_disk
from nbtrack.store.entries import JournalContent, read_journal
from nbtrack.store.journal import journal_path
from nbtrack.store.metrics import fold, write_metrics
from nbtrack.store.reading import read_sessions
from nbtrack.store.saving import with_files, write_capture
from nbtrack.store.sealing import seal_execution, seal_run
from nbtrack.store.spool import remove, taken
from nbtrack.store.writing import Writer

__all__ = ["bury", "end_session", "fold_journal", "take_in"]

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


def bury(folder: Path, session_id: str, left: list[Path], transaction: Transaction) -> None:
    """Take in what a session left whose journal is ours now, and end it."""
    file = journal_path(folder, session_id)
    content: JournalContent | None
    try:
        with from_disk(file):
            content = read_journal(file)
    except FileNotFoundError:
        content = None
    except StoreCorrupt:
        _put_aside(file)
        content = None
    for each in left:
        take_in(folder, each, transaction)
    with transaction() as connection:
        writer = Writer()
        if content is not None:
            fold_journal(connection, writer, content)
        end_session(connection, session_id, ended_at=time.time())
    with from_disk(file):
        file.unlink(missing_ok=True)


def _put_aside(file: Path) -> None:
    # Kept under another name for whoever wants to look: what cannot be read cannot be taken in.
    with from_disk(file):
        file.rename(file.with_suffix(".damaged"))


def take_in(folder: Path, file: Path, transaction: Transaction) -> None:
    """Save what a session put into the spool; what is damaged stays there under another name.

    Raises:
        StoreError: nothing was written, and the capture goes on waiting; see its subclasses.
    """
    with contextlib.ExitStack() as stack:
        try:
            session, capture = stack.enter_context(taken(file))
        except FileNotFoundError:
            capture = None  # somebody else took it in; its bytes may still be there
        except StoreCorrupt:
            _put_aside(file)
            return
        if capture is not None:
            prepared = with_files(folder, capture, all_of_them=True)
            with transaction() as connection:
                writer = Writer()
                session_pk = writer.session(connection, session)
                write_capture(connection, folder, writer, session_pk, prepared, set)
    remove(file)


def fold_journal(connection: sqlite3.Connection, writer: Writer, content: JournalContent) -> set[int]:
    """Take the points of a journal in, unless that was done before; returns the runs that got some."""
    found = read_sessions(connection, "id = ?", content.session.id)
    # Either no run was ever opened, or the kernel died between the commit and the journal's restart.
    if not found or content.folds < found[0][1]:
        return set()
    touched = fold(connection, writer, content.curves)
    for run_pk in touched:
        write_metrics(connection, writer, run_pk, (), new=False)
        seal_run(connection, run_pk)
    connection.execute("UPDATE sessions SET folds = ? WHERE pk = ?", (content.folds + 1, found[0][0]))
    return touched


def end_session(connection: sqlite3.Connection, session_id: str, *, ended_at: float) -> None:
    """Mark a session as ended, and what it left unfinished as CANCELED."""
    connection.execute(
        "UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (ended_at, session_id)
    )
    unfinished = connection.execute(
        "SELECT pk FROM executions WHERE session = (SELECT pk FROM sessions WHERE id = ?) AND state = 'RUNNING'",
        (session_id,),
    ).fetchall()
    for (execution_pk,) in unfinished:
        connection.execute("UPDATE executions SET state = 'CANCELED' WHERE pk = ?", (execution_pk,))
        seal_execution(connection, execution_pk)
    runs = connection.execute(
        "SELECT r.pk FROM runs r JOIN executions e ON e.pk = r.execution "
        "WHERE e.session = (SELECT pk FROM sessions WHERE id = ?) AND r.state = 'RUNNING'",
        (session_id,),
    ).fetchall()
    for (run_pk,) in runs:
        connection.execute("UPDATE runs SET state = 'CANCELED' WHERE pk = ?", (run_pk,))
        seal_run(connection, run_pk)
