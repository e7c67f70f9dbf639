"""Routes that start work and tell how it stands: export, reproduction, registration."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from nbtrack.errors import UsageError
from nbtrack.render.registry import model_dict, version_dict
from nbtrack.server.answer import Look, Route
from nbtrack.server.asked import Asked, read_body
from nbtrack.server.comparing import checked_id
from nbtrack.server.problems import NotHere
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
        place, run_id = self.place(), path["run"]
        arguments = self.arguments(run_id, self.request.body)
        await self.work(_known, place, run_id)
        job = self.context.jobs.start(self.kind, place, run_id, ["--store", str(place.folder), *arguments])
        self.answer(job.to_dict(), status=202)

    def arguments(self, run_id: str, body: bytes) -> list[str]:
        """The command line's verb, with what the body asks for."""
        raise NotImplementedError


def _known(place: Place, run_id: str) -> None:
    with place.looking() as store:
        store.get_run(run_id)


def _needs(name: str) -> None:
    if find_spec(f"nbtrack.{name}") is None:
        raise NotHere(f"This version of nbtrack has no nbtrack.{name}.")


class ExportRoute(_Start):
    """``POST runs/{run}/export``."""

    kind = "export"

    def arguments(self, run_id: str, body: bytes) -> list[str]:
        """``nbtrack export``."""
        _needs("handoff")
        given = read_body(body, {"format": (str,), "overwrite": (bool,)})
        raise NotHere(f"{run_id} {given}")


class ReproduceRoute(_Start):
    """``POST runs/{run}/reproduce``."""

    kind = "reproduce"

    def arguments(self, run_id: str, body: bytes) -> list[str]:
        """``nbtrack reproduce``."""
        given = read_body(body, {"seed": (int,), "repeats": (int,)})
        if "repeats" in given and "seed" not in given:
            raise UsageError("'repeats' of the body needs 'seed': the seed to begin with.")
        options = [f"--{name}={value}" for name, value in given.items()]
        return ["reproduce", run_id, "--json", *options]


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
        _known(self.place(), path["run"])
        raise NotHere("This version of nbtrack cannot say what a bundle would hold.")


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
