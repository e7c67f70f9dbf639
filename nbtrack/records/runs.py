"""What a run is made of: the execution, params, metrics, data, files, model, environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Literal, TypeAlias

from nbtrack.records.environments import JSON, Environment
from nbtrack.records.lineage import Effects, FileUse
from nbtrack.records.outcomes import Outcomes
from nbtrack.records.record import record
from nbtrack.records.reproductions import Reproduction
from nbtrack.records.scored import Scored
from nbtrack.records.staleness import StaleCell, TopToBottom

__all__ = [
    "Attachment",
    "Capture",
    "CellError",
    "Column",
    "Content",
    "Dataset",
    "Dependency",
    "Execution",
    "LateMetric",
    "Metric",
    "MetricOrigin",
    "Model",
    "ModelBytes",
    "Param",
    "ParamOrigin",
    "Point",
    "Problem",
    "Run",
    "Session",
    "SourceFile",
    "State",
    "Trials",
]

ParamOrigin: TypeAlias = Literal["constructor", "fit", "default", "variable", "loop", "grid", "explicit"]
MetricOrigin: TypeAlias = Literal["call", "loop", "variable", "history", "explicit"]


class State(StrEnum):
    """States of runs and executions, after ML Metadata."""

    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


@record
class Param:
    """A value chosen before training.

    ``value`` is JSON; numbers that JSON lacks are the strings ``"NaN"``, ``"Infinity"``, ``"-Infinity"``.
    ``execution_id`` is the execution that gave the value, where it is another than the run's own.
    """

    name: str
    value: JSON
    origin: ParamOrigin
    execution_id: str | None = None
    redacted: bool = False


@record
class Metric:
    """A number measured after or during training; of a curve, its last value.

    ``value`` may be NaN or infinite. ``variable`` is the name the number was bound to, ``dataset`` the name
    of the data it was measured on, ``points`` the length of the curve (1: no curve), ``execution_id`` the
    execution that measured it, ``at`` when.
    """

    name: str
    value: float
    origin: MetricOrigin
    variable: str | None = None
    dataset: str | None = None
    execution_id: str | None = None
    points: int = 1
    at: float | None = None
    curve: tuple[Point, ...] = ()


@record(kw_only=False)
class Point:
    """One point of a metric's curve: step (any integer), value, time."""

    step: int
    value: float
    time: float


@record
class LateMetric:
    """A metric measured in a later execution than the one that made the run."""

    run_id: str
    metric: Metric


@record
class Column:
    """One column of tabular data.

    ``digest`` is of dtype and content, not of the name, so a renamed column is recognised. ``chunks`` are the
    digests of its consecutive row ranges of :data:`nbtrack.digests.CHUNK_ROWS` rows. ``profile`` holds count,
    missing, min, max, mean, std, quantiles, top categories; no other data values.
    """

    name: str
    dtype: str
    digest: str
    chunks: tuple[str, ...] = ()
    profile: Mapping[str, JSON] | None = None


@record
class Content:
    """What a value contains, told by digests.

    ``kind`` is the qualified type such as ``pandas.DataFrame``; ``by_pickle`` says that the value had no
    canonical form, so that its digest means nothing in another process; ``sampled`` that not all was read.
    ``begins_with`` are the digests of earlier data that its first rows were shown to be when it was there.
    """

    digest: str
    kind: str
    shape: tuple[int, ...] | None = None
    columns: tuple[Column, ...] = ()
    size_bytes: int | None = None
    by_pickle: bool = False
    sampled: bool = False
    begins_with: tuple[str, ...] = ()


@record
class Dataset:
    """Named data that went into a run; ``role`` is ``train``, ``validation``, ``test`` or ``input``."""

    name: str
    role: str
    content: Content


@record
class SourceFile:
    """A file read, directly or through the cells a run depends on; ``path`` is relative to the project."""

    path: str
    digest: str
    size_bytes: int


@record
class Model:
    """A fitted model.

    ``variable`` is the name that held it after the execution (None: no name), ``stored`` whether its bytes
    are in the store, ``retained`` whether the user's namespace still held it after the execution. ``blobs``
    are the digests of the blobs that its pickle stream and its out-of-band buffers are cut into, in order.
    """

    class_name: str
    module: str
    framework: str
    variable: str | None = None
    digest: str | None = None
    size_bytes: int | None = None
    stored: bool = False
    retained: bool = False
    blobs: tuple[str, ...] = ()


@record
class ModelBytes:
    """A serialised model on its way to the store: a pickle protocol 5 stream and its out-of-band buffers.

    ``buffers`` are C-contiguous views on the model's own memory, not copies: they are to be written before
    the user's code runs again. ``blob_digests`` are those of the blobs that stream and buffers are cut into
    (:mod:`nbtrack.digests.pieces`), in order; ``digest`` is over them and the sizes of stream and buffers.
    """

    digest: str
    stream: bytes
    buffers: tuple[memoryview, ...]
    blob_digests: tuple[str, ...]
    size_bytes: int


