"""``%track check``, ``export``, ``verify`` and ``import``: a run's model for others, and theirs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrack.errors import UsageError
from nbtrack.magics.parsing import Parser
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]


def _arguments(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("-o", "--output", metavar="PATH")
    parser.add_argument("--format", metavar="FORMAT")
    parser.add_argument("--real-example", action="store_true")
    parser.add_argument("--preview", action="store_true")
    parser.add_argument("--no-lock", action="store_true")
    parser.add_argument("--force", action="store_true")


def _export(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.handoff.export import export
    from nbtrack.handoff.options import Options
    from nbtrack.handoff.preview import preview
    from nbtrack.render.bundles import bundle_text, preview_text
    from nbtrack.store import Store

    options = Options(
        format=given.format, real_example=given.real_example, lock=not given.no_lock, force=given.force
    )
    with Store.open(session.folder) as store:
        run = store.get_run(given.run)
        if given.preview:
            print(preview_text(preview(store, run, options)))  # noqa: T201 - a magic's answer
            return
        made = export(store, run, Path(given.output or run.label), options=options)
    print(bundle_text(made))  # noqa: T201 - as above


def _check_arguments(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--policy", metavar="FILE")


def _check(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.handoff import policy as policies
    from nbtrack.render.bundles import outcome_text
    from nbtrack.store import Store

    with Store.open(session.folder) as store:
        file = None if given.policy is None else Path(given.policy)
        chosen = policies.load_policy(file, store.folder.parent)
        if chosen is None:
            raise UsageError(policies.NONE_SET)
        outcome = policies.check(store, store.get_run(given.run), chosen)
        policies.recorded(store, outcome)
    print(outcome_text(outcome))  # noqa: T201 - as above


def _verify_arguments(parser: Parser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE")
    parser.add_argument("--predict", action="store_true")
    parser.add_argument("--trust", metavar="DIGEST")
    parser.add_argument("--key", metavar="FILE")


def _verify(_: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.handoff.verification import verify
    from nbtrack.render.bundles import verification_text

    key = None if given.key is None else Path(given.key)
    found = verify(Path(given.bundle), predict=given.predict, trust=given.trust, key=key)
    print(verification_text(found))  # noqa: T201 - as above


def _import_arguments(parser: Parser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE")
    parser.add_argument("--key", metavar="FILE")


def _import(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.handoff.importing import arriving, take_in
    from nbtrack.render.line import run_line
    from nbtrack.store import Store

    arrival = arriving(Path(given.bundle), key=None if given.key is None else Path(given.key))
    with Store.open(session.folder, create=True) as store:
        run = take_in(store, arrival)
    print(run_line(run))  # noqa: T201 - as above


VERBS = (
    Verb(
        name="check",
        summary="check a run by the rules of the project's policy",
        example="%track check last",
        arguments=_check_arguments,
        run=_check,
        completes=("run",),
        flags={"--policy": "file"},
    ),
    Verb(
        name="verify",
        summary="check a bundle: every file, its signature, its predictions",
        example="%track verify model.zip --predict",
        arguments=_verify_arguments,
        run=_verify,
        completes=("file",),
        flags={"--trust": "nothing", "--key": "file"},
    ),
    Verb(
        name="import",
        summary="bring a bundle's run into this store; nothing of it is run or unpickled",
        example="%track import model.zip",
        arguments=_import_arguments,
        run=_import,
        completes=("file",),
        flags={"--key": "file"},
    ),
    Verb(
        name="export",
        summary="write a run's model with all that proves it into a folder or zip",
        example="%track export last -o model.zip",
        arguments=_arguments,
        run=_export,
        completes=("run",),
        flags={"--output": "file", "-o": "file", "--format": "nothing"},
    ),
)
