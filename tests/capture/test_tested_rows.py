"""What a model was tested on is recorded when it is scored: which rows, and how many it was trained on; no value of them."""

from __future__ import annotations

import numpy as np
import pytest

from nbtrack.digests import digest
from nbtrack.store import Store
from nbtrack.store.scored import scored_data


def told(notebook, place=-1):
    """What the store has of the last run: name, rows, rows it was trained on."""
    with Store.open(notebook.folder / ".nbtrack") as store:
        run = list(reversed(store.find_runs()))[place]
        return [(one.inputs or one.dataset, one.rows, one.shared) for one in scored_data(store, run.id)]


def scored(notebook, place=-1):
    with Store.open(notebook.folder / ".nbtrack") as store:
        (found,) = scored_data(store, list(reversed(store.find_runs()))[place].id)
        return found


TRAINED = "clf = LogisticRegression(solver='liblinear').fit(X_train, y_train)\n"


@pytest.mark.parametrize(
    "scoring",
    [
        "accuracy_score(y_test, clf.predict(X_test))",
        "clf.score(X_test, y_test)",
        "clf.score(X=X_test, y=y_test)",
        "predicted = clf.predict(X_test)\nprint((predicted == y_test).mean())",
        "p = clf.predict_proba(X_test)[:, 1]\nlabels = (p > 0.5).astype(int)\naccuracy_score(y_test, labels)",
        "def evaluate(model, X, y):\n    return accuracy_score(y, model.predict(X))\nevaluate(clf, X_test, y_test)",
    ],
)
def test_of_a_split_no_row_is_in_both(cancer, scoring):
    cancer.run(TRAINED + scoring)
    assert told(cancer) == [("X_test", 143, 0)]


def test_rows_that_leaked_are_counted(cancer):
    cancer.run("import pandas as pd\nleaked = pd.concat([X_test, X_train.iloc[:3]])")
    cancer.run("truth = pd.concat([y_test, y_train.iloc[:3]])")
    cancer.run(TRAINED + "accuracy_score(truth, clf.predict(leaked))")
    assert told(cancer) == [("leaked", 146, 3)]


def test_a_score_of_a_later_cell_on_a_table_cut_out_for_the_call_is_told(cancer):
    cancer.run(TRAINED)
    cancer.run("part = X.sample(50, random_state=1)")
    cancer.run("accuracy_score(y.loc[part.index], clf.predict(X.loc[part.index].copy()))")
    ((_, rows, shared),) = told(cancer)
    inside = cancer.names["part"].index.isin(cancer.names["X_train"].index).sum()
    assert (rows, shared) == (50, inside)


def test_data_that_changes_after_it_was_predicted_on_is_told_as_it_was(cancer):
    cancer.run(
        TRAINED + "before = X_test.copy()\npredicted = clf.predict(X_test)\nX_test['mean radius'] = 0.0"
    )
    cancer.run("accuracy_score(y_test, predicted)")
    assert scored(cancer).digest == digest(cancer.names["before"])
    cancer.run("accuracy_score(y_test, clf.predict(X_test))")
    assert scored(cancer).digest == digest(cancer.names["X_test"])


def test_scaled_rows_are_still_the_same_rows(cancer):
    cancer.run(
        "from sklearn.preprocessing import StandardScaler\nscaler = StandardScaler()\n"
        "train = scaler.fit_transform(X_train.to_numpy())\n"
        "clf = LogisticRegression().fit(train, y_train)\n"
        "print(clf.score(scaler.transform(X_test.to_numpy()), y_test), clf.score(scaler.transform(X_train.to_numpy()[:9]), y_train.iloc[:9]))"
    )
    assert sorted(one[1:] for one in told(cancer)) == [(9, 9), (143, 0)]


