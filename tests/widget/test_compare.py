"""``nbtrack.compare``: which runs it takes, what it shows where, and the widget's events."""

from __future__ import annotations

import re

import pytest
from IPython.core.formatters import DisplayFormatter

import nbtrack
from nbtrack.errors import UnknownRun, UsageError
from nbtrack.widget.panes import Panes
from tests.shells import leave, watching_shell


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with runs of real fits: a forest repeated with three seeds, a line, and a curve."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        shell = watching_shell()
        for cell in CELLS:
            shell.run_cell(cell).raise_error()
        leave(shell)
    return folder


CELLS = [
    "from sklearn.datasets import load_iris\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "import nbtrack\n"
    "X_train, X_test, y_train, y_test = train_test_split(*load_iris(return_X_y=True), random_state=0)",
    "for seed in range(3):\n"
    "    forest = RandomForestClassifier(n_estimators=3, random_state=seed).fit(X_train, y_train)\n"
    "    accuracy_score(y_test, forest.predict(X_test))",
    "line = LogisticRegression(C=0.001).fit(X_train, y_train)\naccuracy_score(y_test, line.predict(X_test))",
    "with nbtrack.track('descent'):\n    for step in range(5):\n        nbtrack.log(loss=1 / (step + 1), step=step)",
]


@pytest.fixture
def compare(project, monkeypatch):
    monkeypatch.chdir(project)
    return nbtrack.compare


def labels(compared):
    return [run.label for run in compared.record.runs]


def test_without_names_the_newest_runs_are_compared(compare):
    assert set(labels(compare())) == {
        "RandomForestClassifier-1", "RandomForestClassifier-2", "RandomForestClassifier-3", "LogisticRegression-1",
        "descent-1",
    }  # fmt: skip


def test_runs_are_taken_by_name_as_objects_and_as_tables_each_once(compare):
    table = nbtrack.runs('model = "RandomForestClassifier"')
    compared = compare("LogisticRegression-1", nbtrack.get("LogisticRegression-1"), table)
    assert labels(compared)[0] == "LogisticRegression-1"
    assert len(labels(compared)) == 4


def test_repeats_are_grouped_and_judged(compare):
    compared = compare(nbtrack.runs("accuracy > 0"))
    assert sorted(len(group.labels) for group in compared.record.groups) == [1, 3]
    (judgement,) = compared.record.judgements
    assert "3 repeats" in judgement.because
    assert "repeats that differ by seed only" in repr(compared)


def test_two_single_runs_are_judged_by_the_rows_both_predicted(compare):
    (judgement,) = compare("RandomForestClassifier-1", "LogisticRegression-1").record.judgements
    assert "the same 38 rows of y_test" in judgement.because


def test_what_is_no_run_is_refused_with_words(compare):
    with pytest.raises(UnknownRun, match="nearest"):
        compare("LogisticRegresion-1")
    with pytest.raises(UsageError, match="this is a int"):
        compare(3)
    with pytest.raises(UsageError, match="metric 'acuracy'; they have"):
        compare("LogisticRegression-1", metric="acuracy")


def test_outside_of_a_kernel_the_output_is_html_and_text(compare):
    formatter = DisplayFormatter()
    data, _ = formatter.format(compare("last"))
    assert set(data) == {"text/html", "text/plain"}


def test_in_a_kernel_the_html_of_saved_notebooks_stands_beside_the_widget_that_hides_it(compare, monkeypatch):
    monkeypatch.setattr("nbtrack.widget.compared._has_widgets", lambda: True)
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    compared = compare("LogisticRegression-1", "descent-1")
    assert DisplayFormatter().format(compared) == ({}, {})
    html, widget = shown
    assert widget["application/vnd.jupyter.widget-view+json"]["model_id"]
    (place,) = re.findall('<div class="(nbtrack-[0-9a-f]{12})">', html["text/html"])
    assert compared._panes()._hidden.value == f"<style>.{place} {{ display: none }}</style>"
    assert html["text/plain"] == repr(compared)


def test_picking_other_runs_renders_them(compare):
    panes = Panes(compare("LogisticRegression-1", "RandomForestClassifier-1"))
    assert "descent-1" not in panes._table.value
    chosen = dict(panes.runs.options)
    panes.runs.value = (chosen["descent-1"], chosen["LogisticRegression-1"])
    assert "descent-1" in panes._table.value
    assert "RandomForestClassifier-1" not in panes._table.value
    assert panes.curve.options == ("loss",)
    assert "<polyline" in panes._curves.value


def test_picking_nothing_says_so_and_keeps_what_was_shown(compare):
    panes = Panes(compare("LogisticRegression-1"))
    before = panes._table.value
    panes.runs.value = ()
    assert "Pick at least one" in panes._trouble.value
    assert panes._table.value == before


def test_all_rows_are_shown_on_demand(compare):
    panes = Panes(compare("RandomForestClassifier-1", "RandomForestClassifier-2"))
    assert "n_estimators" not in panes._table.value
    panes.differences.value = False
    assert "n_estimators" in panes._table.value


def test_the_metric_to_judge_by_can_be_chosen(compare):
    panes = Panes(compare("RandomForestClassifier-1", "LogisticRegression-1", "descent-1"))
    panes.metric.value = "loss"
    assert panes._record.metric == "loss"
    panes.metric.value = "accuracy"
    assert "accuracy: " in panes._judged.value
