"""Slices of stored runs."""

import json
import subprocess
import sys

import nbformat
import pytest

import nbtrack
from nbtrack.cli.program import run as command
from nbtrack.errors import UsageError
from nbtrack.provenance import run_slice
from nbtrack.records import Metric

PIPELINE = ("a = 1", "b = 2", "unused = 3", "c = a + b", "print(c)", "model = c * 2")


def numbers(made):
    return [each.execution_count for each in made.cells]


def test_a_slice_has_what_the_run_needs_and_its_own_cell_last(project):
    run = project.ran(*PIPELINE)
    assert numbers(run_slice(project.store, run)) == [1, 2, 4, 6]


def test_it_follows_what_was_executed_not_what_the_notebook_says(project):
    run = project.ran(
        "a = 1", "c = a + 1", "a = 10", "a = 100", "model = c", ids=("one", "two", "one", "one", "three")
    )
    assert numbers(run_slice(project.store, run)) == [1, 2, 5]


def test_the_script_gives_the_same_value_in_a_fresh_process(project, tmp_path):
    run = project.ran("%matplotlib inline\nimport math", "!echo 4 > n.txt", "n = int(open('n.txt').read())",
                      "unused = 1", "%time print(math.sqrt(n))")  # fmt: skip
    made = nbtrack.get(run.label).slice()
    assert numbers(made) == [1, 2, 3, 5]
    done = subprocess.run(
        [sys.executable, "-c", made.script()], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2.0\n"


def test_draws_before_are_part_of_it_where_they_are_asked_for(project):
    run = project.ran(
        "import numpy as np\nnp.random.seed(0)", "x = np.random.rand(3)", "model = np.random.rand(2)"
    )
    assert numbers(run_slice(project.store, run)) == [1, 3]
    assert numbers(run_slice(project.store, run, draws=True)) == [1, 2, 3]


def test_what_measured_later_is_part_of_it_where_that_is_asked_for(project):
    run = project.ran("a = 1", "model = a", "b = 2", "score = model + b")
    executions = project.store.executions(run.execution.session_id)
    early = project.store.get_run(run.id)
    assert early.execution.id == executions[3].id
    late = Metric(name="score", value=3.0, origin="variable", execution_id=executions[3].id)
    import dataclasses

    fitted = dataclasses.replace(run, execution=executions[1], metrics=(late,))
    assert numbers(run_slice(project.store, fitted)) == [1, 2]
    assert numbers(run_slice(project.store, fitted, metrics=True)) == [1, 2, 3, 4]


def test_what_cannot_be_followed_is_said(project):
    run = project.ran("exec(open('setup.py').read())", "%%R\nx <- 1", "model = x")
    made = run_slice(project.store, run)
    assert numbers(made) == [1, 2, 3]
    assert any(note.startswith("[1] not followed: exec") for note in made.notes)
    assert "[2] %%R: has no plain meaning in Python" in made.notes
    assert all(f"# Note: {note}" in made.script() for note in made.notes)


def test_a_replaced_secret_is_said(project):
    run = project.ran("key = '\u2039redacted\u203a'", "model = key")
    assert run_slice(project.store, run).notes == ("[1] a secret was replaced by \u2039redacted\u203a",)


def test_a_cell_that_python_cannot_read_needs_and_gives_nothing(project):
    run = project.ran("a = 1", "a = = 2", "model = a")
    assert numbers(run_slice(project.store, run)) == [1, 3]


def test_the_notebook_is_valid_and_keeps_the_cells_as_typed(project):
    run = project.ran("%time a = 1", "a += 1", "model = a", ids=("one", "one", "bad id!"))
    made = run_slice(project.store, run).notebook()
    nbformat.validate(made)
    assert [cell["source"] for cell in made["cells"][1:]] == ["%time a = 1", "a += 1", "model = a"]
    assert [cell["id"] for cell in made["cells"][1:]] == ["one", "execution-2", "execution-3"]


def test_the_command_prints_the_script(project, capsys):
    run = project.ran(*PIPELINE)
    assert command(["slice", run.label]) == 0
    assert capsys.readouterr().out == run_slice(project.store, run).script()
    assert command(["slice", "last", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [cell["execution_count"] for cell in printed["cells"]] == [1, 2, 4, 6]
    assert printed["run"] == {"id": run.id, "label": run.label}


def test_the_command_writes_a_notebook_and_leaves_alone_what_is_there(project, tmp_path, capsys):
    project.ran(*PIPELINE)
    file = tmp_path / "slice.ipynb"
    assert command(["slice", "last", "-o", str(file)]) == 0
    nbformat.validate(nbformat.read(file, as_version=4))
    before = file.read_bytes()
    assert command(["slice", "last", "-o", str(file), "--draws"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert command(["slice", "last", "-o", str(file), "--force"]) == 0


@pytest.mark.parametrize("flag", ["--draws", "--metrics", "--notebook"])
def test_the_flags_are_taken(project, flag, capsys):
    project.ran(*PIPELINE)
    assert command(["slice", "last", flag]) == 0
    assert "model = c * 2" in capsys.readouterr().out


def test_as_text_a_slice_is_its_script_and_it_writes_itself(project, tmp_path):
    run = project.ran(*PIPELINE)
    made = run_slice(project.store, run)
    assert repr(made) == str(made) == made.script()
    assert made.write(tmp_path / "s.py").read_text() == made.script()
    with pytest.raises(UsageError, match="cannot be written"):
        made.write(tmp_path / "no" / "folder.py")
