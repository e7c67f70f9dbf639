"""``%track runs``, ``show``, ``load``: runs as values."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from nbtrack.magics.parsing import Parser, unquoted
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]


def _runs_arguments(parser: Parser) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY")
    parser.add_argument("-n", type=int, default=None, metavar="N")


def _runs(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import runs

    whole = len(given.query) == 1  # a query in quotes; otherwise quotes belong to values in it
    query = unquoted(given.query[0]) if whole else " ".join(given.query)
    return runs(query or None, limit=given.n, store=session.folder)


def _run_argument(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")


def _show(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import get

    return get(given.run, store=session.folder)


def _load(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import get

    return get(given.run, store=session.folder).model()


VERBS = (
    Verb(
        name="runs",
        summary="the runs, newest first, as a DataFrame; QUERY and -n may be left out",
        example='table = %track runs accuracy > 0.9 and (C < 1 or model = "SVC") -n 20',
        arguments=_runs_arguments,
        run=_runs,
        completes=("query",),
        flags={"-n": "nothing"},
        keeps_quotes=True,
    ),
    Verb(
        name="show",
        summary="one run",
        example="%track show last",
        arguments=_run_argument,
        run=_show,
        completes=("run",),
    ),
    Verb(
        name="load",
        summary="the run's model, as the value of the magic",
        example="model = %track load best:accuracy",
        arguments=_run_argument,
        run=_load,
        completes=("run",),
    ),
)
