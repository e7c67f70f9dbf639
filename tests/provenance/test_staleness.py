"""Which cells a run stood on changed since, and whether the notebook would still run the same."""

import itertools
import json
import os

import pytest

import nbtrack
from nbtrack.cli.program import run as command
from nbtrack.provenance.staleness import with_staleness

CELLS = ("a = 1", "b = a + 1", "unused = 2", "model = b")
IDS = ("one", "two", "other", "fit")


@pytest.fixture
def notebook(project, tmp_path):
    """Save the project's notebook, churn.ipynb, with these cells, at a time after every execution."""

    times = itertools.count()

    def save(*sources, ids=IDS, later=True):
        cells = [
            {"cell_type": "code", "id": id_, "source": source.splitlines(keepends=True)}
            for id_, source in zip(ids, sources, strict=True)
        ]
        cells.insert(1, {"cell_type": "markdown", "id": "text", "source": "# Title"})
        file = tmp_path / "churn.ipynb"
        file.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
        at = next(times) + (1_900_000_000 if later else 1_000_000_000)
        os.utime(file, (at, at))

    return save


def found(project, run):
    (made,) = with_staleness(project.store, [run], whole=True)
    return [(each.cell_id, each.change, each.by) for each in made.stale], made.top_to_bottom


def ran(project, *sources, ids=IDS):
    """A run with what capture knows: the executions it depends on."""
    import dataclasses

    from nbtrack.provenance import run_slice
    from nbtrack.records import Dependency

    run = project.ran(*sources, ids=ids)
    needed = [each for each in run_slice(project.store, run).cells if not each.own]
    depends_on = tuple(Dependency(execution_id=each.execution_id) for each in needed)
    return dataclasses.replace(run, depends_on=depends_on)


def test_nothing_is_stale_while_the_notebook_says_the_same(project, notebook):
    run = ran(project, *CELLS)
    notebook(*CELLS)
    stale, whole = found(project, run)
    assert stale == []
    assert whole.same is True


def test_an_edited_cell_is_stale_and_one_the_run_did_not_need_is_not(project, notebook):
    run = ran(project, *CELLS)
    notebook("a = 10", "b = a + 1", "unused = 20", "model = b")
    stale, whole = found(project, run)
    assert stale == [("one", "edited", "file")]
    assert (whole.same, whole.why) == (False, "[1] would not run as it did; 1 cell would run that did not")


def test_comments_and_spaces_are_no_edit(project, notebook):
    run = ran(project, *CELLS)
    notebook("# the first\na  =  1", *CELLS[1:])
    assert found(project, run) == ([], found(project, run)[1])
    assert found(project, run)[1].same is True


def test_a_deleted_cell_is_stale(project, notebook):
    run = ran(project, *CELLS)
    notebook("b = a + 1", "model = b", ids=("two", "fit"))
    stale, whole = found(project, run)
    assert stale == [("one", "deleted", "file")]
    assert whole.same is False


def test_the_runs_own_cell_counts(project, notebook):
    run = ran(project, *CELLS)
    notebook(*CELLS[:3], "model = b * 2")
    assert found(project, run)[0] == [("fit", "edited", "file")]
    notebook(*CELLS[:3], ids=IDS[:3])
    stale, whole = found(project, run)
    assert stale == [("fit", "deleted", "file")]
    assert whole.why == "the cell that made the run was deleted from the notebook"


def test_an_edited_cell_without_ids_is_not_called_missing(project, notebook):
    run = ran(project, *CELLS, ids=(None,) * 4)
    notebook(*CELLS[:3], "model = b * 2", ids=(None,) * 4)
    why = found(project, run)[1].why
    assert (
        why
        == "the notebook has no cell that reads as the one that made the run: it was edited or deleted since"
    )


def test_a_cell_that_was_never_saved_is_not_called_deleted(project, notebook):
    run = ran(project, *CELLS)
    notebook(*CELLS[:3], ids=IDS[:3], later=False)
    whole = found(project, run)[1]
    assert (whole.same, whole.why) == (None, "churn.ipynb was not saved since the cell ran that made the run")


def test_cells_that_ran_out_of_order_would_not_do_the_same_from_top_to_bottom(project, notebook):
    run = ran(project, "a = 1", "model = a * 2 + c if 'c' in dir() else a", ids=("one", "fit"))
    notebook("model = a * 2 + c if 'c' in dir() else a", "a = 1", ids=("fit", "one"))
    stale, whole = found(project, run)
    assert stale == []
    assert whole.same is False


def test_a_cell_that_ran_twice_would_not_do_the_same(project, notebook):
    run = ran(project, "a = 1", "a += 1", "a += 1", "model = a", ids=("one", "two", "two", "fit"))
    notebook("a = 1", "a += 1", "model = a", ids=("one", "two", "fit"))
    stale, whole = found(project, run)
    assert stale == []
    assert (whole.same, whole.why) == (False, "cells ran again")


def test_a_cell_that_ran_with_another_text_after_the_file_was_saved_is_edited(project, notebook):
    run = ran(project, *CELLS)
    notebook(*CELLS, later=False)
    assert found(project, run)[0] == []
    project.ran("a = 7", "other = a", ids=("one", "elsewhere"), later=10.0)
    assert found(project, run)[0] == [("one", "edited", "execution")]
    notebook(*CELLS)  # taken back, and saved
    assert found(project, run)[0] == []


def test_without_the_notebook_only_what_ran_is_known(project):
    run = ran(project, *CELLS)
    stale, whole = found(project, run)
    assert stale == []
    assert (whole.same, whole.why) == (None, "there is no notebook churn.ipynb here, or it cannot be read")


def test_a_file_that_is_no_notebook_is_left_alone(project, tmp_path):
    run = ran(project, *CELLS)
    (tmp_path / "churn.ipynb").write_text("[1, 2")
    assert found(project, run)[1].same is None


def test_a_notebook_in_a_folder_below_is_found_unless_there_are_several(project, notebook, tmp_path):
    run = ran(project, *CELLS)
    notebook("a = 3", *CELLS[1:])
    (tmp_path / "work").mkdir()
    (tmp_path / "churn.ipynb").rename(tmp_path / "work" / "churn.ipynb")
    assert found(project, run)[0] == [("one", "edited", "file")]
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "churn.ipynb").write_bytes((tmp_path / "work" / "churn.ipynb").read_bytes())
    assert found(project, run)[0] == []


def test_a_notebook_without_ids_is_compared_by_text(project, notebook):
    run = ran(project, *CELLS)
    notebook(*CELLS, ids=(None,) * 4)
    assert found(project, run)[0] == []
    notebook("a = 2", *CELLS[1:], ids=(None,) * 4)
    assert found(project, run)[0] == [("one", "edited", "file")]


def test_it_is_shown_and_in_the_json_form(project, notebook, capsys):
    run = project.ran(*CELLS, ids=IDS)
    notebook(*CELLS[:3], "model = b * 2")
    assert command(["show", run.label]) == 0
    shown = capsys.readouterr().out
    assert "Since then\n  [4]  the run's own cell  edited since\n" in shown
    assert "would not do the same" in shown
    assert command(["show", run.label, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["stale"] == [
        {"execution_id": run.execution.id, "execution_count": 4, "cell_id": "fit", "change": "edited", "by": "file"}
    ]  # fmt: skip
    assert printed["top_to_bottom"]["same"] is False
    assert nbtrack.get(run.label).to_dict() == printed
    assert command(["runs", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)[0]["stale"]) == 1
