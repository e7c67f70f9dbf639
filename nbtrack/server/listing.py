"""Routes over the whole store: how it is, which one a notebook has, runs as records and as columns, names."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from tornado import web

from nbtrack.config import notebook_name
from nbtrack.errors import NbtrackError, QueryError, UsageError
from nbtrack.provenance.staleness import with_staleness
from nbtrack.records import Run
from nbtrack.render.columns import FIELDS, columns
from nbtrack.render.direction import smaller_is_better
from nbtrack.render.document import to_dict
from nbtrack.server.answer import Look, Route
from nbtrack.server.asked import Asked
from nbtrack.server.headline import Headline
from nbtrack.server.problems import NotFound, problem_of
from nbtrack.server.stores import folder_of
from nbtrack.store import Store, search
from nbtrack.store.conditions import FIELDS as QUERY_FIELDS
from nbtrack.store.paging import page
from nbtrack.store.search import Request
from nbtrack.store.vocabulary import names

__all__ = ["NamesRoute", "RunsRoute", "StatusRoute", "StoresRoute", "TableRoute"]

_MOST_RUNS, _MOST_ROWS = 1000, 2000
_MOST_SKIPPED = 10_000_000
_MOST_COLUMNS = 100
_COUNT_SECONDS = 0.005  # a first page waits no longer for its total
_HEADLINE = ("value", "rank", "sparkline")
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~")
_WORDS = ("and", "or", "not", "true", "false", "none", "nan", "inf")


class StatusRoute(Look):
    """``GET status``: always an answer, whatever is wrong with the store."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """How the store is."""
        place = self.place()
        document: dict[str, Any] = {
            "version": version("nbtrack"),
            "store": place.key,
            "problem": None,
            "runs": 0,
            "running": 0,
            "experiments": [],
            "revision": self.context.watch.revision(place),
            "writable": False,
        }
        try:
            with place.looking() as store, store.view() as connection:
                runs, running = connection.execute(
                    "SELECT COUNT(*), (SELECT COUNT(*) FROM runs WHERE state = 'RUNNING') FROM runs"
                ).fetchone()
                document |= {"runs": runs, "running": running, "experiments": store.experiments()}
                document["writable"] = store.writable
        except NbtrackError as error:
            document["problem"] = problem_of(error).to_dict()
        return document


class StoresRoute(Route):
    """``GET stores``: the key of the store that a notebook's kernel uses."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Ask the contents manager whether there is such a notebook, then where its kernel's store is."""
        self.check_xsrf_cookie()
        notebook = (self.asked.text("notebook") or "").strip("/")
        stores = self.context.stores
        folder = folder_of(stores.root, notebook)
        manager = self.contents_manager
        # Any contents manager answers these, whatever it keeps notebooks in.
        exists: list[Any] = [manager.file_exists, manager.dir_exists]
        if notebook and not any([await ensure_async(ask(notebook)) for ask in exists]):
            raise NotFound(f"There is no {notebook[:200]!r} in the folder of this Jupyter server.")
        self.answer(await self.work(self._found, folder, Path(notebook).name if notebook else None))

    def _found(self, folder: Path, name: str | None) -> dict[str, Any]:
        place = self.context.stores.at(folder)
        self.context.watch.add(place)
        problem = None
        try:
            with place.looking() as store, store.view():
                pass
        except NbtrackError as error:
            problem = problem_of(error).to_dict()
        location = self.context.stores.location(place.folder)
        notebook = None if name is None else notebook_name(folder / name, place.folder, folder)
        return {"store": place.key, "notebook": notebook, "location": location, "problem": problem}


class _Paged(Look):
    """What a list of runs is asked for, from the parameters of the request."""

    @staticmethod
    def request_of(asked: Asked, default: int, most: int) -> Request:
        """The store's request."""
        return Request(
            query=asked.text("query"),
            order=asked.text("order"),
            limit=asked.number("limit", default, 1, most),
            offset=asked.number("offset", 0, 0, _MOST_SKIPPED),
            experiment=asked.text("experiment"),
            notebook=asked.text("notebook"),
        )

    @staticmethod
    def found(store: Store, request: Request, asked: Asked) -> tuple[list[Run], dict[str, Any]]:
        """The runs of the page, and ``next`` and ``total``.

        Raises:
            QueryError: the query is not understood; an order that no run has sorts nothing and is none.
            UsageError: the key is not one of this order.
        """
        after = asked.text("after")
        with store.view() as connection:
            try:
                pks, following = page(connection, request, after)
            except QueryError as error:
                if error.query != request.order or not _is_blank(connection):
                    raise
                pks, following = [], None
            runs = store.runs_of(connection, pks)
            total = _total(connection, request, asked.choice("count", "true", "false", "quick"), after)
        return runs, {"next": following, "total": total}


