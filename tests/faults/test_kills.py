"""Processes that are killed at random moments: nothing acknowledged is lost, what is left over goes, the living go on."""

import os
import random
import shutil
import signal
import time
from contextlib import ExitStack, suppress
from multiprocessing import get_context

import pytest
import writer
from account import lost, sound, understood
from later import later
from writer import Writer

from nbtrack.errors import StoreTooNew
from nbtrack.handoff.export import export
from nbtrack.handoff.options import Options
from nbtrack.handoff.verification import opened, verify
from nbtrack.records import State
from nbtrack.store import Store
from nbtrack.store.garbage import collect_garbage

KILLS = int(os.environ.get("NBTRACK_KILLS", "5"))
A_STORE = 10  # kills of one store: reading it whole takes longer with every run
LARGE_STORE = 3
NOBODY = 2**22 + 1  # no process has this id


@pytest.fixture(scope="module")
def processes():
    """Forks a process that has imported what it needs, so that a kill hits the work and not the imports."""
    context = get_context("forkserver")
    context.set_forkserver_preload(
        ["writer", "later", "notebook", "nbtrack.store.migrations", "numpy", "sklearn.tree"]
    )
    return context


def killed(processes, seconds, *words):
    """What a process said that does ``writer.work(*words)``, and is killed so many seconds after its first word."""
    here, there = processes.Pipe(duplex=False)
    process = processes.Process(target=writer.work, args=(there, *words))
    process.start()
    there.close()
    said = b""
    with suppress(EOFError):
        assert here.poll(60)
        said += os.read(here.fileno(), 1 << 16)
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0 and here.poll(rest):
            part = os.read(here.fileno(), 1 << 16)
            if not part:
                break
            said += part
    os.kill(process.pid, signal.SIGKILL)
    while part := os.read(here.fileno(), 1 << 16):
        said += part
    process.join()
    here.close()
    assert process.exitcode == -signal.SIGKILL, said
    return understood(said)


def at_random(seed, longest):
    numbers = random.Random(seed)
    return [numbers.uniform(0, longest) for _ in range(KILLS)]


