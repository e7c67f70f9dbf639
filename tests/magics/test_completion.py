"""Tab behind ``%track``: verbs, flags, runs, names; through IPython's own completer."""

from __future__ import annotations

import pytest
from IPython.core.completer import provisionalcompleter

from nbtrack.magics.expected import expected
from nbtrack.magics.registry import VERBS


@pytest.fixture
def notebook_with_runs(cancer):
    cancer.run(
        "for C in (0.1, 1.0):\n"
        "    clf = LogisticRegression(C=C, max_iter=50, solver='liblinear').fit(X_train, y_train)\n"
        "    print(accuracy_score(y_test, clf.predict(X_test)))"
    )
    cancer.run("%track tag last owner=anna")
    return cancer


def completed(notebook, text):
    """The whole lines that Tab offers at the end of ``text``."""
    with provisionalcompleter():
        found = list(notebook.shell.Completer.completions(text, len(text)))
    return [text[: one.start] + one.text for one in found]


@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("%track ru", "choice", "ru"),
        ("t = %track runs acc", "query", "acc"),
        ("a, b = %track load best:ac", "run", "best:ac"),
        ('%track runs "accuracy > 0.9 and m', "query", "m"),
        ("%track note last so", "nothing", "so"),
        ("%track tag last ow", "tag", "ow"),
        ("%track runs -", "choice", "-"),
        ("%track runs -n ", "nothing", ""),
        ("%%track -p lr,ep", "variables", "ep"),
        ("%%track --tag ow", "tag", "ow"),
        ("%%track -", "choice", "-"),
    ],
)
def test_the_grammar_tells_what_is_expected(text, kind, word):
    found = expected(text)
    assert (found.kind, found.word) == (kind, word)


@pytest.mark.parametrize(
    "text", ["track ru", "x = 1", "# %track", "print('%track ", "%timeit x", "%tracker "]
)
def test_other_lines_are_not_ours(text):
    assert expected(text) is None


def test_verbs_are_completed(notebook):
    assert completed(notebook, "%track ru") == ["%track runs"]
    assert completed(notebook, "x = %track lo") == ["x = %track load"]
    assert len(completed(notebook, "%track ")) == len(VERBS)


def test_runs_are_completed_by_label_and_by_their_best(notebook_with_runs):
    offered = completed(notebook_with_runs, "%track show ")
    assert offered == [
        f"%track show {one}" for one in ("last", "best:", "LogisticRegression-2", "LogisticRegression-1")
    ]
    assert completed(notebook_with_runs, "m = %track load best:acc") == ["m = %track load best:accuracy"]
    assert completed(notebook_with_runs, "%track load best:-acc") == ["%track load best:-accuracy"]
    assert completed(notebook_with_runs, "%track show logis")[0].endswith("LogisticRegression-2")


def test_a_query_is_completed_by_names_and_values(notebook_with_runs):
    assert completed(notebook_with_runs, "%track runs acc") == ["%track runs accuracy"]
    assert "%track runs 'C" in completed(notebook_with_runs, "%track runs '")
    assert completed(notebook_with_runs, '%track runs model = "Log') == [
        '%track runs model = "LogisticRegression'
    ]
    assert completed(notebook_with_runs, "%track runs C < 1 a") == ["%track runs C < 1 and"]
    assert completed(notebook_with_runs, "%track runs tag.o") == ["%track runs tag.owner"]


def test_what_other_lines_complete_to_is_untouched(notebook_with_runs):
    assert "notebook_name" in completed_names(notebook_with_runs, "notebook_name = 1", "notebook_na")


def completed_names(notebook, before, text):
    notebook.run(before)
    return completed(notebook, text)


def test_variables_are_completed_in_the_cell_magic(notebook_with_runs):
    notebook_with_runs.run("learning_rate = 0.1")
    assert completed(notebook_with_runs, "%%track -p learn") == ["%%track -p learning_rate"]
    assert completed(notebook_with_runs, "%%track -p C,learn") == ["%%track -p C,learning_rate"]
    assert completed(notebook_with_runs, "%%track --tag ow") == ["%%track --tag owner="]


def test_where_there_is_no_store_yet_nothing_breaks(notebook):
    assert completed(notebook, "%track show Log") == []
    assert not (notebook.folder / ".nbtrack").exists()
