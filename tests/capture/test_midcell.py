"""The extension loaded or unloaded in the middle of a cell: what stands below still runs, and is watched where it can be."""

from __future__ import annotations

import builtins

import pytest

from nbtrack.capture.asking import WATCHER


def values(run):
    return {param.name: param.value for param in run.params if param.origin != "default"}


TRAIN = (
    "from sklearn.tree import DecisionTreeClassifier\n"
    "from sklearn.metrics import accuracy_score\n"
    "X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]\n"
)


@pytest.fixture
def unloaded(notebook):
    notebook.run("%unload_ext nbtrack")
    return notebook


def test_a_cell_that_unloads_the_extension_trains_on_below_it(notebook):
    notebook.run(TRAIN)
    notebook.run(
        "%unload_ext nbtrack\nclf = DecisionTreeClassifier(max_depth=1).fit(X, y)\nprint(clf.score(X, y))"
    )
    assert notebook.names["clf"].get_depth() == 1
    assert WATCHER not in vars(builtins)
    assert notebook.runs == []


def test_what_trained_above_the_unloading_is_a_run(notebook):
    notebook.run(TRAIN)
    notebook.run("clf = DecisionTreeClassifier(max_depth=1).fit(X, y)\n%unload_ext nbtrack\nx = max([1])")
    assert values(notebook.last)["max_depth"] == 1
    assert notebook.names["x"] == 1


def test_a_cell_inside_the_cell_that_unloads_leaves_the_rest_running(notebook):
    notebook.run(TRAIN)
    notebook.run(
        "%unload_ext nbtrack\nget_ipython().run_cell('z = max([2])')\nclf = DecisionTreeClassifier().fit(X, y)"
    )
    assert notebook.names["z"] == 2
    assert WATCHER not in vars(builtins)


def test_a_notebook_of_one_cell_is_watched_below_the_line_that_loads(unloaded):
    unloaded.run(
        "%load_ext nbtrack\n" + TRAIN + "for depth in [1, 2]:\n"
        "    clf = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, y)\n"
        "accuracy_score(y, clf.predict(X))"
    )
    first, second = unloaded.runs
    assert (values(first)["max_depth"], values(second)["max_depth"]) == (1, 2)
    assert {metric.name: metric.value for metric in second.metrics} == {"accuracy": 1.0}
    assert {each.name for each in second.datasets} == {"X", "y"}
    assert second.execution.source.startswith("%load_ext nbtrack\n")


def test_the_last_value_is_displayed_as_without_the_extension(unloaded):
    result = unloaded.run("%load_ext nbtrack\nx = 3\nx + 1")
    assert result.result == 4
    unloaded.run("%unload_ext nbtrack")
    unloaded.shell.ast_node_interactivity = "last_expr_or_assign"
    assert unloaded.run("%load_ext nbtrack\nx = max([3])").result == 3
    unloaded.run("%unload_ext nbtrack")
    unloaded.shell.ast_node_interactivity = "last_expr"


def test_what_stands_above_the_line_that_loads_is_part_of_the_slice(unloaded):
    unloaded.run(
        "from sklearn.tree import DecisionTreeClassifier\nX = [[0.0], [1.0]]\n%load_ext nbtrack\ny = [0, 1]"
    )
    unloaded.run("clf = DecisionTreeClassifier().fit(X, y)")
    assert [each.execution_count for each in unloaded.last.depends_on] == [2]


def test_a_function_defined_below_the_line_that_loads_is_followed(unloaded):
    unloaded.run(
        "%load_ext nbtrack\n" + TRAIN + "def train(depth):\n"
        "    return DecisionTreeClassifier(max_depth=depth).fit(X, y).get_depth()\n"
        "train(1)"
    )
    assert values(unloaded.last)["max_depth"] == 1


def test_a_cell_that_reloads_the_extension_is_watched_below(notebook):
    notebook.run(TRAIN)
    notebook.run("%reload_ext nbtrack\nclf = DecisionTreeClassifier(max_depth=1).fit(X, y)")
    assert len(notebook.runs) == 1
    notebook.run("clf = DecisionTreeClassifier(max_depth=2).fit(X, y)")
    assert values(notebook.last)["max_depth"] == 2


def test_an_error_below_the_line_that_loads_is_the_users_own(unloaded):
    result = unloaded.run("%load_ext nbtrack\n" + TRAIN + "DecisionTreeClassifier().fit(X, [1])", fails=True)
    assert isinstance(result.error_in_exec, ValueError)
    assert unloaded.last.state.name == "FAILED"
    assert unloaded.last.execution.error.line == 5


def test_loading_alone_makes_no_session(unloaded):
    unloaded.run("%load_ext nbtrack")
    assert WATCHER not in vars(builtins)


def test_a_cell_that_captures_its_output_may_load_the_extension(unloaded):
    unloaded.run(
        "%%capture shown\n%load_ext nbtrack\n" + TRAIN + "DecisionTreeClassifier(max_depth=1).fit(X, y)"
    )
    assert values(unloaded.last)["max_depth"] == 1
    unloaded.run("DecisionTreeClassifier(max_depth=2).fit(X, y)")
    assert values(unloaded.last)["max_depth"] == 2
