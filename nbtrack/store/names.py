"""Names that runs of a store have: for completion, and for choosing what to compare."""

from __future__ import annotations

from typing import Literal

from nbtrack.store.store import Store

__all__ = ["labels", "names"]

_NAMES = {
    "metric": "SELECT name FROM names n WHERE EXISTS (SELECT 1 FROM metrics WHERE name = n.pk) ORDER BY pk",
    # Defaults are many, and nobody asks for them by name unless a run chose another value.
    "param": (
        "SELECT name FROM names n WHERE EXISTS "
        "(SELECT 1 FROM params p WHERE p.name = n.pk AND p.origin != 'default') ORDER BY pk"
    ),
    "model": "SELECT DISTINCT name FROM classes ORDER BY name",
    "alias": (
        "SELECT m.name || '@' || a.alias FROM model_aliases a JOIN registered_models m ON m.pk = a.model ORDER BY 1"
    ),
    "tag": "SELECT DISTINCT name FROM run_tags ORDER BY name",
}


def labels(store: Store, beginning: str = "", limit: int = 50) -> list[str]:
    """The newest ``limit`` labels that begin so, in any case of letters, newest first."""
    with store.view() as connection:
        rows = connection.execute(
            "SELECT label FROM runs WHERE substr(label, 1, length(?1)) = ?1 COLLATE NOCASE "
            "ORDER BY started_at DESC, pk DESC LIMIT ?2",
            (beginning, limit),
        )
        return [label for (label,) in rows]


def names(store: Store, kind: Literal["metric", "param", "model", "alias", "tag"]) -> list[str]:
    """The names of metrics, of params that somebody chose, of classes, or of tags that runs have; ``NAME@ALIAS``."""
    with store.view() as connection:
        return [name for (name,) in connection.execute(_NAMES[kind])]
