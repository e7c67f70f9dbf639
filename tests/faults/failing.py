"""A process whose disk fails at a chosen call: `python failing.py FOLDER WHAT EVERY MOST [FAULT …]`, with `disk.c`.

What is done is done again and again, each time with the fault at a later call, until it passes without one. Each try
says one line: how it failed, if it did, what came out, and what is wrong afterwards. Now and then the tries go on in a
new store: all of one is read after each, which takes longer with every run in it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import count, islice
from os import waitstatus_to_exitcode
from pathlib import Path
from subprocess import CompletedProcess

from account import lost, sound
from later import later
from place import Place
from watched_cells import Notebook
from writer import Writer, say

from nbtrack.errors import NbtrackError, StoreCorrupt, StoreError, StoreTooNew
from nbtrack.handoff import loading, workbench
from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.handoff.verification import opened, verify
from nbtrack.records import State
from nbtrack.store import Store, recovery, spool
from nbtrack.store.garbage import collect_garbage
from nbtrack.store.registry import register
from nbtrack.store.removal import remove_runs

ALWAYS = 1 << 40
A_STORE = 10  # tries
# How it fails, as `disk.c` counts, and for how many calls from the chosen one on.
FAULTS = {
    "one input/output error": (1, 1),
    "input/output errors": (1, ALWAYS),
    "a full disk": (2, ALWAYS),
    "short writes": (3, ALWAYS),
    "half a write on a full disk": (4, ALWAYS),
}
library = ctypes.CDLL(None)
library.disk_fail.argtypes = [ctypes.c_int, ctypes.c_long, ctypes.c_long]
library.disk_hits.restype = ctypes.c_long


@contextmanager
def fault(name: str, call: int) -> Iterator[None]:
    library.disk_fail(*FAULTS[name][:1], call, FAULTS[name][1])
    try:
        yield
    finally:
        hits = library.disk_hits()
        library.disk_fail(0, 0, 0)
        fault.hits = hits


class Helper:
    """The process in which an export loads and writes the model: a fork, for a new interpreter takes a second.

    Faults of the export itself are none of the helper's, which has its own.
    """

    def __init__(self) -> None:
        self.fault: tuple[int, int, int] = (0, 0, 0)
        self.hits = 0

    def run(self, words: list[str], *, cwd: str, env: dict[str, str], **_: object) -> CompletedProcess[str]:
        there, here = os.pipe()
        if (child := os.fork()) == 0:
            os.chdir(cwd)
            os.environ.clear()
            os.environ |= env
            os.dup2(here, 2)
            library.disk_fail(*self.fault)
            code = 1
            with suppress(SystemExit):
                try:
                    workbench.main(Path(words[-1]))
                    code = 0
                except Exception as error:
                    os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os.write(2, b"%d" % library.disk_hits())
            os._exit(code)
        os.close(here)
        with os.fdopen(there) as told:
            *lines, hits = told.read().split("\n")
        self.hits += int(hits)
        return CompletedProcess(words, waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "", "\n".join(lines))

    @contextmanager
    def fails(self, name: str, call: int) -> Iterator[None]:
        """As :func:`fault`, of the helpers that are begun meanwhile."""
        self.fault, self.hits = (FAULTS[name][0], call, FAULTS[name][1]), 0
        try:
            yield
        finally:
            self.fault, fault.hits = (0, 0, 0), self.hits


helper = loading.subprocess = Helper()


Try = Callable[[str, int], tuple[str, list[str]]]
What = Callable[[Path], AbstractContextManager[Try]]


def tries(what: What, folder: Path, every: int, most: int, faults: list[str]) -> None:
    """Each fault at every ``every``-th call, of each fault others, until one comes too late, or ``most`` were tried."""
    stores = count(1)
    for place, name in enumerate(faults):
        first = (place + 1) * every // len(faults) or 1
        calls = islice(count(first, every), 1 if name == "short writes" else most)
        while some := list(islice(calls, A_STORE)):
            root = folder.parent / str(next(stores))
            root.mkdir()
            with what(root / folder.name) as once:
                late = not all(tried(once, name, call) for call in some)
            shutil.rmtree(root)
            if late:
                break


def tried(once: Try, name: str, call: int) -> bool:
    """Say what came of a try; whether its fault was early enough to hit something."""
    outcome, problems = once(name, call)
    say(fault=name, call=call, hits=fault.hits, outcome=outcome, problems=problems)
    return fault.hits > 0


def told(error: NbtrackError) -> str:
    assert str(error), "an error without a word"
    return type(error).__name__ if not isinstance(error, StoreCorrupt) else f"StoreCorrupt: {error}"


@contextmanager
def capturing(folder: Path) -> Iterator[Try]:
    place = Place(folder)

    def once(name: str, call: int) -> tuple[str, list[str]]:
        try:
            with fault(name, call):
                place.capture()
            outcome = "saved" if place.said[-1]["stored"] else "saved without its model"
        except StoreError as error:
            outcome = told(error)
        return outcome, place.wrong()

    yield once
    place.close()


@contextmanager
def spooling(folder: Path) -> Iterator[Try]:
    place = Place(folder)

    def once(name: str, call: int) -> tuple[str, list[str]]:
        writer = place.writer
        capture = writer.capture_of(writer.run())
        try:
            with fault(name, call):
                file = spool.keep(folder, writer.session, capture)
                place.said.append({"did": "kept"})
                writer.log.take_in(file)
            outcome = "saved"
        except StoreError as error:
            outcome = told(error)
        for left in recovery.spooled(folder).get(writer.session.id, []):
            writer.log.take_in(left)
        # Where not even deleting works, what is half written goes with the next collection.
        collect_garbage(writer.store, now=time.time() + 7200)
        if place.said and place.said[-1] == {"did": "kept"}:
            place.said[-1] = {"did": "run", "id": capture.runs[0].id, "stored": True}
        left = [file.name for file in (folder / "spool").glob("*")]
        return outcome, place.wrong() + left

    yield once
    place.close()


@contextmanager
def logging(folder: Path) -> Iterator[Try]:
    place = Place(folder)

    def once(name: str, call: int) -> tuple[str, list[str]]:
        writer, logged = place.writer, -1
        run = writer.log.open_run(writer.run(State.RUNNING, model=False))
        try:
            with fault(name, call):
                for step in range(8_000):  # the journal grows twice on the way
                    writer.log.log(run.id, "loss", step, step * 0.5, 1e9 + step)
                    logged = step
                place.capture()
            outcome = "saved"
        except StoreError as error:
            outcome = told(error)
        writer.log.log(run.id, "loss", logged + 1, (logged + 1) * 0.5, 1e9)
        steps = [point.step for point in writer.store.points(run.id, "loss")]
        problems = [] if steps == list(range(logged + 2)) else [f"{len(steps)} points, not {logged + 2}"]
        return outcome, problems + place.wrong()

    yield once
    place.close()


@contextmanager
def collecting(folder: Path) -> Iterator[Try]:
    place = Place(folder)

    def once(name: str, call: int) -> tuple[str, list[str]]:
        store, gone, kept = place.writer.store, place.capture(), place.capture()
        del place.said[-2]
        done = []
        try:
            with fault(name, call):
                register(store, kept, "churn")
                done.append("registered")
                remove_runs(store, [gone])
                done.append("removed")
                collect_garbage(store, grace_seconds=0)
                done.append("collected")
        except StoreError as error:
            done.append(told(error))
        there = gone in {run.id for run in store.find_runs()}
        problems = ["removed and there"] if there and "removed" in done else []
        if there:
            remove_runs(store, [gone])
        problems += place.wrong()
        collect_garbage(store, grace_seconds=0, now=time.time() + 3600)
        rows = store.doctor()
        problems += [one.message for one in rows if one.subject == "blobs" or one.severity == "error"]
        return done[-1], problems

    yield once
    place.close()


@contextmanager
def opening(folder: Path) -> Iterator[Try]:
    def once(name: str, call: int) -> tuple[str, list[str]]:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            with fault(name, call):
                Store.open(folder, create=True).close()
            outcome = "opened"
        except StoreError as error:
            outcome = told(error)
        place = Place(folder)
        problems = place.wrong()
        place.close()
        return outcome, problems

    yield once


@contextmanager
def recovering(folder: Path) -> Iterator[Try]:
    def once(name: str, call: int) -> tuple[str, list[str]]:
        dead = Writer(folder, 0)
        opened = dead.log.open_run(dead.run(State.RUNNING, model=False))
        for step in range(10):
            dead.log.log(opened.id, "loss", step, step * 0.5, 1e9)
        capture = dead.capture_of(dead.run())
        spool.keep(folder, dead.session, capture)
        dead.log.forget()  # as a process that was killed
        dead.store.close()
        try:
            with fault(name, call), Store.open(folder) as store:
                store.find_runs()
            outcome = "recovered"
        except StoreError as error:
            outcome = told(error)
        said = [
            {"did": "folded", "id": opened.id, "points": 10},
            {"did": "run", "id": capture.runs[0].id, "stored": True},
        ]
        with Store.open(folder) as store:
            return outcome, lost(store, said) + sound(store)[:3]

    yield once


@contextmanager
def migrating(folder: Path) -> Iterator[Try]:
    before = folder.with_name("before")
    place = Place(before)
    place.capture()
    said = list(place.said)
    place.close()

    def once(name: str, call: int) -> tuple[str, list[str]]:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)
        with later():
            try:
                with fault(name, call):
                    Store.open(folder).close()
                outcome = "migrated"
            except StoreError as error:
                outcome = told(error)
        problems = []
        if outcome != "migrated":
            # What fails after the migration's commit says so, too: it is the later store then.
            with suppress(StoreTooNew), Store.open(folder) as store:
                problems += lost(store, said) + sound(store)
        with later(), Store.open(folder) as store:
            collect_garbage(store, now=time.time() + 7200)
            problems += [f"left: {file.name}" for file in folder.glob("backups/*-journal")]
            return outcome, problems + lost(store, said) + sound(store)

    yield once


@contextmanager
def exporting(folder: Path, failing: Callable = fault) -> Iterator[Try]:
    """The run of a project that was trained before, into a folder and a zip in turn."""
    shutil.copytree(folder.parent.with_name(folder.name), folder)
    store = Store.open(folder)
    run = store.get_run("last")

    def once(name: str, call: int) -> tuple[str, list[str]]:
        path = folder.with_name("bundle" if call % 2 else "bundle.zip")
        try:
            with failing(name, call):
                export(store, run, path, options=Options(lock=False))
            outcome = "exported"
        except NbtrackError as error:
            outcome = told(error)
        left = [*folder.parent.glob(".nbtrack-export-*")]
        if left and "errors" in name:  # where not even deleting works, it goes with the next export
            export(store, run, folder.with_name("next"), options=Options(lock=False))
            shutil.rmtree(folder.with_name("next"))
            left = [*folder.parent.glob(".nbtrack-export-*")]
        problems = [one.name for one in left]
        if outcome == "exported" or path.exists():  # where only the store did not note it
            with opened(path) as bundle:
                problems += [one.message for one in verify(bundle).checks if not one.ok]
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        problems += [one.message for one in store.doctor(full=True) if one.severity == "error"]
        return outcome, problems

    yield once
    store.close()


@contextmanager
def writing_a_model(folder: Path) -> Iterator[Try]:
    """The same; the disk fails in the process that loads the model and writes it."""
    with exporting(folder, helper.fails) as once:
        yield once


@contextmanager
def cells(folder: Path) -> Iterator[Try]:
    """Training cells of a notebook: the disk fails from somewhere in one to its end."""
    os.chdir(folder.parent)
    notebook = Notebook()
    depths = count(1)
    trained: list[int] = []

    def once(name: str, call: int) -> tuple[str, list[str]]:
        problems = []
        for armed in (True, False):
            depth = next(depths)
            with fault(name, call) if armed else nullcontext():
                found = notebook.train(depth)
            if found != [0, 1, 1]:
                problems.append(f"the cell's own result is {found}")
            trained.append(depth)
        with Store.open(folder) as store:
            runs = store.find_runs()
            there = sorted(param.value for run in runs for param in run.params if param.name == "max_depth")
            errors = [one.message for one in store.doctor(full=True) if one.severity == "error"]
        if there != trained:
            problems.append(f"of {len(trained)} runs {len(there)} are there")
        return "trained", problems + errors

    yield once
    notebook.close()
    os.chdir(folder.parent.parent)


WHAT = {
    each.__name__: each
    for each in (
        capturing,
        spooling,
        logging,
        collecting,
        opening,
        recovering,
        migrating,
        exporting,
        writing_a_model,
        cells,
    )
}

if __name__ == "__main__":
    where, wanted, step, most_tries, *only = sys.argv[1:]
    tries(WHAT[wanted], Path(where), int(step), int(most_tries), only or list(FAULTS))
