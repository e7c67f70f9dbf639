"""All that differs between two runs, most telling first."""

from __future__ import annotations

from nbtrack.differences.code import compare_code
from nbtrack.differences.datasets import compare_datasets
from nbtrack.differences.environment import compare_environments
from nbtrack.differences.files import compare_files
from nbtrack.differences.found import Found
from nbtrack.differences.metrics import compare_metrics
from nbtrack.differences.models import compare_classes, compare_sizes
from nbtrack.differences.params import compare_params
from nbtrack.differences.seeds import compare_seeds
from nbtrack.provenance.slices import RunSlice, run_slices
from nbtrack.records import Difference, ReasonKind, Run
from nbtrack.store import Store

__all__ = ["between"]

_MOST_EXECUTIONS = 1000  # of each run, whose code is compared


def between(store: Store, then: Run, now: Run) -> Difference:
    """Why ``now`` is not as ``then`` was; both are whole runs of ``store``.

    Causes come before effects: the model's class, params, files, data, code, seeds, environment; then the model's size
    and the metrics.
    """
    before, after = run_slices(store, (then, now), metrics=True, newest=_MOST_EXECUTIONS)
    params, seeds = compare_params(then, now)
    found: list[tuple[ReasonKind, Found]] = [
        ("model", compare_classes(then, now)),
        ("param", params),
        ("file", compare_files(then, now)),
        ("data", compare_datasets(then, now)),
        ("code", compare_code(before.cells, after.cells)),
        ("seed", seeds),
        ("seed", compare_seeds(before.record, after.record)),
        ("environment", compare_environments(then, now, (*before.cells, *after.cells))),
        ("model", compare_sizes(then, now)),
        ("metric", compare_metrics(then, now)),
    ]
    same: dict[ReasonKind, int] = {}
    for kind, each in found:
        same[kind] = same.get(kind, 0) + each.same
    return Difference(
        then_id=then.id,
        then_label=then.label,
        now_id=now.id,
        now_label=now.label,
        reasons=tuple(reason for _, each in found for reason in each.reasons),
        same={kind: count for kind, count in same.items() if count},
        notes=tuple(_cut(each) for each in (before, after) if each.record.cut),
    )


def _cut(made: RunSlice) -> str:
    return (
        f"{made.record.label} needs more than {_MOST_EXECUTIONS:,} executions; "
        "only the code and seeds of the newest were compared."
    )
