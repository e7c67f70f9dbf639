"""The registry: models under a stable name, versions that never change, aliases that move and leave a trace."""

from __future__ import annotations

import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Mapping

from nbtrack.errors import UnknownRun, UsageError
from nbtrack.records import JSON, Export, ModelVersion, RegisteredModel
from nbtrack.store import references
from nbtrack.store.building import check
from nbtrack.store.chain import append, user
from nbtrack.store.store import Store
from nbtrack.store.values import seal
from nbtrack.store.versions import read_versions

__all__ = [
    "check_name",
    "exports",
    "move_alias",
    "record_export",
    "register",
    "registered_model",
    "registered_models",
    "remove_alias",
    "version_of",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TAKEN = {"last", "best"}  # they mean something else where a run is named


def check_name(name: str, what: str = "registered model") -> str:
    """``name`` where it can be one of a model or an alias.

    Raises:
        UsageError: it holds other characters than letters, digits, ``.``, ``_`` and ``-``, or means something else.
    """
    if not _NAME.fullmatch(name) or name in _TAKEN or (what == "alias" and re.fullmatch(r"v[0-9]+", name)):
        raise UsageError(
            f"{name!r} cannot be the name of a {what}: take letters, digits, '.', '_' and '-', at most 100, beginning "
            "with a letter or digit; last, best and, for an alias, v1, v2, … mean something else."
        )
    return name


def register(
    store: Store,
    ref: str,
    name: str,
    *,
    alias: str | None = None,
    detail: Mapping[str, JSON] | None = None,
) -> tuple[ModelVersion, bool]:
    """Register the model of a run as the next version of ``name``, and move ``alias`` to it.

    A run that is a version of ``name`` already stays that version. ``detail`` goes into the audit. Returns the
    version, and whether it is new.

    Raises:
        UnknownRun: there is no such run.
        UsageError: the name cannot be used, or the run has no stored model.
    """
    check_name(name)
    if alias is not None:
        check_name(alias, "alias")
    with store.writing() as connection:
        run = references.resolve(connection, ref)
        label, digest, stored, state = connection.execute(
            "SELECT label, model_digest, model_stored OR EXISTS (SELECT 1 FROM attachments a "
            "WHERE a.execution = runs.execution AND a.kind = 'bundle'), state FROM runs WHERE pk = ?",
            (run,),
        ).fetchone()
        if not stored or digest is None:
            raise UsageError(
                f"{label} cannot be registered: its model is not stored (`nbtrack show {label}` says why)."
            )
        if state == "RUNNING":
            raise UsageError(f"{label} cannot be registered while it is being trained.")
        model = _model(connection, name)
        known = connection.execute(
            "SELECT version FROM model_versions WHERE model = ? AND run = ?", (model, run)
        ).fetchone()
        version = known[0] if known else _next(connection, model)
        if not known:
            row = (model, version, run, digest, time.time(), user())
            connection.execute("INSERT INTO model_versions VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, seal(*row)))
            about = {"run": label, "model": digest, **(detail or {})}
            append(connection, "register", f"{name}:v{version}", after=f"v{version}", detail=about)
        if alias is not None:
            _move(connection, model, name, alias, version, detail)
        return _version(connection, name, version), not known


def move_alias(
    store: Store, name: str, alias: str, version: int, *, detail: Mapping[str, JSON] | None = None
) -> ModelVersion:
    """Move an alias to a version of a model.

    Raises:
        UnknownRun: there is no such model or version.
        UsageError: the alias cannot be used.
    """
    check_name(alias, "alias")
    with store.writing() as connection:
        references.resolve(connection, f"{name}:v{version}")  # raises what names those there are
        _move(connection, _model(connection, name), name, alias, version, detail)
        return _version(connection, name, version)


def remove_alias(store: Store, name: str, alias: str) -> None:
    """Take an alias away from the version that has it.

    Raises:
        UnknownRun: there is no such model or alias.
    """
    with store.writing() as connection:
        references.resolve(connection, f"{name}@{alias}")
        model = _model(connection, name)
        _move(connection, model, name, alias, None, None)


def registered_models(store: Store) -> list[RegisteredModel]:
    """All registered models by name, each with its versions, newest first."""
    with store.view() as connection:
        made = connection.execute(
            "SELECT name, created_at, seal FROM registered_models ORDER BY name"
        ).fetchall()
        for name, created, sealed in made:
            check((name, created), sealed, f"the registered model {name!r}")
        versions: dict[str, list[ModelVersion]] = defaultdict(list)
        for one in read_versions(connection):
            versions[one.name].append(one)
    return [
        RegisteredModel(name=name, created_at=created, versions=tuple(versions[name]))
        for name, created, _ in made
    ]


def registered_model(store: Store, name: str) -> RegisteredModel:
    """One registered model.

    Raises:
        UnknownRun: there is none of that name; names the nearest.
    """
    found = next((one for one in registered_models(store) if one.name == name), None)
    if found is None:
        with store.view() as connection:
            references.resolve(connection, f"{name}:v1")
        raise UnknownRun(f"There is no registered model {name!r}.")
    return found


def version_of(store: Store, ref: str) -> ModelVersion | None:
    """The version that ``NAME@alias`` or ``NAME:v3`` means; None for any other reference to a run.

    Raises:
        UnknownRun: it is written as one, but there is none.
    """
    match = references.VERSIONED.fullmatch(ref.strip())
    if match is None or ref.startswith("best:"):
        return None
    with store.view() as connection:
        run = references.resolve(connection, ref)
        return next(read_versions(connection, "m.name = ? AND v.run = ?", match["name"], run), None)


def record_export(store: Store, export: Export, detail: Mapping[str, JSON]) -> None:
    """Remember that a bundle was written; from now on the run is kept.

    Raises:
        UnknownRun: the run is not in the store.
    """
    with store.writing() as connection:
        run = references.resolve(connection, export.run_id)
        row = (run, float(export.at), export.manifest, export.format, int(export.safe), export.name)
        connection.execute(
            "INSERT INTO exports (run, at, manifest, format, safe, name, seal) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row, seal(*row)),
        )
        append(connection, "export", export.run_id, after=f"sha256:{export.manifest}", detail=detail)


def exports(store: Store, run_id: str) -> list[Export]:
    """The bundles that were written from a run, newest first."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT r.id, e.seal, e.run, e.at, e.manifest, e.format, e.safe, e.name FROM exports e "
            "JOIN runs r ON r.pk = e.run "
            "WHERE r.id = ? ORDER BY e.pk DESC",
            (run_id,),
        ).fetchall()
    for id_, sealed, *row in rows:
        check(row, sealed, f"an export of run {id_}")
    return [
        Export(run_id=id_, at=at, manifest=manifest, format=format_, safe=bool(safe), name=name)
        for id_, _, _, at, manifest, format_, safe, name in rows
    ]


def _model(connection: sqlite3.Connection, name: str) -> int:
    row = (name, time.time())
    connection.execute(
        "INSERT INTO registered_models (name, created_at, seal) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (*row, seal(*row)),
    )
    (pk,) = connection.execute("SELECT pk FROM registered_models WHERE name = ?", (name,)).fetchone()
    return int(pk)


def _next(connection: sqlite3.Connection, model: int) -> int:
    (last,) = connection.execute(
        "SELECT MAX(version) FROM model_versions WHERE model = ?", (model,)
    ).fetchone()
    return int(last or 0) + 1


def _move(  # noqa: PLR0913, PLR0917 - one row of the table and what the audit says of it
    connection: sqlite3.Connection,
    model: int,
    name: str,
    alias: str,
    version: int | None,
    detail: Mapping[str, JSON] | None,
) -> None:
    before = connection.execute(
        "SELECT version FROM model_aliases WHERE model = ? AND alias = ?", (model, alias)
    ).fetchone()
    if before is not None and before[0] == version:
        return
    if version is None:
        connection.execute("DELETE FROM model_aliases WHERE model = ? AND alias = ?", (model, alias))
    else:
        row = (model, alias, version)
        connection.execute("INSERT OR REPLACE INTO model_aliases VALUES (?, ?, ?, ?)", (*row, seal(*row)))
    append(
        connection,
        "alias",
        f"{name}@{alias}",
        before=f"v{before[0]}" if before else None,
        after=None if version is None else f"v{version}",
        detail=detail,
    )


def _version(connection: sqlite3.Connection, name: str, version: int) -> ModelVersion:
    return next(read_versions(connection, "m.name = ? AND v.version = ?", name, version))
