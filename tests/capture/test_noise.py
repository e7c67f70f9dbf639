"""What is not recorded: numbers and variables beside a training that say nothing about it, and names that mislead."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("capture_conftest", Path(__file__).with_name("conftest.py"))
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
values, numbers = _conftest.values, _conftest.numbers


def test_loop_variables_that_only_draw_are_no_parameters(cancer):
    cancer.run(
        "for style, depth in zip(('r-', 'b-'), (1, 2)):\n    clf = DecisionTreeClassifier(max_depth=depth)\n"
        "    clf.fit(X_train, y_train)\n    label = f'{style} {depth}'"
    )
    assert [values(run) for run in cancer.runs] == [{"max_depth": 1}, {"max_depth": 2}]


def test_arguments_that_do_not_reach_the_fit_are_no_parameters(cancer):
    cancer.run(
        "def study(depth, colour='red', deep=True):\n    if deep:\n        clf = DecisionTreeClassifier(max_depth=depth)\n"
        "    else:\n        clf = LogisticRegression()\n    clf.fit(X_train, y_train)\n    return colour, clf.score(X_test, y_test)\n"
        "_ = study(3)"
    )
    assert values(cancer.last) == {"max_depth": 3, "depth": 3, "deep": True}


def test_parts_of_a_pipeline_built_in_a_loop_keep_what_was_written(cancer):
    cancer.run(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import PolynomialFeatures\n"
        "for d in (1, 2):\n    model = make_pipeline(PolynomialFeatures(degree=d), DecisionTreeClassifier(max_depth=2))\n"
        "    model.fit(X_train.iloc[:, :3], y_train)"
    )
    assert [values(run)["polynomialfeatures__degree"] for run in cancer.runs] == [1, 2]
    assert [run.label for run in cancer.runs] == [
        "DecisionTreeClassifierPipeline-1",
        "DecisionTreeClassifierPipeline-2",
    ]


def test_a_splitter_written_with_its_default_keeps_its_settings(cancer):
    cancer.run(
        "from sklearn.model_selection import KFold, cross_val_score\n"
        "_ = cross_val_score(DecisionTreeClassifier(), X, y, cv=KFold(5, shuffle=True))"
    )
    assert values(cancer.last) == {"cv.n_splits": 5, "cv.shuffle": True}


def test_the_space_of_a_search_stands_once(cancer):
    cancer.run(
        "from sklearn.model_selection import GridSearchCV\nspace = {'max_depth': [1, 2]}\n"
        "search = GridSearchCV(DecisionTreeClassifier(max_depth=9, random_state=0), space, cv=2).fit(X, y)"
    )
    assert values(cancer.last) == {"cv": 2, "estimator__random_state": 0, "max_depth": [1, 2]}


def test_the_seed_of_a_split_in_the_cell_is_recorded(cancer):
    cancer.run(
        "A, B, a, b = train_test_split(X, y, random_state=3)\nclf = DecisionTreeClassifier(max_depth=1).fit(A, a)"
    )
    assert values(cancer.last) == {"max_depth": 1, "train_test_split.random_state": 3}


def test_sizes_of_a_learning_curve_are_no_data(cancer):
    cancer.run(
        "import numpy as np\nfrom sklearn.model_selection import learning_curve\n"
        "_ = learning_curve(DecisionTreeClassifier(), X, y, train_sizes=np.linspace(0.2, 1, 3), cv=2)"
    )
    assert {data.name for data in cancer.last.datasets} == {"X", "y"}


def test_loop_values_are_kept_with_a_validation_of_many_fits(cancer):
    cancer.run(
        "from sklearn.model_selection import cross_val_score\nfor k in (1, 2):\n"
        "    print(cross_val_score(DecisionTreeClassifier(max_depth=k), X, y, cv=3).mean())"
    )
    assert [values(run)["max_depth"] for run in cancer.runs] == [1, 2]


def test_a_displayed_threshold_or_prediction_is_no_metric(cancer):
    cancer.run("import numpy as np\nclf = LogisticRegression(max_iter=5000).fit(X_train, y_train)")
    cancer.run(
        "proba = clf.predict_proba(X_test)\nboundary = X_test['mean radius'].to_numpy()[proba[:, 1] >= 0.5][0]\nboundary"
    )
    cancer.run("np.sum(proba[:, 0] > 0.9)")
    cancer.run("clf.classes_")
    assert numbers(cancer.last) == {}


def test_the_same_name_of_two_models_is_each_model_s_own(cancer):
    cancer.run(
        "from sklearn.ensemble import BaggingClassifier\n"
        "a = BaggingClassifier(n_estimators=20, oob_score=True, random_state=0).fit(X, y)\n"
        "b = BaggingClassifier(n_estimators=20, oob_score=True, random_state=1).fit(X, y)\n"
        "print(a.oob_score_)\nprint(b.oob_score_)"
    )
    first, second = cancer.runs
    assert numbers(first) == {"oob_score": cancer.names["a"].oob_score_}
    assert numbers(second) == {"oob_score": cancer.names["b"].oob_score_}


def test_numbers_shown_in_a_loop_belong_each_to_their_model(cancer):
    cancer.run(
        "from sklearn.model_selection import cross_val_score\nspreads = []\nfor k in (1, 2, 3):\n"
        "    scores = cross_val_score(DecisionTreeClassifier(max_depth=k, random_state=0), X, y, cv=3)\n"
        "    print('%.2f (+/- %.2f)' % (scores.mean(), scores.std()))\n    spreads.append(scores.std())\nprint(spreads)"
    )
    assert [numbers(run)["scores.std()"] for run in cancer.runs] == cancer.names["spreads"]
    assert not any(name.startswith("spreads") for run in cancer.runs for name in numbers(run))


def test_labels_put_by_a_prediction_are_followed_to_its_model(cancer):
    cancer.run("import numpy as np\nclf = LogisticRegression(max_iter=5000).fit(X_train, y_train)")
    cancer.run(
        "probs = clf.predict_proba(X_test)[:, 1]\nlabels = np.zeros(len(X_test))\nlabels[probs > 0.5] = 1"
    )
    cancer.run("np.mean(labels == y_test)")
    assert list(numbers(cancer.last).values()) == [cancer.names["_"]]


def test_a_loop_that_lists_the_candidates_of_a_search_measures_nothing(cancer):
    cancer.run(
        "from sklearn.model_selection import GridSearchCV\n"
        "grid = GridSearchCV(DecisionTreeClassifier(random_state=0), {'max_depth': [1, 2, 3]}, cv=2).fit(X_train, y_train)\n"
        "means, stds = grid.cv_results_['mean_test_score'], grid.cv_results_['std_test_score']\n"
        "for mean, std, params in zip(means, stds, grid.cv_results_['params']):\n"
        "    print('%0.3f (+/-%0.03f) for %r' % (mean, std * 2, params))"
    )
    assert {metric.name for metric in cancer.last.metrics} == {"best_score_"}


def test_a_loop_over_models_shows_one_number_of_each(cancer):
    cancer.run("import numpy as np\nshallow = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)")
    cancer.run("deep = DecisionTreeClassifier(max_depth=3).fit(X_train, y_train)")
    cancer.run(
        "for model in (shallow, deep):\n    right = model.predict(X_test) == y_test\n    print(np.mean(right))"
    )
    for run, name in zip(cancer.runs, ("shallow", "deep"), strict=True):
        (metric,) = run.metrics
        assert (
            metric.value
            == (cancer.names[name].predict(cancer.names["X_test"]) == cancer.names["y_test"]).mean()
        )


def test_a_variable_that_only_holds_what_a_parameter_says_is_not_told_twice(cancer):
    cancer.run("from sklearn.model_selection import GridSearchCV\ndepths = [1, 2]\nrule = 'entropy'")
    cancer.run(
        "grid = GridSearchCV(DecisionTreeClassifier(criterion=rule), {'max_depth': depths}, cv=2).fit(X_train, y_train)"
    )
    assert set(values(cancer.last)) == {"cv", "estimator__criterion", "max_depth"}
    cancer.run("settings = {'max_depth': 3, 'criterion': 'entropy'}\nother = {'max_depth': 3}")
    cancer.run("clf = DecisionTreeClassifier(**settings).fit(X_train, y_train)")
    assert set(values(cancer.last)) == {"max_depth", "criterion"}
