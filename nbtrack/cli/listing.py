"""``nbtrack runs`` and ``nbtrack show``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option, terminal_columns
from nbtrack.errors import UsageError
from nbtrack.records import Point, Run
from nbtrack.render.numbers import moment
from nbtrack.render.table import runs_table
from nbtrack.store import Store

__all__ = ["runs", "show"]

_SHOWN = 20


@click.command(short_help="List runs, newest first.")
@click.argument("query", nargs=-1)
@click.option(
    "-n", "number", type=click.IntRange(min=0), help=f"How many; 0: all. Default: {_SHOWN}, as JSON all."
)
@click.option("-e", "--experiment", help="Only the runs of this experiment.")
@json_option
@store_option
def runs(
    query: tuple[str, ...], number: int | None, experiment: str | None, *, as_json: bool, store: Path | None
) -> None:
    """List runs, newest first; of those that QUERY describes.

    QUERY compares metrics, params and fields of runs, and is best quoted:

        nbtrack runs 'accuracy > 0.9 and (C < 1 or model = "SVC")'
    """
    text = " ".join(query) or None
    limit = number if number is not None else (0 if as_json else _SHOWN)
    with Store.open(store_folder(store)) as opened:
        # One more than is shown tells whether there are more.
        found = opened.find_runs(text, limit=limit + 1 if limit else None, experiment=experiment)
        shown = found[:limit] if limit else found
        if as_json:
            print_json(_documents(opened, shown))
            return
    if not shown:
        click.echo(_nothing(text, experiment))
    else:
        click.echo(runs_table(shown, terminal_columns()))
        if len(found) > len(shown):
            click.echo(f"… and older ones: nbtrack runs -n {2 * limit}")


@click.command(short_help="Show one run whole.")
@click.argument("run")
@click.option("--metric", help="Only the curve of this metric: step, value, time.")
@json_option
@store_option
def show(run: str, metric: str | None, *, as_json: bool, store: Path | None) -> None:
    """Show one run whole, or the curve of one of its metrics."""
    with Store.open(store_folder(store)) as opened:
        found = opened.get_run(run)
        if metric is None:
            from nbtrack.provenance.staleness import with_staleness

            (found,) = with_staleness(opened, [found], whole=True)
        if metric is not None:
            _known(found, metric)
            points = list(opened.points(found.id, metric))
        elif not as_json:
            curves = {one.name: opened.points(found.id, one.name) for one in found.metrics if one.points > 1}
    if metric is not None and as_json:
        from nbtrack.render.document import curve

        print_json(curve(points))
    elif metric is not None:
        click.echo("\n".join(_point_line(point) for point in points))
    elif as_json:
        from nbtrack.render.document import to_dict

        print_json(to_dict(found))
    else:
        from nbtrack.render.show import run_text

        click.echo(run_text(found, curves))


def _documents(store: Store, runs: list[Run]) -> list[dict[str, Any]]:
    """The runs for JSON, which tells of the cells that were edited since; a table does not, and need not load it."""
    from nbtrack.provenance.staleness import with_staleness
    from nbtrack.render.document import to_dict

    return [to_dict(run, full=False) for run in with_staleness(store, runs)]


def _nothing(query: str | None, experiment: str | None) -> str:
    if query is None and experiment is None:
        return "No runs yet: fit a model in a notebook after `%load_ext nbtrack`."
    return "No run matches."


def _known(run: Run, metric: str) -> None:
    names = sorted({one.name for one in run.metrics})
    if metric not in names:
        has = f"it has {', '.join(names)}" if names else "it has none"
        raise UsageError(f"{run.label} has no metric {metric!r}; {has}.")


def _point_line(point: Point) -> str:
    return f"{point.step}\t{point.value!r}\t{moment(point.time)}"
