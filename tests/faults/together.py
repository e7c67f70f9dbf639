"""What several processes do to one store at once; each is forked, and says what it did into a pipe."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from writer import Writer, say

from nbtrack.records import State
from nbtrack.store import Store


def _into(pipe) -> None:
    os.dup2(pipe.fileno(), 1)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - as long as the process


def open_anew(pipe, barrier, folder: Path, number: int) -> None:
    """Open a store that nobody made yet, at the same moment as others, and save a run."""
    _into(pipe)
    barrier.wait()
    writer = Writer(folder, number, deadline_seconds=60)  # whatever else the machine does
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


def stop_in_a_transaction(pipe, folder: Path) -> None:
    """Be stopped while holding the lock, half through a transaction; once continued, commit, and be stopped again."""
    _into(pipe)
    writer = Writer(folder, 0)
    run = writer.log.open_run(writer.run(State.RUNNING, model=False))
    with writer.store.writing() as connection:
        connection.execute("UPDATE runs SET seal = seal")
        say(did="stopping", id=run.id)
        os.kill(os.getpid(), signal.SIGSTOP)
    say(did="went on", id=run.id)
    os.kill(os.getpid(), signal.SIGSTOP)


def write_for_ever(pipe, folder: Path, number: int) -> None:
    """Save one run after the other."""
    _into(pipe)
    writer = Writer(folder, number)
    while True:
        writer.capture()


MOVES = {
    "deleted": lambda: shutil.rmtree(".nbtrack"),
    "renamed": lambda: Path(".nbtrack").rename("elsewhere"),
    "replaced": lambda: (MOVES["renamed"](), Store.open(Path(".nbtrack").absolute(), create=True).close()),
    "away and back": lambda: (MOVES["renamed"](), Path("elsewhere").rename(".nbtrack")),
}


def lose_the_store(pipe, folder: Path, how: str) -> None:
    """Train before and after the store's folder is moved, and once the extension was loaded again."""
    from watched_cells import Notebook

    _into(pipe)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.chdir(folder)
    notebook = Notebook()
    assert notebook.train(1) == [0, 1, 1]
    MOVES[how]()
    assert notebook.train(2) == [0, 1, 1]
    notebook.run("%reload_ext nbtrack")
    assert notebook.train(3) == [0, 1, 1]
    notebook.close()
