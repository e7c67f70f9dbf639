"""``nbtrack register`` and ``nbtrack models``."""

from __future__ import annotations

from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option
from nbtrack.handoff.registering import register as gated
from nbtrack.render.registry import (
    audit_dict,
    audit_text,
    model_dict,
    model_text,
    models_text,
    version_dict,
    version_line,
)
from nbtrack.store import Store
from nbtrack.store import registry as registered
from nbtrack.store.audit import audit

__all__ = ["models", "register"]

_ENTRIES = 20


@click.command(short_help="Register a run's model as the next version of a name.")
@click.argument("run")
@click.argument("name")
@click.option("--alias", help="Move this label, such as champion, to the version.")
@click.option(
    "--policy", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="A TOML file with one."
)
@click.option(
    "--override", "why", metavar="WHY", help="Move the alias although the policy does not hold; is recorded."
)
@json_option
@store_option
def register(  # noqa: PLR0913 - the verb's options
    run: str,
    name: str,
    alias: str | None,
    *,
    policy: Path | None,
    why: str | None,
    as_json: bool,
    store: Path | None,
) -> None:
    """Register the model of RUN as the next version of NAME: v1, v2, …, never changed afterwards.

    A run that is a version of NAME already stays that version, so that an alias can be moved back:

        nbtrack register churn:v1 churn --alias champion

    Where the project has a policy ([tool.nbtrack.policy]), the alias moves only if it holds.
    """
    with Store.open(store_folder(store)) as opened:
        version, new = gated(opened, run, name, alias=alias, policy=policy, override=why)
    if as_json:
        print_json(version_dict(version))
    else:
        click.echo(version_line(version) + ("" if new else "  (was registered before)"))


@click.command(short_help="List registered models, or the versions of one.")
@click.argument("name", required=False)
@click.option("--audit", "entries", is_flag=True, help="All entries of the audit, of NAME or of all models.")
@click.option(
    "--remove-alias", "gone", metavar="ALIAS", help="Take this label away from the version of NAME."
)
@json_option
@store_option
def models(name: str | None, gone: str | None, *, entries: bool, as_json: bool, store: Path | None) -> None:
    """List the registered models; with NAME its versions and the last entries of its audit."""
    if gone is not None and name is None:
        raise click.UsageError("--remove-alias needs the NAME of the model.")
    with Store.open(store_folder(store)) as opened:
        if gone is not None and name is not None:
            registered.remove_alias(opened, name, gone)
        if name is None:
            found = registered.registered_models(opened)
            told = audit(opened) if entries else []
        else:
            one = registered.registered_model(opened, name)
            told = audit(opened, subject=name, limit=None if entries else _ENTRIES)
    if as_json:
        listed = [audit_dict(each) for each in told]
        if name is not None:
            print_json({**model_dict(one), "audit": listed})
        else:
            print_json(listed if entries else [model_dict(each) for each in found])
    elif name is not None:
        click.echo(model_text(one, told))
    elif entries:
        click.echo(audit_text(told))
    elif not found:
        click.echo("No models are registered yet: nbtrack register RUN NAME.")
    else:
        click.echo(models_text(found))
