"""What was seen while cells ran comes on top of what their sources tell."""

import pytest

import nbtrack
from nbtrack.store import Store
from nbtrack.store.effects import read_effects, uses_of_file

FIT = "from sklearn.linear_model import LinearRegression\n"


def needed(run):
    """Execution counts of what the run depends on."""
    return [each.execution_count for each in run.depends_on]


def sliced(run):
    return [each.execution_count for each in nbtrack.get(run.label).slice().cells]


@pytest.fixture
def data(notebook):
    """A notebook whose second cell makes data; the first one loads the extension."""
    notebook.run(
        "import pandas as pd\nX = pd.DataFrame({'a': [1.0, 2, 3], 'b': [3.0, 1, 2]})\ny = [1.0, 2, 3]"
    )
    return notebook


def test_names_bound_by_code_made_at_run_time_are_known_to_come_from_there(data):
    data.run("text = 'k = ' + str(2)")
    data.run("exec(text)")
    data.run("unrelated = 1")
    data.run(FIT + "LinearRegression().fit(X * k, y)")
    assert needed(data.last) == [1, 2, 3]
    assert any(note.startswith("[3] not followed: exec()") for note in data.last.capture_notes)


def test_a_star_import_is_followed_by_what_it_bound(data, tmp_path, monkeypatch):
    (tmp_path / "settings_of_ours.py").write_text("factor = 3\nother = 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    data.run("from settings_of_ours import *")
    data.run("from math import *")
    data.run(FIT + "LinearRegression().fit(X * factor, y)")
    assert needed(data.last) == [1, 2]
    assert data.last.capture_notes == ()


def test_a_script_run_in_the_notebook_is_followed_by_what_it_bound(data, tmp_path):
    (tmp_path / "prepare.py").write_text("scale = 2\n")
    data.run("%run prepare.py")
    data.run(FIT + "LinearRegression().fit(X * scale, y)")
    assert needed(data.last) == [1, 2]


def test_of_a_failed_cell_only_what_ran_is_depended_on(data):
    data.run("y = [3.0, 2, 1]\n1 / 0\nX = None", fails=True)
    data.run("z = 1 / 0\ny = None", fails=True)
    data.run(FIT + "LinearRegression().fit(X, y)")
    assert needed(data.last) == [1, 2]
    script = nbtrack.get("last").slice().script()
    assert "y = [3.0, 2, 1]\n# It failed here" in script
    assert "# X = None" in script
    compile(script, "slice", "exec")


def test_a_cell_that_failed_under_a_magic_keeps_what_ran(data):
    data.run("%%time\ny = [3.0, 2, 1]\nX.nothing()\nX = None", fails=True)
    data.run(FIT + "LinearRegression().fit(X, y)")
    assert needed(data.last) == [1, 2]
    script = nbtrack.get("last").slice().script()
    assert "y = [3.0, 2, 1]\n" in script
    assert "\nX = None" not in script


def test_a_file_written_under_a_name_made_at_run_time_links_the_cells(data):
    data.run("import os\nname = os.path.join('.', 'da' + 'ta.csv')")
    data.run("X.to_csv(name, index=False)")
    data.run("unrelated = 1")
    data.run("again = pd.read_csv('data.csv' if True else '')")
    data.run(FIT + "LinearRegression().fit(again, y)")
    assert needed(data.last) == [1, 2, 3, 5]
    with Store.open(data.folder / ".nbtrack") as store:
        uses = [(use.path, use.generated) for use in uses_of_file(store, "data.csv")]
        (read,) = [use for use in uses_of_file(store, "data.csv") if not use.generated]
    assert uses == [("data.csv", True), ("data.csv", False)]
    assert read.digest == data.last.files[0].digest


def test_data_whose_content_stayed_was_not_changed_in_between(data):
    data.run(FIT + "LinearRegression().fit(X, y)")
    data.run("X.squeeze()")  # for all that the source tells it may change X
    data.run(FIT + "LinearRegression().fit(X, y)")
    assert needed(data.last) == [1]


def test_data_whose_content_changed_was(data):
    data.run(FIT + "LinearRegression().fit(X, y)")
    data.run("X.insert(0, 'c', [1.0, 0, 1])")
    data.run(FIT + "LinearRegression().fit(X, y)")
    assert needed(data.last) == [1, 3]


def test_what_the_store_has_of_the_graph_is_what_the_kernel_found(data):
    data.run("def twice(frame):\n    global seen\n    seen = True\n    return frame * 2")
    data.run("X = twice(X)\nX['b'] = 1")
    data.run("del y\ny = [2.0, 1, 3]")
    data.run(FIT + "model = LinearRegression().fit(X, y)")
    run = data.last
    assert sliced(run) == [*needed(run), run.execution.execution_count]
    with Store.open(data.folder / ".nbtrack") as store:
        executions = store.executions(run.execution.session_id)
        effects = read_effects(store, run.execution.session_id, [each.id for each in executions])
        assert [each for each in store.doctor(full=True) if each.severity == "error"] == []
    by_count = {each.execution_count: effects[each.id] for each in executions}
    assert "seen" in by_count[3].writes
    assert by_count[4].writes == {"y"}
    assert by_count[5].reads >= {"X", "y"}
    assert [each.execution_count for each in executions if each.id in by_count[5].needs] == [3, 4]


def test_names_of_which_nobody_knows_are_not_put_down_to_a_cell_that_bound_others(data):
    data.names["given"] = 2.0  # as a front end or a debugger does
    data.run("exec('a' + ' = 1')")
    data.run(FIT + "LinearRegression().fit(X * given, y)")
    assert needed(data.last) == [1]


def test_a_hidden_name_may_come_from_code_made_at_run_time(data):
    data.run("exec('_factor' + ' = 2')")
    data.run(FIT + "LinearRegression().fit(X * _factor, y)")
    assert needed(data.last) == [1, 2]


def test_a_folder_that_a_library_opens_is_no_data_and_is_not_read(notebook):
    """As syncing its names does: the files below may be a whole disk."""
    below = notebook.folder / "shared"
    below.mkdir()
    (below / "large.csv").write_text("a\n1\n")
    notebook.run("import os\nfrom sklearn.linear_model import LinearRegression")
    notebook.run(
        "os.close(os.open('shared', os.O_RDONLY))\nmodel = LinearRegression().fit([[0.0], [1.0]], [0, 1])\n"
        "with open('shared/large.csv') as file:\n    text = file.read()"
    )
    assert [file.path for file in notebook.last.files] == ["shared/large.csv"]
