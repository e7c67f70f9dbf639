"""``%track register``, ``models``, ``rm``: names that stay, and runs that go."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbtrack.magics.parsing import Parser
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]

_ENTRIES = 20  # of the audit


def _register_arguments(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--alias", metavar="ALIAS")
    parser.add_argument("--override", metavar="WHY")


def _register(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.handoff.registering import register
    from nbtrack.render.registry import version_line
    from nbtrack.store import Store

    with Store.open(session.folder) as store:
        version, new = register(store, given.run, given.name, alias=given.alias, override=given.override)
    print(version_line(version) + ("" if new else "  (was registered before)"))  # noqa: T201 - a magic's answer


def _models_arguments(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME")


def _models(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.render.registry import model_text, models_text
    from nbtrack.store import Store, registry
    from nbtrack.store.audit import audit

    with Store.open(session.folder) as store:
        if given.name is not None:
            model = registry.registered_model(store, given.name)
            text = model_text(model, audit(store, subject=given.name, limit=_ENTRIES))
        else:
            found = registry.registered_models(store)
            text = models_text(found) if found else "No models are registered yet: %track register RUN NAME."
    print(text)  # noqa: T201 - as above


def _rm_arguments(parser: Parser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN")


def _rm(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.store import Store
    from nbtrack.store.removal import remove_runs

    with Store.open(session.folder) as store:
        stones = remove_runs(store, given.runs)
    removed = ", ".join(stone.label for stone in stones)
    print(f"removed {removed}; `%track gc` frees what nothing needs any more")  # noqa: T201 - as above


VERBS = (
    Verb(
        name="register",
        summary="register a run's model as the next version of a name, which never changes afterwards",
        example="%track register best:accuracy churn --alias champion",
        arguments=_register_arguments,
        run=_register,
        completes=("run", "nothing"),
        flags={"--alias": "nothing", "--override": "nothing"},
    ),
    Verb(
        name="models",
        summary="the registered models, or the versions and aliases of one",
        example="%track models churn",
        arguments=_models_arguments,
        run=_models,
        completes=("nothing",),
    ),
    Verb(
        name="rm",
        summary="remove runs for good, all that are named or none",
        example="%track rm SVC-1 SVC-2",
        arguments=_rm_arguments,
        run=_rm,
        completes=("run",),
    ),
)
