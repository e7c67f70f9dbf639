"""``%track note`` and ``tag``: what people say about runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbtrack.errors import UsageError
from nbtrack.magics.parsing import Parser, split_pair
from nbtrack.magics.verb import Verb

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession

__all__ = ["VERBS"]


def _note_arguments(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("text", nargs=argparse.REMAINDER, metavar="TEXT")


def _note(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.observe.redaction import redact
    from nbtrack.store import Store

    if not given.text:
        raise UsageError("A note needs its text: %track note RUN TEXT.")
    with Store.open(session.folder) as store:
        run = store.get_run(given.run)
        store.update_run(run.id, note=redact(" ".join(given.text)))
    print(f"noted on {run.label}")  # noqa: T201 - a magic's answer


def _tag_arguments(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("tags", nargs="+", metavar="key=value")


def _tag(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.observe.redaction import redact_value
    from nbtrack.store import Store

    pairs = [split_pair(each, "tag") for each in given.tags]
    tags = {name: redact_value(name, value)[0] for name, value in pairs}
    with Store.open(session.folder) as store:
        run = store.get_run(given.run)
        store.update_run(run.id, tags={**run.tags, **tags})
    print(f"{run.label}: {', '.join(f'{name}={value}' for name, value in tags.items())}")  # noqa: T201 - as above


VERBS = (
    Verb(
        name="note",
        summary="write a note on a run",
        example="%track note last too deep for so few rows",
        arguments=_note_arguments,
        run=_note,
        completes=("run", "nothing"),
    ),
    Verb(
        name="tag",
        summary="set tags of a run",
        example="%track tag last stage=final owner=anna",
        arguments=_tag_arguments,
        run=_tag,
        completes=("run", "tag"),
    ),
)
