"""Routes of one run: the record, its curves, output, attachments, data, lineage and slice; what people say about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from nbtrack.errors import UsageError
from nbtrack.observe.redaction import redact, redact_value
from nbtrack.provenance.slices import run_slice
from nbtrack.provenance.staleness import with_staleness
from nbtrack.provenance.walk import run_graph, runs_on_data
from nbtrack.records import Attachment, Metric, Run, State
from nbtrack.render.curves import curve_columns
from nbtrack.render.document import to_dict
from nbtrack.render.jsonable import finite
from nbtrack.render.lineage import graph_to_dict
from nbtrack.server.answer import File, Look
from nbtrack.server.asked import Asked, read_body
from nbtrack.server.problems import NotFound
from nbtrack.server.stores import Place
from nbtrack.store import Store

__all__ = [
    "AttachmentRoute",
    "CurvesRoute",
    "DatasetRoute",
    "LineageRoute",
    "OutputRoute",
    "RunRoute",
    "SliceRoute",
]

_POINTS, _MOST_POINTS = 1000, 10_000
_MOST_CURVES = 200
_MOST_EXECUTIONS = 2000  # of a slice on a page
_LONGEST_NOTE, _LONGEST_NAME, _MOST_TAGS = 100_000, 500, 100
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})


class RunRoute(Look):
    """``GET`` and ``PATCH runs/{run}``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The run, whole."""
        with self.place().looking() as store:
            (run,) = with_staleness(store, [store.get_run(path["run"])], whole=True)
            attachments = [_attachment(one) for one in store.attachments(run.id)]
        return {**to_dict(run), "attachments": attachments}

    @web.authenticated
    @authorized
    async def patch(self, **path: str) -> None:
        """Change note, tags, star or name."""
        types = {"note": (str, type(None)), "name": (str, type(None)), "tags": (dict,), "starred": (bool,)}
        changes = _checked(read_body(self.request.body, types))
        self.answer(await self.work(_changed, self.place(), path["run"], changes))


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The changes, secrets replaced; null for note and name becomes the empty text that removes them."""
    for name, most in (("note", _LONGEST_NOTE), ("name", _LONGEST_NAME)):
        if name in given:
            text = given[name] or ""
            if len(text) > most:
                raise UsageError(f"The {name} has {len(text)} characters; {most} is the most.")
            given[name] = redact(text)
    if "tags" in given:
        given["tags"] = _checked_tags(given["tags"])
    return given


def _checked_tags(tags: Mapping[str, Any]) -> dict[str, str | None]:
    if len(tags) > _MOST_TAGS:
        raise UsageError(f"{len(tags)} tags are given; {_MOST_TAGS} is the most.")
    checked: dict[str, str | None] = {}
    for name, value in tags.items():
        if not name.strip() or len(name) > _LONGEST_NAME:
            raise UsageError(f"A tag's name has 1 to {_LONGEST_NAME} characters, not {len(name)}.")
        if value is not None and (type(value) is not str or len(value) > _LONGEST_NAME):
            raise UsageError(
                f"Tag {name[:60]!r} takes a text of at most {_LONGEST_NAME} characters, or null."
            )
        checked[name] = None if value is None else redact_value(name, value)[0]
    return checked


def _changed(place: Place, run_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    with place.changing() as store:
        return to_dict(store.update_run(run_id, **changes), full=False)


class CurvesRoute(Look):
    """``GET runs/{run}/curves``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:
        """The curves asked for, or all."""
        limit = asked.number("points", _POINTS, 2, _MOST_POINTS)
        metrics, dataset = asked.texts("metric"), asked.text("dataset")
        with self.place().looking() as store:
            run = store.get_run(path["run"])
            _known_metrics(run, metrics)
            curves = [
                {"metric": one.name, "dataset": one.dataset, **_curve(store, run, one, limit)}
                for one in run.metrics
                if (one.name in metrics if metrics else one.points > 1) and dataset in {None, one.dataset}
            ]
        return {"curves": curves[:_MOST_CURVES], "running": run.state is State.RUNNING}


def _known_metrics(run: Run, metrics: list[str]) -> None:
    known = {one.name for one in run.metrics}
    for name in metrics:
        if name not in known:
            has = f"it has {', '.join(sorted(known)[:20])}" if known else "it has none"
            raise NotFound(f"{run.label} has no metric {name[:100]!r}; {has}.")


def _curve(store: Store, run: Run, metric: Metric, limit: int) -> dict[str, Any]:
    return curve_columns(store.points(run.id, metric.name, dataset=metric.dataset), limit)


class OutputRoute(Look):
    """``GET runs/{run}/output``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """What the cell printed, and the exception that ended it."""
        with self.place().looking() as store:
            run = store.get_run(path["run"])
        execution = run.execution
        return {
            "stdout": execution.stdout,
            "stderr": execution.stderr,
            "error": to_dict(run, full=False)["execution"]["error"],
        }


class AttachmentRoute(Look):
    """``GET runs/{run}/attachments/{digest}``: only what belongs to the run."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The bytes of a figure or of kept data."""
        with self.place().looking() as store:
            run = store.get_run(path["run"])
            for one in store.attachments(run.id):
                if one.digest == path["digest"]:
                    return _file(run, one, store.read_attachment(one))
        raise NotFound(f"{run.label} has no attachment {path['digest']}.")


def _file(run: Run, attachment: Attachment, content: bytes) -> File:
    if attachment.media_type in _PICTURES:
        return File(content, attachment.media_type)
    return File(content, "application/octet-stream", save_as=f"{run.label}-{attachment.name}.parquet")


def _attachment(one: Attachment) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "media_type": one.media_type,
        "digest": one.digest,
        "size_bytes": one.size_bytes,
    }


class DatasetRoute(Look):
    """``GET runs/{run}/datasets/{position}``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """One of the run's datasets with the profiles of its columns, and other runs that used the same data."""
        position = int(path["position"])
        with self.place().looking() as store, store.view() as connection:
            run = store.get_run(path["run"])
            if position >= len(run.datasets):
                raise NotFound(
                    f"{run.label} has {len(run.datasets)} datasets; there is no number {position}."
                )
            dataset = run.datasets[position]
            content = dataset.content
            others = [] if content.by_pickle else runs_on_data(connection, content.digest, apart_from=run.id)
        return {
            "name": dataset.name,
            "role": dataset.role,
            "digest": content.digest,
            "kind": content.kind,
            "shape": None if content.shape is None else list(content.shape),
            "size_bytes": content.size_bytes,
            "by_pickle": content.by_pickle,
            "sampled": content.sampled,
            "columns": [
                {"name": one.name, "dtype": one.dtype, "digest": one.digest, "profile": finite(one.profile)}
                for one in content.columns
            ],
            "runs": [other._asdict() for other in others],
        }


class LineageRoute(Look):
    """``GET runs/{run}/lineage``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The graph around the run."""
        with self.place().looking() as store:
            return graph_to_dict(run_graph(store, store.get_run(path["run"])))


class SliceRoute(Look):
    """``GET runs/{run}/slice``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The cells that the run depends on, and the script they make."""
        with self.place().looking() as store:
            return run_slice(store, store.get_run(path["run"]), newest=_MOST_EXECUTIONS).to_dict()
