"""In a process of its own: every run of a store as JSON, and whether each stored model comes back as it was.

    python harvest.py nbtrack PROBES OUT        (the store is named by NBTRACK_STORE)
    python harvest.py mlflow  PROBES OUT        (the store is named by MLFLOW_TRACKING_URI)

``PROBES`` holds what the kernel was asked after each training cell (see ``kernel/capture_probe.py``): the
data and the live models' answers, pickled; and ``times.json``, when each cell ran. ``OUT`` receives a
JSON list of runs, each with the index of its ``cell`` and ``check``: ``{"error": text or null, "class":
name, "equal": {variable: bool or null}}``.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "kernel"))

from capture_probe import class_names, outcome

__all__ = ["check_model", "index_of", "nbtrack_runs"]


def main() -> None:
    tracker, probes, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    source = nbtrack_runs if tracker == "nbtrack" else importlib.import_module("mlflow_runs").mlflow_runs
    warnings.simplefilter("ignore")
    times = json.loads((probes / "times.json").read_text(encoding="utf-8"))
    runs = []
    for run, load in source():
        run["cell"] = _cell_of(run, times)
        stored = (run.get("model") or {}).get("stored")
        run["check"] = check_model(load, probes, run["cell"]) if stored else None
        runs.append(run)
    out.write_text(json.dumps(runs), encoding="utf-8")


def nbtrack_runs() -> Iterator[tuple[dict, Callable[[], Any]]]:
    """Each run of the store as its public JSON, with what loads its model."""
    import nbtrack

    for run_id in nbtrack_ids():
        run = nbtrack.get(run_id)
        yield run.to_dict(), run.model


def nbtrack_ids() -> list[str]:
    """Ids of all runs, oldest first, by the public listing; none where no cell made a store."""
    import nbtrack
    from nbtrack.errors import StoreNotFound

    try:
        table = nbtrack.runs()
    except StoreNotFound:
        return []
    return sorted(str(value) for value in (table["id"] if "id" in table.columns else table.index))


def _cell_of(run: dict, times: dict[str, list[float]]) -> int | None:
    """By the recorded cell id; for a tracker that knows no cells, by the time the run started."""
    if "notebook" in run:
        return index_of(run["notebook"].get("cell_id"))
    for index, (started, ended) in times.items():
        # Stored times are cut to milliseconds.
        if started - 0.001 <= run["started"] <= ended:
            return int(index)
    return None


def index_of(cell_id: str | None) -> int | None:
    """The index of the cell that was executed under this id (see :func:`execute.cell_id`)."""
    return int(cell_id[5:]) if cell_id and cell_id.startswith("cell-") else None


def check_model(load: Callable[[], Any], probes: Path, index: int | None) -> dict:
    """Load a model and ask it what the live one was asked; ``equal`` is None where nothing was answered."""
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        try:
            model = load()
        except BaseException as error:  # whatever a stored model raises on loading is the finding
            return {"error": f"{type(error).__name__}: {error}"[:300], "class": None, "equal": {}}
        asked = _asked(probes, index)
        equal = {name: _equal(model, asked["inputs"], answer) for name, answer in asked["expected"].items()}
    return {"error": None, "class": class_names(model)[0], "equal": equal}


def _asked(probes: Path, index: int | None) -> Mapping:
    path = probes / f"{index}.pkl"
    if not path.is_file():
        return {"inputs": {}, "expected": {}}
    import cloudpickle

    return cloudpickle.loads(path.read_bytes())


def _equal(model: Any, inputs: Mapping[str, Any], expected: tuple[str, Any]) -> bool | None:
    how, answer = expected
    if answer is None:
        return None
    now = outcome(model, inputs)
    if now[0] != how or now[1] is None:
        return False
    return _same_arrays(answer, now[1])


def _same_arrays(then: Any, now: Any) -> bool:
    import numpy as np

    if isinstance(then, list):
        return isinstance(now, list) and len(then) == len(now) and all(map(_same_arrays, then, now))
    then, now = np.asarray(then), np.asarray(now)
    if then.shape != now.shape:
        return False
    if then.dtype.kind in "fc":
        return bool(np.allclose(then, now, rtol=1e-6, atol=1e-9, equal_nan=True))
    return bool(np.array_equal(then, now))


if __name__ == "__main__":
    main()
