"""The lines under training cells: what changed since the cell ran last, and when they keep quiet."""

from __future__ import annotations


def fit(notebook, C):
    notebook.run(
        f"clf = LogisticRegression(C={C}, solver='liblinear').fit(X_train, y_train)\n"
        "accuracy = accuracy_score(y_test, clf.predict(X_test))"
    )
    return notebook.shown[-1]


def test_a_cell_run_again_says_what_changed_since(cancer):
    fit(cancer, 0.0001)
    shown = fit(cancer, 1.0)
    assert " ▲ +" in shown
    assert ", best of 2 · " in shown
    assert shown.endswith("\n  since LogisticRegression-1: C 0.0001 → 1.0")


def test_the_same_again_is_quiet(cancer):
    fit(cancer, 1.0)
    shown = fit(cancer, 1.0)
    assert "since" not in shown
    assert "best" not in shown


def test_quiet_cells_show_nothing(cancer):
    cancer.run("%%track -q\nclf = LogisticRegression(solver='liblinear').fit(X_train, y_train)")
    assert cancer.shown == []
    assert len(cancer.runs) == 1


def test_what_cannot_be_said_about_runs_never_hides_them(cancer, monkeypatch):
    monkeypatch.setattr("nbtrack.differences.past.standing", lambda *_: 1 / 0)
    assert fit(cancer, 1.0).startswith("▸ LogisticRegression-1 · accuracy")


def test_the_time_of_the_card_counts_as_cost(cancer):
    session = cancer.shell.find_line_magic("track").__self__._session()
    fit(cancer, 1.0)
    assert session.seconds > sum(run.capture_seconds for run in cancer.runs) > 0


def fit_then_score(notebook, C):
    notebook.run(f"line = LogisticRegression(C={C}, solver='liblinear').fit(X_train, y_train)")
    before = len(notebook.shown)
    notebook.run("accuracy = accuracy_score(y_test, line.predict(X_test))")
    return notebook.shown[before:]


def test_a_later_cell_that_scores_says_where_the_run_stands_by_it(cancer):
    assert fit_then_score(cancer, 0.0001) == []
    (shown,) = fit_then_score(cancer, 1.0)
    assert shown.startswith("▸ LogisticRegression-2 · accuracy ")
    assert " ▲ +" in shown
    assert shown.endswith(", best of 2")


def test_a_score_that_says_nothing_new_is_quiet(cancer):
    fit_then_score(cancer, 1.0)
    assert fit_then_score(cancer, 1.0) == []
