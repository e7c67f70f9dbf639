"""``%track compare``, ``diff``, ``plot``: runs beside each other."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from nbtrack.magics.parsing import Parser
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]


def _compare_arguments(parser: Parser) -> None:
    parser.add_argument("runs", nargs="*", metavar="RUN")
    parser.add_argument("-m", "--metric", metavar="METRIC")


def _compare(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.widget import compare

    return compare(*given.runs, metric=given.metric, store=session.folder)


def _diff_arguments(parser: Parser) -> None:
    parser.add_argument("then", metavar="A")
    parser.add_argument("now", metavar="B")


def _diff(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import get

    return get(given.then, store=session.folder).diff(given.now)


def _plot_arguments(parser: Parser) -> None:
    parser.add_argument("runs", nargs="*", metavar="RUN")
    parser.add_argument("-m", "--metric", metavar="METRIC")


def _plot(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.plot import curves

    return curves(*(given.runs or ["last"]), metric=given.metric, store=session.folder)


VERBS = (
    Verb(
        name="compare",
        summary="runs beside each other: what differs, curves, whether they can be told apart; without RUN the newest",
        example="%track compare SVC-1 SVC-2 best:accuracy -m accuracy",
        arguments=_compare_arguments,
        run=_compare,
        completes=("run",),
        flags={"-m": "metric", "--metric": "metric"},
    ),
    Verb(
        name="diff",
        summary="why B came out other than A: params, data, code, seeds, versions",
        example="%track diff SVC-1 last",
        arguments=_diff_arguments,
        run=_diff,
        completes=("run", "run"),
    ),
    Verb(
        name="plot",
        summary="curves of metrics as a matplotlib figure; without RUN the last one's",
        example="%track plot last -m loss",
        arguments=_plot_arguments,
        run=_plot,
        completes=("run",),
        flags={"-m": "metric", "--metric": "metric"},
    ),
)
