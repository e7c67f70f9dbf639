"""What the magics answer: status, comparisons, names that stay, runs that go."""

from __future__ import annotations

import pytest

from nbtrack.magics.completion import complete
from nbtrack.plot.chart import Chart
from nbtrack.run.frame import Runs


@pytest.fixture
def fitted(cancer):
    for depth in (1, 3):
        cancer.run(
            f"clf = DecisionTreeClassifier(max_depth={depth}, random_state=0).fit(X_train, y_train)\n"
            "accuracy_score(y_test, clf.predict(X_test))"
        )
    return cancer


def session(notebook):
    return notebook.shell.find_line_magic("track").__self__._session()


def said(notebook, line, capsys):
    capsys.readouterr()
    notebook.run(line)
    return capsys.readouterr().out.strip()


def test_status_tells_store_size_cost_and_what_to_try(fitted, capsys):
    text = said(fitted, "%track", capsys)
    watched = next(line for line in text.splitlines() if "watching trainings of" in line)
    assert "sklearn" in watched
    assert str(fitted.folder / ".nbtrack") in text
    assert ", 2 runs) · experiment by notebook" in text
    assert " cells (" in text
    assert "try: %track show DecisionTreeClassifier-2" in text
    assert "try: %track load best:accuracy" in text
    assert "try: %track compare" in text


def test_status_without_a_run_says_how_to_get_one(notebook, capsys):
    text = said(notebook, "%track", capsys)
    assert "made with the first run" in text
    assert "fit a model in any cell" in text


def test_status_of_a_kernel_that_is_not_watched_says_how_to(notebook, capsys):
    notebook.run("%track off")
    assert "not watching (%track on)" in said(notebook, "%track", capsys)


@pytest.mark.parametrize(
    "line", ["%track on", "%track experiment churn", "%track note last good", "%track tag last a=b"]
)
def test_what_changes_something_says_so_on_one_line(fitted, capsys, line):
    assert len(said(fitted, line, capsys).splitlines()) == 1


def test_results_can_be_assigned(fitted):
    fitted.run(
        "table = %track runs accuracy > 0.5\nmodel = %track load best:accuracy\nwhy = %track diff DecisionTreeClassifier-1 last"
    )
    assert isinstance(fitted.names["table"], Runs)
    assert fitted.names["model"].get_depth() in {1, 3}
    assert [each.subject for each in fitted.names["why"].reasons if each.kind == "param"] == ["max_depth"]


def test_runs_are_compared_and_judged_by_a_metric(fitted):
    fitted.run("both = %track compare DecisionTreeClassifier-1 last -m accuracy")
    assert fitted.names["both"].record.metric == "accuracy"
    assert len(fitted.names["both"].record.runs) == 2


def test_a_plot_is_a_figure_to_keep(notebook):
    notebook.run("import nbtrack\nfor step in range(3):\n    nbtrack.log(loss=1 / (step + 1), step=step)")
    notebook.run("chart = %track plot last -m loss")
    assert isinstance(notebook.names["chart"], Chart)


def test_a_model_is_registered_listed_and_loaded_by_its_name(fitted, capsys):
    assert "trees" in said(fitted, "%track register best:accuracy trees --alias champion", capsys)
    assert "trees" in said(fitted, "%track models", capsys)
    assert "champion" in said(fitted, "%track models trees", capsys)
    assert complete("%track load tre", session(fitted)) == ("tre", ["trees@champion"])
    fitted.run("model = %track load trees@champion")
    assert type(fitted.names["model"]).__name__ == "DecisionTreeClassifier"


def test_runs_are_removed_and_a_registered_one_is_kept(fitted, capsys):
    fitted.run("%track register DecisionTreeClassifier-2 trees")
    assert "removed DecisionTreeClassifier-1" in said(fitted, "%track rm DecisionTreeClassifier-1", capsys)
    refused = fitted.run("%track rm DecisionTreeClassifier-2", fails=True)
    assert "trees" in str(refused.error_in_exec)
    assert [run.label for run in fitted.runs] == ["DecisionTreeClassifier-2"]


def test_a_run_shown_by_itself_is_told_whole_and_in_a_list_on_a_line(fitted):
    fitted.run("run = %track show last")
    run = fitted.names["run"]
    formatted = fitted.shell.display_formatter.format(run)[0]
    assert "Params" in formatted["text/plain"]
    assert "max_depth" in formatted["text/plain"]
    assert "<details" in formatted["text/html"]
    assert "<script" not in formatted["text/html"]
    listed = fitted.shell.display_formatter.format([run, run])[0]["text/plain"]
    assert "Params" not in listed
    assert listed.count("▸ DecisionTreeClassifier-2") == 2


def test_a_run_whose_store_is_gone_is_still_told(fitted):
    import shutil

    fitted.run("run = %track show last")
    shutil.rmtree(fitted.folder / ".nbtrack")
    assert "max_depth" in fitted.names["run"]._repr_html_()
