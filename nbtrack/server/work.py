"""Routes that start work and tell how it stands: export, reproduction, registration."""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from nbtrack.errors import StoreUnwritable, UsageError
from nbtrack.handoff.policy import check, load_policy
from nbtrack.handoff.preview import preview
from nbtrack.provenance.staleness import with_staleness
from nbtrack.records import Run
from nbtrack.render.jsonable import finite
from nbtrack.render.registry import model_dict, version_dict
from nbtrack.server.answer import Look, Route
from nbtrack.server.asked import Asked, read_body
from nbtrack.server.comparing import checked_id
from nbtrack.server.problems import Conflict
from nbtrack.server.stores import Place
from nbtrack.store.registry import register, registered_models

__all__ = [
    "ExportRoute",
    "JobRoute",
    "JobsRoute",
    "ModelsRoute",
    "PreviewRoute",
    "RegisterRoute",
    "ReproduceRoute",
]


class _Start(Route):
    """A route whose POST starts a job about one run."""

    kind: str

    @web.authenticated
    @authorized("execute")  # type: ignore[untyped-decorator]  # with an argument it has no type
    async def post(self, **path: str) -> None:
        """Start the job, and answer it as it stands."""
        place, body = self.place(), self.request.body
        run = await self.work(_run, place, path["run"])
        arguments = ["--store", str(place.folder), *self.arguments(place, run, body)]
        job = self.context.jobs.start(self.kind, place, run.id, arguments, self.finish_result)
        self.answer(job.to_dict(), status=202)

    def arguments(self, place: Place, run: Run, body: bytes) -> list[str]:
        """The command line's verb, with what the body asks for."""
        raise NotImplementedError

    def finish_result(self, result: Any) -> Any:
        """What the verb printed, with what the page needs beside it."""
        return result


def _run(place: Place, run_id: str) -> Run:
    with place.looking() as store:
        return store.get_run(run_id)


_UNFIT = re.compile(r"[^\w.-]|^\.+")  # in the name of a file


class ExportRoute(_Start):
    """``POST runs/{run}/export``: into the folder ``exports`` beside the store, under the run's label."""

    kind = "export"

    def arguments(self, place: Place, run: Run, body: bytes) -> list[str]:
        """``nbtrack export``."""
        types = {"format": (str,), "overwrite": (bool,), "model_format": (str,), "real_example": (bool,)}
        given = read_body(body, {**types, "lock": (bool,)})
        form = given.get("format", "folder")
        if form not in {"folder", "zip"}:
            raise UsageError(f"'format' of the body is {form[:60]!r}; it takes folder or zip.")
        name = _UNFIT.sub("_", run.label) + (".zip" if form == "zip" else "")
        exports = place.folder.parent / "exports"
        if not given.get("overwrite") and (exports / name).exists():
            raise Conflict(
                f"There is {name} in {self.context.stores.location(exports)} already. Say to overwrite it."
            )
        try:
            exports.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreUnwritable(f"The folder {exports} cannot be made: {error.strerror}.") from error
        flags = [
            *(["--force"] if given.get("overwrite") else []),
            *(["--real-example"] if given.get("real_example") else []),
            *([] if given.get("lock", True) else ["--no-lock"]),
            *([f"--format={given['model_format']}"] if given.get("model_format") else []),
        ]
        return ["export", run.id, "--output", str(exports / name), "--json", *flags]

    def finish_result(self, result: Any) -> Any:
        """With where it is below the server's root folder, if it is, and the command that verifies it."""
        path = Path(result["path"])
        location = self.context.stores.location(path)
        return {
            **result,
            "location": None if location.startswith("..") else location,
            "verify": f"nbtrack verify {shlex.quote(str(path))}",
        }


class ReproduceRoute(_Start):
    """``POST runs/{run}/reproduce``."""

    kind = "reproduce"

    def arguments(self, place: Place, run: Run, body: bytes) -> list[str]:  # noqa: ARG002 - as for all jobs
        """``nbtrack reproduce``."""
        given = read_body(body, {"seed": (int,), "repeats": (int,)})
        if "repeats" in given and "seed" not in given:
            raise UsageError("'repeats' of the body needs 'seed': the seed to begin with.")
        options = [f"--{name}={value}" for name, value in given.items()]
        return ["reproduce", run.id, "--json", *options]


class RegisterRoute(Route):
    """``POST runs/{run}/register``: done at once, and answered as a job that is done."""

    @web.authenticated
    @authorized("execute")  # type: ignore[untyped-decorator]  # with an argument it has no type
    async def post(self, **path: str) -> None:
        """Register the run's model."""
        given = read_body(self.request.body, {"name": (str,), "alias": (str, type(None))})
        if not given.get("name"):
            raise UsageError("'name' of the body is missing: the name of the registered model.")
        place = self.place()
        version = await self.work(_registered, place, path["run"], given["name"], given.get("alias") or None)
        job = self.context.jobs.record("register", place, path["run"], version)
        self.answer(job.to_dict(), status=202)


def _registered(place: Place, run_id: str, name: str, alias: str | None) -> dict[str, Any]:
    with place.changing() as store:
        version, new = register(store, run_id, name, alias=alias)
    return {**version_dict(version), "new": new}


class ModelsRoute(Look):
    """``GET models``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """The registered models with their versions and aliases."""
        with self.place().looking() as store:
            return {"models": [model_dict(one) for one in registered_models(store)]}


class PreviewRoute(Look):
    """``GET runs/{run}/export/preview``."""

    def look(self, asked: Asked, path: dict[str, str]) -> object:  # noqa: ARG002 - the routes' signature
        """What would be in the bundle."""
        place = self.place()
        with place.looking() as store:
            (run,) = with_staleness(store, [store.get_run(path["run"])], whole=True)
            told = asdict(preview(store, run))
            policy = load_policy(None, place.folder.parent)
            if policy is not None:
                outcome = check(store, run, policy)
                told["policy"] = {**asdict(outcome), "ok": outcome.ok}
        return finite({"policy": None, **told})


class JobsRoute(Route):
    """``GET jobs``."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """All jobs, or those about one run."""
        self.check_xsrf_cookie()
        run = self.asked.text("run")
        jobs = self.context.jobs.all(None if run is None else checked_id(run))
        self.answer({"jobs": [job.to_dict() for job in jobs]})


class JobRoute(Route):
    """``GET`` and ``DELETE jobs/{job}``."""

    @web.authenticated
    @authorized
    async def get(self, **path: str) -> None:
        """How the job stands."""
        self.check_xsrf_cookie()
        self.answer(self.context.jobs.get(path["job"]).to_dict())

    @web.authenticated
    @authorized("execute")  # type: ignore[untyped-decorator]  # with an argument it has no type
    async def delete(self, **path: str) -> None:
        """Cancel it, or forget it."""
        await self.context.jobs.cancel(path["job"])
        self.set_status(204)
        await self.finish()
