"""What the user says: %%track, %track, nbtrack.log, nbtrack.param, with nbtrack.track(...)."""

from __future__ import annotations

import io
import math
import subprocess
import sys

import pandas as pd
import pytest

from nbtrack.errors import UsageError
from nbtrack.records import State
from nbtrack.store import Store

DESCENT = """%%track -n descent -t stage=draft --note "by hand"
import numpy as np
rng = np.random.default_rng(0)
A = rng.normal(size=(50, 3))
b = A @ np.array([1.0, -2.0, 0.5])
lr = 0.1
epochs = 20
w = np.zeros(3)
for epoch in range(epochs):
    residual = A @ w - b
    loss = float((residual ** 2).mean())
    w -= lr * A.T @ residual / len(b)
"""


def values(run):
    return {param.name: param.value for param in run.params if param.origin != "default"}


def metric(run, name):
    return next(each for each in run.metrics if each.name == name)


def test_a_plain_numpy_loop_under_track_is_a_run_with_its_curve(notebook):
    notebook.run(DESCENT)
    (run,) = notebook.runs
    assert (run.label, run.name, dict(run.tags), run.note) == (
        "descent-1",
        "descent",
        {"stage": "draft"},
        "by hand",
    )
    assert run.explicit
    assert (values(run)["lr"], values(run)["epochs"]) == (0.1, 20)
    loss = metric(run, "loss")
    assert (loss.points, loss.value) == (20, notebook.names["loss"])


def test_track_names_params_data_the_model_and_metrics(cancer):
    cancer.run(
        "%%track -p depth,seed -d X_train -m clf -M right=clf.score(X_test,y_test)\n"
        "depth, seed = 2, 5\nclf = DecisionTreeClassifier(max_depth=depth, random_state=seed).fit(X_train, y_train)",
    )
    (run,) = cancer.runs
    assert {p.name for p in run.params if p.origin == "explicit"} == {"depth", "seed"}
    assert metric(run, "right").value == cancer.names["clf"].score(
        cancer.names["X_test"], cancer.names["y_test"]
    )
    assert metric(run, "right").origin == "explicit"


def test_track_keeps_the_line_numbers_of_the_cell(notebook):
    result = notebook.run("%%track\nx = 1\n1 / 0", fails=True)
    assert result.error_in_exec.__traceback__.tb_next.tb_lineno == 3
    assert notebook.last.state is State.FAILED


def test_track_off_makes_no_run_of_the_cell(cancer):
    cancer.run("%%track --off\nclf = DecisionTreeClassifier().fit(X_train, y_train)")
    assert cancer.runs == []
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    assert len(cancer.runs) == 1


def test_track_without_the_model_stores_none(cancer):
    cancer.run("%%track --no-model\nclf = DecisionTreeClassifier().fit(X_train, y_train)")
    assert not cancer.last.model.stored


def test_a_wrong_track_line_is_said_and_the_cell_still_runs(notebook):
    notebook.run("%%track --nonsense 3\nx = 5")
    assert notebook.names["x"] == 5


def test_logged_points_and_params_belong_to_the_training_of_the_cell(cancer):
    cancer.run(
        "import nbtrack\nfrom sklearn.linear_model import SGDClassifier\nclf = SGDClassifier(random_state=0)\n"
        "nbtrack.param(batch=64)\n"
        "for i in range(4):\n    clf.partial_fit(X_train, y_train, classes=[0, 1])\n"
        "    nbtrack.log(acc=clf.score(X_train, y_train), step=i * 10)",
    )
    (run,) = cancer.runs
    assert (run.model.class_name, values(run)["batch"]) == ("SGDClassifier", 64)
    with Store.open(cancer.folder / ".nbtrack") as store:
        assert [point.step for point in store.points(run.id, "acc")] == [0, 10, 20, 30]


def test_logging_in_a_cell_that_trains_nothing_known_is_a_run(notebook):
    notebook.run("import nbtrack\nfor i in range(3):\n    nbtrack.log(loss=1 / (i + 1))")
    (run,) = notebook.runs
    assert metric(run, "loss").value == pytest.approx(1 / 3)
    assert run.state is State.COMPLETE


def test_values_that_are_numbers_in_disguise_are_logged(notebook):
    notebook.run(
        "import nbtrack, torch, numpy as np\nnbtrack.log(a=np.float32(0.5), b=np.array(2), c=torch.tensor([3.0], requires_grad=True), d=float('nan'), e=float('-inf'))"
    )
    found = {each.name: each.value for each in notebook.last.metrics}
    assert (found["a"], found["b"], found["c"], found["e"]) == (0.5, 2.0, 3.0, -math.inf)
    assert math.isnan(found["d"])


def test_a_value_that_is_no_number_is_refused_with_what_to_do(notebook):
    result = notebook.run("import nbtrack\nnbtrack.log(loss='low')", fails=True)
    assert isinstance(result.error_in_exec, UsageError)
    assert "loss" in str(result.error_in_exec)
    assert "'low'" in str(result.error_in_exec)


def test_a_with_block_in_a_cell_names_the_training_in_it(cancer):
    cancer.run(
        "import nbtrack\nwith nbtrack.track('small', tags={'kind': 'tree'}) as run:\n"
        "    clf = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)\n    run.param(source='with')\n"
        "other = DecisionTreeClassifier(max_depth=2).fit(X_train, y_train)",
    )
    first, second = cancer.runs
    assert (first.name, dict(first.tags), values(first)["source"]) == ("small", {"kind": "tree"}, "with")
    assert second.name is None