def test_folds_by_hand_each_count_against_their_own_training_rows(cancer):
    cancer.run(
        "from sklearn.model_selection import KFold\n"
        "for fit, held in KFold(3).split(X):\n"
        "    clf = LogisticRegression(solver='liblinear').fit(X.iloc[fit], y.iloc[fit])\n"
        "    print(accuracy_score(y.iloc[held], clf.predict(X.iloc[held])))"
    )
    found = [one for place in range(len(cancer.runs)) for one in told(cancer, place)]
    assert sum(rows for _, rows, _ in found) == 569
    assert {shared for *_, shared in found} == {0}


def test_two_models_on_the_same_rows_have_the_same_truth_whatever_their_columns(cancer):
    cancer.run(TRAINED + "clf.score(X_test, y_test)")
    cancer.run(
        "few = DecisionTreeClassifier().fit(X_train.iloc[:, :5], y_train)\n"
        "accuracy_score(y_test.to_numpy(), few.predict(X_test.iloc[:, :5]))"
    )
    first, second = scored(cancer, 0), scored(cancer, 1)
    assert first.truth == second.truth == digest(cancer.names["y_test"].to_numpy())
    assert first.digest != second.digest


def test_what_a_booster_validates_on_is_compared_too(notebook):
    xgboost = pytest.importorskip("xgboost")
    assert xgboost
    notebook.run(
        "import numpy as np, xgboost as xgb\nrng = np.random.default_rng(0)\nA = rng.normal(size=(200, 4))\n"
        "b = (A[:, 0] > 0).astype(int)"
    )
    notebook.run(
        "train, held = xgb.DMatrix(A[:150], b[:150]), xgb.DMatrix(A[140:], b[140:])\n"
        "booster = xgb.train({'objective': 'binary:logistic'}, train, 3, evals=[(held, 'held')], verbose_eval=False)\n"
        "from sklearn.metrics import accuracy_score\naccuracy_score(b[140:], booster.predict(held) > 0.5)"
    )
    assert {one[1:] for one in told(notebook)} == {(60, 10)}


def test_a_net_that_a_loop_trains_is_told_by_what_it_was_trained_on(notebook):
    pytest.importorskip("torch")
    notebook.run(
        "import torch\nfrom sklearn.metrics import accuracy_score\ntorch.manual_seed(0)\n"
        "X = torch.randn(120, 3)\ny = (X[:, 0] > 0).float()\ninputs, targets = X[:100], y[:100]\n"
        "net = torch.nn.Sequential(torch.nn.Linear(3, 1))\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "for epoch in range(3):\n"
        "    optimizer.zero_grad()\n"
        "    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(inputs)[:, 0], targets)\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
    )
    notebook.run(
        "net.eval()\nheld = X[95:]\nwith torch.no_grad():\n    guess = (net(held)[:, 0] > 0).numpy()\n"
        "accuracy_score(y[95:].numpy(), guess)"
    )
    assert told(notebook) == [("held", 25, 5)]


def test_texts_are_rows_too(notebook):
    notebook.run(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.feature_extraction.text import CountVectorizer\n"
        "texts = ['good', 'bad', 'very good', 'very bad']\n"
        "model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])\n"
        "model.score(['good', 'awful', 'nice'], [1, 0, 1])"
    )
    ((_, rows, shared),) = told(notebook)
    assert (rows, shared) == (3, 1)


def test_larger_data_says_why_it_is_not_told(cancer):
    session = cancer.shell.find_line_magic("track").__self__._session()
    session._trainings.tested.limit = 100
    cancer.run(TRAINED + "clf.score(X_test, y_test)")
    assert scored(cancer).shared is None
    assert "max_row_cells" in scored(cancer).reason


def test_no_row_and_no_mark_of_one_is_in_the_store(cancer):
    cancer.run(TRAINED + "clf.score(X_test, y_test)")
    from nbtrack.digests.marks import row_marks

    marks = row_marks(cancer.names["X_test"], 10_000).marks
    stored = b"".join(file.read_bytes() for file in (cancer.folder / ".nbtrack").rglob("*") if file.is_file())
    assert not any(np.uint64(mark).tobytes() in stored for mark in marks)
