"""The copy that a reproduction runs in, and the guard of what is not copied."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrack.reproduce import scratch as scratch_module
from nbtrack.reproduce.scratch import Scratch


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "work" / "project"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "a.csv").write_text("1")
    (folder / "helper.py").write_text("x = 1")
    for skipped in (".nbtrack", ".git", "env"):
        (folder / skipped).mkdir()
        (folder / skipped / "file").write_text("s")
    (folder / "env" / "pyvenv.cfg").write_text("")
    return folder


@pytest.fixture
def made(project):
    """Makes a copy, by default for a notebook in a folder of the project, and takes it away at the end."""
    copies = []

    def make(sources=(), files=(), folder=project / "notebooks"):
        copy = Scratch(project, folder, project / ".nbtrack")
        copies.append(copy)
        copy.make(sources, files)
        return copy

    yield make
    for copy in copies:
        copy.remove()
        assert not copy.root.exists()


def names(copy, folder):
    return {str(path.relative_to(copy.at(folder))) for path in copy.at(folder).rglob("*") if path.is_file()}


def test_the_project_is_copied_without_stores_repositories_and_environments(project, made):
    copy = made()
    assert names(copy, project) == {"data/a.csv", "helper.py"}
    assert copy.at(project / "notebooks").is_dir()
    assert copy.notes == []


def test_writing_in_place_in_the_copy_leaves_the_original(project, made):
    copy = made()
    with (copy.at(project) / "data" / "a.csv").open("r+") as file:
        file.write("2")
    assert (project / "data" / "a.csv").read_text() == "1"
    assert copy.written_originals() == []


def test_a_read_only_file_can_be_written_in_the_copy_and_the_copy_removed(project, made):
    (project / "data" / "a.csv").chmod(0o400)
    (project / "data").chmod(0o500)
    try:
        copy = made()
        (copy.at(project) / "data" / "a.csv").write_text("2")
    finally:
        (project / "data").chmod(0o700)


def test_cells_that_reach_upward_find_what_lies_there(project, made):
    (project.parent / "shared").mkdir()
    (project.parent / "shared" / "lib.py").write_text("")
    assert not made(["pd.read_csv('../data/a.csv')"]).at(project.parent / "shared").exists()
    assert made(["sys.path.append('../../shared')"]).at(project.parent / "shared" / "lib.py").exists()


def test_files_that_the_run_read_are_copied_wherever_they_are(project, made, tmp_path):
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("e")
    copy = made(files=[elsewhere, tmp_path / "gone.csv"])
    assert copy.at(elsewhere).read_text() == "e"
    assert os.path.relpath(elsewhere, project) == os.path.relpath(copy.at(elsewhere), copy.at(project))


def test_of_a_folder_that_is_too_large_only_code_and_what_was_read_is_copied(project, made, monkeypatch):
    monkeypatch.setattr(scratch_module, "MOST_BYTES", 1000)
    for name in ("read.bin", "unread.bin"):
        (project / "data" / name).write_bytes(b"x" * 600)
    copy = made(files=[project / "data" / "read.bin"])
    assert names(copy, project) == {"helper.py", "data/read.bin"}
    assert "only code" in copy.notes[0]
    assert project / "data" / "unread.bin" in copy.left_out


def test_of_a_large_folder_above_the_project_only_code_is_copied_and_the_project_whole(
    project, made, monkeypatch
):
    monkeypatch.setattr(scratch_module, "MOST_BYTES", 1000)
    (project.parent / "large.bin").write_bytes(b"x" * 2000)
    (project.parent / "shared.py").write_text("")
    (project / "data" / "some.bin").write_bytes(b"x" * 500)
    copy = made(["open('../../shared.py')"])
    assert names(copy, project) == {"helper.py", "data/a.csv", "data/some.bin"}
    assert copy.at(project.parent / "shared.py").exists()
    assert copy.left_out == [project.parent / "large.bin"]


def test_links_lead_into_the_copy_where_they_led_into_the_project(project, made, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / "inside").symlink_to(project / "data")
    (project / "relative").symlink_to("data")
    (project / "far").symlink_to(outside)
    (project / "broken").symlink_to("nowhere")
    copy = made()
    assert (copy.at(project) / "inside").resolve() == copy.at(project) / "data"
    assert (copy.at(project) / "relative").resolve() == copy.at(project) / "data"
    assert (copy.at(project) / "far").resolve() == outside.resolve()


def test_absolute_paths_in_a_cell_lead_into_the_copy_and_back(project, made):
    copy = made()
    source = f"open('{project}/out.csv', 'w'); other = '{project}2/x'"
    local = copy.localised(source)
    assert f"open('{copy.copy}/out.csv'" in local
    assert f"'{project}2/x'" in local
    assert copy.original(local) == source


def test_a_file_of_the_user_that_changed_meanwhile_is_told(project, made):
    copy = made()
    (project / "helper.py").write_text("x = 22")
    assert copy.written_originals() == [project / "helper.py"]


def test_the_copy_of_a_process_that_was_killed_is_removed_by_the_next(project, made, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, alive = tmp_path / "nbtrack-reproduce-4194999-x", tmp_path / f"nbtrack-reproduce-{os.getpid()}-x"
    for left in (dead, alive):
        (left / "tree").mkdir(parents=True)
    made()
    assert not dead.exists()
    assert alive.exists()


def test_a_store_that_was_put_elsewhere_says_nothing_of_where_the_notebook_is(project, tmp_path):
    copy = Scratch(tmp_path / "stores", project, tmp_path / "stores" / "one")
    assert copy.project == project


GUARDED = """
import os, pathlib, shutil, sqlite3, sys, tempfile
from nbtrack.reproduce.guard import guard
copy, original = sys.argv[1:]
guard(copy, original)
def refused(action):
    try:
        action()
    except PermissionError as error:
        assert "outside the copy" in str(error), error
        return True
    return False
