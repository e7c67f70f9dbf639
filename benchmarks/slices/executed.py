"""Slices of notebooks that were really executed, by nbtrack or by ipyflow, against labelled ones.

    python benchmarks/slices/executed.py TOOL LABELS NOTEBOOKS [--only TEXT] [--timeout SECONDS]

TOOL is ``nbtrack`` or ``ipyflow``; it must be installed in the environment that this runs in. Each notebook is executed
in a copy of its repository's folder, going on after errors as a user would. Then the tool is asked for the slice of
each labelled training cell.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError
from score import Score

# The kernel, and the cell in front: ipyflow, loaded as an extension, does not see the whole of the next cell.
_KERNELS = {"nbtrack": ("python3", "%load_ext nbtrack"), "ipyflow": ("ipyflow", "pass")}
_IPYFLOW = """
import json as _json
from ipyflow.data_model.cell import Cell as _Cell
def _slice(count):
    try:
        return sorted(int(each) for each in _Cell.at_counter(count).make_cell_dict_slice())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
print("SLICES" + _json.dumps({str(count): _slice(count) for count in COUNTS}))
"""


def execute(notebook: Path, tool: str, store: Path, timeout: int) -> tuple[nbformat.NotebookNode, list[str]]:
    """The notebook after it ran under the tool, with one cell in front, and what the tool answered at the end."""
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    kernel, first = _KERNELS[tool]
    content.cells.insert(0, nbformat.v4.new_code_cell(first))
    client = NotebookClient(
        content, timeout=timeout, allow_errors=True, interrupt_on_timeout=True, kernel_name=kernel
    )
    environment = {
        **os.environ,
        "NBTRACK_STORE": str(store),
        "JPY_SESSION_NAME": str(notebook),
        "MPLBACKEND": "agg",
    }
    answers: list[str] = []
    with client.setup_kernel(cwd=str(notebook.parent), env=environment):
        for index, cell in enumerate(content.cells):
            if cell.cell_type == "code" and cell.source.strip():
                try:
                    client.execute_cell(cell, index)
                except CellTimeoutError:
                    print(f"    cell {index - 1}: interrupted after {timeout} s")
        if tool == "ipyflow":
            counts = [cell.execution_count for cell in content.cells if cell.get("execution_count")]
            asking = nbformat.v4.new_code_cell(f"COUNTS = {counts}\n{_IPYFLOW}")
            content.cells.append(asking)
            client.execute_cell(asking, len(content.cells) - 1)
            answers = [each.get("text", "") for each in asking.outputs]
    return content, answers


def ipyflow_slices(answers: list[str]) -> dict[int, set[int] | None]:
    """By execution count, execution counts; None where ipyflow could not say."""
    text = next((each for each in answers if "SLICES" in each), "SLICES{}")
    told = json.loads(text.partition("SLICES")[2])
    return {int(key): set(each) if isinstance(each, list) else None for key, each in told.items()}


def nbtrack_slices(store: Path) -> dict[int, set[int] | None]:
    """The same, of the executions in the store."""
    from nbtrack.provenance.sessions import session_graph
    from nbtrack.store import Store

    found: dict[int, set[int] | None] = {}
    with Store.open(store) as opened:
        for session_id in {run.execution.session_id for run in opened.find_runs()}:
            graph = session_graph(opened, session_id)
            for execution in graph.executions.values():
                needed = graph.needed([execution.id])
                found[execution.execution_count or 0] = {each.execution_count or 0 for each in needed}
    return found


def score(label: dict, content: nbformat.NotebookNode, slices: dict[int, set[int] | None]) -> Score:
    """The tool's slices, as cells, against the label's; a cell without a slice counts as incomplete."""
    indexes = {
        cell.execution_count: place - 1
        for place, cell in enumerate(content.cells)
        if cell.get("execution_count")
    }
    counts = {index: count for count, index in indexes.items()}
    result = Score()
    for cell in label["cells"]:
        if not cell["training"] or cell["error"]:
            continue
        wanted = set(cell["depends_on"])
        allowed = wanted | set(cell.get("maybe_depends_on") or ()) | {cell["index"]}
        result.cells += 1
        result.labelled += len(wanted)
        told = slices.get(counts.get(cell["index"], -1))
        if told is None:
            result.missing.append(f"cell {cell['index']}: no slice")
            continue
        found = {indexes[each] for each in told if indexes.get(each, -1) >= 0}
        result.complete += wanted <= found
        result.extra += len(found - allowed)
        if wanted - found:
            result.missing.append(f"cell {cell['index']}: misses {sorted(wanted - found)}")
        if found - allowed:
            result.surplus.append(f"cell {cell['index']}: has besides {sorted(found - allowed)}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tool", choices=["nbtrack", "ipyflow"])
    parser.add_argument("labels", type=Path)
    parser.add_argument("notebooks", type=Path)
    parser.add_argument("--only", default="", help="only notebooks whose label has this text in its name")
    parser.add_argument("--timeout", type=int, default=300, help="seconds for a cell")
    arguments = parser.parse_args()
    total = Score()
    for file in sorted(each for each in arguments.labels.glob("*.json") if arguments.only in each.stem):
        label = json.loads(file.read_text(encoding="utf-8"))
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "work"
            shutil.copytree(arguments.notebooks / label["repo"], folder)
            store = Path(scratch) / "store"
            content, answers = execute(folder / label["path"], arguments.tool, store, arguments.timeout)
            slices = ipyflow_slices(answers) if arguments.tool == "ipyflow" else nbtrack_slices(store)
        one = score(label, content, slices)
        total.add(one)
        print(f"{one}  {time.perf_counter() - began:4.0f} s  {file.stem}")
        for line in one.missing + one.surplus:
            print(f"    {line}")
        sys.stdout.flush()
    print(f"{total}  all, {arguments.tool}")


if __name__ == "__main__":
    main()
