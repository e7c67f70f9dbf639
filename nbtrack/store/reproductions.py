"""Reproductions of runs: marked when they begin, written whole when they end, so that none is lost or half there."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from nbtrack.errors import StoreCorrupt, UnknownRun
from nbtrack.records import (
    Cause,
    Divergence,
    Environment,
    Judged,
    JudgedMetric,
    JudgedModel,
    PackageChange,
    Reproduction,
    Spread,
    Stability,
    Verdict,
)
from nbtrack.store import building
from nbtrack.store.interning import Interned
from nbtrack.store.processes import is_alive
from nbtrack.store.values import clean, from_json, seal, to_json

if TYPE_CHECKING:
    from nbtrack.store.store import Store

__all__ = [
    "begin",
    "cancel",
    "finish",
    "latest_reproductions",
    "reproductions",
    "runs_of_executions",
    "stabilities",
]

_COLUMNS = "p.run, p.id, r.id, p.started_at, p.duration_seconds, p.verdict, p.document, p.seal, p.kind, p.environment"
_ENVIRONMENT = "v.pk, v.digest, v.python, v.platform, v.git, v.hardware"
_SELECT = (
    f"SELECT {_COLUMNS}, {_ENVIRONMENT} FROM reproductions p JOIN runs r ON r.pk = p.run "  # noqa: S608 - the columns are ours
    "LEFT JOIN environments v ON v.pk = p.environment WHERE p.state = 'COMPLETE'"
)
_OWN = ("id", "run_id", "verdict", "started_at", "duration_seconds", "environment")


def begin(
    store: Store, id_: str, run_id: str, kind: Literal["reproduction", "stability"], started_at: float
) -> None:
    """Mark that a reproduction of a run began in this process; those whose process is gone are marked CANCELED.

    Raises:
        UnknownRun: there is no such run.
    """
    with store.writing() as connection:
        found = connection.execute("SELECT pk FROM runs WHERE id = ?", (run_id,)).fetchone()
        if found is None:
            raise UnknownRun(f"There is no run {run_id}: it was deleted meanwhile.")
        _cancel_abandoned(connection)
        begun = (id_, found[0], kind, float(started_at))
        connection.execute(
            "INSERT INTO reproductions (id, run, kind, started_at, state, pid, host, seal) "
            "VALUES (?, ?, ?, ?, 'RUNNING', ?, ?, ?)",
            (*begun, os.getpid(), clean(platform.node()), seal(*begun, *[None] * 4)),
        )


def finish(store: Store, result: Reproduction | Stability) -> None:
    """Write what came out; durable on return."""
    document = {
        field.name: _plain(getattr(result, field.name))
        for field in dataclasses.fields(result)
        if field.name not in _OWN
    }
    text = to_json(document)
    with store.writing() as connection:
        environment = result.environment
        begun = connection.execute(
            "SELECT run, kind, started_at FROM reproductions WHERE id = ?", (result.id,)
        ).fetchone()
        if begun is None:
            return  # its run was removed meanwhile
        came_out = (
            float(result.duration_seconds),
            str(result.verdict) if isinstance(result, Reproduction) else None,
            None if environment is None else Interned().environment(connection, environment),
            text,
        )
        connection.execute(
            "UPDATE reproductions SET state = 'COMPLETE', duration_seconds = ?, verdict = ?, environment = ?, "
            "document = ?, seal = ? WHERE id = ?",
            (*came_out, seal(result.id, *begun, *came_out), result.id),
        )


def cancel(store: Store, id_: str) -> None:
    """Mark that a reproduction was broken off."""
    with store.writing() as connection:
        connection.execute(
            "UPDATE reproductions SET state = 'CANCELED' WHERE id = ? AND state = 'RUNNING'", (id_,)
        )


def reproductions(store: Store, run_id: str) -> list[Reproduction]:
    """All complete reproductions of a run, oldest first.

    Raises:
        StoreCorrupt: one is not what was written.
    """
    with store.view() as connection:
        rows = connection.execute(
            f"{_SELECT} AND p.kind = 'reproduction' AND r.id = ? ORDER BY p.pk", (run_id,)
        )
        return [_reproduction(row) for row in rows]


def stabilities(store: Store, run_id: str) -> list[Stability]:
    """All complete repeats of a run with other seeds, oldest first.

    Raises:
        StoreCorrupt: one is not what was written.
    """
    with store.view() as connection:
        rows = connection.execute(f"{_SELECT} AND p.kind = 'stability' AND r.id = ? ORDER BY p.pk", (run_id,))
        return [_stability(row) for row in rows]


def runs_of_executions(store: Store, execution_ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the runs that executions made, in the order in which they began, by execution."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT e.id, r.id FROM runs r JOIN executions e ON e.pk = r.execution "
            "WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY r.started_at, r.pk",
            (json.dumps(list(execution_ids)),),
        ).fetchall()
    found: dict[str, list[str]] = defaultdict(list)
    for execution_id, run_id in rows:
        found[execution_id].append(run_id)
    return dict(found)


def latest_reproductions(connection: sqlite3.Connection, run_pks: Iterable[int]) -> dict[int, Reproduction]:
    """The last complete reproduction of each of these runs, by row number; those without one are left out."""
    if connection.execute("SELECT 1 FROM reproductions LIMIT 1").fetchone() is None:
        return {}
    rows = connection.execute(
        f"{_SELECT} AND p.pk IN (SELECT MAX(pk) FROM reproductions WHERE kind = 'reproduction' "  # noqa: S608 - as above
        "AND state = 'COMPLETE' AND run IN (SELECT value FROM json_each(?)) GROUP BY run)",
        (json.dumps(list(run_pks)),),
    )
    return {row[0]: _reproduction(row) for row in rows}


def _cancel_abandoned(connection: sqlite3.Connection) -> None:
    rows = connection.execute(
        "SELECT pk, pid FROM reproductions WHERE state = 'RUNNING' AND host = ?", (clean(platform.node()),)
    ).fetchall()
    for pk, pid in rows:
        if pid != os.getpid() and not is_alive(pid):
            connection.execute("UPDATE reproductions SET state = 'CANCELED' WHERE pk = ?", (pk,))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]  # no class


def _reproduction(row: tuple[Any, ...]) -> Reproduction:
    own, document = _read(row)
    return Reproduction(
        **own,
        verdict=Verdict(row[5]),
        tolerance=document["tolerance"],
        executions=document["executions"],
        datasets=tuple(Judged(**each) for each in document["datasets"]),
        params=tuple(Judged(**each) for each in document["params"]),
        metrics=tuple(JudgedMetric(**each) for each in document["metrics"]),
        model=_made(JudgedModel, document["model"]),
        trials=_made(Judged, document["trials"]),
        error=_made(Judged, document["error"]),
        first_divergence=_divergence(document["first_divergence"]),
        largest_difference=document["largest_difference"],
        unseeded=tuple(document["unseeded"]),
        packages=tuple(PackageChange(**each) for each in document["packages"]),
        notes=tuple(document["notes"]),
    )


def _stability(row: tuple[Any, ...]) -> Stability:
    own, document = _read(row)
    spreads = [{**each, "values": tuple(each["values"])} for each in document["metrics"]]
    return Stability(
        **own,
        seeds=tuple(document["seeds"]),
        metrics=tuple(Spread(**each) for each in spreads),
        failed=tuple(document["failed"]),
        seeds_itself=tuple(document["seeds_itself"]),
        notes=tuple(document["notes"]),
    )


def _read(row: tuple[Any, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    run, id_, run_id, started_at, duration, verdict, text, sealed, kind, environment_pk = row[:10]
    whole = (id_, run, kind, started_at, duration, verdict, environment_pk, text)
    building.check(whole, sealed, f"reproduction {id_}")
    if environment_pk is not None and row[10] is None:
        raise StoreCorrupt(f"The environment of reproduction {id_} is missing. Run `nbtrack doctor --full`.")
    environment: Environment | None = None if environment_pk is None else building.environment(row[10:])
    own = {
        "id": id_,
        "run_id": run_id,
        "started_at": started_at,
        "duration_seconds": duration,
        "environment": environment,
    }
    return own, from_json(text)


def _made(kind: type[Any], document: Mapping[str, Any] | None) -> Any:
    return None if document is None else kind(**document)


def _divergence(document: Mapping[str, Any] | None) -> Divergence | None:
    return None if document is None else Divergence(**{**document, "reason": Cause(document["reason"])})
