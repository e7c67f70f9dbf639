"""How runs name the notebook they come from."""

import os
from pathlib import Path

import pytest

from nbtrack.capture.notebook import notebook_path


@pytest.fixture
def project(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "project" / name).mkdir(parents=True)
    return tmp_path / "project"


def named(told, project, folder):
    return notebook_path({"__vsc_ipynb_file__": str(told)}, project / ".nbtrack", folder)


def test_notebooks_of_one_name_in_two_folders_of_a_project_are_two(project):
    assert named(project / "a" / "work.ipynb", project, project / "a") == "a/work.ipynb"
    assert named(project / "b" / "work.ipynb", project, project / "b") == "b/work.ipynb"
    assert named(project / "work.ipynb", project, project) == "work.ipynb"
    assert named(Path("work.ipynb"), project, project / "a") == "a/work.ipynb"


def test_a_notebook_outside_the_project_is_named_from_its_folder(project, tmp_path):
    elsewhere = tmp_path / "team"
    assert named(project / "a" / "work.ipynb", elsewhere, project / "a") == "work.ipynb"
    assert named(project / "a" / "work.ipynb", elsewhere, project / "b") == str(project / "a" / "work.ipynb")


def test_a_linked_folder_is_the_folder_it_leads_to(project, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(project / "a", target_is_directory=True)
    assert named(link / "work.ipynb", project, Path(os.path.realpath(link))) == "a/work.ipynb"


def test_what_is_no_notebook_is_not_named(project):
    assert named("script.py", project, project) is None


def test_runs_in_a_subfolder_tell_which_notebook_they_are_of(notebook, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook.folder / "deep" / "work.ipynb"))
    notebook.run(
        "from sklearn.linear_model import LinearRegression\nLinearRegression().fit([[0.0], [1]], [0.0, 1])"
    )
    assert notebook.last.execution.notebook_path == "deep/work.ipynb"
    assert notebook.last.experiment == "work"
