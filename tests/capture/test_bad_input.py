"""Values that cannot be recorded as they are: the cell is unharmed, the rest of the run is there, and it says why."""

from __future__ import annotations

import os
import sqlite3

import pytest

from nbtrack.store import Store

FIT = "clf = DecisionTreeClassifier(max_depth=2).fit(X_train, y_train)"


def test_a_store_folder_that_cannot_be_written_costs_one_line(cancer, capsys):
    if os.geteuid() == 0:
        (cancer.folder / ".nbtrack").write_text("a file stands where the folder should be")
    else:
        cancer.folder.chmod(0o500)
    cancer.run(FIT)
    said = capsys.readouterr().out
    assert "not saved yet" in said
    assert len([line for line in said.splitlines() if line.strip()]) == 1
    (cancer.folder / ".nbtrack").unlink()
    cancer.run("clf2 = DecisionTreeClassifier(max_depth=3).fit(X_train, y_train)")
    assert [param.value for run in cancer.runs for param in run.params if param.name == "max_depth"] == [2, 3]


def test_a_store_from_the_future_is_refused_with_a_clear_line(cancer, capsys):
    cancer.run(FIT)
    database = sqlite3.connect(cancer.folder / ".nbtrack" / "lineage.db")
    database.execute("PRAGMA user_version = 9999")
    database.commit()
    database.close()
    cancer.run("%reload_ext nbtrack")
    cancer.run(FIT)
    assert "newer" in capsys.readouterr().out
    assert cancer.names["clf"].get_depth() == 2


@pytest.mark.parametrize(
    ("setup", "why"),
    [
        ("clf.extra = (x for x in [1])", "generator"),
        ("import threading; clf.extra = threading.Lock()", "lock"),
        (
            "class Bad:\n    def __reduce__(self):\n        raise SystemExit(3)\nclf.extra = Bad()",
            "SystemExit",
        ),
        (
            "class Bad:\n    def __reduce__(self):\n        raise RecursionError('deep')\nclf.extra = Bad()",
            "deep",
        ),
    ],
)
def test_a_model_that_cannot_be_pickled_is_a_run_without_its_bytes(cancer, setup, why):
    cancer.run(
        f"clf = DecisionTreeClassifier()\n{setup}\nclf.fit(X_train, y_train)\nacc = clf.score(X_test, y_test)"
    )
    (run,) = cancer.runs
    assert not run.model.stored
    assert run.metrics
    assert any(why in note for note in run.capture_notes)


def test_a_frame_with_lists_in_its_cells_has_a_digest(cancer):
    cancer.run(
        "class Words:\n    def fit(self, X, y=None):\n        self.n_ = len(X)\n        return self\n"
        "import pandas as pd\nframe = pd.DataFrame({'words': [['a', 'b'], ['c'], {'d': 1}]})\nm = Words().fit(frame)",
    )
    (data,) = cancer.last.datasets
    assert (data.name, data.content.shape) == ("frame", (3, 1))


def test_a_parameter_of_five_megabytes_is_kept_as_what_it_is(cancer):
    cancer.run("clf = DecisionTreeClassifier()\nclf.criterion = 'gini'\n%track experiment big")
    cancer.run("import nbtrack\nnbtrack.param(huge='x' * 5_000_000)\n" + FIT)
    (param,) = [param for param in cancer.last.params if param.name == "huge"]
    assert len(str(param.value)) < 1000
    assert "b3:" in str(param.value)


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')", "np.array(0.5)", "np.float32(0.5)"])
def test_metrics_that_are_not_plain_floats_are_kept(cancer, value):
    cancer.run(f"import numpy as np\nimport nbtrack\n{FIT}\nnbtrack.log(odd={value})")
    assert [metric.name for metric in cancer.last.metrics if metric.name == "odd"] == ["odd"]


def test_hostile_objects_on_the_way_do_no_harm(cancer):
    cancer.run(
        "class Hostile:\n"
        "    def __getattr__(self, name):\n        raise SystemExit(name)\n"
        "    def __eq__(self, other):\n        raise RuntimeError('eq')\n"
        "    __hash__ = None\n"
        "    def __repr__(self):\n        raise RuntimeError('repr')\n"
        "bad = Hostile()\nthings = [bad, {1: bad}]",
    )
    cancer.run(FIT + "\nprint(accuracy_score(y_test, clf.predict(X_test)))")
    assert cancer.last.model.stored


def test_an_estimator_whose_parameters_raise_is_still_fitted(cancer):
    result = cancer.run(
        "from sklearn.base import BaseEstimator\n"
        "class Odd(BaseEstimator):\n    def get_params(self, deep=True):\n        raise ValueError('no params')\n"
        "    def fit(self, X, y):\n        self.fitted_ = 1\n        return self\n"
        "odd = Odd()\n_ = odd.fit(X_train, y_train)\nodd.fitted_",
    )
    assert result.result == 1
    assert cancer.last.label == "Odd-1"


def test_what_nbtrack_cannot_ask_of_a_model_is_said_on_its_run(cancer, monkeypatch):
    def raises(self, model):
        raise ValueError("nobody home")

    monkeypatch.setattr("nbtrack.frameworks.sklearn.Sklearn.parameters", raises)
    cancer.run(FIT)
    assert cancer.last.model.stored
    assert cancer.last.capture_notes == ("its parameters could not be read: ValueError: nobody home",)


def test_a_training_that_could_not_be_looked_at_is_said_under_its_cell(cancer, monkeypatch, capsys):
    def raises(call):
        raise ValueError("nobody home")

    monkeypatch.setattr("nbtrack.capture.training.frameworks.training", raises)
    cancer.run(FIT)
    assert cancer.runs == []
    assert "nbtrack: this cell was not captured: ValueError: nobody home" in capsys.readouterr().out


def test_an_unknown_run_is_answered_with_the_nearest(cancer):
    cancer.run(FIT)
    result = cancer.run("%track show DecisonTreeClasifier-1", fails=True)
    assert "DecisionTreeClassifier-1" in str(result.error_in_exec)


def test_secrets_in_a_cell_do_not_reach_the_disk(cancer):
    secret = "hunter2-Zq81kkPw0"
    cancer.run(f"password = '{secret}'\napi_key = 'sk-proj-aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW'\n" + FIT)
    Store.open(cancer.folder / ".nbtrack").close()
    cancer.run("%unload_ext nbtrack")
    found = b"".join(path.read_bytes() for path in (cancer.folder / ".nbtrack").rglob("*") if path.is_file())
    assert secret.encode() not in found
    assert b"aB3dE5fG7hI9jK1lM3nO5" not in found
    cancer.run("%load_ext nbtrack")
