"""Writes the bundle of a run: everything into a folder beside the target first, verified, then moved there whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from nbtrack.config import FOLDER
from nbtrack.errors import ExportFailed, StoreError, UsageError
from nbtrack.frameworks.saving import formats
from nbtrack.handoff import shipped
from nbtrack.handoff.archive import extract, write_zip
from nbtrack.handoff.context import Context, gather
from nbtrack.handoff.loading import prepare, work
from nbtrack.handoff.locking import lock
from nbtrack.handoff.options import Options, Progress, silent
from nbtrack.handoff.pages import write_pages
from nbtrack.handoff.preview import kept_rows, version_differences
from nbtrack.handoff.proving import proved
from nbtrack.handoff.shipped.verify import FORMAT, MANIFEST, VERSION
from nbtrack.handoff.signing import sign
from nbtrack.handoff.staging import staging_for
from nbtrack.records import JSON, Attachment, Bundle, Export, Run
from nbtrack.render.jsonable import timestamp
from nbtrack.store import Store
from nbtrack.store.durable import sync_folder
from nbtrack.store.registry import record_export

__all__ = ["export", "kept_bundle", "tried"]

_STEPS = ("loading the model", "writing the pages", "proving it", "signing", "putting it in place")


def export(
    store: Store,
    run: Run,
    path: Path,
    *,
    options: Options | None = None,
    on_progress: Progress = silent,
) -> Bundle:
    """Write the bundle of a run to ``path``: a folder, or a zip where the name ends in ``.zip``.

    The stored model is loaded by a process of its own, written in the safest format that takes it, loaded again from
    what was written and compared. Equal runs give equal bytes. ``run`` is whole, as ``store.get_run`` gives it.

    Raises:
        UsageError: the run has no stored model, the format is unknown, something is at ``path`` already.
        ExportFailed: the model cannot be loaded here, or no format takes it.
    """
    made = _written(store, run, path, options or Options(), on_progress)
    export_ = Export(
        run_id=run.id,
        at=time.time(),
        manifest=made.digest.removeprefix("sha256:"),
        format=made.format,
        safe=made.safe,
        name=path.name,
    )
    detail: dict[str, JSON] = {
        "format": made.format,
        "safe": made.safe,
        "signed": made.signed,
        "to": path.name,
    }
    try:
        record_export(store, export_, detail)
    except StoreError as error:
        raise type(error)(
            f"{path} is written and whole, but the store does not know of it: {error}"
        ) from error
    return made


def tried(store: Store, run: Run) -> Bundle:
    """What an export would write, found out by writing it; nothing of it stays, and nothing is recorded.

    Raises:
        UsageError: the run has no stored model.
        ExportFailed: the model cannot be loaded here, or no format takes it.
    """
    with tempfile.TemporaryDirectory(prefix="nbtrack-tried-") as folder:
        return _written(store, run, Path(folder) / "bundle", Options(lock=False), silent)


def _written(store: Store, run: Run, path: Path, options: Options, on_progress: Progress) -> Bundle:
    kept = kept_bundle(store, run)
    _check(run, path, options, kept=kept is not None)
    if kept is not None:
        return _again(store, run, kept, path, options)
    steps = [one for one in _STEPS if one != "signing" or options.sign is not None]

    def step(name: str) -> None:
        on_progress(name, steps.index(name) + 1, len(steps))

    with staging_for(path) as staging:
        step("loading the model")
        bundle = staging / "bundle"
        context = gather(store, run)
        job = prepare(store, run, staging, options, _example_file(store, run, staging, options))
        refused: list[tuple[str, str]] = []
        while True:
            result = work(staging, job, options)
            refused += [(format_, reason) for format_, reason in result["refused"]]
            step("writing the pages")
            notes = _notes(run, result, refused, options)
            _lay_out(staging, bundle, context, result, notes, options)
            step("proving it")
            problem = proved(bundle, result, options)
            if problem is None:
                break
            failed = result["about"]["format"]
            refused.append((failed, problem))
            if options.format is not None or failed == "cloudpickle":
                raise ExportFailed(f"The model written as {failed} is not the stored one: {problem}")
            job["failed"].append(failed)
            shutil.rmtree(bundle)
        digest = hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()
        if options.sign is not None:
            step("signing")
            sign(bundle, options.sign)
        step("putting it in place")
        made = _bundle(run, path, bundle, result, digest, refused, notes, signed=options.sign is not None)
        _put(staging, bundle, path, run.started_at, force=options.force)
    return made


def kept_bundle(store: Store, run: Run) -> Attachment | None:
    """The bundle that a run came in, where the model itself is not stored."""
    if run.model is None or run.model.stored:
        return None
    found = (one for one in store.attachments(run.id) if one.kind == "bundle")
    return next((one for one in found if one.name.endswith(".zip")), None)


def _again(store: Store, run: Run, kept: Attachment, path: Path, options: Options) -> Bundle:
    """The bundle that the run was imported from, as it is."""
    if options.format is not None or options.sign is not None:
        raise UsageError(
            f"{run.label} was imported: its bundle is exported as it came, in its format, not signed anew."
        )
    with staging_for(path) as staging:
        file, bundle = staging / "kept.zip", staging / "bundle"
        file.write_bytes(store.read_attachment(kept))
        bundle.mkdir(mode=0o755)
        extract(file, bundle)
        manifest = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
        digest = hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()
        result = {"about": manifest["model"], "expected": None}
        made = _bundle(run, path, bundle, result, digest, [], manifest["notes"], signed=False)
        _put(staging, bundle, path, run.started_at, force=options.force)
    return made


def _check(run: Run, path: Path, options: Options, *, kept: bool) -> None:
    if run.model is None or not (run.model.stored or kept):
        raise UsageError(
            f"{run.label} cannot be exported: its model is not stored (`nbtrack show {run.label}` says why)."
        )
    known = formats(run.model.framework)
    if options.format is not None and options.format not in known:
        raise UsageError(
            f"{options.format!r} is no format for {run.model.framework}: take {', '.join(known)}."
        )
    store_folders = {FOLDER} & {part.name for part in (path.resolve(), *path.resolve().parents)}
    if store_folders or (path.is_dir() and (path / FOLDER).exists()):
        raise UsageError(f"{path} is in a store or holds one: give another path.")
    if os.path.lexists(path) and not options.force:
        raise UsageError(f"{path} is there already. Give another name, or --force to replace it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {path.absolute().parent}: make it first, or give another path.")
    for file in (options.example, options.sign):
        if file is not None and not file.is_file():
            raise UsageError(f"There is no file {file}.")


def _example_file(store: Store, run: Run, staging: Path, options: Options) -> Path | None:
    if options.example is not None:
        return options.example
    if not options.real_example:
        return None
    kept = kept_rows(store, run)
    if kept is None:
        raise UsageError(
            f"No data was kept with {run.label}, so there are no real rows. Run its cell again with "
            "`%%track --keep-data`, or give --example FILE."
        )
    file = staging / "kept.parquet"
    file.write_bytes(store.read_attachment(kept))
    return file


def _notes(
    run: Run, result: Mapping[str, Any], refused: list[tuple[str, str]], options: Options
) -> list[str]:
    """Sentences about this bundle, for the card and the terminal."""
    notes = version_differences(run)
    if not result["about"]["safe"]:
        notes.append(
            "The model is a pickle: loading it runs code. Load it only if you trust where it comes from."
        )
    if refused and options.format is None:
        notes += [
            f"It was not written as {format_}: {reason}."
            for format_, reason in refused
            if format_ != "source"
        ]
    notes += [f"{reason}." for format_, reason in refused if format_ == "source"]
    if result["expected"] is None:
        notes.append(
            result.get("unasked") or "It has no example rows: what the model takes was not recorded."
        )
    elif result.get("guessed"):
        notes.append(
            "The example rows are random numbers: the ranges of the training data were not recorded."
        )
    elif options.real_example or options.example is not None:
        notes.append("The example rows are real data.")
    return notes


def _lay_out(  # noqa: PLR0913, PLR0917 - what a bundle is made of
    staging: Path, bundle: Path, context: Context, result: dict[str, Any], notes: list[str], options: Options
) -> None:
    """The bundle's folder whole, its manifest last; what is missing of it is added to ``notes``."""
    bundle.mkdir(mode=0o755)
    shutil.copytree(staging / "model", bundle / "model")
    shutil.copytree(staging / "code", bundle / "code", ignore=shutil.ignore_patterns("__pycache__"))
    home = Path(shipped.__path__[0])
    shutil.copyfile(home / "bundle_model.py", bundle / "code" / "bundle_model.py")
    shutil.copyfile(home / "verify.py", bundle / "verify.py")
    write_pages(bundle, context, result, notes)
    if options.lock:
        missing = lock(bundle / "environment", result["python"])
        if missing is not None:
            notes.append(f"It has no pylock.toml, the lock file with hashes: {missing}.")
    files = sorted(file for file in bundle.rglob("*") if file.is_file())
    for file in files:
        file.chmod(0o644)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "created_by": f"nbtrack {metadata.version('nbtrack')}",
        "trained_at": timestamp(context.run.started_at),
        "run": {"id": context.run.id, "label": context.run.label},
        "model": {
            **{key: result["about"][key] for key in ("format", "safe", "class", "code")},
            "digest": context.run.model.digest if context.run.model else None,
        },
        "notes": notes,
        "files": {file.relative_to(bundle).as_posix(): _entry(file) for file in files},
    }
    (bundle / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _entry(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        return {"size": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def _bundle(  # noqa: PLR0913, PLR0917 - a record of all that was made
    run: Run,
    path: Path,
    bundle: Path,
    result: Mapping[str, Any],
    digest: str,
    refused: list[tuple[str, str]],
    notes: list[str],
    *,
    signed: bool,
) -> Bundle:
    files = [file for file in bundle.rglob("*") if file.is_file()]
    return Bundle(
        run_id=run.id,
        label=run.label,
        path=str(path),
        digest=f"sha256:{digest}",
        format=result["about"]["format"],
        safe=result["about"]["safe"],
        files=len(files),
        size_bytes=sum(file.stat().st_size for file in files),
        predicted=None if result["expected"] is None else True,
        signed=signed,
        refused=tuple(refused),
        warnings=tuple(notes),
    )


def _put(staging: Path, bundle: Path, path: Path, epoch: float, *, force: bool) -> None:
    """Move the bundle to its place in one step; what was there goes only once the new one is whole."""
    made = bundle
    if path.suffix == ".zip":
        made = staging / "bundle.zip"
        write_zip(bundle, made, epoch)
        made.chmod(0o644)
    old = staging / "replaced"
    _sync(made)
    try:
        if force and os.path.lexists(path):
            path.rename(old)
        made.rename(path)
        sync_folder(path.absolute().parent)
    except OSError as error:
        if old.exists() and not os.path.lexists(path):
            old.rename(path)
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _sync(made: Path) -> None:
    # Before it gets its name: after a power cut there is a whole bundle or none.
    for each in (made, *made.rglob("*")):
        if each.is_dir():
            sync_folder(each)
        else:
            with each.open("rb") as file:
                os.fsync(file.fileno())
