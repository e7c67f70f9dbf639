"""The lineage of a run, of data, a file or a model by its digest, of a file by its path: upward and downward."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from nbtrack.errors import UnknownRun, UsageError
from nbtrack.provenance.building import GraphBuilder
from nbtrack.provenance.sessions import later_than
from nbtrack.provenance.tracing import Tracing
from nbtrack.records import LineageGraph, Run
from nbtrack.store import Store
from nbtrack.store.effects import uses_of_file
from nbtrack.store.lineage import (
    Occurrence,
    digests_like,
    paths_like,
    runs_with_digest,
    runs_with_file,
    session_of,
)

__all__ = ["lineage_of"]

_MOST_RUNS = 50
_MOST_LATER = 200
_DIGEST = re.compile(r"(?:b3:)?[0-9a-f]{6,64}")


def lineage_of(store: Store, subject: str, *, up: bool = True, down: bool = True) -> LineageGraph:
    """What ``subject`` came from (``up``) and what came of it (``down``), from files to metrics.

    Args:
        store: the store.
        subject: a run, the digest of data, of a file or of a model or the unique beginning of one, or the path of a
            file, relative to the project or to the working directory.
        up: with what it came from.
        down: with what came of it.

    Raises:
        UsageError: there is nothing of that name, or several things.
    """
    try:
        run = store.get_run(subject)
    except UnknownRun as error:
        unknown = error
    else:
        return _of_run(store, run, up=up, down=down)
    if _DIGEST.fullmatch(subject):
        found = digests_like(store, subject if subject.startswith("b3:") else f"b3:{subject}")
        if found:
            return _of_digest(store, _one(subject, found), up=up, down=down)
    path = _known_path(store, subject)
    if path is not None:
        return _of_file(store, path, up=up, down=down)
    raise UsageError(
        f"There is no run, digest or file {subject!r}. {str(unknown).partition('. ')[2]} "
        "Digests take at least six digits; files are those that cells read or wrote."
    )


def _one(subject: str, found: Sequence[Occurrence]) -> Occurrence:
    if len({each.digest for each in found}) > 1:
        shown = ", ".join(f"{each.digest} ({each.kind})" for each in found[:10])
        raise UsageError(f"Several digests begin with {subject!r}: {shown}. Give more digits.")
    return found[0]


def _known_path(store: Store, subject: str) -> str | None:
    project = store.folder.parent
    relative = os.path.relpath(os.path.abspath(subject), project)  # noqa: PTH100 - a link is the file that the user named
    for candidate in (subject, relative, os.path.abspath(subject)):  # noqa: PTH100 - as above
        found = paths_like(store, candidate)
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"Several files are called {subject!r}: {', '.join(found[:10])}. Give more of the path."
            )
    return None


def _of_run(store: Store, run: Run, *, up: bool, down: bool) -> LineageGraph:
    graph = GraphBuilder(run.id)
    tracing = Tracing(store, graph)
    if down:
        _enter_later(tracing, run.execution.session_id, [run.execution.id])
    tracing.enter_run(run)
    graph.keep([run.id], up=up, down=down)
    return graph.done()


def _enter_later(tracing: Tracing, session_id: str, execution_ids: Sequence[str]) -> None:
    """The executions of the session that need one of these, with what they came from."""
    later, more = later_than(tracing.store, session_id, execution_ids, _MOST_LATER)
    if more:
        tracing.graph.cut[f"later executions beyond the first {_MOST_LATER}"] = None
    if later:
        tracing.enter(session_id, later)


def _of_digest(store: Store, found: Occurrence, *, up: bool, down: bool) -> LineageGraph:
    graph = GraphBuilder("")
    tracing = Tracing(store, graph)
    ids = runs_with_digest(store, found.digest, found.kind, _MOST_RUNS + 1)
    _enter_runs(tracing, ids)
    starts = [node for node in graph.nodes if _is_of(node, found)]
    if found.kind == "file":
        starts = [
            node
            for node, each in graph.nodes.items()
            if each.kind == "file" and _has_digest(store, node, each.label, found.digest)
        ]
    graph.subject = starts[0] if starts else ""
    graph.keep(starts, up=up, down=down)
    return graph.done()


def _is_of(node: str, found: Occurrence) -> bool:
    return node in {found.digest, f"model {found.digest}"}


def _has_digest(store: Store, node: str, path: str, digest: str) -> bool:
    """Whether the node of a file at ``path`` is of the state with this digest."""
    if node.endswith(f" {digest}"):
        return True
    times = [each.modified_ns for each in uses_of_file(store, path) if each.digest == digest]
    return any(node.endswith(f" {each}") for each in times)


def _enter_runs(tracing: Tracing, ids: Sequence[str]) -> None:
    if len(ids) > _MOST_RUNS:
        tracing.graph.cut[f"runs beside the newest {_MOST_RUNS}"] = None
    for run_id in ids[:_MOST_RUNS]:
        tracing.enter_run(tracing.store.get_run(run_id))


def _of_file(store: Store, path: str, *, up: bool, down: bool) -> LineageGraph:
    graph = GraphBuilder("")
    tracing = Tracing(store, graph)
    _enter_runs(tracing, runs_with_file(store, path, _MOST_RUNS + 1))
    for use in uses_of_file(store, path):
        session_id = session_of(store, use.execution_id)
        if session_id is not None:
            tracing.enter(session_id, [use.execution_id])
            if down and not use.generated:
                _enter_later(tracing, session_id, [use.execution_id])
    starts = [id_ for id_, node in graph.nodes.items() if node.kind == "file" and node.label == path]
    graph.subject = starts[-1] if starts else ""
    graph.keep(starts, up=up, down=down)
    return graph.done()
