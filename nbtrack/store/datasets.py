"""The data that went into the latest runs, with the digests of its columns and without their profiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nbtrack.records import Dataset
from nbtrack.store import building
from nbtrack.store.store import Store

__all__ = ["latest_datasets"]

_MOST = 64
_MOST_RUNS = 1000  # that are looked through


def latest_datasets(folder: Path, most: int = _MOST) -> list[Dataset]:
    """The latest contents of data in each role, at most ``most`` in all, the oldest first; none without a store.

    Raises:
        StoreError: the store cannot be read.
    """
    if not (folder / "lineage.db").is_file():
        return []
    with Store.open(folder, passive=True) as store, store.view() as connection:
        rows = connection.execute(
            "SELECT d.name, d.role, c.pk, c.digest, c.kind, c.shape, c.by_pickle, c.sampled, c.begins_with, c.columns "
            "FROM (SELECT MIN(name) AS name, role, content, MAX(run) AS run FROM run_datasets "
            "WHERE run > (SELECT COALESCE(MAX(pk), 0) FROM runs) - ? "
            "GROUP BY role, content ORDER BY run DESC LIMIT ?) d "
            "JOIN contents c ON c.pk = d.content ORDER BY d.run",
            (_MOST_RUNS, most),
        ).fetchall()
    return [
        Dataset(
            name=name,
            role=role,
            content=replace(
                building.content(row[:-1]),
                columns=tuple([replace(one, profile=None) for one in building.columns(row[-1])]),
            ),
        )
        for name, role, *row in rows
    ]
