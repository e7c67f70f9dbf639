"""The Jupyter server extension: hands the routes what they need, starts and ends what runs beside them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp

from nbtrack.server.answer import Context
from nbtrack.server.description import EVENTS, event_schema
from nbtrack.server.jobs import Job, Jobs
from nbtrack.server.routes import PREFIX, ROUTES
from nbtrack.server.stores import Stores
from nbtrack.server.watch import Watch

__all__ = ["NbtrackExtension"]

_WORKERS = 4


class NbtrackExtension(ExtensionApp):
    """nbtrack's routes under ``/nbtrack/api`` and its events."""

    name = "nbtrack"
    extension_url = f"{PREFIX}/status"
    load_other_extensions = True

    context: Context
    _loop: asyncio.AbstractEventLoop | None = None

    def initialize_handlers(self) -> None:
        """Enter the routes."""
        assert self.serverapp is not None
        watch = Watch(self._tell)
        self.context = Context(
            stores=Stores(Path(self.serverapp.root_dir)),
            watch=watch,
            jobs=Jobs(self._job_ended),
            workers=ThreadPoolExecutor(_WORKERS, thread_name_prefix="nbtrack"),
        )
        self.serverapp.event_logger.register_event_schema(event_schema())
        self.handlers.extend((f"{PREFIX}/{path}", route, {"context": self.context}) for path, route in ROUTES)

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:  # noqa: ARG002 - Jupyter's signature
        self._loop = asyncio.get_running_loop()

    async def stop_extension(self) -> None:
        """End jobs, the watch and its stores."""
        await self.context.jobs.stop()
        await asyncio.get_running_loop().run_in_executor(None, self.context.watch.stop)
        self.context.workers.shutdown(wait=False, cancel_futures=True)
        self.context.stores.close()

    def _tell(self, payload: dict[str, Any]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._emit, payload)

    def _emit(self, payload: dict[str, Any]) -> None:
        assert self.serverapp is not None
        self.serverapp.event_logger.emit(schema_id=EVENTS, data=payload)

    def _job_ended(self, job: Job) -> None:
        self.context.watch.job_ended(job.place, job.run_id, job.id)
