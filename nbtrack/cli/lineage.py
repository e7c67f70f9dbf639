"""``nbtrack lineage``."""

from __future__ import annotations

from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option, terminal_columns
from nbtrack.provenance.lineage import lineage_of
from nbtrack.render.lineage import graph_to_dict, lineage_text
from nbtrack.render.openlineage import openlineage_events
from nbtrack.render.prov import prov_document
from nbtrack.store import Store

__all__ = ["lineage"]


@click.command(short_help="Say what a run, data or a file came from, and what came of it.")
@click.argument("subject")
@click.option("--up", is_flag=True, help="Only what it came from.")
@click.option("--down", is_flag=True, help="Only what came of it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "openlineage", "prov"]),
    default="text",
    show_default=True,
    help="OpenLineage run events, or W3C PROV-JSON, for other programs.",
)
@json_option
@store_option
def lineage(  # noqa: PLR0913 - the verb's options
    subject: str, form: str, store: Path | None, *, up: bool, down: bool, as_json: bool
) -> None:
    """Say what SUBJECT came from and what came of it, from files to metrics.

    SUBJECT is a RUN, the digest of data, of a file or of a model (its first digits do), or the path of a file.
    """
    with Store.open(store_folder(store)) as opened:
        graph = lineage_of(opened, subject, up=up or not down, down=down or not up)
        project = opened.folder.parent.name
    if as_json or form == "json":
        print_json(graph_to_dict(graph))
    elif form == "openlineage":
        print_json(openlineage_events(graph, f"nbtrack.{project}"))
    elif form == "prov":
        print_json(prov_document(graph))
    else:
        click.echo(lineage_text(graph, terminal_columns()))
