"""``%track gc`` and ``doctor``: the store itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbtrack.errors import UsageError
from nbtrack.magics.parsing import Parser
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]

_SECONDS_PER_HOUR = 3600.0


def _gc_arguments(parser: Parser) -> None:
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--grace", type=float, metavar="HOURS")


def _gc(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.render.storage import collection_text
    from nbtrack.store import Store
    from nbtrack.store.garbage import GRACE_SECONDS, collect_garbage

    if given.grace is not None and not given.grace >= 0:
        raise UsageError(f"--grace is {given.grace:g}; it takes hours, 0 or more.")
    grace = GRACE_SECONDS if given.grace is None else given.grace * _SECONDS_PER_HOUR
    with Store.open(session.folder) as store:
        done = collect_garbage(store, dry_run=given.dry_run, grace_seconds=grace)
    print(collection_text(done))  # noqa: T201 - a magic's answer


def _doctor_arguments(parser: Parser) -> None:
    parser.add_argument("--full", action="store_true")


def _doctor(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.render.storage import problems_text
    from nbtrack.store import Store

    with Store.open(session.folder) as store:
        problems = store.doctor(full=given.full)
    print(problems_text(str(session.folder), problems))  # noqa: T201 - as above


VERBS = (
    Verb(
        name="gc",
        summary="free the space of what no run, version or export needs any more",
        example="%track gc --dry-run",
        arguments=_gc_arguments,
        run=_gc,
        flags={"--grace": "nothing"},
    ),
    Verb(
        name="doctor",
        summary="check the store and say what is wrong; --full reads every stored byte",
        example="%track doctor --full",
        arguments=_doctor_arguments,
        run=_doctor,
    ),
)
