"""Runs in the user's hands: ``nbtrack.runs()`` as a table, ``nbtrack.get(RUN)`` as one object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack import records
from nbtrack.capture.explicit import kernel_store
from nbtrack.config import find_store
from nbtrack.differences import between
from nbtrack.errors import UsageError
from nbtrack.provenance import RunSlice, run_slice
from nbtrack.records import JSON, Dataset, Difference, Point, Reason
from nbtrack.render.card import run_card
from nbtrack.render.difference_html import difference_html
from nbtrack.render.differences import difference_text, reason_to_dict
from nbtrack.render.document import to_dict
from nbtrack.render.highlights import chosen_params, metrics_by_name
from nbtrack.render.line import run_line
from nbtrack.store import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Run", "RunDiff", "get", "runs"]


def runs(
    query: str | None = None,
    *,
    experiment: str | None = None,
    limit: int | None = None,
    store: Path | str | None = None,
) -> pd.DataFrame:
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
        ``starred``, ``notebook``, ``capture_seconds``, ``id``.

    Raises:
        QueryError: the query does not parse.
        StoreNotFound: there is no store here or above.
    """
    with Store.open(_folder(store)) as opened:
        found = opened.find_runs(query, limit=limit, experiment=experiment)
    return _frame(found)


def get(ref: str, *, store: Path | str | None = None) -> Run:
    """The run that ``ref`` names: an id or unique prefix, a label, ``last``, or ``best:METRIC``.

    ``store`` is the ``.nbtrack`` folder; by default the nearest upward.

    Raises:
        UnknownRun: there is none; the nearest are named.
        AmbiguousRun: a prefix that several share.
        StoreNotFound: there is no store here or above.
    """
    folder = _folder(store)
    with Store.open(folder) as opened:
        return Run(opened.get_run(ref), folder)


