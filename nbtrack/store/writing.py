"""Records into rows, in the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nbtrack.records import Dataset, Dependency, Execution, Run, Session, Trials
from nbtrack.store.effects import write_effects
from nbtrack.store.interning import Interned
from nbtrack.store.values import clean, clean_or_none, seal, to_json, to_packed

__all__ = ["SavedRun", "Writer", "write_tags"]

_EXECUTION = (
    "id, session, sequence, execution_count, cell_id, notebook_path, source, started_at, duration_seconds, state, "
    "error_name, error_message, error_traceback, error_line, reads, writes"
)
_UPSERT_EXECUTION = f"""
    INSERT INTO executions ({_EXECUTION}, seal) VALUES ({"?, " * 16}?)
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _EXECUTION.split(", ")[2:])},
        seal = excluded.seal
    RETURNING pk
"""  # noqa: S608 - the columns are ours
_RUN = (
    "id, label, name, state, experiment, execution, started_at, duration_seconds, capture_seconds, capture_notes, "
    "explicit, fits, starred, note, class, model_variable, model_digest, model_size, model_stored, model_retained, "
    "environment"
)
_INSERT_RUN = f"INSERT INTO runs ({_RUN}) VALUES ({'?, ' * 20}?)"  # noqa: S608 - as above
_INSERT_OWN_PARAM = "INSERT INTO run_params (run, name, position, param, chosen) VALUES (?, ?, ?, ?, ?)"
_UPDATE_RUN = f"UPDATE runs SET {', '.join(f'{name} = ?' for name in _RUN.split(', ')[2:])} WHERE pk = ?"  # noqa: S608 - as above


class SavedRun(NamedTuple):
    """Where a run went: its row number, its label, and whether it is new."""

    pk: int
    label: str
    new: bool


class Writer:
    """Writes sessions, executions and runs; of a run all but its metrics (see :mod:`nbtrack.store.metrics`)."""

    def __init__(self) -> None:
        self.interned = Interned()
        self._executions: dict[str, int] = {}

    def forget(self) -> None:
        """Forget the row numbers seen: a transaction was rolled back."""
        self.interned.forget()
        self._executions.clear()

    def session(self, connection: sqlite3.Connection, session: Session) -> int:
        """The session's row, inserted at first use."""
        found = connection.execute("SELECT pk FROM sessions WHERE id = ?", (session.id,)).fetchone()
        if found is not None:
            return int(found[0])
        row = (
            session.id,
            float(session.started_at),
            session.pid,
            clean(session.host),
            clean(session.boot_id),
            clean(session.python),
            clean_or_none(session.notebook_path),
            clean_or_none(session.folder),
            clean_or_none(session.executable),
            clean_or_none(session.hash_seed),
        )
        added = connection.execute(
            "INSERT INTO sessions (id, started_at, pid, host, boot_id, python, notebook_path, folder, executable, "
            "hash_seed, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, seal(*row)),
        ).lastrowid
        assert added is not None
        return added

    def execution(self, connection: sqlite3.Connection, execution: Execution, session_pk: int) -> int:
        """The execution's row, inserted or brought up to date."""
        error = execution.error
        row = (
            execution.id,
            session_pk,
            execution.sequence,
            execution.execution_count,
            clean_or_none(execution.cell_id),
            clean_or_none(execution.notebook_path),
            self.interned.source(connection, execution.source_digest, execution.source),
            float(execution.started_at),
            _real(execution.duration_seconds),
            str(execution.state),
            clean(error.name) if error else None,
            clean(error.message) if error else None,
            clean(error.traceback) if error else None,
            error.line if error else None,
            to_json(execution.reads) if execution.reads else None,
            to_json(execution.writes) if execution.writes else None,
        )
        pk: int = connection.execute(_UPSERT_EXECUTION, (*row, seal(*row))).fetchone()[0]
        if execution.stdout or execution.stderr:
            printed = (pk, clean(execution.stdout), clean(execution.stderr))
            connection.execute(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)", (*printed, seal(*printed))
            )
        if execution.effects is not None:
            write_effects(connection, pk, session_pk, execution.effects)
        self._executions[execution.id] = pk
        return pk

    def execution_pk(self, connection: sqlite3.Connection, execution_id: str | None) -> int | None:
        """The row of an execution by its id; None: not in the store."""
        if execution_id is None:
            return None
        known = self._executions.get(execution_id)
        if known is None:
            found = connection.execute("SELECT pk FROM executions WHERE id = ?", (execution_id,)).fetchone()
            if found is not None:
                known = self._executions[execution_id] = int(found[0])
        return known

    def run(self, connection: sqlite3.Connection, run: Run, execution_pk: int) -> SavedRun:
        """The run's row and those that belong to it, without its metrics and its seal.

        Of a run that is there already, the label stays, and what the user wrote meanwhile (name, note, star, tags)
        stays where the new record has nothing else.
        """
        old = connection.execute(
            "SELECT pk, label, name, note, starred FROM runs WHERE id = ?", (run.id,)
        ).fetchone()
        if old is None:
            label = self._new_label(connection, run.label_stem)
            row = self._run_row(connection, run, execution_pk, label)
            pk = connection.execute(_INSERT_RUN, row).lastrowid
            assert pk is not None
        else:
            pk, label, *kept = old
            row = self._run_row(connection, run, execution_pk, label, kept)
            connection.execute(_UPDATE_RUN, (*row[2:], pk))
            for table in ("run_params", "run_datasets", "run_files", "run_dependencies", "run_trials"):
                connection.execute(f"DELETE FROM {table} WHERE run = ?", (pk,))  # noqa: S608 - tables are ours
        self._belongings(connection, pk, run)
        return SavedRun(pk, label, old is None)

    def _run_row(
        self,
        connection: sqlite3.Connection,
        run: Run,
        execution_pk: int,
        label: str,
        kept: Sequence[Any] = (None, None, 0),
    ) -> tuple[Any, ...]:
        name, note, starred = kept  # what the user said meanwhile
        model, environment = run.model, run.environment
        return (
            run.id,
            label,
            name if run.name is None else clean(run.name),
            str(run.state),
            self.interned.experiment(connection, run.experiment),
            execution_pk,
            float(run.started_at),
            _real(run.duration_seconds),
            _real(run.capture_seconds),
            to_json(run.capture_notes) if run.capture_notes else None,
            int(run.explicit),
            run.fits,
            int(run.starred or starred),
            note if run.note is None else clean(run.note),
            self.interned.model_class(connection, model) if model else None,
            clean_or_none(model.variable) if model else None,
            model.digest if model else None,
            model.size_bytes if model else None,
            int(model.stored) if model else 0,
            int(model.retained) if model else 0,
            self.interned.environment(connection, environment) if environment else None,
        )

    def _new_label(self, connection: sqlite3.Connection, stem: str) -> str:
        stem = clean(stem)
        number = connection.execute(
            "INSERT INTO label_numbers VALUES (?, 1) ON CONFLICT (stem) DO UPDATE SET last = last + 1 RETURNING last",
            (stem,),
        ).fetchone()[0]
        return f"{stem}-{number}"

    def _belongings(self, connection: sqlite3.Connection, pk: int, run: Run) -> None:
        # Most params come from the run's own execution. For each NULL that is bound, sqlite3 looks for an adapter.
        own, others = [], []
        for position, param in enumerate(run.params):
            name, row = self.interned.param(connection, param)
            row_of_one = (pk, name, position, row, int(param.origin != "default"))
            if param.execution_id is None:
                own.append(row_of_one)
            else:
                others.append((*row_of_one, *self.reference(connection, param.execution_id)))
        connection.executemany(_INSERT_OWN_PARAM, own)
        if others:
            connection.executemany("INSERT INTO run_params VALUES (?, ?, ?, ?, ?, ?, ?)", others)
        connection.executemany(
            "INSERT INTO run_datasets VALUES (?, ?, ?, ?, ?, ?)",
            [(pk, *self._dataset_row(connection, *item)) for item in enumerate(run.datasets)],
        )
        if run.files:
            connection.executemany(
                "INSERT INTO run_files VALUES (?, ?, ?)",
                [
                    (pk, position, self.interned.file(connection, file))
                    for position, file in enumerate(run.files)
                ],
            )
        connection.executemany(
            "INSERT INTO run_dependencies VALUES (?, ?, ?, ?)",
            [
                (pk, position, *self._dependency(connection, one))
                for position, one in enumerate(run.depends_on)
            ],
        )
        if run.tags:
            write_tags(connection, pk, run.tags)
        if run.trials is not None:
            connection.execute("INSERT INTO run_trials VALUES (?, ?, ?, ?)", _trials_row(pk, run.trials))

    def _dataset_row(
        self, connection: sqlite3.Connection, position: int, dataset: Dataset
    ) -> tuple[Any, ...]:
        content = self.interned.content(connection, dataset.content)
        return (position, clean(dataset.name), dataset.role, content, dataset.content.size_bytes)

    def reference(
        self, connection: sqlite3.Connection, execution_id: str | None
    ) -> tuple[int | None, str | None]:
        """How a row refers to an execution: by its row, or by its id where that is not in the store."""
        pk = self.execution_pk(connection, execution_id)
        return (pk, None) if pk is not None else (None, execution_id)

    def _dependency(self, connection: sqlite3.Connection, one: Dependency) -> tuple[int | None, str | None]:
        pk = self.execution_pk(connection, one.execution_id)
        if pk is not None:
            return pk, None
        return None, to_json([one.execution_id, one.execution_count, one.cell_id])


def write_tags(connection: sqlite3.Connection, pk: int, tags: Mapping[str, str]) -> None:
    """Add the tags to a run's; of the same name the new value holds."""
    connection.executemany(
        "INSERT OR REPLACE INTO run_tags VALUES (?, ?, ?)",
        [(pk, clean(name), clean(value)) for name, value in tags.items()],
    )


def _trials_row(pk: int, trials: Trials) -> tuple[int, str, bytes, int]:
    row = (pk, to_json(trials.columns), to_packed(trials.rows))
    return (*row, seal(*row))


def _real(number: float | None) -> float | None:
    return None if number is None else float(number)
