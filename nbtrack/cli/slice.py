"""``nbtrack slice``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option
from nbtrack.provenance import run_slice
from nbtrack.store import Store

__all__ = ["slice"]


@click.command(short_help="Print the cells that a run depends on, as one script.")
@click.argument("run")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
@click.option("--notebook", is_flag=True, help="As a notebook; also where the file's name ends in .ipynb.")
@click.option("--draws", is_flag=True, help="Also cells needed only because they drew random numbers before.")
@click.option("--metrics", is_flag=True, help="Also later cells that measured the run's metrics.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@json_option
@store_option
def slice(  # noqa: A001, PLR0913 - the verb's name, and its options
    run: str,
    output: Path | None,
    store: Path | None,
    *,
    notebook: bool,
    draws: bool,
    metrics: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Print the cells that RUN depends on, in the order they ran, as one script."""
    with Store.open(store_folder(store)) as opened:
        made = run_slice(opened, opened.get_run(run), draws=draws, metrics=metrics)
    if output is not None:
        made.write(output, as_notebook=notebook, force=force)
        click.echo(f"{output}: {len(made.cells)} cells", err=True)
    if as_json:
        print_json(made.to_dict())
    elif output is None:
        click.echo(json.dumps(made.notebook(), indent=1) + "\n" if notebook else made.script(), nl=False)
