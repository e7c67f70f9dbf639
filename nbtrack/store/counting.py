"""Which of a run's metrics of one name counts where runs are ordered: the one that is shown, said in SQL.

The same choice as :func:`nbtrack.render.highlights.metrics_by_name`: that measured on data the model was not trained
on, then the more deliberate, then the latest.
"""

from __future__ import annotations

from nbtrack.render.highlights import METRIC_RANK

__all__ = ["counted_value", "counts"]

_ORIGINS = " ".join(f"WHEN '{origin}' THEN {rank}" for origin, rank in METRIC_RANK.items())


def _rank(metric: str) -> str:
    """The lower the better."""
    trained = (
        f"EXISTS (SELECT 1 FROM run_datasets t WHERE t.run = {metric}.run AND t.role = 'train' "  # noqa: S608 - an alias of ours
        f"AND t.name = {metric}.dataset)"
    )
    return f"({100 * len(METRIC_RANK)} * {trained} + CASE {metric}.origin {_ORIGINS} ELSE {len(METRIC_RANK)} END)"


def counts(metric: str) -> str:
    """Whether the row ``metric`` of the table is the one that counts for its run and name."""
    return (
        f"NOT EXISTS (SELECT 1 FROM metrics o WHERE o.run = {metric}.run AND o.name = {metric}.name "  # noqa: S608 - as above
        f"AND o.position != {metric}.position AND ({_rank('o')}, -o.position) < ({_rank(metric)}, -{metric}.position))"
    )


def counted_value(run: str) -> str:
    """The value of a run, given by its row number, in a metric whose name is bound."""
    return (
        f"(SELECT o.value FROM metrics o WHERE o.run = {run} AND o.name = ? "  # noqa: S608 - as above
        f"ORDER BY {_rank('o')}, o.position DESC LIMIT 1)"
    )
