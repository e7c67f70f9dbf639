"""Single rows into records, each checked against its seal where it has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nbtrack.errors import StoreCorrupt
from nbtrack.records import (
    CellError,
    Column,
    Content,
    Dependency,
    Environment,
    Execution,
    Model,
    Param,
    Session,
    SourceFile,
    State,
    Trials,
)
from nbtrack.store.sealing import Row
from nbtrack.store.values import from_json, from_packed, param_from_sql, seal

__all__ = [
    "SESSION_COLUMNS",
    "check",
    "columns",
    "content",
    "dependency",
    "environment",
    "execution",
    "model",
    "name",
    "param",
    "session",
    "source_file",
    "trials",
    "whole_execution",
]

SESSION_COLUMNS = "id, started_at, pid, host, boot_id, python, notebook_path, folder, executable, hash_seed"


def check(values: Sequence[Any], sealed: int, what: str) -> None:
    """Raise StoreCorrupt where the values do not have their seal."""
    if seal(*values) != sealed:
        raise StoreCorrupt(
            f"The database row with {what} is not what was written. Run `nbtrack doctor --full`."
        )


def param(row: Row) -> Param:
    """From row number, name, value, kind, origin, redacted, seal."""
    _, name, value, kind, origin, redacted, sealed = row
    check((name, value, kind, origin, redacted), sealed, f"param {name!r}")
    return Param(name=name, value=param_from_sql(value, kind), origin=origin, redacted=bool(redacted))


def name(row: Row) -> str:
    """From row number, name, seal."""
    check(row[1:2], row[2], f"name {row[1]!r}")
    return str(row[1])


def source_file(row: Row) -> SourceFile:
    """From row number, path, digest, size, seal."""
    check(row[1:4], row[4], f"file {row[1]!r}")
    return SourceFile(path=row[1], digest=row[2], size_bytes=row[3])


def dependency(row: Row) -> Dependency:
    """From row number, id, execution count, cell id."""
    return Dependency(execution_id=row[1], execution_count=row[2], cell_id=row[3])


def content(row: Row) -> Content:
    """From row number, digest, kind, shape, by_pickle, sampled, begins_with; without the columns."""
    _, digest, kind, shape, by_pickle, sampled, begins_with = row
    return Content(
        digest=digest,
        kind=kind,
        shape=None if shape is None else tuple(from_json(shape)),
        by_pickle=bool(by_pickle),
        sampled=bool(sampled),
        begins_with=() if begins_with is None else tuple(from_json(begins_with)),
    )


def columns(data: bytes | None) -> tuple[Column, ...]:
    """The columns of a content."""
    if data is None:
        return ()
    return tuple(
        Column(name=name, dtype=dtype, digest=digest, chunks=tuple(chunks), profile=profile)
        for name, dtype, digest, chunks, profile in from_packed(data)
    )


def environment(row: Row) -> Environment:
    """From row number, digest, python, platform, git, hardware; without the packages."""
    _, digest, python, platform, git, hardware = row
    return Environment(
        digest=digest,
        python=python,
        platform=platform,
        packages={},
        git=None if git is None else from_json(git),
        hardware=from_json(hardware),
    )


def execution(row: Row, session_id: str, digest: str, source: str = "") -> Execution:
    """From :data:`EXECUTION_COLUMNS`, the session's id, and the cell."""
    error_name, error_message, error_traceback, error_line, reads, writes = row[10:16]
    error = None
    if error_name is not None:
        error = CellError(name=error_name, message=error_message, traceback=error_traceback, line=error_line)
    return Execution(
        id=row[0],
        session_id=session_id,
        sequence=row[2],
        source=source,
        source_digest=digest,
        started_at=row[7],
        state=State(row[9]),
        execution_count=row[3],
        cell_id=row[4],
        notebook_path=row[5],
        duration_seconds=row[8],
        error=error,
        reads=tuple(from_json(reads)) if reads else (),
        writes=tuple(from_json(writes)) if writes else (),
    )


def whole_execution(row: Row) -> Execution:
    """From :data:`EXECUTION_COLUMNS`, seal, session's id, the cell's digest, text and seal, the output's row."""
    own = row[:-9]
    sealed, session_id, digest, text, text_seal, *printed, output_seal = row[-9:]
    check(own, sealed, f"execution {row[0]}")
    check((digest, text), text_seal, f"the cell of execution {row[0]}")
    found = execution(own, session_id, digest, text)
    if output_seal is None:
        return found
    check(printed, output_seal, f"the output of execution {row[0]}")
    return replace(found, stdout=printed[1], stderr=printed[2])


def model(row: Row, model_class: Row, blobs: tuple[str, ...]) -> Model:
    """From variable, digest, size, stored, retained; and name, module, framework of the class."""
    variable, digest, size, stored, retained = row
    name, module, framework = model_class
    return Model(
        class_name=name,
        module=module,
        framework=framework,
        variable=variable,
        digest=digest,
        size_bytes=size,
        stored=bool(stored),
        retained=bool(retained),
        blobs=blobs,
    )


def trials(row: Row, label: str) -> Trials:
    """From the run's row number, column names, rows, seal."""
    *own, sealed = row
    check(own, sealed, f"the trials of {label}")
    _, names, rows = own
    return Trials(columns=tuple(from_json(names)), rows=tuple(tuple(one) for one in from_packed(rows)))


def session(row: Sequence[Any]) -> Session:
    """From :data:`SESSION_COLUMNS`."""
    names = SESSION_COLUMNS.split(", ")
    return Session(**dict(zip(names, row, strict=True)))
