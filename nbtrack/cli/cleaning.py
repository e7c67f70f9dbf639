"""``nbtrack rm`` and ``nbtrack gc``."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option
from nbtrack.render.numbers import moment, size
from nbtrack.render.storage import collection_text
from nbtrack.store import Store
from nbtrack.store.garbage import GRACE_SECONDS, collect_garbage
from nbtrack.store.removal import remove_runs

__all__ = ["gc", "rm"]

_SECONDS_PER_HOUR = 3600.0


@click.command(short_help="Remove runs for good.")
@click.argument("run", nargs=-1, required=True)
@json_option
@store_option
def rm(run: tuple[str, ...], *, as_json: bool, store: Path | None) -> None:
    """Remove runs for good: all that are named, or none.

    Their numbers and models cannot be had back. What stays is a line that says which run it was, who removed it and
    when, and the digests of its data and model. `nbtrack gc` then frees the space.
    """
    with Store.open(store_folder(store)) as opened:
        stones = remove_runs(opened, run)
    if as_json:
        print_json([dataclasses.asdict(stone) for stone in stones])
        return
    for stone in stones:
        click.echo(f"Removed {stone.label} ({stone.experiment}, {moment(stone.started_at)}).")
    freed = sum([stone.freed_bytes for stone in stones])
    if freed:
        click.echo(f"{size(freed)} of stored bytes are needed no more; `nbtrack gc` frees them.")


@click.command(short_help="Free the space of what nothing needs any more.")
@click.option("--dry-run", is_flag=True, help="Say what would be freed; change nothing.")
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    metavar="HOURS",
    default=GRACE_SECONDS / _SECONDS_PER_HOUR,
    show_default=True,
    help="How long bytes that nothing needs are kept after a collection first found them; 0: free them at once.",
)
@json_option
@store_option
def gc(*, dry_run: bool, grace: float, as_json: bool, store: Path | None) -> None:
    """Free the space of stored models, figures and data that no run, version or export needs any more.

    A first collection only marks what nothing needs; one at least a grace period later frees it. Stored files that
    shrink by a quarter or more are compressed. Kernels may go on writing meanwhile.
    """
    with Store.open(store_folder(store)) as opened:
        done = collect_garbage(opened, dry_run=dry_run, grace_seconds=grace * _SECONDS_PER_HOUR)
    if as_json:
        print_json(dataclasses.asdict(done))
    else:
        click.echo(collection_text(done))
