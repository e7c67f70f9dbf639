"""Rows into records, in the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbtrack.errors import StoreCorrupt
from nbtrack.records import (
    CellError,
    Column,
    Content,
    Dataset,
    Dependency,
    Environment,
    Execution,
    Metric,
    Model,
    Param,
    Point,
    Run,
    Session,
    SourceFile,
    State,
    Trials,
)
from nbtrack.store.points import unpack
from nbtrack.store.values import from_json, from_packed, metric_from_sql, param_from_sql, seal

__all__ = ["DAMAGED", "Reader", "read_curve", "read_metrics", "read_sessions", "seal_execution", "seal_run"]

DAMAGED = "The stored record of this run is not what was written; `nbtrack doctor --full` tells more."

_RUN = (
    "r.pk, r.id, r.label, r.name, r.state, r.experiment, r.execution, r.started_at, r.duration_seconds, "
    "r.capture_seconds, r.capture_notes, r.explicit, r.fits, r.starred, r.note, r.class, r.model_variable, "
    "r.model_digest, r.model_size, r.model_stored, r.model_retained, r.environment"
)
_RUN_COLUMNS = _RUN.count(",") + 1
_EXECUTION = (
    "e.id, e.session, e.sequence, e.execution_count, e.cell_id, e.notebook_path, e.source, e.started_at, "
    "e.duration_seconds, e.state, e.error_name, e.error_message, e.error_traceback, e.reads, e.writes"
)
_EXECUTION_COLUMNS = _EXECUTION.count(",") + 1
_RUNS = f"""
    SELECT {_RUN}, {_EXECUTION}, r.seal, x.name, c.name, c.module, c.framework, s.id, t.digest,
        v.digest, v.python, v.platform, v.git, v.hardware
    FROM runs r JOIN executions e ON e.pk = r.execution JOIN sessions s ON s.pk = e.session
        JOIN sources t ON t.pk = e.source JOIN experiments x ON x.pk = r.experiment
        LEFT JOIN classes c ON c.pk = r.class LEFT JOIN environments v ON v.pk = r.environment
    WHERE r.pk IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - the columns are ours
# What belongs to a run, in the order in which the seal covers it. Each begins with the run and is in order of place.
_BELONGINGS = {
    "params": "SELECT run, position, param, execution, execution_id, name FROM run_params WHERE run {} ORDER BY run, position",
    "metrics": (
        "SELECT run, position, name, value, origin, variable, dataset, execution, execution_id, points, at "
        "FROM metrics WHERE run {} ORDER BY run, position"
    ),
    "datasets": (
        "SELECT run, position, name, role, content, size_bytes FROM run_datasets WHERE run {} ORDER BY run, position"
    ),
    "files": "SELECT run, position, file FROM run_files WHERE run {} ORDER BY run, position",
    "dependencies": (
        "SELECT run, position, execution, elsewhere FROM run_dependencies WHERE run {} ORDER BY run, position"
    ),
    "tags": "SELECT run, name, value FROM run_tags WHERE run {} ORDER BY run, name",
}
_OF_MANY = {key: sql.format("IN (SELECT value FROM json_each(?))") for key, sql in _BELONGINGS.items()}
_OF_ONE = {key: sql.format("= ?") for key, sql in _BELONGINGS.items()}
_RUN_ROW = f"SELECT {_RUN} FROM runs r WHERE r.pk = ?"  # noqa: S608 - as above

# Rows that many runs share, by their numbers.
_SHARED = {
    "names": "SELECT pk, name FROM names",
    "params": (
        "SELECT p.pk, n.name, p.value, p.kind, p.origin, p.redacted, p.seal FROM params p JOIN names n ON n.pk = p.name"
    ),
    "files": "SELECT pk, path, digest, size_bytes FROM files",
    "executions": "SELECT pk, id, execution_count, cell_id FROM executions",
    "contents": "SELECT pk, digest, kind, shape, by_pickle, sampled FROM contents",
}
_SHARED = {
    key: sql + f" WHERE {'p.pk' if key == 'params' else 'pk'} IN (SELECT value FROM json_each(?))"
    for key, sql in _SHARED.items()
}
_MOST_REMEMBERED = 100_000
Rows = list[tuple[Any, ...]]


