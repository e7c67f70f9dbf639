"""One run in the user's hands: ``nbtrack.get(RUN)``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack import records
from nbtrack.capture.project import project_folder
from nbtrack.differences import between
from nbtrack.errors import NbtrackError, UsageError
from nbtrack.provenance import RunSlice, run_slice
from nbtrack.provenance.staleness import with_staleness
from nbtrack.records import JSON, Bundle, Dataset, Point
from nbtrack.records.reproductions import DEFAULT_TOLERANCE
from nbtrack.render.document import to_dict
from nbtrack.render.highlights import chosen_params, metrics_by_name
from nbtrack.render.line import run_line
from nbtrack.render.show import run_text
from nbtrack.render.whole import run_html
from nbtrack.run.ancestry import Ancestry, ancestry
from nbtrack.run.differing import RunDiff
from nbtrack.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from nbtrack.plot.chart import Chart
    from nbtrack.reproduce.result import ReproductionResult, StabilityResult

__all__ = ["Run", "get"]


def get(ref: str, *, store: Path | str | None = None) -> Run:
    """The run that ``ref`` names: an id or unique prefix, a label, ``last``, or ``best:METRIC``.

    ``store`` is the ``.nbtrack`` folder; by default the nearest upward.

    Raises:
        UnknownRun: there is none; the nearest are named.
        AmbiguousRun: a prefix that several share.
        StoreNotFound: there is no store here or above.
    """
    folder = project_folder(store)
    with Store.open(folder) as opened:
        (record,) = with_staleness(opened, [opened.get_run(ref)], whole=True)
        return Run(record, folder)


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

    def plot(self, metric: str | None = None) -> Chart:
        """The run's curves as a matplotlib figure: of one metric, or all it has.

        Raises:
            UsageError: it has none.
        """
        from nbtrack.plot.curves import curves

        return curves(self, metric=metric)

    def attachments(self) -> dict[str, bytes]:
        """The figures that the run's cell showed (PNG) and the data kept on request (Parquet), by name.

        Raises:
            BlobCorrupt: one is not what was written.
        """
        with Store.open(self._folder) as store:
            return {each.name: store.read_attachment(each) for each in store.attachments(self.id)}

    def model(self) -> Any:
        """The model itself, loaded into this process once its digests are verified.

        Loading runs code from the pickle: load only what you would run. Of a run that was imported in a format of the
        model's library, the bundle's model is loaded: the library's object, or, where that alone does not predict what
        was recorded, one with ``predict``.

        Raises:
            UsageError: the run has no stored model.
            BlobCorrupt: stored bytes are missing or not what was written.
        """
        if self.record.model is None or not self.record.model.stored:
            from nbtrack.handoff.kept import kept_model

            with Store.open(self._folder) as store:
                kept = kept_model(store, self.record)
            if kept is not None:
                return kept
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

    def lineage(self, *, up: bool = True, down: bool = True) -> Ancestry:
        """What the run came from (``up``) and what came of it (``down``), from files to metrics."""
        return ancestry(self._folder, self.id, up=up, down=down)

    def diff(self, other: Run | str) -> RunDiff:
        """Why ``other``, a run or what names one, is not as this one was.

        Raises:
            UnknownRun: there is no such run; the nearest are named.
        """
        with Store.open(self._folder) as store:
            now = other.record if isinstance(other, Run) else store.get_run(other)
            return RunDiff(between(store, self.record, now))

    def reproduce(  # noqa: PLR0913 - what it can be asked for, by name
        self,
        *,
        tolerance: float = DEFAULT_TOLERANCE,
        timeout: float | None = None,
        keep_going: bool = False,
        seed: int | None = None,
        repeats: int | None = None,
        python: str | None = None,
    ) -> ReproductionResult | StabilityResult:
        """Run the cells that the run depended on again, in a fresh kernel and a copy of the folder, and judge.

        Args:
            tolerance: largest difference, relative to the larger number, at which numbers count as close.
            timeout: time limit in seconds for all cells; None: ten minutes and ten times what they took.
            keep_going: go on after a cell that failed.
            seed: in place of a verdict, repeat it with seeds from this one on and tell the spread of each metric.
            repeats: how often, with ``seed``; None: five times.
            python: path of the Python to run in; None: the one the run ran in.

        Raises:
            UsageError: the run was interrupted, or no kernel can be started.
        """
        from nbtrack.reproduce.asked import reproduce_run
        from nbtrack.reproduce.carry_out import Options

        options = Options(tolerance=tolerance, timeout_seconds=timeout, keep_going=keep_going, python=python)
        return reproduce_run(self._folder, self.id, options, seed=seed, repeats=repeats)

    def export(  # noqa: PLR0913 - the options of the command line
        self,
        path: Path | str,
        *,
        format: str | None = None,  # noqa: A002 - the word of the command line
        real_example: bool = False,
        example: Path | str | None = None,
        sign: Path | str | None = None,
        lock: bool = True,
        force: bool = False,
    ) -> Bundle:
        """Write the bundle of the run to ``path``: a folder, or a zip where the name ends in ``.zip``.

        The stored model is loaded in a process of its own, not in this one. The arguments are those of
        ``nbtrack export``: the model's format instead of the safest, the kept data or a file to take example rows
        from, a private key (PEM) to sign with, whether to write ``pylock.toml``, whether to replace what is there.

        Raises:
            UsageError: the run has no stored model, or an argument is wrong.
            ExportFailed: the model cannot be loaded here, or no format takes it.
        """
        from nbtrack.handoff.export import export
        from nbtrack.handoff.options import Options

        options = Options(
            format=format,
            real_example=real_example,
            example=None if example is None else Path(example),
            sign=None if sign is None else Path(sign),
            lock=lock,
            force=force,
        )
        with Store.open(self._folder) as store:
            return export(store, store.get_run(self.id), Path(path), options=options)

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON-ready data, as ``nbtrack show --json`` prints it."""
        return to_dict(self.record)

    def __repr__(self) -> str:
        return run_line(self.record)

    def _repr_html_(self) -> str:
        return run_html(self.record, self._curves())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002, FBT001 - IPython's signature
        # Asked for by itself a run is told whole; inside of a list or a dictionary on one line.
        alone = not getattr(printer, "stack", [self])[:-1]
        printer.text(run_text(self.record, self._curves()) if alone else repr(self))

    def _curves(self) -> dict[str, list[Point]]:
        names = dict.fromkeys(metric.name for metric in self.record.metrics if metric.points > 1)
        try:
            with Store.open(self._folder) as store:
                return {name: store.points(self.id, name) for name in names}
        except NbtrackError:  # the run or its store is gone meanwhile: what was read is still told
            return {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.record == other.record

    def __hash__(self) -> int:
        return hash(self.record.id)
