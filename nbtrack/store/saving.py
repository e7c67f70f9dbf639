"""What one execution gives, written: files first, then all rows in one transaction."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from nbtrack.errors import CaptureError, StoreUnwritable
from nbtrack.progress import Work
from nbtrack.records import Attachment, Capture, LateMetric, ModelBytes, Outcomes, Run, Scored, revised
from nbtrack.store.blobs import insert_blob, write_files
from nbtrack.store.effects import write_file_uses
from nbtrack.store.metrics import write_metrics
from nbtrack.store.outcomes import write_outcomes
from nbtrack.store.random_states import write_states
from nbtrack.store.scored import write_scored
from nbtrack.store.sealing import seal_run
from nbtrack.store.stored_models import blobs_of, insert_model
from nbtrack.store.values import clean, seal
from nbtrack.store.writing import Writer

__all__ = ["with_files", "write_capture"]

_Found = TypeVar("_Found", LateMetric, Outcomes, Scored)


def with_files(folder: Path, capture: Capture, *, all_of_them: bool = False) -> Capture:
    """The capture with those models and attachments whose bytes could be written; a run says what could not.

    Raises:
        StoreUnwritable: ``all_of_them`` were wanted, and one could not be written.
    """
    if all_of_them:
        write_files(folder, [blob for model in capture.models.values() for blob in blobs_of(model)])
    models = dict(capture.models)
    runs = tuple(_with_model_files(folder, run, models) for run in capture.runs)
    attachments = capture.attachments
    try:
        write_files(folder, [(each.digest, (data,)) for each, data in attachments])
    except (CaptureError, StoreUnwritable):
        attachments = ()  # a figure is never worth a run
    return revised(capture, runs=runs, models=models, attachments=attachments)


def _with_model_files(folder: Path, run: Run, models: dict[str, ModelBytes]) -> Run:
    model = models.get(run.id)
    if model is None or run.model is None:
        return run
    stored, notes, started = True, run.capture_notes, time.perf_counter()
    try:
        with Work("storing the model", "The model was not stored", size=model.size_bytes, after_cell=True):
            write_files(folder, blobs_of(model))
    except (CaptureError, StoreUnwritable) as error:
        del models[run.id]
        stored, notes = False, (*notes, str(error))
    record = revised(
        run.model,
        stored=stored,
        digest=model.digest,
        blobs=model.blob_digests,
        size_bytes=model.size_bytes,
    )
    cost = run.capture_seconds
    if cost is not None:  # of a large model most of it is the disk's
        cost += time.perf_counter() - started
    return revised(run, model=record, capture_notes=notes, capture_seconds=cost)


def write_capture(  # noqa: PLR0913, PLR0917 - where to, what, and what comes between
    connection: sqlite3.Connection,
    folder: Path,
    writer: Writer,
    session_pk: int,
    capture: Capture,
    fold: Callable[[], set[int]],
) -> tuple[Run, ...]:
    """The rows of a capture whose files were written; returns its runs as they are stored.

    ``fold`` takes points in that were logged for them, once their rows are there, and tells which runs got some.
    """
    for execution in (*capture.earlier, capture.execution):
        writer.execution(connection, execution, session_pk)
    write_file_uses(
        connection, ((writer.execution_pk(connection, use.execution_id), use) for use in capture.file_uses)
    )
    _attach(connection, folder, writer.execution_pk(connection, capture.execution.id), capture.attachments)
    for execution_id, states in capture.drawn.items():
        write_states(connection, writer.execution_pk(connection, execution_id), states)
    for model in capture.models.values():
        insert_model(connection, folder, model)
    saved = [
        writer.run(connection, run, _execution_pk(connection, writer, run, session_pk))
        for run in capture.runs
    ]
    touched = fold()
    results = []
    for run, row in zip(capture.runs, saved, strict=True):
        new = row.new and row.pk not in touched
        metrics = write_metrics(connection, writer, row.pk, run.metrics, new=new)
        results.append(revised(run, label=row.label, metrics=metrics))
    rows = {run.id: row.pk for run, row in zip(capture.runs, saved, strict=True)}
    touched |= _save_late(connection, writer, _with_rows(connection, rows, capture.late_metrics))
    write_outcomes(connection, _with_rows(connection, rows, capture.outcomes))
    write_scored(connection, _with_rows(connection, rows, capture.scored))
    for run_pk in touched | {row.pk for row in saved}:
        seal_run(connection, run_pk)
    return tuple(results)


def _attach(
    connection: sqlite3.Connection,
    folder: Path,
    execution_pk: int | None,
    attachments: Iterable[tuple[Attachment, bytes]],
) -> None:
    for position, (each, data) in enumerate(attachments):
        insert_blob(connection, folder, each.digest, (data,))
        row = (execution_pk, position, each.kind, clean(each.name), each.media_type, each.digest)
        connection.execute(
            "INSERT OR REPLACE INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, seal(*row))
        )


def _execution_pk(connection: sqlite3.Connection, writer: Writer, run: Run, session_pk: int) -> int:
    pk = writer.execution_pk(connection, run.execution.id)
    return writer.execution(connection, run.execution, session_pk) if pk is None else pk


def _with_rows(
    connection: sqlite3.Connection, rows: dict[str, int], found: Iterable[_Found]
) -> Iterator[tuple[int, _Found]]:
    """What was found of runs, each with its run's row number; ``rows`` has those that are known, and learns others.

    A run that was deleted meanwhile takes along what was found of it.
    """
    for each in found:
        if each.run_id not in rows:
            row = connection.execute("SELECT pk FROM runs WHERE id = ?", (each.run_id,)).fetchone()
            if row is None:
                continue
            rows[each.run_id] = row[0]
        yield rows[each.run_id], each


def _save_late(
    connection: sqlite3.Connection, writer: Writer, late_metrics: Iterable[tuple[int, LateMetric]]
) -> set[int]:
    touched = set()
    for run_pk, late in late_metrics:
        write_metrics(connection, writer, run_pk, (late.metric,), new=False)
        touched.add(run_pk)
    return touched
