"""How scored rows came out is kept, for paired tests: of the same rows, bounded, and not the values themselves."""

from __future__ import annotations

import zlib

import numpy as np

from nbtrack.store import Store
from nbtrack.store.outcomes import read_outcomes


def kept(notebook):
    with Store.open(notebook.folder / ".nbtrack") as store, store.view() as connection:
        return [read_outcomes(connection, run.id) for run in notebook.runs]


def test_a_score_keeps_which_rows_were_right(cancer):
    cancer.run("clf = LogisticRegression(solver='liblinear').fit(X_train, y_train)")
    cancer.run(
        "predicted = clf.predict(X_test)\naccuracy_score(y_test, predicted)\nf1_score(y_test, predicted)"
    )
    ((found,),) = kept(cancer)
    assert (found.dataset, found.kind, found.rows) == ("y_test", "correct", len(cancer.names["y_test"]))
    bits = np.unpackbits(np.frombuffer(zlib.decompress(found.data), dtype="u1"), count=found.rows)
    assert bits.mean() == (cancer.names["y_test"] == cancer.names["predicted"]).mean()


def test_two_models_scored_on_the_same_rows_share_their_truth(cancer):
    for depth in (1, 3):
        cancer.run(
            f"clf = DecisionTreeClassifier(max_depth={depth}).fit(X_train, y_train)\n"
            "accuracy_score(y_true=y_test, y_pred=clf.predict(X_test))"
        )
    (first,), (second,) = kept(cancer)
    assert first.truth == second.truth
    assert first.data != second.data


def test_none_is_kept_where_the_project_says_so(cancer):
    cancer.shell.find_line_magic("track").__self__._session().watcher.rows.limit = 0
    cancer.run(
        "clf = DecisionTreeClassifier().fit(X_train, y_train)\naccuracy_score(y_test, clf.predict(X_test))"
    )
    assert kept(cancer) == [()]


def test_a_score_of_the_model_s_own_keeps_none(cancer):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)\nclf.score(X_test, y_test)")
    assert kept(cancer) == [()]
