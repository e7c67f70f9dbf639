"""Runs, executions and curves out of the database, in the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from nbtrack.errors import StoreCorrupt
from nbtrack.records import (
    Content,
    Dataset,
    Dependency,
    Environment,
    Execution,
    Metric,
    Param,
    Point,
    Run,
    Session,
    State,
    Trials,
)
from nbtrack.store import building
from nbtrack.store.points import unpack
from nbtrack.store.reproductions import latest_reproductions
from nbtrack.store.sealing import (
    BELONGINGS_OF_MANY,
    BELONGINGS_OF_ONE,
    EXECUTION_COLUMNS,
    RUN_COLUMNS,
    Row,
    Rows,
    run_seal,
)
from nbtrack.store.values import from_json, from_packed, metric_from_sql, seal

__all__ = ["DAMAGED", "Reader", "read_curve", "read_sessions"]

DAMAGED = "The stored record of this run is not what was written; `nbtrack doctor --full` tells more."

_RUN = slice(0, RUN_COLUMNS.count(",") + 1)
_EXECUTION = slice(_RUN.stop, _RUN.stop + EXECUTION_COLUMNS.count(",") + 1)
_AFTER = slice(
    _EXECUTION.stop, None
)  # seal, execution's seal, experiment, session's id, cell's digest, class, seals of experiment and class
_RUNS = f"""
    SELECT {RUN_COLUMNS}, {EXECUTION_COLUMNS}, r.seal, e.seal, x.name, s.id, t.digest, c.name, c.module, c.framework,
        x.seal, c.seal
    FROM runs r JOIN executions e ON e.pk = r.execution JOIN sessions s ON s.pk = e.session
        JOIN sources t ON t.pk = e.source JOIN experiments x ON x.pk = r.experiment
        LEFT JOIN classes c ON c.pk = r.class
    WHERE r.pk IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - the columns are ours
_EXECUTIONS = f"""
    SELECT {EXECUTION_COLUMNS}, e.seal, s.id, t.digest, t.text, t.seal, o.execution, o.stdout, o.stderr, o.seal
    FROM executions e JOIN sessions s ON s.pk = e.session JOIN sources t ON t.pk = e.source
        LEFT JOIN outputs o ON o.execution = e.pk
"""  # noqa: S608 - as above

# Rows that many runs share, by their numbers, and how they become records.
_SHARED: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "names": ("SELECT t.pk, t.name, t.seal FROM names t", building.name),
    "params": (
        (
            "SELECT t.pk, n.name, t.value, t.kind, t.origin, t.redacted, t.seal "
            "FROM params t JOIN names n ON n.pk = t.name"
        ),
        building.param,
    ),
    "files": ("SELECT t.pk, t.path, t.digest, t.size_bytes, t.seal FROM files t", building.source_file),
    "executions": ("SELECT t.pk, t.id, t.execution_count, t.cell_id FROM executions t", building.dependency),
    "contents": (
        "SELECT t.pk, t.digest, t.kind, t.shape, t.by_pickle, t.sampled, t.begins_with FROM contents t",
        building.content,
    ),
    "environments": (
        "SELECT t.pk, t.digest, t.python, t.platform, t.git, t.hardware FROM environments t",
        building.environment,
    ),
}
# Where a run's rows refer to them: kind of belonging, column, what it refers to.
_REFERENCES = (
    ("params", 2, "params"),
    ("params", 3, "executions"),
    ("metrics", 2, "names"),
    ("metrics", 7, "executions"),
    ("datasets", 4, "contents"),
    ("files", 2, "files"),
    ("dependencies", 2, "executions"),
)
_MOST_SHARED = 100_000  # records of each kind kept for reuse; some 300 bytes each
_MOST_RUNS = 5_000  # runs kept for reuse; some 5 kB each


