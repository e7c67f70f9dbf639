"""Runs as a table: ``nbtrack.runs()``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack import records
from nbtrack.capture.project import project_folder
from nbtrack.render.highlights import chosen_params, metrics_by_name
from nbtrack.run.one import Run
from nbtrack.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from nbtrack.run.frame import Runs

__all__ = ["runs"]


def runs(
    query: str | None = None,
    *,
    experiment: str | None = None,
    limit: int | None = None,
    store: Path | str | None = None,
) -> Runs:
    """The project's runs, newest first, one a row.

    Args:
        query: such as ``'accuracy > 0.9 and (C < 1 or model = "SVC")'``; None: all.
        experiment: only the runs of this experiment.
        limit: at most so many.
        store: the ``.nbtrack`` folder; by default the nearest upward.

    Returns:
        A frame with the columns ``label``, ``state``, ``experiment``, ``model`` (class name), ``started_at``
        (UTC), ``duration`` (seconds), one ``metric.<name>`` for each metric, one ``param.<name>`` for each
        param that somebody chose in one of the runs (the others show their default), ``name``, ``note``,
        ``starred``, ``reproduced`` (the last verdict), ``notebook``, ``capture_seconds``, ``id``. Its
        ``plot("accuracy", x="C")`` draws one against another.

    Raises:
        QueryError: the query does not parse.
        StoreNotFound: there is no store here or above.
    """
    with Store.open(project_folder(store)) as opened:
        found = opened.find_runs(query, limit=limit, experiment=experiment)
    return _frame(found)


def _frame(found: Sequence[records.Run]) -> Runs:
    import pandas as pd

    from nbtrack.run.frame import Runs

    metrics = {f"metric.{name}": name for run in found for name in metrics_by_name(run)}
    params = {f"param.{name}": name for run in found for name in chosen_params(run)}
    measured = [metrics_by_name(run) for run in found]
    chosen = [Run(run, Path()).all_params for run in found]
    started = [datetime.fromtimestamp(run.started_at, UTC) for run in found]
    columns = {
        "label": pd.Series([run.label for run in found], dtype="str"),
        "state": pd.Series([run.state.value for run in found], dtype="str"),
        "experiment": pd.Series([run.experiment for run in found], dtype="str"),
        "model": [None if run.model is None else run.model.class_name for run in found],
        "started_at": pd.Series(started, dtype="datetime64[us, UTC]"),
        "duration": pd.Series([run.duration_seconds for run in found], dtype="float64"),
        **{
            column: pd.Series(
                [one[name].value if name in one else float("nan") for one in measured], dtype="float64"
            )
            for column, name in metrics.items()
        },
        **{column: _values([one.get(name) for one in chosen]) for column, name in params.items()},
        "name": [run.name for run in found],
        "note": [run.note for run in found],
        "starred": pd.Series([run.starred for run in found], dtype="bool"),
        "reproduced": [None if run.reproduction is None else run.reproduction.verdict.value for run in found],
        "notebook": [run.execution.notebook_path for run in found],
        "capture_seconds": pd.Series([run.capture_seconds for run in found], dtype="float64"),
        "id": pd.Series([run.id for run in found], dtype="str"),
    }
    return Runs(columns)


def _values(values: Sequence[Any]) -> pd.Series[Any]:
    import pandas as pd

    if None in values and {type(value) for value in values if value is not None} == {int}:
        return pd.Series(values, dtype="Int64")  # an integer stays one beside runs that lack it
    return pd.Series(values, dtype="object").infer_objects()
