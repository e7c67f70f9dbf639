"""What is done while no cell runs."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from nbtrack.capture import idle
from nbtrack.capture.idle import Idle
from nbtrack.store import Store

FOREST = """
import numpy as np
from sklearn.ensemble import RandomForestRegressor
rng = np.random.default_rng(0)
X, y = rng.random((3000, 4)), rng.random(3000)
forest = RandomForestRegressor(n_estimators=20, random_state=0).fit(X, y)
"""


class Patient:
    """Work that goes on as long as it may."""

    def __init__(self):
        self.began = threading.Event()
        self.ended = threading.Event()
        self.calls = 0

    def __call__(self, going_on):
        self.calls += 1
        self.began.set()
        while going_on():
            time.sleep(0.001)
        self.ended.set()


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(idle, "_AFTER_SECONDS", 0.01)


def test_work_stops_when_a_cell_begins_and_goes_on_when_it_has_ended():
    work = Patient()
    watched = Idle(work)
    for calls in (1, 2):
        watched.want()
        watched.cell_ends()
        assert work.began.wait(30)
        watched.cell_begins()
        assert work.ended.wait(30)
        work.began.clear()
        work.ended.clear()
        assert work.calls == calls


def test_nothing_is_done_where_nothing_is_wanted_nor_while_a_cell_runs():
    work = Patient()
    watched = Idle(work)
    watched.cell_ends()
    watched.want()
    watched.cell_begins()
    time.sleep(0.1)
    assert work.calls == 0


def test_what_is_done_is_not_done_again():
    calls = []
    watched = Idle(calls.append)
    watched.want()
    for _ in range(3):
        watched.cell_ends()
        time.sleep(0.1)
        watched.cell_begins()
    assert len(calls) == 1


def test_the_end_waits_for_what_is_wanted_but_not_longer_than_was_said():
    work = Patient()
    watched = Idle(work)
    watched.finish(60)
    assert work.calls == 0
    watched.want()
    watched.finish(0.05)
    assert work.ended.is_set()


def test_work_that_fails_is_nobodys_trouble():
    def fail(_):
        raise OSError("the disk is full")

    watched = Idle(fail)
    watched.want()
    watched.finish(1)


def test_a_forked_child_leaves_the_work_to_its_parent():
    work = Patient()
    watched = Idle(work)
    watched.want()
    child = os.fork()
    if child == 0:
        watched.finish(60)
        os._exit(work.calls)
    assert os.waitpid(child, 0)[1] == 0


def plain(folder: Path) -> int:
    """Bytes of files that are kept as they were written; the random numbers of a forest do not shrink."""
    files = (folder / ".nbtrack" / "blobs").glob("?/*")
    return sum(file.stat().st_size for file in files if file.suffix != ".zst")


def test_the_next_cell_finds_a_forest_compressed_that_was_stored_by_one(notebook, tmp_path):
    notebook.run(FOREST)
    assert plain(tmp_path) > 4e6
    deadline = time.monotonic() + 30
    while plain(tmp_path) > 1e6:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    notebook.run("import nbtrack; again = nbtrack.get('last').model()")
    notebook.run("same = (again.predict(X) == forest.predict(X)).all()")
    assert notebook.names["same"]


@pytest.mark.kernel
def test_a_kernel_that_is_shut_down_at_once_leaves_its_forest_compressed(tmp_path):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    try:
        for source in ("%load_ext nbtrack", FOREST):
            assert client.execute_interactive(source, timeout=120, output_hook=lambda _: None)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)
    assert plain(tmp_path) < 1e6
    with Store.open(tmp_path / ".nbtrack") as store:
        assert [one for one in store.doctor(full=True) if not one.subject.startswith("SQLite ")] == []


def test_cells_that_follow_one_another_start_no_thread_each(monkeypatch):
    monkeypatch.setattr(idle, "_AFTER_SECONDS", 30)
    before = threading.active_count()
    watched = Idle(Patient())
    for _ in range(5):
        watched.want()
        watched.cell_begins()
        watched.cell_ends()
    assert threading.active_count() == before + 1
    watched.finish(0)
