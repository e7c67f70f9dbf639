"""Cells in, runs out: what a person sees after each kind of training cell."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from nbtrack.records import State

_spec = importlib.util.spec_from_file_location("capture_conftest", Path(__file__).with_name("conftest.py"))
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
values, numbers = _conftest.values, _conftest.numbers


def test_a_training_cell_becomes_a_run(cancer):
    cancer.run("clf = DecisionTreeClassifier(max_depth=3, random_state=1)\nclf.fit(X_train, y_train)")
    (run,) = cancer.runs
    assert run.label == "DecisionTreeClassifier-1"
    assert run.state is State.COMPLETE
    assert values(run) == {"max_depth": 3, "random_state": 1}
    assert {param.name for param in run.params if param.origin == "default"} >= {"criterion", "splitter"}
    assert [(data.name, data.role, data.content.shape) for data in run.datasets] == [
        ("X_train", "train", (426, 30)),
        ("y_train", "train", (426,)),
    ]
    assert (run.model.variable, run.model.framework, run.model.stored) == ("clf", "sklearn", True)
    assert run.execution.source.startswith("clf = DecisionTree")
    assert run.environment.packages["scikit-learn"]


def test_several_models_in_one_cell_are_several_runs_of_one_execution(cancer):
    cancer.run(
        "a = DecisionTreeClassifier().fit(X_train, y_train)\nb = LogisticRegression(max_iter=5000).fit(X_train, y_train)"
    )
    first, second = cancer.runs
    assert [run.model.class_name for run in (first, second)] == [
        "DecisionTreeClassifier",
        "LogisticRegression",
    ]
    assert first.execution.id == second.execution.id


def test_a_loop_over_values_makes_a_run_for_each(cancer):
    cancer.run(
        "for depth in [1, 2, 3]:\n    clf = DecisionTreeClassifier(max_depth=depth).fit(X_train, y_train)\n    score = clf.score(X_test, y_test)"
    )
    runs = cancer.runs
    assert [values(run) for run in runs] == [{"max_depth": 1}, {"max_depth": 2}, {"max_depth": 3}]
    assert [next(p.origin for p in run.params if p.name == "max_depth") for run in runs] == ["loop"] * 3
    assert all(run.model.stored for run in runs)
    assert numbers(runs[-1])["accuracy"] == cancer.names["score"]


def test_a_comprehension_makes_a_run_for_each(cancer):
    cancer.run("models = {d: DecisionTreeClassifier(max_depth=d).fit(X_train, y_train) for d in (1, 2)}")
    assert [values(run)["max_depth"] for run in cancer.runs] == [1, 2]
    assert [run.model.variable for run in cancer.runs] == ["models[1]", "models[2]"]


def test_a_function_of_the_notebook_that_trains_is_followed(cancer):
    cancer.run(
        "def build(depth):\n    model = DecisionTreeClassifier(max_depth=depth)\n    model.fit(X_train, y_train)\n    return model"
    )
    assert cancer.runs == []
    cancer.run("best = build(4)")
    (run,) = cancer.runs
    assert run.model.variable == "best"
    assert values(run) == {"max_depth": 4, "depth": 4}
    assert {data.name for data in run.datasets} == {"X_train", "y_train"}


def test_a_metric_printed_in_a_later_cell_belongs_to_the_model_that_predicted(cancer):
    cancer.run(
        "a = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)\nb = DecisionTreeClassifier(max_depth=5).fit(X_train, y_train)"
    )
    cancer.run("pred_a = a.predict(X_test)\npred_b = b.predict(X_test)")
    cancer.run("print(accuracy_score(y_test, pred_b))\nprint(f1_score(y_test, pred_a))")
    first, second = cancer.runs
    names = cancer.names
    assert numbers(second) == {"accuracy": names["accuracy_score"](names["y_test"], names["pred_b"])}
    assert set(numbers(first)) == {"f1"}


def test_a_metric_of_something_derived_from_a_prediction_is_attached_by_its_name(cancer):
    cancer.run("clf = LogisticRegression(max_iter=5000).fit(X_train, y_train)")
    cancer.run("proba = clf.predict_proba(X_test)[:, 1]")
    cancer.run("labels = (proba > 0.3).astype(int)")
    cancer.run("accuracy_score(y_test, labels)")
    assert "accuracy" in numbers(cancer.last)


def test_a_metric_of_nothing_known_is_attached_to_nothing(cancer):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    cancer.run("accuracy_score([0, 1], [1, 1])")
    assert numbers(cancer.last) == {}


def test_cross_validation_is_a_run_with_its_scores(cancer):
    cancer.run(
        "from sklearn.model_selection import cross_val_score\nscores = cross_val_score(DecisionTreeClassifier(max_depth=2), X, y, cv=4)"
    )
    (run,) = cancer.runs
    assert run.model.class_name == "DecisionTreeClassifier"
    assert not run.model.stored
    assert values(run) == {"max_depth": 2, "cv": 4}
    assert any(metric.value == pytest.approx(cancer.names["scores"].mean()) for metric in run.metrics)


def test_a_grid_search_is_one_run_with_its_trials(cancer):
    cancer.run(
        "from sklearn.model_selection import GridSearchCV\ngrid = GridSearchCV(DecisionTreeClassifier(), {'max_depth': [1, 2, 3]}, cv=3).fit(X_train, y_train)"
    )
    (run,) = cancer.runs
    assert run.model.class_name == "GridSearchCV"
    assert len(run.trials.rows) == 3
    assert any(metric.value == cancer.names["grid"].best_score_ for metric in run.metrics)


def test_the_best_score_of_a_search_stands_in_where_its_author_measured_nothing_else(cancer):
    cancer.run("from sklearn.model_selection import GridSearchCV\ntree = DecisionTreeClassifier()")
    search = "grid = GridSearchCV(tree, {'max_depth': [1, 2]}, cv=2).fit(X_train, y_train)\n"
    cancer.run(search)
    cancer.run(search + "grid.score(X_test, y_test)")
    cancer.run(search + "print(grid.best_score_, grid.score(X_test, y_test))")
    alone, scored, printed = ({metric.name for metric in run.metrics} for run in cancer.runs)
    assert (alone, scored, printed) == ({"best_score_"}, {"accuracy"}, {"best_score_", "accuracy"})


def test_a_pipeline_is_one_run_with_the_parameters_of_its_steps(cancer):
    cancer.run(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
        "pipe = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(X_train, y_train)",
    )
    (run,) = cancer.runs
    assert run.model.class_name == "Pipeline"
    assert values(run)["logisticregression__C"] == 0.5


def test_preprocessing_is_no_run(cancer):
    cancer.run(
        "from sklearn.preprocessing import StandardScaler\nX_scaled = StandardScaler().fit_transform(X_train)"
    )
    assert cancer.runs == []


def test_a_model_fitted_again_in_a_later_cell_is_a_new_run(cancer):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    cancer.run("clf.fit(X_test, y_test)")
    first, second = cancer.runs
    assert first.datasets[0].content.digest != second.datasets[0].content.digest
    cancer.run("accuracy_score(y_test, clf.predict(X_test))")
    assert numbers(cancer.runs[0]) == {}
    assert numbers(cancer.runs[1]) == {"accuracy": 1.0}


def test_folds_written_by_hand_are_one_run_with_many_fits(cancer):
    cancer.run(
        "from sklearn.model_selection import KFold\nclf = DecisionTreeClassifier()\nfor a, b in KFold(5).split(X):\n"
        "    clf.fit(X.iloc[a], y.iloc[a])",
    )
    (run,) = cancer.runs
    assert run.fits == 5


def test_data_is_digested_before_the_cell_changes_it(cancer):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)\nX_train['mean radius'] = 0.0")
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    first, second = cancer.runs
    assert first.datasets[0].content.digest != second.datasets[0].content.digest


def test_a_cell_that_raises_after_the_fit_leaves_a_failed_run_with_what_was_seen(cancer):
    result = cancer.run(
        "clf = DecisionTreeClassifier().fit(X_train, y_train)\nclf.score(X_test, y_test)\n1 / 0", fails=True
    )
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    (run,) = cancer.runs
    assert run.state is State.FAILED
    assert run.model.stored
    assert "accuracy" in numbers(run)
    assert run.execution.error.name == "ZeroDivisionError"
    assert "1 / 0" in run.execution.error.traceback


def test_an_interrupted_cell_leaves_a_canceled_run(cancer):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)\nraise KeyboardInterrupt", fails=True)
    assert cancer.last.state is State.CANCELED


def test_a_fit_that_raises_inside_a_try_is_no_run(cancer):
    cancer.run("try:\n    DecisionTreeClassifier().fit(X_train, y_test)\nexcept ValueError:\n    pass")
    assert cancer.runs == []


def test_cells_inside_time_and_capture_magics_are_watched(cancer):
    cancer.run("%%time\nclf = DecisionTreeClassifier().fit(X_train, y_train)")
    cancer.run("%%capture output\nclf = LogisticRegression(max_iter=5000).fit(X_train, y_train)")
    assert [run.model.class_name for run in cancer.runs] == ["DecisionTreeClassifier", "LogisticRegression"]
    assert len({run.execution.id for run in cancer.runs}) == 2


def test_top_level_await_is_watched(cancer):
    cancer.run(
        "import asyncio\nawait asyncio.sleep(0)\nclf = DecisionTreeClassifier().fit(X_train, y_train)\nawait asyncio.sleep(0)"
    )
    assert cancer.last.model.variable == "clf"


def test_a_run_depends_on_the_cells_its_data_came_from(cancer):
    cancer.run("print('unrelated')\nother = 3")
    cancer.run("X_small = X_train.iloc[:, :3]")
    cancer.run("clf = DecisionTreeClassifier().fit(X_small, y_train)")
    counts = [each.execution_count for each in cancer.last.depends_on]
    small = cancer.shell.execution_count - 2
    assert small in counts
    assert small - 1 not in counts


def test_a_variable_chosen_two_cells_above_is_a_param_with_its_execution(cancer):
    cancer.run("depth = 4")
    cancer.run("clf = DecisionTreeClassifier(max_depth=depth)")
    cancer.run("clf.fit(X_train, y_train)")
    (param,) = [param for param in cancer.last.params if param.name == "depth"]
    assert (param.value, param.origin) == (4, "variable")
    assert param.execution_id != cancer.last.execution.id


def test_files_read_for_the_data_are_on_the_run(cancer):
    cancer.names["X"].assign(target=cancer.names["y"]).to_csv("cancer.csv", index=False)
    cancer.run("import pandas as pd\ndf = pd.read_csv('cancer.csv')")
    cancer.run("clf = DecisionTreeClassifier().fit(df.drop(columns='target'), df['target'])")
    (file,) = cancer.last.files
    assert (file.path, file.size_bytes) == ("cancer.csv", Path("cancer.csv").stat().st_size)


def test_above_the_cap_of_a_cell_the_rest_is_one_run_with_a_table(cancer):
    cancer.run(
        "from nbtrack.magics.extension import _loaded\nnext(iter(_loaded.values())).session._trainings._max_fits = 3"
    )
    cancer.run(
        "for d in range(1, 8):\n    clf = DecisionTreeClassifier(max_depth=d).fit(X_train, y_train)\n    clf.score(X_test, y_test)"
    )
    runs = cancer.runs
    assert len(runs) == 4
    table = runs[-1].trials
    assert len(table.rows) == 4
    assert [row[table.columns.index("max_depth")] for row in table.rows] == [4, 5, 6, 7]


def test_a_model_that_cannot_be_pickled_is_still_a_run_that_says_so(cancer):
    cancer.run(
        "import threading\nclf = DecisionTreeClassifier()\nclf.lock = threading.Lock()\nclf.fit(X_train, y_train)"
    )
    (run,) = cancer.runs
    assert not run.model.stored
    assert any("lock" in note for note in run.capture_notes)


def test_a_card_is_shown_under_the_cell(cancer):
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)\nclf.score(X_test, y_test)")
    (line,) = cancer.shown
    assert line.startswith("▸ DecisionTreeClassifier-1 · accuracy ")
    assert "X_train b3:" in line


def test_unknown_code_whose_objects_fit_is_a_run(cancer):
    cancer.run(
        "class Mean:\n    def __init__(self, scale=1):\n        self.scale = scale\n    def fit(self, X, y):\n"
        "        self.mean_ = self.scale * y.mean()\n        return self",
    )
    cancer.run("m = Mean(scale=2).fit(X_train, y_train)")
    assert cancer.last.model.class_name == "Mean"
    assert values(cancer.last) == {"scale": 2}


def test_turned_off_nothing_is_recorded_until_on_again(cancer):
    cancer.run("%track off")
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    assert cancer.runs == []
    cancer.run("%track on")
    cancer.run("clf = DecisionTreeClassifier().fit(X_train, y_train)")
    assert len(cancer.runs) == 1


def test_a_value_written_equal_to_its_default_is_still_the_author_s(cancer):
    cancer.run(
        "from sklearn.cluster import KMeans\nfor k in (7, 8):\n    km = KMeans(n_clusters=k, n_init=1).fit(X_train)"
    )
    assert [(p.name, p.value) for run in cancer.runs for p in run.params if p.origin == "loop"] == [
        ("n_clusters", 7),
        ("n_clusters", 8),
    ]


def test_numbers_computed_by_hand_are_metrics_of_the_model_they_measure(cancer):
    cancer.run("import numpy as np\nclf = DecisionTreeClassifier(max_depth=2).fit(X_train, y_train)")
    cancer.run("pred = clf.predict(X_test)")
    cancer.run(
        "acc = np.mean(pred == y_test)\nprint(f'error {1 - (pred == y_test).mean():.3f}', pred.shape, len(pred))\n(pred == y_test).sum() / 143"
    )
    found = {metric.name: metric for metric in cancer.last.metrics}
    assert (found["acc"].value, found["acc"].origin, found["acc"].variable) == (
        cancer.names["acc"],
        "variable",
        "acc",
    )
    assert sorted(metric.value for metric in found.values()) == pytest.approx(
        sorted([cancer.names["acc"], 1 - cancer.names["acc"], cancer.names["acc"]]), abs=1e-3
    )


def test_a_number_of_each_model_that_a_loop_puts_into_a_list_is_that_model_s(cancer):
    cancer.run(
        "from sklearn.cluster import KMeans\nsse = []\nfor k in (2, 3):\n"
        "    km = KMeans(n_clusters=k, n_init=1, random_state=0)\n    km.fit(X_train)\n    sse.append(km.inertia_)",
    )
    assert [numbers(run)["inertia_"] for run in cancer.runs] == cancer.names["sse"]


def test_a_report_in_words_is_kept_in_numbers(cancer):
    cancer.run(
        "from sklearn.metrics import classification_report\n"
        "clf = DecisionTreeClassifier(max_depth=2).fit(X_train, y_train)\n"
        "print(classification_report(y_test, clf.predict(X_test)))",
    )
    found = numbers(cancer.last)
    names = cancer.names
    report = names["classification_report"](
        names["y_test"], names["clf"].predict(names["X_test"]), output_dict=True
    )
    assert report["accuracy"] in found.values()
    assert report["1"]["recall"] in found.values()


def test_what_a_study_calls_back_is_followed(cancer):
    cancer.run(
        "class Study:\n    def optimize(self, objective, n):\n        return [objective(i + 1) for i in range(n)]\n"
        "def objective(depth):\n"
        "    return DecisionTreeClassifier(max_depth=depth).fit(X_train, y_train).score(X_test, y_test)",
    )
    cancer.run("values = Study().optimize(objective, n=3)")
    assert [values(run)["max_depth"] for run in cancer.runs] == [1, 2, 3]


def test_an_argument_that_cannot_be_looked_at_reaches_a_study_all_the_same(cancer):
    cancer.run(
        "class Shy(type):\n"
        "    def __getattribute__(cls, name):\n        raise RuntimeError('private')\n"
        "class Objective(metaclass=Shy):\n    pass\n"
        "class Study:\n    def optimize(self, objective, n=None):\n        return n"
    )
    assert cancer.run("Study().optimize(Objective(), n=3)").result == 3
    assert cancer.run("Study().optimize(objective=Objective(), n=4)").result == 4