class Run:
    """One run as it was recorded when it was asked for.

    Attributes:
        record: the run as a :class:`nbtrack.records.Run`, complete.
    """

    __slots__ = ("_folder", "record")

    def __init__(self, record: records.Run, folder: Path) -> None:
        self.record = record
        self._folder = folder

    @property
    def id(self) -> str:
        """The run's id, a UUIDv7."""
        return self.record.id

    @property
    def label(self) -> str:
        """The run's short label, such as ``RandomForestClassifier-3``."""
        return self.record.label

    @property
    def state(self) -> str:
        """``RUNNING``, ``COMPLETE``, ``FAILED`` or ``CANCELED``."""
        return self.record.state.value

    @property
    def params(self) -> dict[str, JSON]:
        """What somebody chose, by name: all params but the defaults."""
        return {name: param.value for name, param in chosen_params(self.record).items()}

    @property
    def all_params(self) -> dict[str, JSON]:
        """All params by name, defaults included; a chosen value wins over a default of the same name."""
        return {param.name: param.value for param in self.record.params} | self.params

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics by name, of a curve its last value.

        Of several with one name: that on data the model was not trained on, then that measured more
        deliberately, then the latest; ``record.metrics`` has all.
        """
        return {name: metric.value for name, metric in metrics_by_name(self.record).items()}

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """The data that went in: name, role, digest, shape, columns."""
        return self.record.datasets

    @property
    def trials(self) -> pd.DataFrame | None:
        """The trials inside the run, such as the candidates of a search; None where there are none."""
        if self.record.trials is None:
            return None
        import pandas as pd

        return pd.DataFrame(list(self.record.trials.rows), columns=list(self.record.trials.columns))

    @property
    def source(self) -> str:
        """The cell as it was executed, secrets replaced."""
        return self.record.execution.source

    def curve(self, metric: str) -> list[Point]:
        """The points of ``metric`` in the order in which they were logged.

        Raises:
            UsageError: the run has no such metric.
        """
        if metric not in self.metrics:
            raise UsageError(
                f"{self.label} has no metric {metric!r}; it has {', '.join(self.metrics) or 'none'}."
            )
        with Store.open(self._folder) as store:
            return list(store.points(self.id, metric))

    def attachments(self) -> dict[str, bytes]:
        """The figures that the run's cell showed (PNG) and the data kept on request (Parquet), by name.

        Raises:
            BlobCorrupt: one is not what was written.
        """
        with Store.open(self._folder) as store:
            return {each.name: store.read_attachment(each) for each in store.attachments(self.id)}

    def model(self) -> Any:
        """The model itself, loaded into this process once its digests are verified.

        Loading runs code from the pickle: load only what you would run.

        Raises:
            UsageError: the run has no stored model.
            BlobCorrupt: stored bytes are missing or not what was written.
        """
        if self.record.model is None or not self.record.model.stored:
            because = "; ".join(self.record.capture_notes) or "it has none"
            raise UsageError(f"{self.label} has no stored model: {because}.")
        from nbtrack.observe.models import deserialize

        with Store.open(self._folder) as store:
            stream, buffers = store.read_model(self.id)
        return deserialize(stream, [memoryview(buffer) for buffer in buffers])

    def slice(self, *, draws: bool = False, metrics: bool = False) -> RunSlice:
        """The cells that the run depends on, its own included, in the order they ran.

        Args:
            draws: also cells that are needed only to advance a sequence of random numbers: for running it again.
            metrics: also later cells that measured the run's metrics, and what those need.
        """
        with Store.open(self._folder) as store:
            return run_slice(store, self.record, draws=draws, metrics=metrics)

    def diff(self, other: Run | str) -> RunDiff:
        """Why ``other``, a run or what names one, is not as this one was.

        Raises:
            UnknownRun: there is no such run; the nearest are named.
        """
        with Store.open(self._folder) as store:
            now = other.record if isinstance(other, Run) else store.get_run(other)
            return RunDiff(between(store, self.record, now))

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON-ready data, as ``nbtrack show --json`` prints it."""
        return to_dict(self.record)

    def __repr__(self) -> str:
        return run_line(self.record)

    def _repr_html_(self) -> str:
        return run_card([self.record])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.record == other.record

    def __hash__(self) -> int:
        return hash(self.record.id)


class RunDiff:
    """How one run differs from another; as text it answers why, on one screen.

    Attributes:
        record: the difference as a :class:`nbtrack.records.Difference`.
    """

    __slots__ = ("record",)

    def __init__(self, record: Difference) -> None:
        self.record = record

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The typed reasons, most telling first: kind, subject, then, now, detail."""
        return self.record.reasons

    def to_list(self) -> list[dict[str, Any]]:
        """JSON-ready data, as ``nbtrack diff --json`` prints it."""
        return [reason_to_dict(each) for each in self.record.reasons]

    def __len__(self) -> int:
        return len(self.record.reasons)

    def __iter__(self) -> Iterator[Reason]:
        return iter(self.record.reasons)

    def __repr__(self) -> str:
        return difference_text(self.record)

    def _repr_html_(self) -> str:
        return difference_html(self.record)


def _folder(given: Path | str | None) -> Path:
    if given is not None:
        return Path(given).resolve()
    # In a watched kernel its own store, also after the notebook has changed its working directory.
    watched = kernel_store()
    return watched if watched is not None else find_store()


def _frame(found: Sequence[records.Run]) -> pd.DataFrame:
    import pandas as pd

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
        "notebook": [run.execution.notebook_path for run in found],
        "capture_seconds": pd.Series([run.capture_seconds for run in found], dtype="float64"),
        "id": pd.Series([run.id for run in found], dtype="str"),
    }
    return pd.DataFrame(columns)


def _values(values: Sequence[Any]) -> pd.Series[Any]:
    import pandas as pd

    if None in values and {type(value) for value in values if value is not None} == {int}:
        return pd.Series(values, dtype="Int64")  # an integer stays one beside runs that lack it
    return pd.Series(values, dtype="object").infer_objects()
