"""Hands a stored model to the process that loads it, and takes back what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbtrack.errors import ExportFailed
from nbtrack.handoff.example import input_dataset, input_schema, synthetic
from nbtrack.handoff.options import Options
from nbtrack.handoff.redacting import outward
from nbtrack.lineage.source import script
from nbtrack.records import ExecutedCell, Execution, Run
from nbtrack.store import Store

__all__ = ["prepare", "work"]

_TIMEOUT_SECONDS = 1800
_CHILD = "import sys; from pathlib import Path; from nbtrack.handoff.workbench import main; main(Path(sys.argv[1]))"


def prepare(store: Store, run: Run, folder: Path, options: Options, real: Path | None) -> dict[str, Any]:
    """Put the stored model and the job into ``folder``; returns the job. The digests are verified, nothing is loaded.

    Raises:
        UsageError: the run has no stored model.
        BlobCorrupt: its bytes are not what was written.
    """
    stream, buffers = store.read_model(run.id)
    for name in ("stored", "model", "code"):
        (folder / name).mkdir(mode=0o700)
    (folder / "stored" / "stream").write_bytes(stream)
    names = [f"buffer-{number:04}" for number in range(1, len(buffers) + 1)]
    for name, buffer in zip(names, buffers, strict=True):
        (folder / "stored" / name).write_bytes(buffer)
    dataset = input_dataset(run)
    project = store.folder.resolve().parent
    notebook = run.execution.notebook_path
    homes = [project, *([(project / notebook).parent] if notebook else [])]
    return {
        "buffers": names,
        "framework": run.model.framework if run.model is not None else "",
        "formats": None if options.format is None else [options.format],
        "failed": [],
        "schema": None if dataset is None else input_schema(dataset),
        "example": None if dataset is None else synthetic(dataset),
        "real": None if real is None else str(real.resolve()),
        "modules": _modules(run),
        "cells": _sources(store.executions(run.execution.session_id), run),
        "paths": [str(one) for one in dict.fromkeys(reversed(homes))],
        "local": [str(one) for one in dict.fromkeys(homes)],
        "epoch": run.started_at,
        "variables": _variables(run),
    }


def _modules(run: Run) -> dict[str, str]:
    """The sources of the user's own modules as they were when the run was trained, by name."""
    told = run.environment.modules if run.environment is not None else {}
    sources = {name: one.get("source") for name, one in told.items()}
    return {name: outward(source) for name, source in sources.items() if isinstance(source, str)}


def _variables(run: Run) -> dict[str, str]:
    """Variables of the environment that loading the model depends on: which backend Keras had."""
    if run.model is None or run.model.framework != "keras" or "KERAS_BACKEND" in os.environ:
        return {}
    packages = run.environment.packages if run.environment is not None else {}
    backend = next((one for one in ("tensorflow", "jax", "torch") if one in packages), None)
    return {} if backend is None else {"KERAS_BACKEND": backend}


def _sources(executions: Sequence[Execution], run: Run) -> list[str]:
    """The session's cells up to the run's own, in plain Python."""
    texts = []
    for one in executions:
        cell = ExecutedCell(source=one.source, execution_id=one.id)
        texts.append(outward(script([cell]).text))
        if one.id == run.execution.id:
            break
    return texts


def work(folder: Path, job: dict[str, Any], options: Options) -> dict[str, Any]:
    """Let a process of its own load the model and write it; what it found.

    Raises:
        ExportFailed: the model cannot be loaded there, or no format takes it; the message says why.
    """
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [options.python or sys.executable, "-c", _CHILD, str(folder)],
        cwd=job["paths"][0] if Path(job["paths"][0]).is_dir() else None,
        env={**child_environment(), **job["variables"]},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    result = folder / "result.json"
    if done.returncode != 0 or not result.is_file():
        raise ExportFailed(_reason(done.stderr, done.returncode))
    told: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    result.unlink()
    if told["about"] is None:
        reasons = "; ".join(f"{format_}: {outward(reason)}" for format_, reason in told["refused"])
        raise ExportFailed(f"The model cannot be written. {reasons}.")
    return told


def child_environment() -> dict[str, str]:
    """The environment of a child: hashes in a fixed order, so that equal models give equal bytes; this nbtrack."""
    here = str(Path(__file__).resolve().parent.parent.parent)
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


def _reason(stderr: str, code: int) -> str:
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    last = outward(lines[-1])[:600] if lines else f"the process ended with {code}"
    last = last.removeprefix("nbtrack.errors.CaptureError: ")
    return f"The model could not be loaded and written: {last}"
