"""``nbtrack demo``: the example notebook, executed in a real kernel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import click

from nbtrack.cli.options import terminal_columns
from nbtrack.config import FOLDER
from nbtrack.errors import NbtrackError, UsageError
from nbtrack.render.numbers import duration
from nbtrack.render.table import runs_table
from nbtrack.store import Store

__all__ = ["demo"]

_NOTEBOOK = "01_first_runs.ipynb"
_NEEDS = {"nbclient": "nbclient", "ipykernel": "ipykernel", "sklearn": "scikit-learn"}


@click.command(short_help="Execute an example notebook and list its runs.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("nbtrack-demo"),
    show_default=True,
    help="Where the notebook and its store go.",
)
def demo(folder: Path) -> None:
    """Execute the example notebook in a kernel of its own, then list the runs it made.

    The notebook is copied to the folder first, unless it is there already, and keeps its outputs.
    """
    missing = [package for module, package in _NEEDS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise UsageError(f"The demo needs {', '.join(missing)}: pip install {' '.join(missing)}")
    notebook = _place(folder)
    click.echo(f"Executing {notebook} …", err=True)
    began = time.perf_counter()
    cells = _execute(notebook)
    click.echo(f"{cells} cells in {duration(time.perf_counter() - began)}\n", err=True)
    with Store.open(folder / FOLDER) as opened:
        click.echo(runs_table(opened.find_runs(limit=50), terminal_columns()))
    click.echo(
        f"\nGo on: cd {folder} && {_command()} show best:accuracy   (or open {_NOTEBOOK} in JupyterLab)"
    )


def _command() -> str:
    """What to type for this command: its name, or its path where the environment is not activated."""
    beside = Path(sys.executable).with_name("nbtrack")
    return "nbtrack" if shutil.which("nbtrack") or not beside.exists() else str(beside)


def _place(folder: Path) -> Path:
    """The notebook in ``folder``, copied there unless a copy, perhaps edited, is there."""
    notebook = folder / _NOTEBOOK
    if notebook.exists():
        return notebook
    package = Path(__file__).resolve().parent.parent
    # A wheel carries the examples inside the package; in a checkout they stand beside it.
    source = next(
        (path for path in (package / "examples", package.parent / "examples") if path.is_dir()), None
    )
    if source is None:
        raise NbtrackError(f"This installation of nbtrack lacks {_NOTEBOOK}: install it again.")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / _NOTEBOOK, notebook)
    return notebook


def _execute(notebook: Path) -> int:
    """Execute ``notebook`` in its folder, keep its outputs in it, and return the number of its code cells.

    Raises:
        NbtrackError: a cell raised.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    content = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types
    client = NotebookClient(
        content,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(notebook.parent)}},
        # Without the kernel's word on its transport, which is between processes of one machine here.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    try:
        client.execute(env=_kernel_environment(notebook))
    except CellExecutionError as error:
        raise NbtrackError(f"A cell of {notebook} failed.\n{error}") from error
    finally:
        nbformat.write(content, notebook)  # type: ignore[no-untyped-call]  # as above
    return sum(_is_code(cell) for cell in content.cells)


def _is_code(cell: Any) -> bool:
    return bool(cell.cell_type == "code")


def _kernel_environment(notebook: Path) -> dict[str, str]:
    here = notebook.parent.resolve()
    return {
        **os.environ,
        # The demo's own store, also inside a project that has one.
        "NBTRACK_STORE": str(here / FOLDER),
        # How Jupyter Server tells a kernel its notebook.
        "JPY_SESSION_NAME": str(here / notebook.name),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
