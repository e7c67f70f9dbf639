"""The text of ``%track?`` and ``%%track?``, made from the grammar."""

from __future__ import annotations

import argparse

from nbtrack.magics.block import EXAMPLES, block_parser
from nbtrack.magics.registry import all_verbs

__all__ = ["cell_help", "line_help"]

_RUN = (
    "RUN is an id or a unique beginning of one, a label such as SVC-3, `last`, or `best:METRIC`\n"
    "(`best:-loss` for the smallest). `$name` in a line is replaced by the variable's value. Tab completes."
)


def line_help() -> str:
    """The verbs of ``%track``, each with what it does and an example."""
    lines = [
        "Ask for runs, and steer what is recorded.",
        "",
        "%track",
        "    status: store, last runs, cost so far",
    ]
    for verb in all_verbs():
        lines += [verb.example, f"    {verb.summary}"]
    return "\n".join([*lines, "", *_RUN.splitlines(), "`%%track?` tells how to say more about a cell."])


def cell_help() -> str:
    """The flags of ``%%track``, and examples."""
    lines = [
        "As the first line of a cell: make the cell a run, even where nothing in it trains, or say more",
        "about its runs. The line is stripped before the cell runs; the rest is an ordinary cell.",
    ]
    flags = [f"{_flag(action):<28}{action.help}" for action in block_parser().actions]
    return "\n".join([*lines, "", *EXAMPLES, "", *flags, "", "`%track?` has the verbs."])


def _flag(action: argparse.Action) -> str:
    flags = ", ".join(action.option_strings)
    return f"{flags} {action.metavar}" if action.metavar else flags
