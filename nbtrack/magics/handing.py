"""``%track export``: a run's model for others."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

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


VERBS = (
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
