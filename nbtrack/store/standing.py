"""What a run stands against: the previous run of its cell, the best of a metric. Each one look by an index."""

from __future__ import annotations

from nbtrack.records import Best, Run
from nbtrack.store.store import Store

__all__ = ["COUNTED", "best_of", "previous_of_cell"]

COUNTED = 1000
"""Up to so many runs are counted: this is asked at the end of a cell."""

_AMONG = (
    "metrics m INDEXED BY metrics_by_value CROSS JOIN runs r ON r.pk = m.run "
    "WHERE m.name = (SELECT pk FROM names WHERE name = :metric) AND m.value IS NOT NULL AND m.dataset IS :dataset "
    "AND r.experiment = (SELECT pk FROM experiments WHERE name = :experiment)"
)


def previous_of_cell(store: Store, run: Run) -> Run | None:
    """The newest run that an earlier execution of the same cell made; None where it made none or several.

    Cells are told by the notebook's path and the cell's id; a run without a cell id has no previous.
    """
    place = run.execution
    if place.cell_id is None:
        return None
    with store.view() as connection:
        rows = connection.execute(
            "SELECT r.id, r.execution FROM executions e CROSS JOIN runs r ON r.execution = e.pk "
            "WHERE e.cell_id = ? AND e.notebook_path IS ? AND e.id != ? AND r.started_at < ? "
            "ORDER BY e.started_at DESC LIMIT 2",
            (place.cell_id, place.notebook_path, place.id, run.started_at),
        ).fetchall()
    if not rows or len({execution for _, execution in rows}) < len(rows):
        return None
    return store.get_run(rows[0][0])


def best_of(store: Store, experiment: str, metric: str, dataset: str | None, *, lowest: bool) -> Best | None:
    """The best ``metric`` measured on data named ``dataset`` among the experiment's runs; None where none has it.

    Its ``count`` is at most :data:`COUNTED`.
    """
    values = {"metric": metric, "dataset": dataset, "experiment": experiment}
    direction = "ASC" if lowest else "DESC"
    with store.view() as connection:
        row = connection.execute(
            f"SELECT m.value, r.label, r.id FROM {_AMONG} ORDER BY m.value {direction}, m.run LIMIT 1",  # noqa: S608 - one of two words
            values,
        ).fetchone()
        if row is None:
            return None
        count = connection.execute(
            f"SELECT count(*) FROM (SELECT DISTINCT m.run FROM {_AMONG} LIMIT {COUNTED})",  # noqa: S608 - values are bound
            values,
        ).fetchone()[0]
    return Best(value=row[0], label=row[1], run_id=row[2], count=count)
