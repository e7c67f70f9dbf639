"""Versions of registered models as records, and on the runs that they are."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nbtrack.records import JSON, ModelVersion, Run
from nbtrack.store.building import check

__all__ = ["read_versions", "with_registered"]

_VERSIONS = (
    "SELECT m.name, v.version, r.id, r.label, c.name, v.model_digest, v.created_at, v.created_by, "
    "(SELECT json_group_array(json_array(alias, seal)) FROM (SELECT alias, seal FROM model_aliases a "
    "WHERE a.model = m.pk AND a.version = v.version ORDER BY alias)), "
    "v.model, v.run, v.seal "
    "FROM model_versions v JOIN registered_models m ON m.pk = v.model JOIN runs r ON r.pk = v.run "
    "LEFT JOIN classes c ON c.pk = r.class"
)


def read_versions(
    connection: sqlite3.Connection, where: str = "1", *values: object
) -> Iterator[ModelVersion]:
    """The versions that fulfil a condition, by name, newest first.

    Raises:
        StoreCorrupt: one, or an alias of it, is not what was written.
    """
    rows = connection.execute(f"{_VERSIONS} WHERE {where} ORDER BY m.name, v.version DESC", values)
    for name, version, run_id, label, class_name, digest, created_at, created_by, found, *own in rows:
        model, run, sealed = own
        check((model, version, run, digest, created_at, created_by), sealed, f"{name}:v{version}")
        aliases = json.loads(found)
        for alias, alias_seal in aliases:
            check((model, alias, version), alias_seal, f"{name}@{alias}")
        yield ModelVersion(
            name=name,
            version=version,
            run_id=run_id,
            run_label=label,
            class_name=class_name or "",
            model_digest=digest,
            created_at=created_at,
            created_by=created_by,
            aliases=tuple([alias for alias, _ in aliases]),
        )


def with_registered(connection: sqlite3.Connection, runs: Sequence[Run]) -> list[Run]:
    """The runs, each with the versions that it is: name, version, aliases."""
    found: dict[str, list[Mapping[str, JSON]]] = defaultdict(list)
    ids = json.dumps([run.id for run in runs])
    for one in read_versions(connection, "r.id IN (SELECT value FROM json_each(?))", ids):
        found[one.run_id].append({"name": one.name, "version": one.version, "aliases": list(one.aliases)})
    return [replace(run, registered=tuple(found[run.id])) if run.id in found else run for run in runs]
