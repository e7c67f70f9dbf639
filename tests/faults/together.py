"""What several processes do to one store at once; each is forked, and says what it did into a pipe."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from writer import Writer, say


def _into(pipe) -> None:
    os.dup2(pipe.fileno(), 1)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as long as the process


def open_anew(pipe, barrier, folder: Path, number: int) -> None:
    """Open a store that nobody made yet, at the same moment as others, and save a run."""
    _into(pipe)
    barrier.wait()
    writer = Writer(folder, number)
    writer.capture()
    writer.log.end()
    writer.store.close()


def be_a_kernel(pipe, folder: Path, kernel: int, cells: int) -> None:
    """Train in a watched shell, cell after cell; the depths tell whose runs they are."""
    from watched_cells import Notebook

    _into(pipe)
    os.environ["IPYTHONDIR"] = str(folder / f"ipython-{kernel}")
    os.chdir(folder)
    notebook = Notebook()
    for cell in range(1, cells + 1):
        depth = kernel * 10_000 + cell
        assert notebook.train(depth) == [0, 1, 1]
        say(did="trained", depth=depth)
    notebook.close()