o = pathlib.Path(original)
c = pathlib.Path(copy)
print([
    refused(lambda: (c / "made").write_text("x")),
    refused(lambda: tempfile.TemporaryFile().close()),
    refused(lambda: (o / "a").read_text()),
    refused(lambda: os.open("/dev/null", os.O_WRONLY)),
])
print([
    refused(lambda: (o / "new").write_text("x")),
    refused(lambda: (o / "a").open("a")),
    refused(lambda: os.open(o / "a", os.O_RDWR)),
    refused(lambda: (o / "a").unlink()),
    refused(lambda: (o / "a").rename(c / "a")),
    refused(lambda: os.replace(c / "made", o / "a")),
    refused(lambda: (o / "d").mkdir()),
    refused(lambda: shutil.rmtree(o)),
    refused(lambda: shutil.copy(c / "made", o / "b")),
    refused(lambda: (o / "a").touch()),
    refused(lambda: os.truncate(o / "a", 0)),
    refused(lambda: (c / "link").symlink_to(o / "a") or (c / "link").write_text("x")),
    refused(lambda: open(pathlib.Path.home() / "nbtrack-guard-test", "w")),
])
"""


def test_the_guard_refuses_what_lies_outside_and_lets_the_rest_be(tmp_path):
    for name in ("copy", "original"):
        (tmp_path / name).mkdir()
    (tmp_path / "original" / "a").write_text("kept")
    arguments = [sys.executable, "-c", GUARDED, str(tmp_path / "copy"), str(tmp_path / "original")]
    told = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    allowed, refused = (line.count("True") for line in told.stdout.splitlines())
    assert (allowed, refused) == (0, 13), told.stdout
    assert [(path.name, path.read_text()) for path in (tmp_path / "original").iterdir()] == [("a", "kept")]
    assert not Path.home().joinpath("nbtrack-guard-test").exists()
