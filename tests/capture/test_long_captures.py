"""A capture that takes long says so while it works, and Ctrl-C skips it: the run is kept without what was skipped."""

import os
import signal
import threading
import time

import pytest

from nbtrack import progress
from nbtrack.store import saving

MODEL = """
import numpy as np
class Large:
    def fit(self, X, y=None):
        self.weights_ = [np.random.default_rng(place).random(2_000_000) for place in range(3)]
        return self
X = np.arange(400_000.0).reshape(-1, 4)
"""
FIT = "model = Large().fit(X)\nresult = 1"


@pytest.fixture
def shown():
    told = []
    progress.shown_by(told.append)
    yield told
    progress.shown_by(None)


@pytest.fixture
def large(notebook, shown, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_AGAIN_SECONDS", 0.0)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    notebook.run(MODEL)
    progress.shown_by(shown.append)  # the extension shows it in the notebook else
    yield notebook
    signal.signal(signal.SIGINT, before)


def interrupt(told, what):
    """Ctrl-C once this is shown."""

    def show(each):
        told.append(each)
        if each.what == what and not each.ended and sum(one.skipped for one in told) == 0:
            os.kill(os.getpid(), signal.SIGINT)

    progress.shown_by(show)


def test_what_takes_long_is_shown_with_how_far_it_is_and_when_it_ended(large, shown):
    large.run("X = X + 0.125")
    large.run(FIT)
    assert large.last.model.stored
    stored = [each for each in shown if each.what == "storing the model"]
    assert [each.done for each in stored] == sorted(each.done for each in stored)
    assert stored[-1].ended
    assert 40_000_000 < stored[-1].done <= stored[-1].size  # small parts go into the database
    assert {each.what for each in shown} == {"storing the model", "pickling the model", "digesting X"}


@pytest.mark.parametrize("what", ["pickling the model", "storing the model"])
def test_ctrl_c_while_a_model_is_taken_keeps_the_run_without_it(large, shown, what):
    interrupt(shown, what)
    large.run(FIT)
    assert large.names["result"] == 1
    assert large.last.state.name == "COMPLETE"
    assert not large.last.model.stored
    assert any(
        note.startswith("The model was not stored: that was skipped by Ctrl-C")
        for note in large.last.capture_notes
    )
    assert [each.name for each in large.last.datasets] == ["X"]
    assert shown[-1].skipped
    large.run("model = Large().fit(X)")
    assert large.last.model.stored


def test_ctrl_c_while_data_is_digested_keeps_the_run_without_it_and_the_cell_goes_on(large, shown):
    large.run("X = X + 0.25")  # never digested before
    interrupt(shown, "digesting X")
    large.run(FIT)
    assert large.names["result"] == 1
    assert large.last.model.stored
    assert large.last.datasets == ()
    assert any("it is not recorded: that was skipped by Ctrl-C" in note for note in large.last.capture_notes)


def test_ctrl_c_that_comes_before_anything_was_shown_is_the_cells(large, shown, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 100.0)
    large.run(
        "import os, signal\nclass Odd(Large):\n    pass\nmodel = Odd()\nos.kill(os.getpid(), signal.SIGINT)\nmodel.fit(X)",
        fails=True,
    )
    assert shown == []
    assert large.runs == [] or large.last.state.name == "CANCELED"


def test_where_nobody_shows_it_an_interrupt_stays_one():
    progress.shown_by(None)
    with pytest.raises(KeyboardInterrupt), progress.Work("storing", "It was not stored", after_cell=True):
        raise KeyboardInterrupt


def test_another_thread_is_not_heard_and_a_work_inside_a_work_is_its_own(shown, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_AGAIN_SECONDS", 0.0)
    with progress.Work("outer", "no outer", size=10):
        progress.advance(1)
        thread = threading.Thread(target=progress.advance, args=(5,))
        thread.start()
        thread.join()
        with progress.Work("inner", "no inner"):
            progress.advance(2)
        progress.advance(3)
    assert [(each.what, each.done, each.ended) for each in shown] == [
        ("outer", 1, False),
        ("inner", 2, False),
        ("inner", 2, True),
        ("outer", 4, False),
        ("outer", 4, True),
    ]


def test_what_a_run_cost_includes_writing_its_model(notebook, monkeypatch):
    notebook.run(MODEL)
    write = saving.write_files
    monkeypatch.setattr(saving, "write_files", lambda *given: (time.sleep(0.3), write(*given)))
    notebook.run(FIT)
    assert notebook.last.capture_seconds >= 0.3
