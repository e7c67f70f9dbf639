"""``%track reproduce``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from nbtrack.magics.verb import Verb
from nbtrack.records.reproductions import DEFAULT_TOLERANCE

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession
    from nbtrack.magics.parsing import Parser

__all__ = ["VERBS"]


def _arguments(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--tolerance", type=float, default=DEFAULT_TOLERANCE, metavar="SHARE")
    parser.add_argument("--timeout", type=float, metavar="SECONDS")
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--repeats", type=int, metavar="N")


def _reproduce(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.reproduce.asked import reproduce_run, telling
    from nbtrack.reproduce.carry_out import Options

    options = Options(
        tolerance=given.tolerance,
        timeout_seconds=given.timeout,
        keep_going=given.keep_going,
        progress=telling(print),
    )
    return reproduce_run(session.folder, given.run, options, seed=given.seed, repeats=given.repeats)


VERBS = (
    Verb(
        name="reproduce",
        summary="run a run again in a fresh kernel and judge what comes out",
        example="%track reproduce last",
        arguments=_arguments,
        run=_reproduce,
        completes=("run",),
        flags={"--tolerance": "nothing", "--timeout": "nothing", "--seed": "nothing", "--repeats": "nothing"},
    ),
)
