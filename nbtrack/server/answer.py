"""What all routes share: who may, which store, work off the event loop, answers and errors as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from nbtrack.errors import NbtrackError
from nbtrack.server.asked import Asked
from nbtrack.server.problems import NotFound, problem_of
from nbtrack.server.stores import Place, Stores

if TYPE_CHECKING:
    from nbtrack.server.jobs import Jobs
    from nbtrack.server.watch import Watch

__all__ = ["Context", "File", "Look", "Nothing", "Route"]

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Context:
    """What the extension hands to its routes."""

    stores: Stores
    watch: Watch
    jobs: Jobs
    workers: ThreadPoolExecutor


@dataclass(frozen=True, slots=True)
class File:
    """An answer that is no JSON: its bytes, their type, and the name to save them under (None: shown)."""

    content: bytes
    media_type: str
    save_as: str | None = None


class Route(APIHandler):
    """Base of all routes: errors of ours become JSON with their status."""

    auth_resource = "nbtrack"
    context: Context

    def initialize(self, context: Context) -> None:
        """Take what the extension hands over."""
        self.context = context

    @property
    def asked(self) -> Asked:
        """The query parameters."""
        return Asked(self.request.query_arguments)

    def place(self) -> Place:
        """The store that the request is about; from now on it is watched."""
        place = self.context.stores.of(self.asked.text("store"))
        self.context.watch.add(place)
        return place

    async def work(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """The result of a function that may take time, run beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.context.workers, function, *arguments)

    def answer(self, value: object, status: int = 200) -> None:
        """Finish with a JSON document, or with a file under a policy that lets nothing in it run."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        if isinstance(value, File):
            self._answer_file(value)
        else:
            self.finish(json.dumps(value, allow_nan=False))

    def _answer_file(self, file: File) -> None:
        if file.save_as is not None:
            self.set_attachment_header(file.save_as)
        self.finish(file.content, set_content_type=file.media_type)

    @property
    def content_security_policy(self) -> str:
        """Nothing of an answer may run or load anything, wherever a browser is made to show it."""
        return "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Our own errors are answers; the log need not hold them."""
        if not isinstance(value, NbtrackError):
            super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The problem as JSON."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        problem = problem_of(error, status_code)
        if problem.kind == "store_busy":
            self.set_header("Retry-After", "1")
        self.set_status(problem.status)
        self.finish(json.dumps(problem.to_dict()))


class Look(Route):
    """A route that only looks: ``look`` is called beside the event loop."""

    @web.authenticated
    @authorized
    async def get(self, **path: str) -> None:
        """Answer what ``look`` returns; not to a page of another origin, cookie or not."""
        self.check_xsrf_cookie()
        self.answer(await self.work(self.look, self.asked, path))

    def look(self, asked: Asked, path: dict[str, str]) -> object:
        """What to answer: JSON-ready data, or a :class:`File`."""
        raise NotImplementedError


class Nothing(Route):
    """All paths under the routes' prefix that are none: JSON, not the server's page."""

    @web.authenticated
    @authorized
    async def get(self, **path: str) -> None:
        """There is nothing."""
        self.check_xsrf_cookie()
        raise NotFound(f"There is no route /nbtrack/api/{path['rest'][:100]}.")

    post = patch = put = delete = get