@record
class CellError:
    """The exception that ended an execution; texts are redacted.

    ``line`` is the line of the cell (from 1) that it came out of; None where it never got to run.
    """

    name: str
    message: str
    traceback: str
    line: int | None = None


@record
class Session:
    """One life of one kernel (or of one script).

    ``folder`` is its working directory and ``executable`` its Python when it began, ``hash_seed`` the value of
    PYTHONHASHSEED (None: not set, so that the order of sets of strings was another in each process).
    """

    id: str
    started_at: float
    pid: int
    host: str
    boot_id: str
    python: str
    notebook_path: str | None = None
    folder: str | None = None
    executable: str | None = None
    hash_seed: str | None = None


@record
class Execution:
    """One running of one cell.

    ``sequence`` counts the executions of a session from 1, whatever the front end's ``execution_count``.
    ``source`` is the cell as typed with secrets replaced; ``source_digest`` is of that text. ``reads`` and
    ``writes`` are names of the user's namespace. ``effects`` is on its way to the store; read back it is left out
    (see :func:`nbtrack.store.effects.read_effects`).
    """

    id: str
    session_id: str
    sequence: int
    source: str
    source_digest: str
    started_at: float
    state: State
    execution_count: int | None = None
    cell_id: str | None = None
    notebook_path: str | None = None
    duration_seconds: float | None = None
    error: CellError | None = None
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    stdout: str = ""
    stderr: str = ""
    effects: Effects | None = None


@record
class Dependency:
    """An execution that a run depends on."""

    execution_id: str
    execution_count: int | None = None
    cell_id: str | None = None


@record
class Trials:
    """A table of trials inside one run: a search's candidates, or the fits above the cap of a cell.

    Every row has one value per column.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[JSON, ...], ...]


@record
class Run:
    """One training, whole. Of a list of runs, ``execution.source`` and ``datasets[].columns`` may be left out.

    ``label`` such as ``RandomForestClassifier-3`` is given by the store when the run is first saved; it is
    ``label_stem`` and a number that is never used again. ``fits`` counts the trainings that this run stands
    for (the folds of one estimator refitted in a loop), ``name`` is what the user called it. ``stale`` and
    ``top_to_bottom`` are not stored but found out when they are asked for.
    """

    id: str
    label_stem: str
    state: State
    experiment: str
    started_at: float
    execution: Execution
    label: str = ""
    name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    starred: bool = False
    note: str | None = None
    duration_seconds: float | None = None
    capture_seconds: float | None = None
    capture_notes: tuple[str, ...] = ()
    explicit: bool = False
    fits: int = 1
    model: Model | None = None
    params: tuple[Param, ...] = ()
    metrics: tuple[Metric, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    files: tuple[SourceFile, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    stale: tuple[StaleCell, ...] = ()
    top_to_bottom: TopToBottom | None = None
    trials: Trials | None = None
    environment: Environment | None = None
    reproduction: Reproduction | None = None
    registered: tuple[Mapping[str, JSON], ...] = ()


@record
class Attachment:
    """Bytes that belong to an execution: a figure it showed, data kept on request, the bundle it was imported from.

    ``digest`` is of the bytes, so that equal figures are stored once; ``name`` is the data's name, or ``figure-1``.
    """

    kind: Literal["figure", "data", "bundle"]
    name: str
    media_type: str
    digest: str
    size_bytes: int


@record
class Capture:
    """All that one execution gives the store, written in one transaction.

    ``earlier`` are executions since the last capture that made no run of their own; ``models`` maps run ids
    to bytes still to be stored, ``attachments`` are the execution's figures and kept data with theirs. ``drawn`` maps
    the ids of executions that drew random numbers to the states in which they found the generators.
    ``file_uses`` are files that its executions, or earlier ones that its runs depend on, read or wrote.
    """

    execution: Execution
    runs: tuple[Run, ...] = ()
    earlier: tuple[Execution, ...] = ()
    late_metrics: tuple[LateMetric, ...] = ()
    outcomes: tuple[Outcomes, ...] = ()
    scored: tuple[Scored, ...] = ()
    models: Mapping[str, ModelBytes] = field(default_factory=dict)
    attachments: tuple[tuple[Attachment, bytes], ...] = ()
    drawn: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    file_uses: tuple[FileUse, ...] = ()


@record
class Problem:
    """Something ``doctor`` found: what is wrong, with which thing, what to do. ``severity`` is error or warning."""

    severity: Literal["error", "warning"]
    subject: str
    message: str
    remedy: str