@pytest.mark.parametrize("what", ["logging", "capture", "collecting", "blobs", "spooling", "life"])
def test_nothing_that_was_acknowledged_is_lost_by_a_kill(processes, tmp_path, tally, what):
    a_store = LARGE_STORE if what == "blobs" else A_STORE
    for number, seconds in enumerate(at_random(what, 0.3)):
        folder = tmp_path / str(number // a_store) / ".nbtrack"
        if number % a_store == 0:
            everything = []
        # Its process id is one of a process that lives: ids are used again.
        said = killed(processes, seconds, folder, what, number * 10_000, os.getpid())
        everything += said
        tally["half written"] += len([*folder.glob("blobs/*/.*")]) > 0
        tally["compressed"] += sum(each["files"] for each in said if each["did"] == "compressed")
        with Store.open(folder) as store:
            states = {run.id: run.state for run in store.find_runs()}
            assert not any(states.get(each.get("id")) is State.RUNNING for each in said)
            assert all(states[each["id"]] is State.CANCELED for each in said if each["did"] == "opened")
            assert lost(store, everything) + sound(store) == []
            swept(store)
        tally["kills"] += 1
        tally["acknowledged"] += len(said)


def swept(store):
    """Whatever was left half written goes with the next collection."""
    assert [file.name for file in (store.folder / "sessions").iterdir()] == []
    collect_garbage(store, grace_seconds=0, now=time.time() + 7200)
    assert [one for one in store.doctor() if not one.subject.startswith("SQLite ")] == []
    assert [file.name for file in store.folder.glob("blobs/*/.*")] == []


def test_a_run_of_a_process_that_lives_is_never_canceled(processes, tmp_path, tally):
    folder = tmp_path / ".nbtrack"
    living = Writer(
        folder, 0, NOBODY
    )  # no process has its id, as after a reboot in which another boot's went on
    run = living.log.open_run(living.run(State.RUNNING, model=False))
    for number, seconds in enumerate(at_random("living", 0.1)):
        killed(processes, seconds, folder, "logging", number * 10_000, os.getpid())
        with Store.open(folder) as store:
            unfinished = [each.id for each in store.find_runs("state = RUNNING")]
            assert unfinished == [run.id]
        living.log.log(run.id, "loss", number, number * 0.5, time.time())
        tally["kills"] += 1
    living.log.end()
    assert len(living.store.points(run.id, "loss")) == KILLS
    living.store.close()


def test_after_a_reboot_whatever_the_memory_of_the_log_holds_the_store_is_whole(processes, tmp_path, tally):
    folder = tmp_path / ".nbtrack"
    everything = []
    for number, seconds in enumerate(at_random("reboot", 0.2)):
        everything += killed(processes, seconds, folder, "life", number * 10_000, 1)
        memory = folder / "lineage.db-shm"
        if memory.exists():
            memory.write_bytes(random.Random(number).randbytes(memory.stat().st_size))
        with Store.open(folder) as store:
            assert lost(store, everything) + sound(store) == []
        tally["kills"] += 1


def test_a_kill_while_a_store_is_made_leaves_one_that_can_be_gone_on_with(processes, tmp_path, tally):
    for number, seconds in enumerate(at_random("making", 0.06)):
        folder = tmp_path / str(number) / ".nbtrack"
        said = killed(processes, seconds, folder, "making", 0, 0)
        go_on(folder, said)
        tally["kills"] += 1


def test_a_kill_while_a_store_is_migrated_leaves_the_old_one_or_the_new_one(processes, tmp_path, tally):
    before = tmp_path / "before"
    made = Writer(before, 0)
    runs = [made.capture() for _ in range(3)]
    made.log.end()
    made.store.close()
    said = [{"did": "run", "id": run.id, "stored": True} for run in runs]
    for number, seconds in enumerate(at_random("migrating", 0.05)):
        folder = tmp_path / str(number) / ".nbtrack"
        shutil.copytree(before, folder)
        killed(processes, seconds, folder, "opened_later", 0, 0)
        try:
            with Store.open(folder) as store:
                assert lost(store, said) + sound(store) == []
            tally["old"] += 1
        except StoreTooNew:
            tally["new"] += 1
        with later():
            go_on(folder, said)
        tally["kills"] += 1


def go_on(folder, said):
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(folder, create=True))
        assert lost(store, said) + sound(store) == []
        after = Writer(folder, 1_000_000)
        run = after.capture()
        after.log.end()
        after.store.close()
        assert lost(store, [{"did": "run", "id": run.id, "stored": True}]) + sound(store) == []


def test_cells_whose_kernel_is_killed_have_their_runs_and_models(processes, tmp_path, tally):
    trained = 0
    for seconds in at_random("cells", 0.5):
        said = killed(processes, seconds, tmp_path / ".nbtrack", "cells", trained, 0)
        depths = [each["depth"] for each in said if each["did"] == "trained"]
        with Store.open(tmp_path / ".nbtrack", create=True) as store:
            runs = {
                param.value: run
                for run in store.find_runs()
                for param in run.params
                if param.name == "max_depth"
            }
            assert set(depths) <= set(runs)
            assert max(runs, default=0) <= max(depths, default=trained) + 1
            for depth in depths:
                assert store.read_model(runs[depth].id)[0]
            assert [one.message for one in store.doctor(full=True) if one.severity == "error"] == []
        trained = max(runs, default=trained)
        tally["kills"] += 1
        tally["acknowledged"] += len(depths)


EXPORTS = max(2, KILLS if KILLS >= 100 else 2)  # each takes seconds


def test_a_kill_while_a_bundle_is_written_leaves_a_whole_one_or_none(processes, tmp_path, tally, project):
    root = tmp_path / "root"
    shutil.copytree(project, root / ".nbtrack")
    path = root / "bundle.zip"
    numbers = random.Random(3)
    with Store.open(root / ".nbtrack") as store:
        for _ in range(EXPORTS):
            killed(processes, numbers.uniform(0, 4), root / ".nbtrack", "exporting", path, 0)
            if path.exists():
                with opened(path) as bundle:
                    assert [one.message for one in verify(bundle).checks if not one.ok] == []
                path.unlink()
            assert [one.message for one in store.doctor(full=True) if one.severity == "error"] == []
            tally["kills"] += 1
        export(store, store.get_run("last"), path, options=Options(lock=False))
    assert sorted(file.name for file in root.iterdir()) == [".nbtrack", "bundle.zip"]
