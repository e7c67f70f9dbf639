"""Ctrl-C at any moment of the tracker's own, before, in and after a cell: the books of the notebook stay whole."""

import os
import random
import signal
from pathlib import Path

import pytest

import nbtrack
from nbtrack.store import Store
from tests.store.test_interrupts import interrupted

TIMES = int(os.environ.get("NBTRACK_KILLS", "12"))
WATCHED = ("contextlib.py", *map(str, Path(nbtrack.__file__).parent.rglob("*.py")))
TRAINS = "C = {c}\nclf = LogisticRegression(C=C).fit(X, y)\nscore = clf.score(X, y)\ndone = C"
NEXT = "other = Ridge(alpha={c}).fit(X, y)\nv = C"


@pytest.fixture
def working(notebook):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    notebook.run(
        "from sklearn.linear_model import LogisticRegression, Ridge\n"
        "X, y, done = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1], None"
    )
    notebook.run(TRAINS.format(c=0.5))
    notebook.run(NEXT.format(c=0.5))
    yield notebook
    signal.signal(signal.SIGINT, before)


def sources(store, run):
    session = run.execution.session_id
    return [each.source for each in store.executions(session, [one.execution_id for one in run.depends_on])]


def test_an_interrupt_at_any_moment_of_ours_leaves_the_next_cells_their_runs_and_what_they_stand_on(
    working, tally, capsys
):
    lot, saved = random.Random(3), 0
    for number in range(TIMES):
        c = 1 + number / 1000
        capsys.readouterr()
        kept, came = interrupted(
            lambda c=c: working.run(TRAINS.format(c=c), fails=True), lot.randint(1, 4200), watched=WATCHED
        )
        said = capsys.readouterr().out
        working.run(NEXT.format(c=c), fails=True)
        del kept
        assert "nbtrack: this cell was not captured" not in said
        *_, before, last = working.runs
        assert [each.value for each in last.params if each.name == "alpha"] == [c]
        with Store.open(working.folder / ".nbtrack") as store:
            if working.names["C"] == c:
                assert any(f"C = {c}\n" in each for each in sources(store, last)), said
            trained = [each.value for each in before.params if each.name == "C"] == [c]
            # Where the cell ran through, its run is there.
            assert trained or working.names["done"] != c, said
        saved += trained
        tally["interrupts"] += came
    assert saved >= TIMES / 2
    with Store.open(working.folder / ".nbtrack") as store:
        assert [one.message for one in store.doctor(full=True) if one.severity == "error"] == []
