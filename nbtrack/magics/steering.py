"""``%track on``, ``off``, ``experiment``: what is recorded of this kernel."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbtrack.magics.parsing import Parser
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]


def _on(session: KernelSession, _: argparse.Namespace) -> None:
    session.automatic = True
    print("nbtrack: watching training cells")  # noqa: T201 - a magic's answer


def _off(session: KernelSession, _: argparse.Namespace) -> None:
    session.automatic = False
    print("nbtrack: off; `%track on` watches again")  # noqa: T201 - as above


def _experiment_arguments(parser: Parser) -> None:
    parser.add_argument("name", nargs="*", metavar="NAME")


def _experiment(session: KernelSession, given: argparse.Namespace) -> None:
    if given.name:
        session.experiment = " ".join(given.name)
    print(f"experiment {session.experiment or 'by notebook'}")  # noqa: T201 - as above


VERBS = (
    Verb(name="on", summary="make runs of training cells (so from the start)", example="%track on", run=_on),
    Verb(name="off", summary="stop making runs of training cells", example="%track off", run=_off),
    Verb(
        name="experiment",
        summary="group the following runs under a name; without one, tell the name",
        example="%track experiment churn",
        arguments=_experiment_arguments,
        run=_experiment,
        completes=("experiment",),
    ),
)