def _total(
    connection: sqlite3.Connection, request: Request, wanted: str | None, after: str | None
) -> int | None:
    if wanted == "false" or (wanted is None and after is not None):
        return None
    if wanted == "true":
        return search.count(connection, request)
    return search.count_quickly(connection, request, _COUNT_SECONDS)


def _is_blank(connection: sqlite3.Connection) -> bool:
    # A page remembers its order; a store without runs must not answer that with an error.
    return connection.execute("SELECT 1 FROM runs LIMIT 1").fetchone() is None


class RunsRoute(_Paged):
    """``GET runs``: records in the short form."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """A page of runs."""
        request = self.request_of(asked, 100, _MOST_RUNS)
        with self.place().looking() as store:
            runs, more = self.found(store, request, asked)
            runs = with_staleness(store, runs)
        return {"runs": [to_dict(run, full=False) for run in runs], **more}


class TableRoute(_Paged):
    """``GET table``: the same as columns, with the main metric's value, rank and curve."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """A page of rows."""
        request = self.request_of(asked, 500, _MOST_ROWS)
        wanted = _columns_of(asked.text("columns"))
        direction = asked.choice("direction", "max", "min")
        place = self.place()
        with place.looking() as store, store.view() as connection:
            runs, more = self.found(store, request, asked)
            if "stale" in wanted:
                runs = with_staleness(store, runs)
            headline = Headline.of(connection, place, runs, asked.text("metric"), direction)
            told = {name: headline.column(name, store, runs) for name in wanted if name in _HEADLINE}
        plain = columns(runs, [name for name in wanted if name not in _HEADLINE])
        return {
            "rows": len(runs),
            "columns": {name: told[name] if name in told else plain[name] for name in wanted},
            **more,
            "offset": request.offset,
            "metric": headline.to_dict(runs),
        }


def _columns_of(text: str | None) -> Sequence[str]:
    if text is None:
        return (*FIELDS, *_HEADLINE)
    wanted = list(dict.fromkeys(unquote(name) if "%" in name else name for name in text.split(",") if name))
    if len(wanted) > _MOST_COLUMNS:
        raise UsageError(f"{len(wanted)} columns are asked for; {_MOST_COLUMNS} is the most.")
    for name in wanted:
        kind, _, rest = name.partition(".")
        if name not in FIELDS and name not in _HEADLINE and not (kind in {"metric", "param", "tag"} and rest):
            raise UsageError(
                f"There is no column {name[:60]!r}; there are {', '.join((*FIELDS, *_HEADLINE))}, "
                "metric.NAME, param.NAME and tag.NAME."
            )
    return wanted


class NamesRoute(Look):
    """``GET names``: what can be asked for and shown."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """Names by kind."""
        place = self.place()
        with place.looking() as store, store.view() as connection:
            found = names(connection, experiment=asked.text("experiment"), notebook=asked.text("notebook"))
        return {
            "metrics": [
                {
                    "name": one.name,
                    "runs": one.runs,
                    "direction": "min" if smaller_is_better(one.name) else "max",
                    "curve": one.curve,
                }
                for one in found.metrics
            ],
            "params": [{"name": name, "runs": count} for name, count in found.params],
            "tags": [{"name": name, "values": values} for name, values in found.tags],
            "experiments": found.experiments,
            "notebooks": found.notebooks,
            "models": found.models,
            "fields": [{"name": name, "type": kind} for name, (_, kind, _) in QUERY_FIELDS.items()],
            "operators": list(_OPERATORS),
            "words": list(_WORDS),
        }