def seal_run(connection: sqlite3.Connection, run_pk: int) -> None:
    """Compute the seal of a run from its rows as they are now, and write it."""
    row = connection.execute(_RUN_ROW, (run_pk,)).fetchone()
    belongings = [connection.execute(sql, (run_pk,)).fetchall() for sql in _OF_ONE.values()]
    connection.execute("UPDATE runs SET seal = ? WHERE pk = ?", (seal(row, *belongings), run_pk))


def seal_execution(connection: sqlite3.Connection, execution_pk: int) -> None:
    """The same for an execution."""
    row = connection.execute(
        f"SELECT {_EXECUTION} FROM executions e WHERE e.pk = ?", (execution_pk,)
    ).fetchone()  # noqa: S608 - as above
    connection.execute("UPDATE executions SET seal = ? WHERE pk = ?", (seal(*row), execution_pk))


def read_metrics(connection: sqlite3.Connection, run_pk: int) -> list[Metric]:
    """The metrics of one run, in order."""
    return Reader().metrics(connection, run_pk)


def read_curve(connection: sqlite3.Connection, run_pk: int, name: str, dataset: str | None) -> list[Point]:
    """The stored points of one metric; of several datasets, where none is asked for, the first's."""
    rows = connection.execute(
        "SELECT dataset, count, data FROM points WHERE run = ?1 AND name = (SELECT pk FROM names WHERE name = ?2) "
        "AND (?3 IS NULL OR dataset = ?3) ORDER BY dataset, first",
        (run_pk, name, dataset),
    ).fetchall()
    return [point for which, count, data in rows if which == rows[0][0] for point in unpack(data, count)]


def read_sessions(
    connection: sqlite3.Connection, where: str, *values: object
) -> list[tuple[int, int, Session]]:
    """Row number, folds and record of the sessions that fulfil a condition."""
    rows = connection.execute(
        "SELECT pk, folds, id, started_at, pid, host, boot_id, python, notebook_path FROM sessions WHERE "  # noqa: S608 - conditions are ours
        + where,
        values,
    )
    return [(pk, folds, Session(**_session(rest))) for pk, folds, *rest in rows]


def _session(row: Sequence[Any]) -> dict[str, Any]:
    names = ("id", "started_at", "pid", "host", "boot_id", "python", "notebook_path")
    return dict(zip(names, row, strict=True))


