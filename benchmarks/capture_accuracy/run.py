"""Run labelled notebooks without and with a tracker, and keep what the tracker recorded beside what was true.

    python run.py LABELS NOTEBOOKS RESULTS [--mlflow] [--repeat N] [--only TEXT]

Each notebook runs in a fresh copy of its folder, passes without and with the tracker in turn. The last
tracked pass is the one that is scored. ``RESULTS/<tracker>/<notebook>.json`` receives the capture;
``report.py`` reads it.
"""

from __future__ import annotations

import argparse
import compileall
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from execute import Pass, execute
from harvest import index_of

__all__ = ["run_notebook"]

HERE = Path(__file__).resolve().parent

FIRST_CELLS = {
    "nbtrack": "%load_ext nbtrack",
    "mlflow": "import mlflow\nmlflow.autolog(silent=True)",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path, help="folder of label files")
    parser.add_argument("notebooks", type=Path, help="folder that fetch.py filled")
    parser.add_argument("results", type=Path, help="folder for what is captured")
    parser.add_argument(
        "--mlflow", action="store_true", help="track with mlflow.autolog() instead of nbtrack"
    )
    parser.add_argument(
        "--repeat", type=int, default=2, help="passes without and with the tracker (default 2)"
    )
    parser.add_argument("--only", default="", help="run only notebooks whose label's name contains this")
    given = parser.parse_args()
    tracker = "mlflow" if given.mlflow else "nbtrack"
    (given.results / tracker).mkdir(parents=True, exist_ok=True)
    _compile()
    for file in sorted(given.labels.glob("*.json")):
        if given.only not in file.name:
            continue
        label = json.loads(file.read_text(encoding="utf-8"))
        start = time.perf_counter()
        capture = run_notebook(label, given.notebooks, tracker, given.repeat)
        (given.results / tracker / file.name).write_text(json.dumps(capture), encoding="utf-8")
        failed = sorted(index for index, cell in capture["cells"].items() if cell["error"])
        took = time.perf_counter() - start
        print(f"{file.stem}: {len(capture['runs'])} runs, {took:.0f} s, failing cells {failed}", flush=True)


def _compile() -> None:
    """As an installation does; else each kernel compiles nbtrack anew, in the time of its first cells."""
    spec = importlib.util.find_spec("nbtrack")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        compileall.compile_dir(folder, quiet=2)


def run_notebook(label: dict, notebooks: Path, tracker: str, repeat: int) -> dict:
    """All passes of one notebook; returns its capture (see ``score.py``) with all passes."""
    passes: dict[str, list[dict]] = {"plain": [], "tracked": []}
    began, load = time.time(), [os.getloadavg()[0]]
    for _ in range(repeat):
        with tempfile.TemporaryDirectory(prefix="capture-") as scratch:
            # A cell is added here as well, for the same execution counts in tracebacks.
            plain = Pass("plain", "pass", probe=True)
            passes["plain"].append(execute(label, notebooks, Path(scratch), plain))
        with tempfile.TemporaryDirectory(prefix="capture-") as folder:
            scratch = Path(folder)
            environment = _store(tracker, scratch)
            tracked = Pass(tracker, FIRST_CELLS[tracker], environment, probe=True)
            passes["tracked"].append(execute(label, notebooks, scratch, tracked))
            if error := passes["tracked"][-1]["first"]["error"]:
                raise RuntimeError(f"The added cell failed: {error}")
            truth = _truth(scratch / "probe")
            _write_times(scratch / "probe", passes["tracked"][-1]["cells"])
            runs = _harvest(tracker, label, scratch, environment)
    last = passes["tracked"][-1]
    _place(runs, label, truth)
    return {
        "tracker": tracker,
        "began": began,
        "load": [*load, os.getloadavg()[0]],
        "cells": last["cells"],
        "truth": truth,
        "runs": runs,
        "passes": passes,
    }


def _store(tracker: str, scratch: Path) -> dict[str, str]:
    if tracker == "nbtrack":
        return {"NBTRACK_STORE": str(scratch / "store")}
    return {
        "MLFLOW_TRACKING_URI": f"sqlite:///{scratch}/mlflow.db",
        "MLFLOW_REGISTRY_URI": f"sqlite:///{scratch}/mlflow.db",
    }


def _truth(probes: Path) -> dict[int, dict]:
    return {int(file.stem): json.loads(file.read_text(encoding="utf-8")) for file in probes.glob("*.json")}


def _write_times(probes: Path, cells: dict[int, dict]) -> None:
    times = {index: [cell["started"], cell["ended"]] for index, cell in cells.items()}
    (probes / "times.json").write_text(json.dumps(times), encoding="utf-8")


def _harvest(tracker: str, label: dict, scratch: Path, environment: dict[str, str]) -> list[dict]:
    out = scratch / "runs.json"
    # In the notebook's own folder, as its reader would: modules beside it import, relative paths resolve.
    folder = (scratch / "work" / label["path"]).parent
    command = [sys.executable, str(HERE / "harvest.py"), tracker, str(scratch / "probe"), str(out)]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        if keep := os.environ.get("CAPTURE_KEEP"):
            shutil.copytree(scratch, keep, dirs_exist_ok=True)
        raise RuntimeError(f"Reading the store of {label['path']} failed:\n{done.stderr[-3000:]}")
    return json.loads(out.read_text(encoding="utf-8"))


def _place(runs: list[dict], label: dict, truth: dict[int, dict]) -> None:
    """Give each run its slice as cell indices and the class names of its cell's live models."""
    labelled = {cell["index"]: cell for cell in label["cells"]}
    for run in runs:
        told = [index_of(entry.get("cell_id")) for entry in run.get("depends_on", [])]
        run["depends_on_cells"] = sorted({index for index in told if index is not None})
        models = truth.get(run["cell"], {}).get("models", {})
        run["live_classes"] = {name: model["classes"] for name, model in models.items()}
        names = labelled.get(run["cell"], {}).get("data", [])
        for data in run["datasets"]:
            if "position" in data and data["position"] < len(names):
                data["name"] = names[data["position"]]


if __name__ == "__main__":
    main()
