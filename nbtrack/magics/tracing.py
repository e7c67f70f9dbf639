"""``%track slice`` and ``lineage``: what runs came from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrack.magics.parsing import Parser
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]


def _slice_arguments(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("-o", "--output", metavar="FILE")
    parser.add_argument("--notebook", action="store_true")
    parser.add_argument("--draws", action="store_true")
    parser.add_argument("--metrics", action="store_true")
    parser.add_argument("--force", action="store_true")


def _slice(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import get

    made = get(given.run, store=session.folder).slice(draws=given.draws, metrics=given.metrics)
    if given.output is None:
        return made.notebook() if given.notebook else made
    written = made.write(Path(given.output), as_notebook=given.notebook, force=given.force)
    print(f"{written}: {len(made.cells)} cells")  # noqa: T201 - a magic's answer
    return None


def _lineage_arguments(parser: Parser) -> None:
    parser.add_argument("subject", metavar="SUBJECT")
    parser.add_argument("--up", action="store_true")
    parser.add_argument("--down", action="store_true")


def _lineage(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run.ancestry import ancestry

    return ancestry(
        session.folder, given.subject, up=given.up or not given.down, down=given.down or not given.up
    )


VERBS = (
    Verb(
        name="slice",
        summary="the cells that a run depends on, as one script; -o writes it to a file, .ipynb makes a notebook",
        example="%track slice last -o slice.py",
        arguments=_slice_arguments,
        run=_slice,
        completes=("run",),
        flags={"-o": "file", "--output": "file"},
    ),
    Verb(
        name="lineage",
        summary="what a run, a digest or a file came from, and what came of it",
        example="%track lineage last --up",
        arguments=_lineage_arguments,
        run=_lineage,
        completes=("run",),
    ),
)
