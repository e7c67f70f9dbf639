"""Parses the lines of ``%track`` and ``%%track``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import NoReturn

from nbtrack.errors import UsageError
from nbtrack.magics.registry import verb
from nbtrack.magics.verb import Verb

__all__ = ["Parser", "parse_line", "parsed", "split_pair", "unquoted", "verb_parser"]


class Parser(argparse.ArgumentParser):
    """An argument parser for a magic: errors are raised, nothing exits, ``-h`` is the magic's own help (``%track?``).

    Args:
        magic: what the line begins with, such as ``%track show``.
    """

    def __init__(self, magic: str) -> None:
        # argparse formats the program's name with %, so it gets it without.
        super().__init__(prog=magic.lstrip("%"), add_help=False, exit_on_error=False)
        self.magic = magic

    @property
    def actions(self) -> Sequence[argparse.Action]:
        """The arguments, in their order."""
        return self._actions

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        usage = " ".join(self.format_usage().removeprefix("usage: ").removeprefix(self.prog).split())
        help_ = f"{self.magic.split()[0]}?"
        raise UsageError(f"{message}; it goes: {self.magic} {usage}. See `{help_}` for examples.")


def parse_line(line: str) -> tuple[Verb, argparse.Namespace] | None:
    """The verb of a ``%track`` line and its arguments; None for an empty line.

    Raises:
        UsageError: the line is not understood.
    """
    name, _, rest = line.strip().partition(" ")
    if not name:
        return None
    found = verb(name)
    return found, parsed(verb_parser(found), rest, keep_quotes=found.keeps_quotes)


def verb_parser(found: Verb) -> Parser:
    """The grammar of what follows a verb."""
    parser = Parser(f"%track {found.name}")
    found.arguments(parser)
    return parser


def parsed(parser: Parser, line: str, *, keep_quotes: bool = False) -> argparse.Namespace:
    """The arguments that ``line`` gives, by ``parser``.

    Raises:
        UsageError: the line is not understood.
    """
    words = _words(line, keep_quotes=keep_quotes)
    rest = any(action.nargs == argparse.REMAINDER for action in parser.actions)
    try:
        # Flags may stand anywhere, but before a text that goes to the end of the line.
        return parser.parse_args(words) if rest else parser.parse_intermixed_args(words)
    except argparse.ArgumentError as error:  # argparse does not route all of its errors through error()
        parser.error(str(error))


def split_pair(text: str, flag: str) -> tuple[str, str]:
    """``key=value`` as a pair.

    Raises:
        UsageError: there is no ``=``, or nothing before it.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{flag} takes name=value; this is {text!r}")
    return name.strip(), value.strip()


def unquoted(text: str) -> str:
    """``text`` without the quotes that it begins and ends with, where it does."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _words(line: str, *, keep_quotes: bool) -> list[str]:
    try:
        return shlex.split(line, posix=not keep_quotes)
    except ValueError as error:
        raise UsageError(f"the line {line!r} cannot be split into words: {error}") from error
