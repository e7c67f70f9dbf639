"""``nbtrack rm`` and ``nbtrack gc``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option
from nbtrack.records import Collection, Garbage
from nbtrack.render.numbers import moment, size
from nbtrack.store import Store
from nbtrack.store.garbage import GRACE_SECONDS, collect_garbage
from nbtrack.store.removal import remove_runs

__all__ = ["gc", "rm"]

_SECONDS_PER_HOUR = 3600.0
_LABELS_SHOWN = 10


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
        click.echo("\n".join(_told(done)))


def _told(done: Collection) -> list[str]:
    packed = _packed(done)
    if not done.freed and not done.waiting:
        return packed or ["Nothing to free."]
    would = "Would free" if done.dry_run else "Freed"
    lines = [f"{would} {_amount(done.freed)}."] if done.freed else [f"{would} nothing yet."]
    lines += packed
    if done.waiting:
        last = max(one.free_at for one in done.waiting)
        lines.append(
            f"{_amount(done.waiting)}, waits for the end of the grace period: `nbtrack gc` after {moment(last)} "
            "frees it, `nbtrack gc --grace 0` now."
        )
    return lines


def _packed(done: Collection) -> list[str]:
    if not done.compressed:
        return []
    files = f"{done.compressed} file{'' if done.compressed == 1 else 's'}"
    if done.dry_run:
        return [f"Would compress {files} of {size(done.saved_bytes)} in all, by a quarter or more."]
    return [f"Compressed {files}, which saves {size(done.saved_bytes)}."]


def _amount(garbage: Iterable[Garbage]) -> str:
    """``31 MB in 4 blobs, of SVC-3 and SVC-7``."""
    found = list(garbage)
    labels = sorted({label for one in found for label in one.runs})
    if len(labels) > _LABELS_SHOWN:
        labels = [*labels[:_LABELS_SHOWN], f"{len(labels) - _LABELS_SHOWN} more runs"]
    whose = f", of {' and '.join(filter(None, [', '.join(labels[:-1]), labels[-1]]))}" if labels else ""
    total = size(sum([one.size_bytes for one in found]))
    return f"{total} in {len(found)} blob{'' if len(found) == 1 else 's'}{whose}"
