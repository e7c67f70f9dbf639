"""A store is the user's alone whatever the umask, and a link that somebody put into it leads nowhere."""

import importlib.util
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrack.errors import StoreError
from nbtrack.store import Store

_spec = importlib.util.spec_from_file_location(
    "capture_conftest", Path(__file__).parents[1] / "capture/conftest.py"
)
capture = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(capture)

LIFE = """
import os, sys
os.umask(0)
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
def run(source):
    result = shell.run_cell(source, store_history=True)
    if result.error_in_exec is not None or result.error_before_exec is not None:
        print("failed", result.error_in_exec or result.error_before_exec)
run("%load_ext nbtrack")
run("import numpy as np, pandas as pd\\nfrom sklearn.ensemble import RandomForestRegressor\\n"
    "X = pd.DataFrame(np.random.default_rng(0).random((3000, 3)), columns=list('abc'))\\ny = X['a']")
run("%%track --keep-data\\nimport nbtrack\\nmodel = RandomForestRegressor(20).fit(X, y)\\nnbtrack.log(loss=0.5)")
from nbtrack.store import Store
from nbtrack.store.garbage import collect_garbage
from pathlib import Path
def modes():
    for path in [Path(".nbtrack"), *Path(".nbtrack").rglob("*")]:
        print("mode", oct(path.lstat().st_mode & 0o777), path)
modes()
try:
    with Store.open(Path(".nbtrack")) as store:
        print("compressed", collect_garbage(store, grace_seconds=0).compressed)
        print("runs", len(store.find_runs()), [run.model.stored for run in store.find_runs() if run.model])
        print("doctor", [one.message for one in store.doctor(full=True) if not one.subject.startswith("SQLite ")])
except Exception as error:
    print("error", type(error).__name__, error)
modes()
run("%unload_ext nbtrack")
modes()
"""


def lived(folder):
    done = subprocess.run(
        [sys.executable, "-c", LIFE],
        cwd=folder,
        env={**os.environ, "IPYTHONDIR": str(folder.parent / "ipython")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def test_nobody_else_may_read_any_file_of_a_store_whatever_the_umask(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    lines = lived(project)
    assert not [line for line in lines if line.startswith(("failed", "error"))]
    assert "doctor []" in lines
    assert any(line.startswith("compressed ") and line != "compressed 0" for line in lines)
    modes = {line.split()[2]: int(line.split()[1], 8) for line in lines if line.startswith("mode")}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
    assert any(name.endswith(".zst") for name in modes)
    assert any("/sessions/" in name for name in modes)


PLACES = {
    "lineage.db": False,
    "lineage.db-wal": False,
    "write.lock": False,
    ".gitignore": False,
    "blobs": True,
    "blobs/a": True,
    "sessions": True,
    "spool": True,
}
"""Where a link is put, and whether it leads to a folder."""


CELL = """
import numpy as np
class Net:
    def fit(self, X):
        self.w_ = np.random.default_rng(0).random(100_000)
        return self
model = Net().fit(np.ones((3, 2)))
result = 'went on'
"""


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """A folder, and its ``project`` to work in."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path


@pytest.mark.parametrize("there", [True, False], ids=["to something", "to nothing yet"])
@pytest.mark.parametrize("place", PLACES)
def test_a_link_that_was_put_into_a_store_leads_nothing_out_of_it(inside, capsys, tally, place, there):
    project, outside = inside / "project", inside / "outside"
    outside.mkdir()
    target = outside / "target"
    if there and PLACES[place]:
        target.mkdir()
    elif there:
        target.write_bytes(b"")
        target.chmod(0o644)
    (project / ".nbtrack" / place).parent.mkdir(parents=True)
    for name in [f"blobs/{digit}" for digit in "0123456789abcdef"] if place == "blobs/a" else [place]:
        (project / ".nbtrack" / name).symlink_to(target)
    notebook = capture.Notebook(project)
    try:
        notebook.run(CELL)
        assert notebook.names["result"] == "went on"
    finally:
        notebook.close()
    said = capsys.readouterr()
    assert [path for path in outside.rglob("*") if path != target] == []
    assert target.exists() == there
    if there and not PLACES[place]:
        assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"", 0o644)
    try:
        with Store.open(project / ".nbtrack") as store:
            kept = [run.model.stored for run in store.find_runs()]
    except StoreError:
        kept = []
    # Either all was kept beside the link, or it was refused in words.
    assert kept == [True] or "link" in said.out + said.err, said
    tally["links"] += 1


def test_a_store_whose_folder_is_a_link_itself_is_where_it_leads(tmp_path, monkeypatch):
    project, elsewhere = tmp_path / "project", tmp_path / "large disk"
    project.mkdir()
    elsewhere.mkdir()
    (project / ".nbtrack").symlink_to(elsewhere)
    monkeypatch.chdir(project)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = capture.Notebook(project)
    try:
        notebook.run(CELL)
        assert [run.model.stored for run in notebook.runs] == [True]
    finally:
        notebook.close()
    assert (elsewhere / "lineage.db").is_file()


def test_a_store_on_a_network_file_system_is_said_once_and_has_no_write_ahead_log(
    tmp_path, monkeypatch, capsys
):
    for name in ("nbtrack.store.network.is_on_network", "nbtrack.capture.recorder.is_on_network"):
        monkeypatch.setattr(name, lambda _: True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = capture.Notebook(tmp_path)
    try:
        notebook.run(CELL)
        notebook.run("model = Net().fit(np.ones((3, 2)))")
        assert len(notebook.runs) == 2
    finally:
        notebook.close()
    said = capsys.readouterr()
    assert (said.out + said.err).count("is on a network file system") == 1
    assert not (tmp_path / ".nbtrack" / "lineage.db-wal").exists()
