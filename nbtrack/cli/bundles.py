"""``nbtrack export``, ``nbtrack verify`` and ``nbtrack import``."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from nbtrack.cli.options import json_option, print_json, store_folder, store_option
from nbtrack.config import store_for
from nbtrack.handoff.export import export as write_bundle
from nbtrack.handoff.importing import arriving, take_in
from nbtrack.handoff.options import Options
from nbtrack.handoff.preview import preview as look
from nbtrack.handoff.verification import verify as examine
from nbtrack.render.bundles import bundle_text, preview_text, verification_text
from nbtrack.render.line import run_line
from nbtrack.store import Store

__all__ = ["export", "import_", "verify"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Write a run's model with all that proves it into a folder or zip.")
@click.argument("run")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A folder, or a .zip. Default: the run's name here.",
)
@click.option(
    "--format", "format_", metavar="FORMAT", help="The model's format, instead of the safest it has."
)
@click.option("--real-example", is_flag=True, help="Take the example rows from the data kept with the run.")
@click.option("--example", type=_FILE, help="Take them from this CSV, Parquet or .npy file.")
@click.option("--sign", type=_FILE, metavar="KEY", help="Sign it with this private key (PEM).")
@click.option("--no-lock", is_flag=True, help="Write no pylock.toml, which asks the package index.")
@click.option("--preview", is_flag=True, help="Only say what would leave; nothing is loaded or written.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@json_option
@store_option
def export(  # noqa: PLR0913 - the verb's options
    run: str,
    output: Path | None,
    format_: str | None,
    example: Path | None,
    sign: Path | None,
    *,
    store: Path | None,
    real_example: bool,
    no_lock: bool,
    preview: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write the bundle of RUN: the model in a safe format, its card, its environment, and a program that checks it.

    The stored model is loaded in a process of its own, which runs code from its pickle: yours.
    """
    options = Options(
        format=format_, real_example=real_example, example=example, sign=sign, lock=not no_lock, force=force
    )
    with Store.open(store_folder(store)) as opened:
        found = opened.get_run(run)
        if preview:
            told = look(opened, found, options)
            print_json(dataclasses.asdict(told)) if as_json else click.echo(preview_text(told))
            return
        target = output if output is not None else Path(found.label)
        made = write_bundle(opened, found, target, options=options, on_progress=_progress)
    print_json(dataclasses.asdict(made)) if as_json else click.echo(bundle_text(made))


def _progress(step: str, number: int, count: int) -> None:
    click.echo(f"[{number}/{count}] {step} …", err=True)


@click.command(short_help="Check a bundle: files, signature, predictions.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--predict", is_flag=True, help="Also load the model and compare its predictions.")
@click.option("--trust", metavar="DIGEST", help="Let code of the bundle with this digest run.")
@click.option("--key", type=_FILE, metavar="FILE", help="The public key (PEM) that must have signed it.")
@click.option("--junit", type=_FILE, metavar="FILE", help="Write a JUnit report for CI.")
@json_option
@click.pass_context
def verify(  # noqa: PLR0913 - the verb's options
    context: click.Context,
    bundle: Path,
    trust: str | None,
    key: Path | None,
    junit: Path | None,
    *,
    predict: bool,
    as_json: bool,
) -> None:
    """Check BUNDLE, a folder or a zip: every file by its digest, none missing, none added. Ends with 1 where not so.

    Nothing of the bundle runs, unless --predict is given; then a pickle, or source of the bundle's own, runs only with
    --trust or a signature by --key.
    """
    found = examine(bundle, predict=predict, trust=trust, key=key)
    if junit is not None:
        from nbtrack.handoff.shipped.verify import Check
        from nbtrack.handoff.shipped.verify import junit as report

        checks = [Check(one.check, one.subject, ok=one.ok, message=one.message) for one in found.checks]
        junit.write_text(report(checks, "nbtrack verify"), encoding="utf-8")
    print_json(dataclasses.asdict(found)) if as_json else click.echo(verification_text(found))
    if not found.ok:
        context.exit(1)


@click.command("import", short_help="Bring a bundle's run into this store.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", type=_FILE, metavar="FILE", help="The public key (PEM) that must have signed it.")
@json_option
@store_option
def import_(bundle: Path, key: Path | None, store: Path | None, *, as_json: bool) -> None:
    """Bring the run of BUNDLE into this store, with its model, data digests and the cells it depends on.

    The bundle is verified first; nothing of it is run or unpickled.
    """
    from nbtrack.render.document import to_dict

    named = store is not None or click.get_current_context().obj is not None
    folder = store_folder(store) if named else store_for()
    arrival = arriving(bundle, key=key)  # before a store is made for it
    with Store.open(folder, create=True) as opened:
        run = take_in(opened, arrival)
    print_json(to_dict(run)) if as_json else click.echo(run_line(run))
