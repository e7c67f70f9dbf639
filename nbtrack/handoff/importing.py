"""Brings the run of a verified bundle into a store: records, executions, and the model without loading it.

A pickled model is stored as it is, byte for byte; of any other the bundle itself is kept, and exported again as it
stands.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from nbtrack.digests import digest_bytes
from nbtrack.errors import BundleRefused, UnknownRun
from nbtrack.handoff.archive import write_zip
from nbtrack.handoff.record import from_record
from nbtrack.handoff.shipped.verify import MANIFEST, manifest_digest, read_manifest
from nbtrack.handoff.verification import opened, verify
from nbtrack.observe.models import of_parts
from nbtrack.records import Attachment, Capture, Execution, ModelBytes, Run, Scored, Session, State
from nbtrack.store import Store
from nbtrack.store.audit import record

__all__ = ["BUNDLE_TYPE", "Arrival", "arriving", "import_bundle", "take_in"]

BUNDLE_TYPE = "application/zip"


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """A verified bundle, read: its run, what a store takes in of it, the digest of its manifest."""

    run: Run
    capture: Capture
    digest: str


def import_bundle(store: Store, path: Path, *, key: Path | None = None) -> Run:
    """The run of the bundle at ``path`` (folder or zip), as it is in this store from now on.

    A run that is here already stays as it is. ``key`` is the public key that must have signed the bundle.

    Raises:
        UsageError: there is nothing at ``path``.
        BundleRefused: the bundle is altered, or not signed by the key; names the file.
    """
    return take_in(store, arriving(path, key=key))


def arriving(path: Path, *, key: Path | None = None) -> Arrival:
    """Verify and read a bundle; nothing is written, run or unpickled. Raises as :func:`import_bundle`."""
    with opened(path) as folder:
        found = verify(folder, key=key)
        wrong = next((one for one in found.checks if not one.ok), None)
        if wrong is not None:
            raise BundleRefused(f"{path} is not imported: {wrong.message}", wrong.subject)
        run, executions, scored = _record(folder)
        return Arrival(run, _capture(folder, run, executions, scored), manifest_digest(folder))


def take_in(store: Store, arrival: Arrival) -> Run:
    """Put what arrived into a store, unless its run is there."""
    try:
        return store.get_run(arrival.run.id)
    except UnknownRun:
        return _saved(store, arrival.run, arrival.capture, arrival.digest)


def _record(folder: Path) -> tuple[Run, list[Execution], list[Scored]]:
    try:
        data = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleRefused(f"record.json cannot be read: {error}.", "record.json") from error
    run, executions, scored = from_record(data)
    named = read_manifest((folder / MANIFEST).read_bytes()).get("run")
    if not isinstance(named, dict) or named.get("id") != run.id or run.state is State.RUNNING:
        raise BundleRefused("record.json is of another run than the manifest names.", "record.json")
    if any(one.run_id != run.id for one in scored):
        raise BundleRefused("record.json tells of another run's data than its own.", "record.json")
    return run, executions, scored


def _saved(store: Store, run: Run, capture: Capture, digest: str) -> Run:
    session = Session(
        id=run.execution.session_id,
        started_at=min([one.started_at for one in (*capture.earlier, run.execution)]),
        pid=os.getpid(),
        host=platform.node(),
        boot_id="imported",
        python=run.environment.python if run.environment is not None else "",
        notebook_path=run.execution.notebook_path,
    )
    log = store.begin_session(session)
    try:
        log.save(capture)
    finally:
        log.end()
    record(store, "import", run.id, after=digest, detail={"bundle": digest, "was": run.label})
    return store.get_run(run.id)


def _capture(folder: Path, run: Run, executions: list[Execution], scored: list[Scored]) -> Capture:
    """What the bundle gives the store."""
    session_id = run.execution.session_id
    stored = _pickle(folder, run)
    model = run.model
    if model is not None:
        blobs = stored.blob_digests if stored is not None else ()
        model = dataclasses.replace(model, stored=stored is not None, retained=False, blobs=blobs)
    return Capture(
        execution=run.execution,
        earlier=tuple(dataclasses.replace(one, session_id=session_id) for one in executions),
        runs=(dataclasses.replace(run, model=model, label=""),),
        scored=tuple(scored),
        models={} if stored is None else {run.id: stored},
        attachments=() if stored is not None else (_kept(folder, run),),
    )


def _pickle(folder: Path, run: Run) -> ModelBytes | None:
    """The model's stored pickle where the bundle holds it, its digest that of the run's model; not loaded."""
    about: dict[str, Any] = json.loads((folder / "model" / "model.json").read_text(encoding="utf-8"))
    if about.get("format") != "cloudpickle":
        return None
    names = [about["file"], *about["buffers"]]
    listed = read_manifest((folder / MANIFEST).read_bytes())["files"]
    if any("/" in name or f"model/{name}" not in listed for name in names):
        raise BundleRefused("model.json names files that are not in the bundle.", "model/model.json")
    stream, *buffers = [(folder / "model" / name).read_bytes() for name in names]
    stored = of_parts(stream, [memoryview(one) for one in buffers])
    if run.model is None or stored.digest != run.model.digest:
        raise BundleRefused("The pickle is not the model that the run recorded.", f"model/{about['file']}")
    return stored


def _kept(folder: Path, run: Run) -> tuple[Attachment, bytes]:
    with tempfile.TemporaryDirectory(prefix="nbtrack-import-") as place:
        file = Path(place) / "bundle.zip"
        write_zip(folder, file, run.started_at)
        data = file.read_bytes()
    attachment = Attachment(
        kind="bundle",
        name=f"{run.label}.zip",
        media_type=BUNDLE_TYPE,
        digest=digest_bytes(data),
        size_bytes=len(data),
    )
    return attachment, data
