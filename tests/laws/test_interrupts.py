"""Interrupts at any moment, also inside our own capture; user objects that raise; threads that change what is captured.

The cell's own result is never changed, the next cell is watched as ever, and the store is sound.
"""

import os
import random
import signal
import threading
import time

import pytest

from nbtrack.store import Store
from nbtrack.store.saving import write_capture

TIMES = int(os.environ.get("NBTRACK_KILLS", "12"))

MODEL = """
import numpy as np
class Large:
    def fit(self, X, y=None):
        self.weights_ = [np.random.default_rng(place).random(2_000_000) for place in range(3)]
        return self
model = Large()
X = np.arange(200_000.0).reshape(-1, 4)
"""
FIT = "result = None\nmodel = Large().fit(X + {number})\nresult = {number}"


def sound(folder):
    with Store.open(folder / ".nbtrack") as store:
        return [one.message for one in store.doctor(full=True) if not one.subject.startswith("SQLite ")]


def interrupted(notebook, source, delay):
    """Run a cell with Ctrl-C after so many seconds; its result, None where it came before or after the cell."""
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    result = None
    try:
        timer.start()
        result = notebook.run(source, fails=True)
        timer.cancel()
        timer.join()
        time.sleep(0.001)  # where it was on its way it arrives here
    except KeyboardInterrupt:
        timer.join()
    return result


@pytest.fixture
def large(notebook):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    notebook.run(MODEL)
    yield notebook
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_at_any_moment_leaves_a_sound_store_and_a_kernel_that_goes_on(large, tally):
    started = time.perf_counter()
    large.run(FIT.format(number=0))
    whole = time.perf_counter() - started
    lot = random.Random(7)
    for number in range(1, TIMES + 1):
        runs = len(large.runs)
        result = interrupted(large, FIT.format(number=number), lot.uniform(0, whole * 1.2))
        done = large.names["result"] == number
        if result is not None and result.error_in_exec is None and result.error_before_exec is None:
            assert done  # what was interrupted was ours: the cell never knew
        made = large.runs[runs:]
        assert len(made) <= 1
        for run in made:
            assert run.state.name in {"COMPLETE", "CANCELED"}
            assert run.model is None or run.model.stored or run.capture_notes or run.state.name == "CANCELED"
        large.run("result = 'next'\nnext_model = Large().fit(X)")
        assert large.last.state.name == "COMPLETE"
        assert large.last.model.stored
        assert len(large.runs) == runs + len(made) + 1
        tally["interrupts"] += 1
    assert sound(large.folder) == []


def test_ctrl_c_while_a_run_is_written_comes_too_late_to_stop_anything(large, monkeypatch, capsys):
    def written_and_interrupted(*given):
        runs = write_capture(*given)
        signal.raise_signal(signal.SIGINT)
        return runs

    monkeypatch.setattr("nbtrack.store.session.write_capture", written_and_interrupted)
    large.run(FIT.format(number=1))
    assert large.last.state.name == "COMPLETE"
    assert "interrupted" not in capsys.readouterr().out
    assert sound(large.folder) == []


ERRORS = ["SystemExit(3)", "RecursionError('deep')", "MemoryError()", "GeneratorExit()"]
METHODS = [
    "__reduce__",
    "__repr__",
    "__eq__",
    "__getattr__",
    "__len__",
    "__array__",
    "__sklearn_tags__",
    "__iter__",
]


@pytest.mark.parametrize("error", ERRORS)
def test_what_a_user_s_object_raises_while_it_is_captured_stays_with_us(notebook, tally, error):
    notebook.run("from sklearn.linear_model import LinearRegression\nX, y = [[0.0], [1.0]], [0.0, 1.0]")
    for method in METHODS:
        notebook.run(
            f"class Odd:\n    armed = False\n    def {method}(self, *given):\n"
            f"        if Odd.armed:\n            raise {error}\n        raise AttributeError('{method}')\n"
            "    __hash__ = object.__hash__\n"
            "class Holder(LinearRegression):\n    def fit(self, X, y):\n        self.odd_ = odd\n        return super().fit(X, y)\n"
            "odd = Odd()\nthings = {'a': odd, 'b': [odd]}\nOdd.armed = True"
        )
        notebook.run(
            "result = None\nalpha = odd\nmodel = Holder().fit(X, y)\nother = LinearRegression().fit(X, y)\n"
            "score = other.score(X, y)\nresult = model.coef_.shape"
        )
        assert notebook.names["result"] == (1,), method
        held, plain = notebook.runs[-2:]
        assert held.model.stored or held.capture_notes
        assert plain.model.stored
        assert [one.value for one in plain.metrics] == [1.0]
        notebook.run("Odd.armed = False")
        tally["raised"] += 1
    assert sound(notebook.folder) == []


