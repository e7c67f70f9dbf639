"""Run one notebook in a real kernel: what came out of each cell, how long it took and what was true.

The front end's part is played faithfully: every execute request carries the Jupyter cell id, and the
notebook's path is in ``JPY_SESSION_NAME`` as Jupyter Server sets it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

__all__ = ["Pass", "cell_id", "execute", "probes_of"]

PROBE_FOLDER = Path(__file__).resolve().parent / "kernel"
CELL_TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class Pass:
    """One way to run a notebook: a cell put before the others, environment variables, whether to probe."""

    name: str
    first_cell: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    probe: bool = False


def cell_id(index: int) -> str:
    """The Jupyter cell id that the notebook's cell ``index`` is executed under."""
    return f"cell-{index:04d}"


def probes_of(label: dict) -> dict[int, dict]:
    """Per cell index what is to be asked of the kernel right after the cell: values, models, data."""
    wanted: dict[int, dict] = {}

    def at(index: int) -> dict:
        return wanted.setdefault(index, {"values": [], "models": [], "data": [], "out": False})

    for cell in label["cells"]:
        if not cell.get("training"):
            continue
        here = at(cell["index"])
        here["models"] += [m["var"] for m in cell["models"] if m["retained"] and not m["var"].startswith("<")]
        here["data"] += cell["data"]
        for metric in cell["metrics"]:
            there = at(metric["cell"])
            if metric["value_expr"].startswith("<"):
                there["out"] = True
            else:
                there["values"].append(metric["value_expr"])
    return wanted


def execute(label: dict, notebooks: Path, scratch: Path, how: Pass) -> dict:
    """Run the labelled notebook in a fresh copy of its folder under ``scratch``; failures do not stop it.

    Returns the cells by index (``outputs``, ``seconds``, ``started``, ``ended``, ``error``) and the first
    cell's under ``first``. With ``how.probe``, the kernel's answers are in ``scratch/probe/<index>.json``
    and ``.pkl``.
    """
    root = scratch / "work"
    shutil.copytree(notebooks / label["repo"], root)
    path = root / label["path"]
    notebook = nbformat.read(path, as_version=4)
    for index, cell in enumerate(notebook.cells):
        cell["id"] = cell_id(index)
        cell["outputs"] = []
    if how.first_cell:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(how.first_cell, id="first"))
    probe_to = scratch / "probe"
    probe_to.mkdir()
    client = _Client(notebook, probes_of(label) if how.probe else {}, probe_to)
    client.execute(cwd=str(path.parent), env=_environment(how, path, scratch))
    cells = {
        cell["id"]: _told(cell) for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()
    }
    first = cells.pop("first", None)
    return {"pass": how.name, "first": first, "cells": {int(name[5:]): told for name, told in cells.items()}}


def _environment(how: Pass, path: Path, scratch: Path) -> dict[str, str]:
    for name in ("ipython", "tmp"):
        (scratch / name).mkdir()
    return {
        **os.environ,
        "IPYTHONDIR": str(scratch / "ipython"),
        "TMPDIR": str(scratch / "tmp"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(PROBE_FOLDER), os.environ.get("PYTHONPATH")])),
        "JPY_SESSION_NAME": str(path),
        **how.environment,
    }


def _told(cell: Any) -> dict:
    times = cell.metadata.get("execution", {})
    started, ended = _seconds(times.get("iopub.status.busy")), _seconds(times.get("iopub.status.idle"))
    errors = [output for output in cell.outputs if output.output_type == "error"]
    return {
        "outputs": cell.outputs,
        "started": started,
        "ended": ended,
        "seconds": None if started is None or ended is None else ended - started,
        "cpu_seconds": cell.get("cpu"),
        "execution_count": cell.execution_count,
        "error": f"{errors[0].ename}: {errors[0].evalue}"[:300] if errors else None,
    }


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


class _Client(NotebookClient):
    """nbclient that sends cell ids, goes on after errors and asks the kernel questions between cells."""

    def __init__(self, notebook: Any, probes: dict[int, dict], probe_to: Path) -> None:
        super().__init__(
            notebook,
            kernel_name="python3",
            allow_errors=True,
            timeout=CELL_TIMEOUT_SECONDS,
            record_timing=True,
            coalesce_streams=True,
        )
        self._probes, self._probe_to = probes, probe_to
        self.on_cell_execute = self._announce
        self.on_cell_executed = self._ask

    def _announce(self, cell: Any, **_others: Any) -> None:
        cell["cpu"] = self._cpu_seconds()
        # nbclient sends no cell id; the session's metadata goes with every message.
        self.kc.session.metadata = {"cellId": cell["id"]}

    def _cpu_seconds(self) -> float | None:
        """Processor time of the kernel's main thread so far; None where the system does not tell (not Linux)."""
        pid = self.km.provisioner.pid
        try:
            text = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii")
        except OSError:
            return None
        return int(text.split()[0]) / 1e9

    async def _ask(self, cell: Any, execute_reply: dict, **_others: Any) -> None:
        if cell["cpu"] is not None:
            cell["cpu"] = self._cpu_seconds() - cell["cpu"]
        index = int(cell["id"][5:]) if cell["id"].startswith("cell-") else -1
        asked = self._probes.get(index)
        if asked is None or execute_reply["content"]["status"] != "ok":
            return
        count = execute_reply["content"]["execution_count"] if asked["out"] else None
        request = json.dumps({**asked, "out": count, "to": str(self._probe_to / str(index))})
        expression = f"__import__('capture_probe').snapshot({request!r})"
        # Silent and empty: no cell is run, no hook of the shell fires, only the expression is evaluated.
        sent = self.kc.execute("", silent=True, store_history=False, user_expressions={"probe": expression})
        while True:
            reply = await asyncio.wait_for(self.kc.get_shell_msg(), CELL_TIMEOUT_SECONDS)
            if reply["parent_header"].get("msg_id") == sent:
                break
        answer = reply["content"]["user_expressions"]["probe"]
        if answer["status"] != "ok":
            raise RuntimeError(f"The probe after cell {index} failed: {answer['ename']}: {answer['evalue']}")
