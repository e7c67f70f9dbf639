"""The grammar of the ``%%track`` line, which makes its cell a run."""

from __future__ import annotations

import re

from nbtrack.capture.observation import Block, Wanted
from nbtrack.magics.parsing import Parser, parsed, split_pair
from nbtrack.magics.verb import Completes

__all__ = ["BLOCK_FLAGS", "EXAMPLES", "block_parser", "parse_block"]

EXAMPLES = (
    "%%track -n baseline -t stage=final -p lr,epochs",
    '%%track -m model -d X,y -M "auc=roc_auc_score(y, p)" --note "before the audit"',
    "%%track --off",
)

BLOCK_FLAGS: dict[str, Completes] = {
    "--experiment": "experiment",
    "--tag": "tag",
    "--params": "variables",
    "--data": "variables",
    "--model": "variables",
}
"""What completes the values of its flags."""


def block_parser() -> Parser:
    """The grammar of a ``%%track`` line."""
    parser = Parser("%%track")
    parser.add_argument("-n", "--name", metavar="NAME", help="what you call the run")
    parser.add_argument("-e", "--experiment", metavar="NAME", help="the experiment it belongs to")
    parser.add_argument(
        "-t", "--tag", action="append", default=[], metavar="key=value", help="a tag; may be given again"
    )
    parser.add_argument(
        "-p", "--params", action="append", default=[], metavar="a,b", help="variables to keep as params"
    )
    parser.add_argument(
        "-d", "--data", action="append", default=[], metavar="X,y", help="variables whose content is data"
    )
    parser.add_argument("-m", "--model", metavar="NAME", help="the variable that holds the model")
    parser.add_argument(
        "-M",
        "--metric",
        action="append",
        default=[],
        metavar="name=EXPR",
        help="a metric, computed after the cell; may be given again",
    )
    parser.add_argument("--note", metavar="TEXT", help="a note on the run")
    parser.add_argument("--keep-data", action="store_true", help="keep the data, not only its digests")
    parser.add_argument("--no-model", action="store_true", help="do not store the model")
    parser.add_argument("--off", action="store_true", help="make no run of this cell")
    parser.add_argument("-q", "--quiet", action="store_true", help="show nothing under the cell")
    return parser


def parse_block(line: str) -> Block | None:
    """What a ``%%track`` line asks for; None where it says ``--off``.

    Raises:
        UsageError: the line is not understood.
    """
    given = parsed(block_parser(), line)
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


def _names(lists: list[str]) -> tuple[str, ...]:
    return tuple(name for each in lists for name in re.split(r"[,\s]+", each) if name)
