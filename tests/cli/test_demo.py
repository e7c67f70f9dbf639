"""The example notebook in a real kernel: what it printed is what was recorded."""

import json
import re

import nbformat
import pytest

from nbtrack.cli.program import run as run_command
from nbtrack.records import State
from nbtrack.store import Store

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder in which ``nbtrack demo`` left the executed notebook and its store."""
    folder = tmp_path_factory.mktemp("demo") / "nbtrack-demo"
    assert run_command(["demo", "--folder", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def printed(demo):
    """Text that each cell printed, by the cell's id."""
    notebook = nbformat.read(demo / "01_first_runs.ipynb", as_version=4)
    return {
        cell.id: "".join(
            out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout"
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


@pytest.fixture(scope="module")
def runs(demo):
    with Store.open(demo / ".nbtrack") as store:
        return [store.get_run(run.id) for run in reversed(store.find_runs())]


def metric(run, name):
    values = [one.value for one in run.metrics if one.name == name]
    assert len(values) == 1, f"{run.label}: {name} {values}"
    return values[0]


def looped(run):
    """The value that the loop gave, under whatever name the model knows it by."""
    (value,) = {one.value for one in run.params if one.origin == "loop"}
    return value


def numbers(text):
    return [float(one) for one in re.findall(r"\d+\.\d+(?:e-?\d+)?", text)]


def test_each_fitted_model_is_one_complete_run(runs):
    assert [run.label_stem for run in runs[:3]] == [
        "RandomForestClassifier",
        "HistGradientBoostingClassifier",
        "KNeighborsClassifier",
    ]
    assert len(runs) == 8
    assert {run.state for run in runs} == {State.COMPLETE}


def test_scores_of_several_models_in_one_cell_are_those_it_printed(runs, printed):
    assert [metric(run, "accuracy") for run in runs[:3]] == numbers(printed["several"])


def test_each_pass_of_the_loop_has_its_own_value_and_score(runs, printed):
    loop = runs[3:7]
    lines = [numbers(line) for line in printed["loop"].splitlines()]
    assert [looped(run) for run in loop] == [0.01, 0.1, 1.0, 10.0]
    assert [[looped(run), *{one.value for one in run.metrics}] for run in loop] == lines


def test_a_search_is_one_run_with_its_candidates(runs, printed):
    search = runs[7]
    assert search.trials is not None
    assert len(search.trials.rows) == 12
    assert numbers(printed["search"])[-1] in {one.value for one in search.metrics}


def test_a_number_printed_in_a_later_cell_belongs_to_the_forest(runs, printed):
    forest = runs[0]
    (area,) = numbers(printed["later"])
    assert [one.value for one in forest.metrics if one.execution_id != forest.execution.id] == [area]


def test_all_runs_name_the_data_and_keep_the_model(runs):
    assert {run.datasets[0].name for run in runs} == {"X_train"}
    assert len({run.datasets[0].content.digest for run in runs}) == 1
    assert {run.datasets[0].content.shape for run in runs} == {(455, 30)}
    assert all(run.model and run.model.stored for run in runs)


def test_the_runs_know_their_notebook_and_experiment(runs):
    assert {run.execution.notebook_path for run in runs} == {"01_first_runs.ipynb"}
    assert {run.experiment for run in runs} == {"01_first_runs"}


def test_the_stored_forest_predicts_as_the_notebook_did(demo, printed, monkeypatch):
    from sklearn.datasets import load_breast_cancer
    from sklearn.metrics import accuracy_score
    from sklearn.model_selection import train_test_split

    import nbtrack

    monkeypatch.chdir(demo)
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    _, X_test, _, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
    forest = nbtrack.get("RandomForestClassifier-1").model()
    assert accuracy_score(y_test, forest.predict(X_test)) == numbers(printed["several"])[0]


def test_a_second_demo_adds_runs_and_keeps_an_edited_notebook(demo, capsys):
    notebook = demo / "01_first_runs.ipynb"
    content = json.loads(notebook.read_text())
    keep = [cell for cell in content["cells"] if cell["id"] in {"load", "data", "several"}]
    notebook.write_text(json.dumps({**content, "cells": keep}))
    assert run_command(["demo", "--folder", str(demo)]) == 0
    done = capsys.readouterr()
    assert "RandomForestClassifier-2" in done.out
    assert "3 cells in" in done.err
    assert done.out.splitlines()[-1].startswith(f"Go on: cd {demo} && ")


def test_a_failing_cell_is_told_and_ends_with_1(tmp_path, capsys):
    cells = [nbformat.v4.new_code_cell("1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_first_runs.ipynb")
    assert run_command(["demo", "--folder", str(tmp_path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
