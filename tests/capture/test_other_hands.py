"""Notebooks as people write them: ranges in a search, partial functions, models that die with the call."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("capture_conftest", Path(__file__).with_name("conftest.py"))
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
values, numbers = _conftest.values, _conftest.numbers


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        ("{'max_depth': range(1, 4)}", [1, 2, 3]),
        ("{'max_depth': np.arange(1, 4)}", [1, 2, 3]),
        ("{'ccp_alpha': np.linspace(0, 0.5, 3)}", [0.0, 0.25, 0.5]),
        ("{'ccp_alpha': np.logspace(-2, 0, 3)}", [0.01, 0.1, 1.0]),
        ("[{'max_depth': [1]}, {'max_depth': range(2, 4)}]", [1, 2, 3]),
        ("[{'max_depth': range(1, 3)}, {'max_depth': [2, 3]}]", [1, 2, 3]),
        ("{'max_depth': [None, *range(2, 4)]}", [None, 2, 3]),
    ],
)
def test_a_range_in_the_grid_of_a_search_is_its_values(cancer, written, recorded):
    cancer.run(
        "import numpy as np\nfrom sklearn.model_selection import GridSearchCV\n"
        f"grid = GridSearchCV(DecisionTreeClassifier(), {written}, cv=2).fit(X_train, y_train)"
    )
    ((_, value),) = [each for each in values(cancer.last).items() if each[0] in {"max_depth", "ccp_alpha"}]
    assert value == recorded


def test_a_range_of_very_many_values_in_a_search_is_written_as_a_range(cancer):
    cancer.run(
        "from sklearn.model_selection import RandomizedSearchCV\n"
        "search = RandomizedSearchCV(DecisionTreeClassifier(), {'random_state': range(2, 10**9)}, n_iter=1, cv=2)\n"
        "search.fit(X_train, y_train)"
    )
    assert values(cancer.last)["random_state"] == "range(2, 1000000000)"


def test_ranges_inside_other_values_are_their_values_too(cancer):
    cancer.run(
        "class Searcher(DecisionTreeClassifier):\n    def __init__(self, plan=None):\n        super().__init__()\n        self.plan = plan"
    )
    cancer.run(
        "Searcher(plan={'tree': {'max_depth': range(2, 4)}, 'steps': [range(2)]}).fit(X_train, y_train)"
    )
    assert values(cancer.last)["plan"] == {"tree": {"max_depth": [2, 3]}, "steps": [[0, 1]]}


def test_a_fit_through_a_partial_function_is_a_run(cancer):
    cancer.run(
        "from functools import partial\nclf = DecisionTreeClassifier(max_depth=2)\nfit = partial(clf.fit, X_train)"
    )
    cancer.run("fit(y_train)")
    (run,) = cancer.runs
    assert (run.model.variable, values(run)) == ("clf", {"max_depth": 2})
    assert [(data.name, data.role) for data in run.datasets] == [("X_train", "train"), ("y_train", "train")]


def test_a_fit_through_a_partial_function_of_any_name_is_a_run(cancer):
    cancer.run("clf = DecisionTreeClassifier(max_depth=2)")
    cancer.run("import functools\ngo = functools.partial(clf.fit, y=y_train)")
    cancer.run("done = go(X_train)")
    (run,) = cancer.runs
    assert values(run) == {"max_depth": 2}
    assert {data.name for data in run.datasets} == {"X_train", "y_train"}


def test_a_model_of_a_partial_class_has_the_parameters_of_both_calls(cancer):
    cancer.run(
        "from functools import partial\n"
        "make = partial(DecisionTreeClassifier, max_depth=2)\n"
        "clf = make(min_samples_leaf=3).fit(X_train, y_train)"
    )
    assert values(cancer.last) == {"max_depth": 2, "min_samples_leaf": 3}


@pytest.mark.parametrize("name", ["train", "go"])
def test_a_partial_function_of_the_notebook_that_trains_is_followed(cancer, name):
    cancer.run(
        "from functools import partial\n"
        "def train_model(depth, leaf):\n"
        "    model = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf)\n"
        "    model.fit(X_train, y_train)\n"
        "    return model\n"
        f"{name} = partial(train_model, leaf=3)"
    )
    cancer.run(f"clf = {name}(2)")
    (run,) = cancer.runs
    assert run.model.variable == "clf"
    assert values(run).items() >= {"max_depth": 2, "min_samples_leaf": 3}.items()


def test_a_function_replaced_by_a_partial_of_itself_is_followed(cancer):
    cancer.run(
        "def go(depth, leaf):\n    return DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf).fit(X_train, y_train)"
    )
    cancer.run("import functools\ngo = functools.partial(go, leaf=3)")
    cancer.run("clf = go(2)")
    assert values(cancer.last).items() >= {"max_depth": 2, "min_samples_leaf": 3}.items()


def test_a_partial_function_that_trains_nothing_makes_no_run_and_gives_what_it_gives(cancer):
    cancer.run("from functools import partial\nfit = partial(int, base=2)\nnumber = fit('101')")
    assert cancer.names["number"] == 5
    assert cancer.runs == []


_SCORE = (
    "from sklearn.svm import SVC\n"
    "def score(C):\n"
    "    clf = SVC(C=C).fit(X_train, y_train)\n"
    "    return clf.score(X_test, y_test)"
)


def _is_told(run, C, accuracy):
    assert values(run) == {"C": C}
    assert numbers(run) == {"accuracy": accuracy}
    assert {data.name for data in run.datasets if data.role == "train"} == {"X_train", "y_train"}
    assert (run.model.stored, run.model.retained) == (True, False)


@pytest.mark.parametrize(
    "call",
    [
        "[score(2), score(3)]",
        "[score(C) for C in (2, 3)]",
        "list(map(score, (2, 3)))",
        "dict(zip('ab', map(score, (2, 3))))",
        "list(map(lambda C: score(C), (2, 3)))",
        "pd.Series([2, 3]).apply(score)",
        "pd.Series([2, 3]).map(lambda C: score(C))",
        "sorted((2, 3), key=score)",
    ],
)
def test_a_model_that_dies_inside_a_function_that_returns_its_score_is_a_run(cancer, call):
    cancer.run(f"import pandas as pd\n{_SCORE}")
    cancer.run(f"found = {call}")
    runs = cancer.runs
    cancer.run("%unload_ext nbtrack")
    cancer.run("expected = [score(2), score(3)]")
    assert len(runs) == 2
    for run, C, accuracy in zip(runs, (2, 3), cancer.names["expected"], strict=True):
        _is_told(run, C, accuracy)


def test_a_model_that_dies_inside_a_method_is_a_run(cancer):
    cancer.run(
        "from sklearn.svm import SVC\n"
        "class Trial:\n"
        "    def score(self, C):\n"
        "        clf = SVC(C=C).fit(X_train, y_train)\n"
        "        return clf.score(X_test, y_test)"
    )
    cancer.run("found = Trial().score(2)")
    _is_told(cancer.last, 2, cancer.names["found"])


def test_a_map_that_is_kept_for_later_runs_the_function_as_it_was_written(cancer):
    cancer.run(_SCORE)
    cancer.run("later = map(score, [2])")
    cancer.run("%unload_ext nbtrack")
    cancer.run("found = list(later)")
    assert len(cancer.names["found"]) == 1


def test_what_is_compared_by_a_function_that_trains_comes_back_itself(cancer):
    cancer.run(
        "class Depth:\n"
        "    def __init__(self, depth):\n"
        "        self.depth = depth\n"
        "    def __call__(self):\n"
        "        return DecisionTreeClassifier(max_depth=self.depth).fit(X_train, y_train)\n"
        "def error(each):\n"
        "    return 1 - each().score(X_test, y_test)\n"
        "a, b = Depth(1), Depth(3)"
    )
    cancer.run("best = min(a, b, key=error)")
    assert cancer.names["best"] in {cancer.names["a"], cancer.names["b"]}
    assert [values(run)["max_depth"] for run in cancer.runs] == [1, 3]


def test_a_map_that_is_not_python_s_or_pandas_is_given_the_function_itself(cancer):
    cancer.run(f"{_SCORE}\nclass Pool:\n    def map(self, function, values):\n        return function")
    cancer.run("given = list([Pool().map(score, [2])])[0]")
    assert cancer.names["given"] is cancer.names["score"]


def test_a_function_inside_a_librarys_wrapper_is_followed(cancer, monkeypatch):
    (cancer.folder / "timing.py").write_text(
        "import functools\n\ndef timed(function):\n    @functools.wraps(function)\n    def wrapper(*args, **kwargs):\n"
        "        return function(*args, **kwargs)\n    return wrapper\n"
    )
    monkeypatch.syspath_prepend(str(cancer.folder))
    cancer.run("from timing import timed")
    cancer.run(
        "@timed\ndef train(depth):\n    model = DecisionTreeClassifier(max_depth=depth).fit(X_train, y_train)\n"
        "    return accuracy_score(y_test, model.predict(X_test))"
    )
    before = cancer.names["train"].__closure__[0].cell_contents
    cancer.run("score = train(2)")
    (run,) = cancer.runs
    assert values(run)["max_depth"] == 2
    assert numbers(run) == {"accuracy": cancer.names["score"]}
    assert cancer.names["train"].__closure__[0].cell_contents is before


def test_the_model_of_a_cached_function_is_a_run_once(cancer):
    cancer.run(
        "from functools import lru_cache\n@lru_cache\ndef train(depth):\n"
        "    return DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X_train, y_train)"
    )
    cancer.run("clf = train(3)")
    cancer.run("same = train(3)")
    (run,) = cancer.runs
    assert (run.model.variable, values(run)["max_depth"]) == ("clf", 3)
    assert "trained inside train()" in run.capture_notes[0]
    assert cancer.names["train"].cache_info().hits == 1


def test_a_cached_function_that_only_loads_is_no_training(cancer):
    cancer.run(
        "import pickle\nfrom pathlib import Path\n"
        "Path('m.pkl').write_bytes(pickle.dumps(DecisionTreeClassifier().fit(X_train, y_train)))"
    )
    cancer.run(
        "from functools import cache\n@cache\ndef stored():\n    return pickle.loads(Path('m.pkl').read_bytes())"
    )
    before = len(cancer.runs)
    cancer.run("clf = stored()")
    assert len(cancer.runs) == before


def test_a_number_made_of_a_training_inside_its_expression_is_of_that_training(cancer):
    cancer.run(
        "from sklearn.model_selection import GridSearchCV, cross_val_score\n"
        "grid = GridSearchCV(DecisionTreeClassifier(random_state=0), {'max_depth': [1, 2]}, cv=2).fit(X_train, y_train)"
    )
    cancer.run("(1 - cross_val_score(grid.best_estimator_, X_train, y_train, cv=2)).mean()")
    search, folds = cancer.runs
    assert {metric.name for metric in search.metrics} == {"best_score_"}
    assert len(folds.metrics) == 2
