"""``nbtrack reproduce``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option, terminal_columns
from nbtrack.records.reproductions import DEFAULT_REPEATS, DEFAULT_TOLERANCE
from nbtrack.render.plain import cut

if TYPE_CHECKING:
    from nbtrack.reproduce.carry_out import Progress

__all__ = ["reproduce"]


@click.command(short_help="Run a run again in a fresh kernel and judge what comes out.")
@click.argument("run")
@click.option(
    "--tolerance",
    type=float,
    default=DEFAULT_TOLERANCE,
    show_default=True,
    help="Largest relative difference at which numbers count as close.",
)
@click.option(
    "--timeout",
    type=float,
    help="Time limit in seconds. Default: ten minutes and ten times what the cells took.",
)
@click.option("--keep-going", is_flag=True, help="Go on after a cell that failed.")
@click.option(
    "--seed", type=int, help="Repeat with seeds from this one on, and tell the spread of each metric."
)
@click.option("--repeats", type=int, help=f"How often, with --seed. Default: {DEFAULT_REPEATS}.")
@click.option("--python", help="The Python to run in. Default: the one the run ran in.")
@json_option
@store_option
@click.pass_context
def reproduce(  # noqa: PLR0913 - the verb's options
    context: click.Context,
    run: str,
    *,
    tolerance: float,
    timeout: float | None,
    seed: int | None,
    repeats: int | None,
    python: str | None,
    store: Path | None,
    keep_going: bool,
    as_json: bool,
) -> None:
    """Run the cells that RUN depended on again, in a fresh kernel and a copy of the project's folder, and judge.

    Ends with 0 where the verdict is same or close, with 1 where it is different or failed.
    """
    from nbtrack.reproduce.asked import reproduce_run
    from nbtrack.reproduce.carry_out import Options

    options = Options(
        tolerance=tolerance,
        timeout_seconds=timeout,
        keep_going=keep_going,
        python=python,
        progress=_listener(),
    )
    found = reproduce_run(store_folder(store), run, options, seed=seed, repeats=repeats)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(repr(found))
    context.exit(0 if found.fine else 1)


def _listener() -> Callable[[Progress], None]:
    """Progress on stderr: on a terminal also the cell that runs, on the line that its end then takes."""
    from nbtrack.reproduce.asked import telling

    if not sys.stderr.isatty():
        return telling(lambda line: click.echo(line, err=True))
    width = terminal_columns() - 1

    def show(line: str) -> None:
        running = line.endswith("…")
        click.echo(f"\r\x1b[K{cut(line, width)}", err=True, nl=not running)

    return telling(show, begun=True)