SCRIPT = """
import nbtrack
with nbtrack.track("fit", experiment="scripts", tags={"a": "b"}) as run:
    nbtrack.param(lr=0.5)
    for i in range(5):
        nbtrack.log(loss=1 / (i + 1))
try:
    with nbtrack.track("breaks"):
        raise ValueError("no")
except ValueError:
    pass
"""


def test_a_script_tracks_its_blocks(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True)
    with Store.open(tmp_path / ".nbtrack") as store:
        broken, fitted = (store.get_run(run.id) for run in store.find_runs())
        assert len(store.points(fitted.id, "loss")) == 5
    assert (fitted.label, fitted.experiment, fitted.state) == ("fit-1", "scripts", State.COMPLETE)
    assert values(fitted) == {"lr": 0.5}
    assert "nbtrack.param(lr=0.5)" in fitted.execution.source
    assert (broken.state, broken.execution.error.name) == (State.FAILED, "ValueError")


def test_outside_of_everything_log_says_where_it_belongs():
    code = "import nbtrack\ntry:\n    nbtrack.log(a=1)\nexcept nbtrack.errors.UsageError as e:\n    print(e)"
    done = subprocess.run(
        [sys.executable, "-c", "import nbtrack.errors\n" + code], capture_output=True, text=True, check=True
    )
    assert "with nbtrack.track(" in done.stdout


def test_runs_can_be_listed_noted_tagged_and_loaded_by_magics(cancer):
    cancer.run(
        "clf = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X_train, y_train)\nclf.score(X_test, y_test)"
    )
    cancer.run(
        "clf = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X_train, y_train)\nclf.score(X_test, y_test)"
    )
    cancer.run("%track note DecisionTreeClassifier-1 too shallow")
    cancer.run("%track tag last stage=final")
    cancer.run('table = %track runs "max_depth > 3"')
    cancer.run("model = %track load best:accuracy")
    assert list(cancer.names["table"]["label"]) == ["DecisionTreeClassifier-2"]
    first, second = cancer.runs
    assert (first.note, dict(second.tags)) == ("too shallow", {"stage": "final"})
    assert (
        cancer.names["model"].predict(cancer.names["X_test"])
        == cancer.names["clf"].predict(cancer.names["X_test"])
    ).mean() > 0.9


@pytest.mark.parametrize(
    "line", ["%track show nonsense-9", "%track fly", "%track note last", "%track runs -n many"]
)
def test_a_wrong_magic_line_is_a_usage_error_with_no_traceback(cancer, line):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    result = cancer.run(line, fails=True)
    assert type(result.error_in_exec).__name__ == "UsageError"


def test_data_is_kept_as_parquet_when_asked(cancer):
    cancer.run("%%track --keep-data\nclf = DecisionTreeClassifier().fit(X_train, y_train)")
    with Store.open(cancer.folder / ".nbtrack") as store:
        kept = {each.name: store.read_attachment(each) for each in store.attachments(cancer.last.id)}
    frame = pd.read_parquet(io.BytesIO(kept["X_train"]))
    pd.testing.assert_frame_equal(frame, cancer.names["X_train"], check_dtype=True)
    assert set(kept) == {"X_train", "y_train"}


def test_the_runs_of_a_notebook_are_found_after_it_changed_its_folder(cancer, tmp_path_factory):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    cancer.run(f"import os, nbtrack\nos.chdir({str(tmp_path_factory.mktemp('elsewhere'))!r})")
    cancer.run("table = nbtrack.runs()\nrun = nbtrack.get('last')")
    assert list(cancer.names["table"]["label"]) == [cancer.names["run"].label] == ["DecisionTreeClassifier-1"]


TASKS = """
async def go(number):
    with nbtrack.track(f"task-{number}") as run:
        nbtrack.param(number=number)
        for step in range(20):
            nbtrack.log(value=number * 1000 + step)
            run.log(own=number)
            await asyncio.sleep(0)
await asyncio.gather(*(go(number) for number in range(6)))
"""
THREADS = """
def go(number):
    with nbtrack.track(f"task-{number}") as run:
        nbtrack.param(number=number)
        for step in range(20):
            nbtrack.log(value=number * 1000 + step)
            run.log(own=number)
            time.sleep(0)
threads = [threading.Thread(target=go, args=(number,)) for number in range(6)]
for each in threads:
    each.start()
for each in threads:
    each.join()
"""


@pytest.mark.parametrize("source", [TASKS, THREADS], ids=["tasks", "threads"])
def test_blocks_side_by_side_each_get_what_is_said_in_them(notebook, source):
    notebook.run("import asyncio, threading, time, nbtrack" + source)
    runs = {run.name: run for run in notebook.runs}
    assert len(runs) == 6
    with Store.open(notebook.folder / ".nbtrack") as store:
        for number in range(6):
            run = runs[f"task-{number}"]
            assert (run.state, values(run)) == (State.COMPLETE, {"number": number})
            logged = [point.value for point in store.points(run.id, "value")]
            assert logged == [number * 1000 + step for step in range(20)]
            assert [point.value for point in store.points(run.id, "own")] == [number] * 20
