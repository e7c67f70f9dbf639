"""Parses the lines of ``%track`` and ``%%track``."""

from __future__ import annotations

import argparse
import re
import shlex
from typing import NoReturn

from nbtrack.capture.observation import Block, Wanted
from nbtrack.errors import UsageError

__all__ = ["Parser", "line_parser", "parse_block", "parse_line", "split_pair"]


class Parser(argparse.ArgumentParser):
    """An argument parser for magics: errors are raised, nothing exits, ``-h`` is the magic's own help (``%track?``)."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"add_help": False, "exit_on_error": False, **kwargs})  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        raise UsageError(f"{message}. See `%track?` for each verb with an example.")


def parse_line(line: str) -> argparse.Namespace:
    """The verb of a ``%track`` line and its arguments.

    Raises:
        UsageError: the line is not understood.
    """
    return _parsed(line_parser(), line)


def line_parser() -> Parser:
    """The grammar of ``%track``."""
    parser = Parser(prog="%track")
    verbs = parser.add_subparsers(dest="verb", parser_class=Parser)
    verbs.add_parser("on", help="make runs of training cells (the default)")
    verbs.add_parser("off", help="stop making runs of training cells")
    experiment = verbs.add_parser("experiment", help="group the following runs under a name")
    experiment.add_argument("name", nargs="?")
    runs = verbs.add_parser("runs", help="the runs, newest first, as a table")
    runs.add_argument("query", nargs="*", help='such as: accuracy > 0.9 and (C < 1 or model = "SVC")')
    runs.add_argument("-n", type=int, default=None, metavar="N", help="the newest N only")
    for verb, meaning in (("show", "one run, whole"), ("load", "the run's model, as the value of the magic")):
        verbs.add_parser(verb, help=meaning).add_argument("run")
    note = verbs.add_parser("note", help="write a note on a run")
    note.add_argument("run")
    note.add_argument("text", nargs="+")
    tag = verbs.add_parser("tag", help="set tags of a run")
    tag.add_argument("run")
    tag.add_argument("tags", nargs="+", metavar="key=value")
    return parser


def parse_block(line: str) -> Block | None:
    """What a ``%%track`` line asks for; None where it says ``--off``.

    Raises:
        UsageError: the line is not understood.
    """
    parser = Parser(prog="%%track")
    parser.add_argument("-n", "--name")
    parser.add_argument("-e", "--experiment")
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("-p", "--params", action="append", default=[])
    parser.add_argument("-d", "--data", action="append", default=[])
    parser.add_argument("-m", "--model")
    parser.add_argument("-M", "--metric", action="append", default=[])
    parser.add_argument("--note")
    parser.add_argument("--keep-data", action="store_true")
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--off", action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    given = _parsed(parser, line)
    if given.off:
        return None
    return Block(
        name=given.name,
        experiment=given.experiment,
        tags=dict(split_pair(each, "-t") for each in given.tag),
        note=given.note,
        wanted=Wanted(
            params=_names(given.params),
            data=_names(given.data),
            model=given.model,
            metrics=tuple(split_pair(each, "-M") for each in given.metric),
            keep_data=given.keep_data,
            keep_model=not given.no_model,
            quiet=given.quiet,
        ),
    )


def split_pair(text: str, flag: str) -> tuple[str, str]:
    """``key=value`` as a pair.

    Raises:
        UsageError: there is no ``=``, or nothing before it.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{flag} takes name=value; this is {text!r}")
    return name.strip(), value.strip()


def _parsed(parser: Parser, line: str) -> argparse.Namespace:
    try:
        return parser.parse_args(_words(line))
    except argparse.ArgumentError as error:  # argparse does not route all of its errors through error()
        parser.error(str(error))


def _names(lists: list[str]) -> tuple[str, ...]:
    return tuple(name for each in lists for name in re.split(r"[,\s]+", each) if name)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"the line {line!r} cannot be split into words: {error}") from error
