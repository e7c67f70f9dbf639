"""Enters executions into a lineage graph: what each used and generated, from file to metric."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from nbtrack.lineage.source import where
from nbtrack.provenance.building import GraphBuilder
from nbtrack.provenance.plain import plain_python
from nbtrack.provenance.sessions import SessionGraph, session_graph
from nbtrack.records import Activity, Dataset, ExecutedCell, Execution, FileUse, Node, Run
from nbtrack.render.highlights import measured_on_training
from nbtrack.render.numbers import number, shape, short_digest, size
from nbtrack.store import Store
from nbtrack.store.effects import read_file_uses, writers_of_file
from nbtrack.store.lineage import runs_made_by, session_of

__all__ = ["Tracing", "dataset_node", "file_node", "file_node_id", "run_node"]

_MOST_EXECUTIONS = 300
_MOST_METRICS = 30


class Tracing:
    """Enters executions of any session into one graph, each once.

    Args:
        store: the store that has them.
        graph: the graph.
    """

    def __init__(self, store: Store, graph: GraphBuilder) -> None:
        self.store = store
        self.graph = graph
        self._entered: set[str] = set()
        self._versions: dict[tuple[str, str], str] = {}

    def enter_run(self, run: Run) -> None:
        """A run, the executions it needs and those that measured it, with what each used and generated."""
        measuring = [each.execution_id for each in run.metrics if each.execution_id is not None]
        self.enter(run.execution.session_id, [run.execution.id, *measuring], (run,))

    def enter(self, session_id: str, execution_ids: Sequence[str], runs: Iterable[Run] = ()) -> None:
        """Executions with all that they need, and the runs that they made."""
        session = session_graph(self.store, session_id, execution_ids, newest=_MOST_EXECUTIONS)
        needed = session.needed(execution_ids)
        if session.cut or len(needed) > _MOST_EXECUTIONS:
            self.graph.cut[f"executions before the newest {_MOST_EXECUTIONS}"] = None
            needed = needed[-_MOST_EXECUTIONS:]
        made = {run.id: run for run in runs}
        for _, run_id in runs_made_by(self.store, [each.id for each in needed]):
            if run_id not in made:
                made[run_id] = self.store.get_run(run_id)
        self._claim(session, needed, made.values())
        uses: dict[str, list[FileUse]] = {}
        for use in read_file_uses(self.store, [each.id for each in needed]):
            uses.setdefault(use.execution_id, []).append(use)
        latest: dict[str, tuple[str, bool]] = {}
        for execution in needed:
            self._execution(session, execution, latest, uses.get(execution.id, ()))
        for run in made.values():
            self._run(run)

    def _claim(self, session: SessionGraph, needed: Sequence[Execution], runs: Iterable[Run]) -> None:
        """Versions of names that runs used as data or made as models: they have nodes of their own."""
        for run in runs:
            if run.model is not None and run.model.variable:
                self._versions.setdefault((run.execution.id, run.model.variable), model_node(run).id)
            for dataset in run.datasets:
                maker = _maker(session, needed, dataset.name, run.execution.id)
                if maker is not None:
                    self._versions.setdefault((maker, dataset.name), dataset_node(dataset).id)
                    self.graph.add(dataset_node(dataset))

    def _execution(
        self,
        session: SessionGraph,
        execution: Execution,
        latest: dict[str, tuple[str, bool]],
        uses: Iterable[FileUse],
    ) -> None:
        effects, graph = session.lineage.effects(execution.id), self.graph
        fresh = execution.id not in self._entered
        self._entered.add(execution.id)
        graph.add(execution_node(execution), _activity(execution))
        named: set[str] = set()
        for name in sorted(effects.reads) if fresh else ():
            maker, is_data = latest.get(name, ("", False))
            if maker and is_data:
                version = self._version(maker, name)
                graph.link(maker, version, "generated")
                graph.link(version, execution.id, "used")
                named.add(maker)
        for maker in effects.needs:
            if maker not in named and maker in graph.nodes:
                graph.link(maker, execution.id, "used")
        code = _code_names(execution.source)
        latest.update({name: (execution.id, name not in code) for name in effects.writes | effects.mutates})
        for use in uses if fresh else ():
            self._file(execution, use)

    def _version(self, maker: str, name: str) -> str:
        """The node of a name as an execution left it."""
        known = self._versions.get((maker, name))
        if known is not None:
            return known
        count = self.graph.nodes[maker].label
        return self.graph.add(Node(f"{maker} {name}", "variable", name, f"as {count} left it"))

    def _file(self, execution: Execution, use: FileUse) -> None:
        node = self.graph.add(file_node(use.path, use.digest, use.size_bytes, use.modified_ns))
        if use.generated:
            self.graph.link(execution.id, node, "generated")
            return
        self.graph.link(node, execution.id, "used")
        for other in writers_of_file(self.store, use.path, use.modified_ns):
            # The very file that another execution left: nobody wrote it since.
            if other.size_bytes == use.size_bytes and other.execution_id != execution.id:
                self._writer(other.execution_id, node)

    def _writer(self, execution_id: str, node: str) -> None:
        session_id = session_of(self.store, execution_id)
        if session_id is not None and execution_id not in self._entered:
            self.enter(session_id, [execution_id])
        self.graph.link(execution_id, node, "generated")

    def _run(self, run: Run) -> None:
        graph = self.graph
        mine = graph.add(run_node(run), _run_activity(run))
        graph.link(run.execution.id, mine, "generated")
        for dataset in run.datasets:
            graph.link(graph.add(dataset_node(dataset)), mine, "used")
        if not any(edge.target in self._entered and edge.source.startswith("file ") for edge in graph.edges):
            # A store without the files of single executions has those of whole runs.
            for file in run.files:
                graph.link(graph.add(file_node(file.path, file.digest, file.size_bytes)), mine, "used")
        if run.model is not None:
            graph.link(mine, graph.add(model_node(run)), "generated")
            for one in run.registered:
                name = f"{one.get('name')}:v{one.get('version')}"
                registered = graph.add(Node(f"registered {name}", "registered", name, run=run.id))
                graph.link(model_node(run).id, registered, "generated")
        self._metrics(run)

    def _metrics(self, run: Run) -> None:
        for metric in run.metrics[:_MOST_METRICS]:
            dataset = f" on {metric.dataset}" if metric.dataset else ""
            detail = f"{run.label}{dataset}{' (trained on it)' if measured_on_training(run, metric) else ''}"
            node = Node(
                f"metric {run.id} {metric.name}{dataset}",
                "metric",
                f"{metric.name} {number(metric.value)}",
                detail,
                run.id,
            )
            later = metric.execution_id in self._entered and metric.execution_id != run.execution.id
            by = metric.execution_id if later and metric.execution_id is not None else run.id
            self.graph.link(by, self.graph.add(node), "generated")


def _maker(session: SessionGraph, needed: Sequence[Execution], name: str, execution_id: str) -> str | None:
    """The execution that left the data as the run found it; of a cell that makes its own data the cell itself."""
    found = None
    for execution in needed:
        effects = session.lineage.effects(execution.id)
        own = execution.id == execution_id
        if name in effects.writes or (name in effects.mutates and not own):
            found = execution.id
        if own:
            break
    return found


def _code_names(source: str) -> set[str]:
    """The names that a cell binds to modules, functions and classes: they are code, no data."""
    tree = plain_python(source)
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(each.asname or each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def execution_node(execution: Execution) -> Node:
    """An execution, by its number and its first telling line."""
    cell = ExecutedCell(
        source=execution.source, execution_id=execution.id, execution_count=execution.execution_count
    )
    lines = [line.strip() for line in execution.source.splitlines() if line.strip()]
    code = [line for line in lines if not line.startswith(("#", "%", "import ", "from "))]
    training = [line for line in code if ".fit(" in line or ".train(" in line]
    telling = [*training, *code, *lines, ""][0]
    return Node(execution.id, "execution", where(cell) or "[ ]", telling[:80])


def run_node(run: Run, detail: str = "") -> Node:
    """A run."""
    return Node(run.id, "run", run.label, detail or run.state.value, run.id)


def model_node(run: Run) -> Node:
    """A run's model, by its digest where it was stored."""
    assert run.model is not None
    told = [run.model.variable or "", "" if run.model.size_bytes is None else size(run.model.size_bytes)]
    told.append(short_digest(run.model.digest, 6) if run.model.digest else "not stored")
    return Node(
        f"model {run.model.digest or run.id}",
        "model",
        run.model.class_name,
        ", ".join(filter(None, told)),
        run.id,
    )


