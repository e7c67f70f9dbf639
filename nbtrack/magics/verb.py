"""What a verb of ``%track`` is: its grammar, an example, what completes it, and what it does."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from nbtrack.capture.session import KernelSession
    from nbtrack.magics.parsing import Parser

__all__ = ["Completes", "Verb", "no_arguments"]

Completes: TypeAlias = Literal["run", "query", "experiment", "metric", "tag", "variables", "file", "nothing"]
"""What an argument's value may be completed to; ``nbtrack/magics/completion.py`` finds the candidates of each."""


def no_arguments(_: Parser) -> None:
    """The grammar of a verb that takes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb of ``%track``.

    Attributes:
        name: the word after ``%track``.
        summary: what it does, in a few words, as a line of ``%track?``.
        example: one line that can be typed as it stands, ``%track`` included.
        run: carries it out and returns the value of the magic (None: none). It is handed the kernel's session
            and the arguments; what it raises of nbtrack's errors is told without a traceback.
        arguments: adds the arguments to the verb's parser.
        completes: what its positional arguments are, in order; the last also stands for all that follow.
        flags: what the values of its flags are, by flag.
        keeps_quotes: whether quotes are part of the words, as in a query; only a line that is quoted as a whole
            loses them.
    """

    name: str
    summary: str
    example: str
    run: Callable[[KernelSession, argparse.Namespace], Any]
    arguments: Callable[[Parser], None] = no_arguments
    completes: tuple[Completes, ...] = ()
    flags: Mapping[str, Completes] = field(default_factory=dict)
    keeps_quotes: bool = False
