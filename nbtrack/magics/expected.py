"""What may stand at the cursor in a ``%track`` line: told by the grammar alone, without a look at any store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nbtrack.magics.block import BLOCK_FLAGS, block_parser
from nbtrack.magics.parsing import Parser, verb_parser
from nbtrack.magics.registry import VERBS, verb
from nbtrack.magics.verb import Completes

__all__ = ["Expected", "expected"]

_LINE = re.compile(r"^(?:[\w\s,.\[\]*'\"]+=)?\s*%track\s+(?P<rest>.*)$")
_CELL = re.compile(r"^%%track\s+(?P<rest>.*)$")
_WORD = re.compile(r"[^\s\"']*$")
_NAME = re.compile(r"`?[^\s\"'()<>=!~`]*$")  # in a query
_LIST = re.compile(r"[^\s\"',]*$")  # of variables


class Expected(NamedTuple):
    """What is expected at the cursor.

    Attributes:
        kind: what it is; ``choice``: one of ``choices``.
        word: what of it is typed already.
        before: what stands before it, behind the verb.
        choices: where the grammar names them: verbs, flags.
    """

    kind: str
    word: str
    before: str = ""
    choices: tuple[str, ...] = ()


def expected(text: str) -> Expected | None:
    """What is expected at the end of ``text``, a line up to the cursor; None where it is no line of ours."""
    in_cell = _CELL.match(text)
    if in_cell:
        return _argument(in_cell["rest"], block_parser(), (), BLOCK_FLAGS)
    in_line = _LINE.match(text)
    if in_line is None:
        return None
    name, space, rest = in_line["rest"].partition(" ")
    if not space:
        return Expected("choice", name, choices=tuple(VERBS))
    if name not in VERBS:
        return None
    found = verb(name)
    return _argument(rest, verb_parser(found), found.completes, found.flags)


def _argument(
    rest: str, parser: Parser, completes: Sequence[Completes], flags: Mapping[str, Completes]
) -> Expected | None:
    """``rest`` is what stands between the verb and the cursor."""
    known = {flag: one.nargs != 0 for one in parser.actions for flag in one.option_strings}
    *words, current = re.split(r"\s+", rest)
    if words and known.get(words[-1]):
        kinds = [
            flags[flag]
            for one in parser.actions
            for flag in one.option_strings
            if words[-1] in one.option_strings and flag in flags
        ]
        return _of_kind(kinds[0] if kinds else "nothing", rest)
    if current.startswith("-"):
        return Expected("choice", current, choices=tuple(known))
    if not completes:
        return None
    places = sum(
        not word.startswith("-") and not (place and known.get(words[place - 1], False))
        for place, word in enumerate(words)
    )
    return _of_kind(completes[min(places, len(completes) - 1)], rest)


def _of_kind(kind: Completes, rest: str) -> Expected:
    pattern = {"query": _NAME, "variables": _LIST}.get(kind, _WORD)
    word = pattern.search(rest)
    assert word is not None  # each matches the empty end
    return Expected(kind, word[0], rest[: word.start()])