def dataset_node(dataset: Dataset) -> Node:
    """Data, by its digest."""
    content = dataset.content
    told = [
        dataset.role,
        "" if content.shape is None else shape(content.shape),
        short_digest(content.digest, 6),
    ]
    return Node(content.digest, "dataset", dataset.name, ", ".join(filter(None, told)))


def file_node(path: str, digest: str | None, size_bytes: int, modified_ns: int | None = None) -> Node:
    """A file in one state."""
    told = [size(size_bytes), "" if digest is None else short_digest(digest, 6)]
    return Node(file_node_id(path, digest, modified_ns), "file", path, ", ".join(filter(None, told)))


def file_node_id(path: str, digest: str | None, modified_ns: int | None) -> str:
    """The state of a file is told by when it was written where that is known, else by its digest."""
    return f"file {path} {modified_ns if modified_ns is not None else digest}"


def _activity(execution: Execution) -> Activity:
    took = execution.duration_seconds
    return Activity(
        started_at=execution.started_at,
        ended_at=None if took is None else execution.started_at + took,
        state=execution.state.value,
        notebook_path=execution.notebook_path,
        cell_id=execution.cell_id,
        execution_count=execution.execution_count,
        session_id=execution.session_id,
    )


def _run_activity(run: Run) -> Activity:
    took, place = run.duration_seconds, run.execution
    return Activity(
        started_at=run.started_at,
        ended_at=None if took is None else run.started_at + took,
        state=run.state.value,
        notebook_path=place.notebook_path,
        cell_id=place.cell_id,
        execution_count=place.execution_count,
        session_id=place.session_id,
        within=place.id,
    )
