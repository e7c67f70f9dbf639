"""A process on a small file system that is full for a while: `python full.py FOLDER WHAT PROJECT`.

A filler takes what room there is; what is refused then must work once it is gone. Says one line: what was refused and
how, and what is wrong.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from account import lost, sound
from later import later
from place import Place
from writer import say

from nbtrack.errors import NbtrackError
from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.records import State
from nbtrack.store import Store
from nbtrack.store.garbage import collect_garbage
from nbtrack.store.removal import remove_runs


class Filler:
    """Takes all room but ``left`` bytes."""

    def __init__(self, folder: Path, left: int = 0) -> None:
        self.file = folder / "filler"
        status = os.statvfs(folder)
        with self.file.open("wb", buffering=0) as file, suppress(OSError):  # once there is no more room
            file.write(bytes(max(0, status.f_bavail * status.f_frsize - left)))
            while not left:
                file.write(bytes(4096))

    def go(self) -> None:
        self.file.unlink()


def refused(do: Callable[[], object]) -> list[str]:
    """What is wrong if ``do`` is not refused with a word on the disk that is full."""
    try:
        do()
    except NbtrackError as error:
        return [] if "No space left" in str(error) else [f"the message is: {error}"]
    return [f"{do} was not refused"]


def capturing(folder: Path, project: Path) -> list[str]:
    place = Place(folder)
    first, filler = place.capture(), Filler(folder.parent, 300_000)
    del place.said[0]  # which is to be removed
    place.writer.number = 4
    place.capture()  # number 5 has 400,000 bytes that have no room: they are left out, and the run says so
    notes = place.writer.store.get_run(place.said[-1]["id"]).capture_notes
    filler.go()
    filler = Filler(folder.parent)
    problems = (
        []
        if "No space left" in str(notes) and not place.said[-1]["stored"]
        else [f"the run does not say why: {notes}"]
    )
    problems += refused(lambda: [place.capture() for _ in range(200)])
    there = [*place.said]
    problems += refused(lambda: collect(place, first)) + lost(place.writer.store, there)
    filler.go()
    collect(place, first)
    return problems + lost(place.writer.store, there) + place.wrong()


def collect(place: Place, run_id: str) -> None:
    if run_id in {run.id for run in place.writer.store.find_runs()}:
        remove_runs(place.writer.store, [run_id])
    collect_garbage(place.writer.store, grace_seconds=0)


def logging(folder: Path, project: Path) -> list[str]:
    place, logged = Place(folder), 0
    log = place.writer.log
    run = log.open_run(place.writer.run(State.RUNNING, model=False))
    filler = Filler(folder.parent)

    def log_on(most: int) -> None:
        nonlocal logged
        for _ in range(most):
            log.log(run.id, "loss", logged, logged * 0.5, 1e9)
            logged += 1

    problems = refused(lambda: log_on(1_000_000))
    steps = [point.step for point in place.writer.store.points(run.id, "loss")]
    problems += [] if steps == list(range(logged)) else ["points are lost"]
    filler.go()
    log_on(10)
    steps = [point.step for point in place.writer.store.points(run.id, "loss")]
    return problems + ([] if steps == list(range(logged)) else ["points are lost"]) + place.wrong()


def opening(folder: Path, project: Path) -> list[str]:
    filler = Filler(folder.parent, 20_000)
    problems = refused(lambda: Store.open(folder, create=True))
    filler.go()
    return problems + Place(folder).wrong()


def migrating(folder: Path, project: Path) -> list[str]:
    place = Place(folder)
    place.capture()
    said = list(place.said)
    place.close()
    filler = Filler(folder.parent, 50_000)
    with later():
        problems = refused(lambda: Store.open(folder))
    with Store.open(folder) as store:
        problems += lost(store, said) + sound(store) + [one.name for one in folder.glob("backups/*")]
    filler.go()
    with later(), Store.open(folder) as store:
        return problems + lost(store, said) + sound(store)


def exporting(folder: Path, project: Path) -> list[str]:
    shutil.copytree(project, folder)
    problems: list[str] = []
    with Store.open(folder) as store:
        run = store.get_run("last")
        path, filler = folder.with_name("bundle"), Filler(folder.parent, 40_000)
        problems += refused(lambda: export(store, run, path, options=Options(lock=False)))
        filler.go()
        problems += [one.name for one in folder.parent.iterdir() if one != folder]
        export(store, run, path, options=Options(lock=False))
        return problems + [one.message for one in store.doctor(full=True) if one.severity == "error"]


WHAT = {each.__name__: each for each in (capturing, logging, opening, migrating, exporting)}

if __name__ == "__main__":
    where, wanted, trained = sys.argv[1:]
    say(did="filled", problems=WHAT[wanted](Path(where), Path(trained)))
