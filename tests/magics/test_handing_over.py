"""check, export, verify, import, gc and doctor as words after %track: the same answers as in a terminal."""

from __future__ import annotations


def said(notebook, capsys, line):
    capsys.readouterr()
    notebook.run(line, fails=True)
    told = capsys.readouterr()
    return told.out + told.err


def test_a_model_is_checked_handed_over_verified_and_imported_without_leaving_the_notebook(notebook, capsys):
    notebook.run(
        "from sklearn.datasets import load_iris\nfrom sklearn.linear_model import LogisticRegression\n"
        "X, y = load_iris(return_X_y=True)\n"
        "clf = LogisticRegression(max_iter=500).fit(X[::2], y[::2])\naccuracy = clf.score(X[1::2], y[1::2])"
    )
    assert "No policy is set" in said(notebook, capsys, "%track check last")
    (notebook.folder / "pyproject.toml").write_text(
        "[tool.nbtrack.policy]\nno_test_rows_in_training = true\n[tool.nbtrack.policy.metrics]\naccuracy = {min = 0.5}\n"
    )
    told = said(notebook, capsys, "%track check last").splitlines()
    assert told[0].startswith("ok      accuracy ≥ 0.5")
    assert "no test rows in training" in told[1]
    assert "model.zip" in said(notebook, capsys, "%track export last -o model.zip --no-lock")
    assert "files are as the manifest says" in said(notebook, capsys, "%track verify model.zip --predict")
    assert "LogisticRegression-1" in said(notebook, capsys, "%track import model.zip")
    assert "There is no bundle at other.zip" in said(notebook, capsys, "%track import other.zip")


def test_the_store_is_looked_after_from_the_notebook(notebook, capsys):
    notebook.run(
        "from sklearn.tree import DecisionTreeClassifier\nclf = DecisionTreeClassifier().fit([[0], [1]], [0, 1])"
    )
    assert "no errors" in said(notebook, capsys, "%track doctor --full")
    assert "%track gc" in said(notebook, capsys, "%track rm last")
    assert "Would free" in said(notebook, capsys, "%track gc --dry-run --grace 0")
    assert "Freed" in said(notebook, capsys, "%track gc --grace 0")
    assert "it takes hours" in said(notebook, capsys, "%track gc --grace -1")
