"""``nbtrack check`` and ``nbtrack ci``: the gate before a model is handed on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option
from nbtrack.errors import UsageError
from nbtrack.handoff import policy as policies
from nbtrack.handoff.pipelines import TEMPLATES
from nbtrack.handoff.shipped.verify import Check, junit
from nbtrack.render.bundles import outcome_text
from nbtrack.store import Store

__all__ = ["check", "ci"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Check a run by the project's policy.")
@click.argument("run")
@click.option("--policy", type=_FILE, metavar="FILE", help="A TOML file with [tool.nbtrack.policy].")
@click.option("--junit", "report", type=_FILE, metavar="FILE", help="Write a JUnit report for CI.")
@json_option
@store_option
@click.pass_context
def check(  # noqa: PLR0913 - the verb's options
    context: click.Context,
    run: str,
    *,
    policy: Path | None,
    report: Path | None,
    as_json: bool,
    store: Path | None,
) -> None:
    """Check RUN by every rule of the policy. Ends with 1 where one does not hold, or cannot be told.

    The outcome is kept in the audit, and goes into the card of a bundle that is exported later.
    """
    with Store.open(store_folder(store)) as opened:
        chosen = policies.load_policy(policy, opened.folder.parent)
        if chosen is None:
            raise UsageError(policies.NONE_SET)
        outcome = policies.check(opened, opened.get_run(run), chosen)
        policies.recorded(opened, outcome)
    if report is not None:
        checks = [Check("policy", one.rule, ok=bool(one.ok), message=one.message) for one in outcome.rules]
        report.write_text(junit(checks, "nbtrack check"), encoding="utf-8")
    if as_json:
        print_json({**dataclasses.asdict(outcome), "ok": outcome.ok})
    else:
        click.echo(outcome_text(outcome))
    if not outcome.ok:
        context.exit(1)


@click.command(short_help="Print a pipeline for GitHub Actions or GitLab CI.")
@click.argument("system", type=click.Choice(sorted(TEMPLATES)))
def ci(system: str) -> None:
    """Print a pipeline that executes a notebook, reproduces and checks its last run, exports and verifies it.

    nbtrack ci github > .github/workflows/model.yml
    """
    click.echo(TEMPLATES[system], nl=False)