def test_the_extension_loaded_again_and_reloaded_watches_each_training_once(notebook):
    notebook.run("from sklearn.linear_model import LinearRegression\nX, y = [[0.0], [1.0]], [0.0, 1.0]")
    for number, again in enumerate(["%load_ext nbtrack", "%reload_ext nbtrack", "%reload_ext nbtrack"], 1):
        notebook.run(again)
        notebook.run("model = LinearRegression().fit(X, y)")
        assert len(notebook.runs) == number
    assert {run.state.name for run in notebook.runs} == {"COMPLETE"}
    assert sound(notebook.folder) == []


def test_a_module_that_autoreload_takes_in_anew_trains_what_it_says_now(notebook, monkeypatch):
    module = notebook.folder / "mine.py"
    source = (
        "from sklearn.linear_model import Ridge\ndef train(X, y):\n    return Ridge(alpha={}).fit(X, y)\n"
        "class Mine(Ridge):\n    pass\n"
    )
    module.write_text(source.format(1.0))
    monkeypatch.syspath_prepend(str(notebook.folder))
    notebook.run("%load_ext autoreload\n%autoreload 2\nimport mine")
    notebook.run("X, y = [[0.0], [1.0]], [0.0, 1.0]\nmodel = mine.train(X, y)")
    module.write_text(source.format(25.0))
    os.utime(module, (time.time() + 5, time.time() + 5))
    notebook.run("model = mine.train(X, y)\nown = mine.Mine(alpha=3.0).fit(X, y)")
    alphas = [param.value for run in notebook.runs for param in run.params if param.name == "alpha"]
    assert sorted(alphas) == [1.0, 3.0, 25.0]
    notebook.run("%autoreload 0")
    assert sound(notebook.folder) == []


CHANGED_BY_A_THREAD = """
import threading
stop = threading.Event()
def change():
    while not stop.is_set():
        {changed} += 1
thread = threading.Thread(target=change)
thread.start()
try:
    fitted = model.fit(X)
finally:
    {stops}
result = 'went on'
"""


def test_a_model_that_a_thread_changes_while_it_is_stored_is_said_on_the_run(notebook):
    notebook.run(
        "import numpy as np\nclass Net:\n    def fit(self, X):\n        self.w_ = w\n        return self"
    )
    notebook.run("w = np.zeros(3_000_000)\nX = np.ones((5, 2))\nmodel = Net()")
    notebook.run(CHANGED_BY_A_THREAD.format(changed="w[:]", stops="pass"))
    try:
        assert notebook.names["result"] == "went on"
        (run,) = notebook.runs
        assert not run.model.stored
        assert any("changed while it was stored" in note for note in run.capture_notes)
    finally:
        notebook.names["stop"].set()
        notebook.names["thread"].join()
    assert sound(notebook.folder) == []


def test_data_that_a_thread_changes_while_it_is_digested_is_said_on_the_run(notebook):
    notebook.run("import numpy as np\nclass Net:\n    def fit(self, X):\n        return self")
    notebook.run("X = np.zeros((1_000_000, 4))\nmodel = Net()")
    notebook.run(CHANGED_BY_A_THREAD.format(changed="X[:]", stops="stop.set()\n    thread.join()"))
    assert notebook.names["result"] == "went on"
    (run,) = notebook.runs
    assert any("data X: it was changed while its digest was taken" in note for note in run.capture_notes)
    notebook.run("model.fit(X)")
    assert notebook.last.capture_notes == ()