class Reader:
    """Builds records, and keeps those that are asked for again: whole tables of runs are read every few seconds."""

    def __init__(self) -> None:
        self._shared: dict[str, dict[int, Any]] = {key: {} for key in _SHARED}
        self._runs: dict[int, tuple[tuple[int, int], Run]] = {}

    def runs(self, connection: sqlite3.Connection, pks: Sequence[int]) -> list[Run]:
        """The runs of these row numbers, in their order, as lists show them; those that are gone are left out.

        A run whose seal does not fit says so in its ``capture_notes``.
        """
        rows = {row[0]: row for row in connection.execute(_RUNS, (json.dumps(list(pks)),))}
        # The seals of run and execution tell whether they are as they were when last read.
        seals = {pk: row[_AFTER][:2] for pk, row in rows.items()}
        if len(self._runs) > _MOST_RUNS:
            self._runs.clear()
        changed = [row for pk, row in rows.items() if pk not in self._runs or self._runs[pk][0] != seals[pk]]
        for pk, run, _ in self._read(connection, changed):
            self._runs[pk] = (seals[pk], run)
        return _with_reproductions(connection, {pk: self._runs[pk][1] for pk in pks if pk in rows})

    def whole_run(self, connection: sqlite3.Connection, pk: int) -> Run:
        """One run with its cell's text and output, columns, packages and trials.

        Raises:
            StoreCorrupt: a seal does not fit.
        """
        (row,) = connection.execute(_RUNS, (json.dumps([pk]),))
        ((_, run, intact),) = self._read(connection, [row])
        if not intact:
            raise StoreCorrupt(f"{run.label}: {DAMAGED} Other runs are not affected.")
        (run,) = _with_reproductions(connection, {pk: run})
        (execution,) = connection.execute(f"{_EXECUTIONS} WHERE e.pk = ?", (row[6],))
        return replace(
            run,
            execution=building.whole_execution(execution),
            datasets=_with_columns(connection, pk, run),
            environment=_whole_environment(connection, row[21], run.label),
            trials=_trials(connection, pk, run.label),
        )

    def metrics(self, connection: sqlite3.Connection, run_pk: int) -> list[Metric]:
        """The metrics of one run, in order."""
        rows = connection.execute(BELONGINGS_OF_ONE["metrics"], (run_pk,)).fetchall()
        self._learn(connection, {"metrics": {run_pk: rows}})
        return [self._metric(row) for row in rows]

    def executions(
        self, connection: sqlite3.Connection, session_id: str, ids: Collection[str] | None = None
    ) -> list[Execution]:
        """The executions of a session, whole, in their order; with ``ids`` only these of them."""
        chosen = "" if ids is None else " AND e.id IN (SELECT value FROM json_each(?))"
        values = (session_id,) if ids is None else (session_id, json.dumps(list(ids)))
        rows = connection.execute(f"{_EXECUTIONS} WHERE s.id = ?{chosen} ORDER BY e.sequence, e.pk", values)
        return [building.whole_execution(row) for row in rows]

    def _read(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> Iterator[tuple[int, Run, bool]]:
        if not rows:
            return
        pks = json.dumps([row[0] for row in rows])
        belongings = {
            key: _grouped(connection.execute(sql, (pks,))) for key, sql in BELONGINGS_OF_MANY.items()
        }
        self._learn(connection, belongings, {row[21] for row in rows})
        blobs = _model_blobs(connection, {row[17] for row in rows if row[17] is not None})
        for row in rows:
            mine = {key: of.get(row[0], []) for key, of in belongings.items()}
            try:
                run = self._run(row, mine, blobs.get(row[17], ()))
            except (StoreCorrupt, ValueError, TypeError, AttributeError, KeyError):
                yield row[0], _unreadable(row), False
                continue
            intact = _is_intact(row, mine.values())
            yield row[0], run if intact else replace(run, capture_notes=(*run.capture_notes, DAMAGED)), intact

    def _learn(
        self,
        connection: sqlite3.Connection,
        belongings: Mapping[str, Mapping[int, Rows]],
        environments: Iterable[int | None] = (),
    ) -> None:
        wanted: dict[str, set[int | None]] = defaultdict(set)
        wanted["environments"].update(environments)
        for key, column, kind in _REFERENCES:
            for rows in belongings.get(key, {}).values():
                wanted[kind].update([row[column] for row in rows])
        for kind, pks in wanted.items():
            known = self._shared[kind]
            if len(known) > _MOST_SHARED:
                known.clear()
                missing = pks
            else:
                missing = pks - known.keys()
            missing.discard(None)
            if missing:
                sql, made = _SHARED[kind]
                sql += " WHERE t.pk IN (SELECT value FROM json_each(?))"
                for row in connection.execute(sql, (json.dumps(list(missing)),)):
                    with suppress(StoreCorrupt, ValueError, TypeError):  # runs that refer to it are damaged
                        known[row[0]] = made(row)

    def _run(self, row: Row, mine: Mapping[str, Rows], blobs: tuple[str, ...]) -> Run:
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
        _, _, experiment, session_id, cell_digest, *model_class = row[_AFTER][:-2]
        return Run(
            id=id_,
            label_stem=label.rpartition("-")[0],
            state=State(state),
            experiment=experiment,
            started_at=started_at,
            execution=building.execution(row[_EXECUTION], session_id, cell_digest),
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
            model=building.model(row[16:21], tuple(model_class), blobs) if row[15] is not None else None,
            environment=None if row[21] is None else self._shared["environments"][row[21]],
            **self._belongings(mine),
        )

    def _belongings(self, mine: Mapping[str, Rows]) -> dict[str, Any]:
        return {
            "params": tuple([self._param(row) for row in mine["params"]]),
            "metrics": tuple([self._metric(row) for row in mine["metrics"]]),
            "datasets": tuple([self._dataset(row) for row in mine["datasets"]]),
            "files": tuple([self._shared["files"][row[2]] for row in mine["files"]]),
            "depends_on": tuple([self._dependency(row) for row in mine["dependencies"]]),
        }

    def _execution_id(self, pk: int | None, elsewhere: str | None) -> str | None:
        if pk is None:
            return elsewhere
        known: Dependency = self._shared["executions"][pk]
        return known.execution_id

    def _param(self, row: Row) -> Param:
        param: Param = self._shared["params"][row[2]]
        execution_id = self._execution_id(row[3], row[4])
        return param if execution_id is None else replace(param, execution_id=execution_id)

    def _metric(self, row: Row) -> Metric:
        _, _, name, value, origin, variable, dataset, execution, execution_id, points, at = row
        return Metric(
            name=self._shared["names"][name],
            value=metric_from_sql(value),
            origin=origin,
            variable=variable,
            dataset=dataset,
            execution_id=self._execution_id(execution, execution_id),
            points=points,
            at=at,
        )

    def _dataset(self, row: Row) -> Dataset:
        _, _, name, role, content, size = row
        known: Content = self._shared["contents"][content]
        return Dataset(
            name=name, role=role, content=known if size is None else replace(known, size_bytes=size)
        )

    def _dependency(self, row: Row) -> Dependency:
        _, _, execution, elsewhere = row
        if execution is None:
            id_, count, cell_id = from_json(elsewhere)
            return Dependency(execution_id=id_, execution_count=count, cell_id=cell_id)
        known: Dependency = self._shared["executions"][execution]
        return known


def read_curve(
    connection: sqlite3.Connection, run_pk: int, name: str, dataset: str | None, start: int = 0
) -> tuple[list[Point], int]:
    """The stored points of one metric from number ``start`` on, and how many there are in all.

    Of several datasets, where none is asked for, the first's.
    """
    key = "run = ?1 AND name = (SELECT pk FROM names WHERE name = ?2)"
    which, length = connection.execute(
        f"SELECT dataset, MAX(first + count) FROM points WHERE {key} AND (?3 IS NULL OR dataset = ?3) "  # noqa: S608 - values are bound
        "GROUP BY dataset ORDER BY dataset LIMIT 1",
        (run_pk, name, dataset),
    ).fetchone() or (None, 0)
    pieces = connection.execute(
        f"SELECT first, count, data FROM points WHERE {key} AND dataset = ?3 AND first + count > ?4 ORDER BY first",  # noqa: S608 - as above
        (run_pk, name, which, start),
    )
    points = []
    for first, count, data in pieces:
        points += unpack(data, count).points(max(0, start - first))
    return points, length


def read_sessions(
    connection: sqlite3.Connection, where: str, *values: object
) -> list[tuple[int, int, Session]]:
    """Row number, folds and record of the sessions that fulfil a condition."""
    rows = connection.execute(
        f"SELECT pk, folds, {building.SESSION_COLUMNS} FROM sessions WHERE {where}",  # noqa: S608 - conditions are ours
        values,
    )
    return [(pk, folds, building.session(rest)) for pk, folds, *rest in rows]


def _is_intact(row: Row, belongings: Iterable[Rows]) -> bool:
    """Whether a run, and the names of its experiment and class, are what was written."""
    sealed, _, experiment, _, _, *model_class, experiment_seal, class_seal = row[_AFTER]
    return bool(
        sealed == run_seal(row[_RUN], belongings)
        and experiment_seal == seal(experiment)
        and (class_seal is None or class_seal == seal(*model_class))
    )


def _unreadable(row: Row) -> Run:
    """What a list shows of a run whose rows make no record: its label, and that it is damaged."""
    _, _, experiment, session_id, digest, *_ = row[_AFTER]
    sequence, started_at = row[_EXECUTION][2], row[7]
    label = row[2] if isinstance(row[2], str) else f"run number {row[0]}"
    execution = Execution(
        id=str(row[_EXECUTION][0]),
        session_id=session_id,
        sequence=sequence,
        source="",
        source_digest=digest,
        started_at=started_at,
        state=State.FAILED,
    )
    return Run(
        id=str(row[1]),
        label_stem=label,
        label=label,
        state=State.FAILED,
        experiment=experiment,
        started_at=started_at,
        execution=execution,
        capture_notes=(DAMAGED,),
    )


def _with_reproductions(connection: sqlite3.Connection, runs: Mapping[int, Run]) -> list[Run]:
    """The runs with the last reproduction of each, which no seal of a run covers."""
    found = latest_reproductions(connection, runs)
    return [replace(run, reproduction=found[pk]) if pk in found else run for pk, run in runs.items()]


def _grouped(rows: Iterable[Row]) -> dict[int, Rows]:
    grouped: dict[int, Rows] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(row)
    return grouped


def _model_blobs(connection: sqlite3.Connection, models: set[str]) -> dict[str, tuple[str, ...]]:
    found = connection.execute(
        "SELECT model, blob FROM model_blobs WHERE model IN (SELECT value FROM json_each(?)) ORDER BY model, position",
        (json.dumps(list(models)),),
    )
    blobs: dict[str, list[str]] = defaultdict(list)
    for model, blob in found:
        blobs[model].append(blob)
    return {model: tuple(digests) for model, digests in blobs.items()}


def _with_columns(connection: sqlite3.Connection, run_pk: int, run: Run) -> tuple[Dataset, ...]:
    rows = connection.execute(
        "SELECT c.digest, c.kind, c.shape, c.by_pickle, c.sampled, c.columns, c.begins_with, c.seal "
        "FROM run_datasets d JOIN contents c ON c.pk = d.content WHERE d.run = ? ORDER BY d.position",
        (run_pk,),
    )
    datasets = []
    for dataset, (*values, sealed) in zip(run.datasets, rows, strict=True):
        building.check(values, sealed, f"the contents of {dataset.name} of {run.label}")
        content = replace(dataset.content, columns=building.columns(values[5]))
        datasets.append(replace(dataset, content=content))
    return tuple(datasets)


def _whole_environment(connection: sqlite3.Connection, pk: int | None, label: str) -> Environment | None:
    row = connection.execute(
        "SELECT pk, digest, python, platform, git, hardware, packages, modules, seal FROM environments WHERE pk = ?",
        (pk,),
    ).fetchone()
    if row is None:
        return None
    building.check(row[1:-1], row[-1], f"the environment of {label}")
    return replace(building.environment(row[:6]), packages=from_packed(row[6]), modules=from_packed(row[7]))


def _trials(connection: sqlite3.Connection, run_pk: int, label: str) -> Trials | None:
    row = connection.execute(
        "SELECT run, columns, rows, seal FROM run_trials WHERE run = ?", (run_pk,)
    ).fetchone()
    return None if row is None else building.trials(row, label)
