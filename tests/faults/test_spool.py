"""A capture that the store cannot take is kept as a file, outlives its kernel, and is taken in once."""

import json
import os
import signal
import subprocess
import sys

import pytest

from nbtrack.records import Capture, ModelBytes, Run, Session
from nbtrack.records.plain import from_plain, to_plain
from nbtrack.store import Store, recovery, spool
from nbtrack.store.lock import WriteLock

CELLS = """
import sys, time
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
for cell in (
    "%load_ext nbtrack",
    "from sklearn.tree import DecisionTreeClassifier",
    "first = DecisionTreeClassifier(max_depth=1).fit([[0], [1]], [0, 1])",
):
    shell.run_cell(cell).raise_error()
print("ready", flush=True)
sys.stdin.readline()
shell.run_cell("second = DecisionTreeClassifier(max_depth=2).fit([[0], [1]], [0, 1])").raise_error()
print("trained", flush=True)
sys.stdin.readline()
shell.run_cell("third = DecisionTreeClassifier(max_depth=3).fit([[0], [1]], [0, 1])").raise_error()
print("again", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def kernel(tmp_path):
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    child = subprocess.Popen(
        [sys.executable, "-c", CELLS],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield child
    child.kill()
    child.communicate()


def until(child, word):
    said = []
    while not said or word not in said[-1]:
        line = child.stdout.readline()
        assert line, "".join(said)
        said.append(line)
    return "".join(said)


def go_on(child):
    child.stdin.write("\n")
    child.stdin.flush()


def by_depth(store):
    return {
        param.value: run for run in store.find_runs() for param in run.params if param.name == "max_depth"
    }


@pytest.mark.kernel
@pytest.mark.parametrize("killed", [True, False])
def test_a_run_made_while_another_process_keeps_the_store_locked_is_not_lost(kernel, tmp_path, tally, killed):
    folder = tmp_path / ".nbtrack"
    until(kernel, "ready")
    holder = WriteLock(folder / "write.lock")
    with holder.held(5):
        go_on(kernel)
        said = until(kernel, "trained")
        assert f"process {os.getpid()}" in said
        assert len(recovery.spooled(folder)) == 1
        if killed:
            kernel.send_signal(signal.SIGKILL)
            kernel.wait()
    if not killed:
        go_on(kernel)
        until(kernel, "again")
    with Store.open(folder) as store:
        runs = by_depth(store)
        assert set(runs) == ({1, 2} if killed else {1, 2, 3})
        second = runs[2]
        stream, _ = store.read_model(second.id)
        assert stream
        assert store.get_run(second.id).state == "COMPLETE"
        assert [problem for problem in store.doctor(full=True) if problem.severity == "error"] == []
    holder.close()
    assert recovery.spooled(folder) == {}
    assert list((folder / "spool").iterdir()) == []
    tally["spooled"] += 1


def test_a_spooled_model_is_what_it_was(tmp_path, make_run):
    run = make_run()
    models = {
        name: ModelBytes(
            digest=f"b3:{name}",
            stream=name.encode() * 10,
            buffers=tuple(memoryview(bytes([at]) * at) for at in sizes),
            blob_digests=(f"b3:{name}0",),
            size_bytes=sum(sizes),
        )
        for name, sizes in (("one", (5, 0, 9)), ("two", ()), ("three", (1,)))
    }
    session = Session(id="s", started_at=1.5, pid=1, host="h", boot_id="b", python="3.11")
    file = spool.keep(tmp_path, session, Capture(execution=run.execution, runs=(run,), models=models))
    with spool.taken(file) as (owner, capture):
        assert owner == session
        assert capture.runs == (run,)
        assert {
            name: (model.stream, [bytes(buffer) for buffer in model.buffers])
            for name, model in capture.models.items()
        } == {
            name: (model.stream, [bytes(buffer) for buffer in model.buffers])
            for name, model in models.items()
        }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 99, "capture": {}}'])
def test_a_damaged_file_in_the_spool_is_put_aside_and_named(tmp_path, text):
    folder = tmp_path / ".nbtrack"
    with Store.open(folder, create=True) as store:
        (folder / "spool").mkdir()
        (folder / "spool" / "s.e.json").write_text(text)
        assert store.find_runs() == []
        assert (folder / "spool" / "s.e.damaged").read_text() == text
        assert any("spool" in problem.subject for problem in store.doctor())


def test_a_run_in_plain_form_is_the_same_run_again(make_run):
    run = make_run(tags={"a": "b"}, note="lone \ud800 surrogate", capture_notes=("x",))
    assert from_plain(Run, json.loads(json.dumps(to_plain(run)))) == run


def test_what_has_no_plain_form_is_named():
    with pytest.raises(TypeError, match="memoryview"):
        to_plain(memoryview(b"x"))
