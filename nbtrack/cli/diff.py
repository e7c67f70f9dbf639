"""``nbtrack diff``."""

from __future__ import annotations

from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option, terminal_columns
from nbtrack.differences import between
from nbtrack.render.differences import difference_text, reason_to_dict
from nbtrack.store import Store

__all__ = ["diff"]


@click.command(short_help="Say why one run came out differently from another.")
@click.argument("then")
@click.argument("now")
@click.option("--all", "whole", is_flag=True, help="Leave nothing out, also where it is more than a screen.")
@json_option
@store_option
def diff(then: str, now: str, *, whole: bool, as_json: bool, store: Path | None) -> None:
    """Say why the run NOW came out differently from the run THEN: what differs, most telling first."""
    with Store.open(store_folder(store)) as opened:
        found = between(opened, opened.get_run(then), opened.get_run(now))
    if as_json:
        print_json([reason_to_dict(each) for each in found.reasons])
    else:
        click.echo(difference_text(found, whole=whole, columns=terminal_columns()))