class Reader:
    """Builds records, and remembers those that many runs share: names, params, files, contents, executions' ids."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, Any]] = {key: {} for key in _SHARED}

    def runs(self, connection: sqlite3.Connection, pks: Sequence[int], *, whole: bool = False) -> list[Run]:
        """The runs of these row numbers, in their order; those that are gone are left out.

        With ``whole`` also the cell's text and output, columns, packages and trials; then a run whose seal does
        not fit raises StoreCorrupt, while in a list it says so in its ``capture_notes``.
        """
        wanted = json.dumps(list(pks))
        rows = {row[0]: row for row in connection.execute(_RUNS, (wanted,))}
        belongings = {key: _grouped(connection.execute(sql, (wanted,))) for key, sql in _OF_MANY.items()}
        self._learn(connection, belongings)
        blobs = _model_blobs(connection, rows.values())
        found = []
        for pk in pks:
            if pk in rows:
                mine = {key: of.get(pk, []) for key, of in belongings.items()}
                run = self._run(rows[pk], mine, blobs)
                intact = rows[pk][_RUN_COLUMNS + _EXECUTION_COLUMNS] == seal(
                    rows[pk][:_RUN_COLUMNS], *mine.values()
                )
                if whole:
                    run = self._whole(connection, rows[pk], run, intact=intact)
                elif not intact:
                    run = replace(run, capture_notes=(*run.capture_notes, DAMAGED))
                found.append(run)
        return found

    def metrics(self, connection: sqlite3.Connection, run_pk: int) -> list[Metric]:
        """The metrics of one run, in order."""
        rows = connection.execute(_OF_ONE["metrics"], (run_pk,)).fetchall()
        self._learn(connection, {"metrics": {run_pk: rows}})
        return [self._metric(row) for row in rows]

    def executions(self, connection: sqlite3.Connection, session_id: str) -> list[Execution]:
        """The executions of a session, whole, in their order."""
        rows = connection.execute(
            f"SELECT {_EXECUTION}, e.seal, s.id, t.digest, t.text, t.seal, o.stdout, o.stderr, o.seal "  # noqa: S608 - as above
            "FROM executions e JOIN sessions s ON s.pk = e.session JOIN sources t ON t.pk = e.source "
            "LEFT JOIN outputs o ON o.execution = e.pk WHERE s.id = ? ORDER BY e.sequence, e.pk",
            (session_id,),
        )
        return [_whole_execution(row) for row in rows]

    def _learn(self, connection: sqlite3.Connection, belongings: Mapping[str, Mapping[int, Rows]]) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        for rows in belongings.get("params", {}).values():
            wanted["params"].update([row[2] for row in rows])
            wanted["executions"].update([row[3] for row in rows if row[3] is not None])
        for rows in belongings.get("metrics", {}).values():
            wanted["names"].update([row[2] for row in rows])
            wanted["executions"].update([row[7] for row in rows if row[7] is not None])
        for rows in belongings.get("datasets", {}).values():
            wanted["contents"].update([row[4] for row in rows])
        for rows in belongings.get("files", {}).values():
            wanted["files"].update([row[2] for row in rows])
        for rows in belongings.get("dependencies", {}).values():
            wanted["executions"].update([row[2] for row in rows if row[2] is not None])
        for key, pks in wanted.items():
            known = self._known[key]
            if len(known) > _MOST_REMEMBERED:
                known.clear()
            missing = pks - known.keys()
            if missing:
                made = _MAKE[key]
                for row in connection.execute(_SHARED[key], (json.dumps(list(missing)),)):
                    known[row[0]] = made(row)

    def _run(
        self, row: tuple[Any, ...], mine: Mapping[str, Rows], blobs: Mapping[str, tuple[str, ...]]
    ) -> Run:
        (
            _,
            id_,
            label,
            name,
            state,
            _,
            _,
            started_at,
            duration,
            capture,
            notes,
            explicit,
            fits,
            starred,
            note,
        ) = row[:15]
        after = row[_RUN_COLUMNS + _EXECUTION_COLUMNS :]
        return Run(
            id=id_,
            label_stem=label.rpartition("-")[0],
            state=State(state),
            experiment=after[1],
            started_at=started_at,
            execution=_execution(row[_RUN_COLUMNS:], after[5], after[6]),
            label=label,
            name=name,
            tags={key: value for _, key, value in mine["tags"]},
            starred=bool(starred),
            note=note,
            duration_seconds=duration,
            capture_seconds=capture,
            capture_notes=tuple(from_json(notes)) if notes else (),
            explicit=bool(explicit),
            fits=fits,
            model=_model(row, after, blobs) if row[15] is not None else None,
            params=tuple([self._param(row) for row in mine["params"]]),
            metrics=tuple([self._metric(row) for row in mine["metrics"]]),
            datasets=tuple([self._dataset(row) for row in mine["datasets"]]),
            files=tuple([self._known["files"][row[2]] for row in mine["files"]]),
            depends_on=tuple([self._dependency(row) for row in mine["dependencies"]]),
            environment=_environment(after[7:]) if after[7] is not None else None,
        )

    def _param(self, row: tuple[Any, ...]) -> Param:
        _, _, pk, execution, execution_id, _ = row
        param: Param = self._known["params"][pk]
        if execution is None and execution_id is None:
            return param
        return replace(param, execution_id=execution_id or self._known["executions"][execution].execution_id)

    def _metric(self, row: tuple[Any, ...]) -> Metric:
        _, _, name, value, origin, variable, dataset, execution, execution_id, points, at = row
        return Metric(
            name=self._known["names"][name],
            value=metric_from_sql(value),
            origin=origin,
            variable=variable,
            dataset=dataset,
            execution_id=execution_id
            if execution is None
            else self._known["executions"][execution].execution_id,
            points=points,
            at=at,
        )

    def _dataset(self, row: tuple[Any, ...]) -> Dataset:
        _, _, name, role, content, size = row
        known: Content = self._known["contents"][content]
        return Dataset(
            name=name, role=role, content=known if size is None else replace(known, size_bytes=size)
        )

    def _dependency(self, row: tuple[Any, ...]) -> Dependency:
        _, _, execution, elsewhere = row
        if execution is not None:
            known: Dependency = self._known["executions"][execution]
            return known
        id_, count, cell_id = from_json(elsewhere)
        return Dependency(execution_id=id_, execution_count=count, cell_id=cell_id)

    def _whole(self, connection: sqlite3.Connection, row: tuple[Any, ...], run: Run, *, intact: bool) -> Run:
        if not intact:
            raise StoreCorrupt(f"{run.label}: {DAMAGED} Other runs are not affected.")
        pk = row[0]
        (execution,) = [_whole_execution(found) for found in connection.execute(_ONE_EXECUTION, (row[6],))]
        datasets = []
        contents = connection.execute(
            "SELECT c.digest, c.kind, c.shape, c.by_pickle, c.sampled, c.columns, c.seal FROM run_datasets d "
            "JOIN contents c ON c.pk = d.content WHERE d.run = ? ORDER BY d.position",
            (pk,),
        )
        for dataset, (*values, sealed) in zip(run.datasets, contents, strict=True):
            _check(values, sealed, f"the contents of {dataset.name} of {run.label}")
            content = replace(dataset.content, columns=_columns(values[5]))
            datasets.append(replace(dataset, content=content))
        return replace(
            run,
            execution=execution,
            datasets=tuple(datasets),
            environment=_whole_environment(connection, row[21], run.label),
            trials=_trials(connection, pk, run.label),
        )


_ONE_EXECUTION = (
    f"SELECT {_EXECUTION}, e.seal, s.id, t.digest, t.text, t.seal, o.stdout, o.stderr, o.seal "  # noqa: S608 - as above
    "FROM executions e JOIN sessions s ON s.pk = e.session JOIN sources t ON t.pk = e.source "
    "LEFT JOIN outputs o ON o.execution = e.pk WHERE e.pk = ?"
)


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, Rows]:
    grouped: dict[int, Rows] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(row)
    return grouped


def _check(values: Sequence[Any], sealed: int, what: str) -> None:
    if seal(*values) != sealed:
        raise StoreCorrupt(
            f"The database row with {what} is not what was written. Run `nbtrack doctor --full`."
        )


def _made_param(row: tuple[Any, ...]) -> Param:
    _, name, value, kind, origin, redacted, sealed = row
    _check((name, value, kind, origin, redacted), sealed, f"param {name!r}")
    return Param(name=name, value=param_from_sql(value, kind), origin=origin, redacted=bool(redacted))


def _made_file(row: tuple[Any, ...]) -> SourceFile:
    return SourceFile(path=row[1], digest=row[2], size_bytes=row[3])


def _made_dependency(row: tuple[Any, ...]) -> Dependency:
    return Dependency(execution_id=row[1], execution_count=row[2], cell_id=row[3])


def _made_content(row: tuple[Any, ...]) -> Content:
    _, digest, kind, shape, by_pickle, sampled = row
    return Content(
        digest=digest,
        kind=kind,
        shape=None if shape is None else tuple(from_json(shape)),
        by_pickle=bool(by_pickle),
        sampled=bool(sampled),
    )


_MAKE: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "names": lambda row: row[1],
    "params": _made_param,
    "files": _made_file,
    "executions": _made_dependency,
    "contents": _made_content,
}


def _execution(row: tuple[Any, ...], session_id: str, digest: str, source: str = "") -> Execution:
    (
        id_,
        _,
        sequence,
        count,
        cell_id,
        path,
        _,
        started_at,
        duration,
        state,
        name,
        message,
        trace,
        reads,
        writes,
    ) = row[:15]
    return Execution(
        id=id_,
        session_id=session_id,
        sequence=sequence,
        source=source,
        source_digest=digest,
        started_at=started_at,
        state=State(state),
        execution_count=count,
        cell_id=cell_id,
        notebook_path=path,
        duration_seconds=duration,
        error=None if name is None else CellError(name=name, message=message, traceback=trace),
        reads=tuple(from_json(reads)) if reads else (),
        writes=tuple(from_json(writes)) if writes else (),
    )


def _whole_execution(row: tuple[Any, ...]) -> Execution:
    sealed, session_id, digest, text, text_seal, stdout, stderr, output_seal = row[_EXECUTION_COLUMNS:]
    _check(row[:_EXECUTION_COLUMNS], sealed, f"execution {row[0]}")
    _check((digest, text), text_seal, f"the cell of execution {row[0]}")
    execution = _execution(row, session_id, digest, text)
    if output_seal is None:
        return execution
    _check((stdout, stderr), output_seal, f"the output of execution {row[0]}")
    return replace(execution, stdout=stdout, stderr=stderr)


def _model(row: tuple[Any, ...], after: tuple[Any, ...], blobs: Mapping[str, tuple[str, ...]]) -> Model:
    variable, digest, size, stored, retained = row[16:21]
    return Model(
        class_name=after[2],
        module=after[3],
        framework=after[4],
        variable=variable,
        digest=digest,
        size_bytes=size,
        stored=bool(stored),
        retained=bool(retained),
        blobs=blobs.get(digest, ()),
    )


def _model_blobs(
    connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]
) -> dict[str, tuple[str, ...]]:
    models = {row[17] for row in rows if row[17] is not None}
    found = connection.execute(
        "SELECT model, blob FROM model_blobs WHERE model IN (SELECT value FROM json_each(?)) ORDER BY model, position",
        (json.dumps(list(models)),),
    )
    blobs: dict[str, tuple[str, ...]] = {}
    for model, blob in found if models else ():
        blobs[model] = (*blobs.get(model, ()), blob)
    return blobs


def _environment(row: tuple[Any, ...]) -> Environment:
    digest, python, platform, git, hardware = row
    return Environment(
        digest=digest,
        python=python,
        platform=platform,
        packages={},
        git=None if git is None else from_json(git),
        hardware=from_json(hardware),
    )


def _whole_environment(connection: sqlite3.Connection, pk: int | None, label: str) -> Environment | None:
    row = connection.execute(
        "SELECT digest, python, platform, git, hardware, packages, seal FROM environments WHERE pk = ?", (pk,)
    ).fetchone()
    if row is None:
        return None
    _check(row[:-1], row[-1], f"the environment of {label}")
    return replace(_environment(row[:5]), packages=from_packed(row[5]))


def _columns(data: bytes | None) -> tuple[Column, ...]:
    if data is None:
        return ()
    return tuple(
        Column(name=name, dtype=dtype, digest=digest, chunks=tuple(chunks), profile=profile)
        for name, dtype, digest, chunks, profile in from_packed(data)
    )


def _trials(connection: sqlite3.Connection, run_pk: int, label: str) -> Trials | None:
    row = connection.execute("SELECT columns, rows, seal FROM run_trials WHERE run = ?", (run_pk,)).fetchone()
    if row is None:
        return None
    _check(row[:-1], row[-1], f"the trials of {label}")
    return Trials(columns=tuple(from_json(row[0])), rows=tuple(tuple(one) for one in from_packed(row[1])))
