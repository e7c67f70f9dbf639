"""``nbtrack doctor``."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option
from nbtrack.render.storage import problems_text
from nbtrack.store import Store

__all__ = ["doctor"]


@click.command(short_help="Check the store and say what is wrong.")
@click.option("--full", is_flag=True, help="Also read every blob and compute its digest again.")
@json_option
@store_option
@click.pass_context
def doctor(context: click.Context, *, full: bool, as_json: bool, store: Path | None) -> None:
    """Check the store: schema, foreign keys, digests, orphans. Ends with 1 where it found an error."""
    folder = store_folder(store)
    with Store.open(folder) as opened:
        problems = opened.doctor(full=full)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        print_json([dataclasses.asdict(problem) for problem in problems])
    else:
        click.echo(problems_text(str(folder), problems))
    context.exit(1 if errors else 0)
