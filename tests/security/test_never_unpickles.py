"""No verb that only looks ever unpickles: a store full of planted pickles, and an audit hook that sees any unpickling."""

import json
import os
import subprocess
import sys
import time

import pytest

from nbtrack.digests import digest_bytes, recognised_digest, split
from nbtrack.records import Capture, Execution, Model, ModelBytes, Run, Session, State, new_id
from nbtrack.store import Store

WATCHED = """
import json, sys
seen = []
sys.addaudithook(lambda event, given: seen.append((event, *map(str, given))) if event == "pickle.find_class" else None)
from nbtrack.cli.program import run
codes = [run(words.split()) for words in sys.argv[1:]]
print("\\nCODES", json.dumps(codes))
print("SEEN", seen)
"""

VERBS = [
    "runs", "runs --json", "show SVC-1", "show SVC-2 --json", "diff SVC-1 SVC-2", "diff SVC-1 SVC-2 --json",
    "lineage SVC-2", "slice SVC-2", "register SVC-2 planted", "models", "models planted", "doctor --full",
    "gc --grace 0", "runs --json", "check SVC-2", "rm SVC-1 --json", "gc --grace 0 --dry-run",
]  # fmt: skip


class Planted:
    """Makes a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


@pytest.fixture
def planted(tmp_path):
    """A store whose two runs have models that leave a mark when they are unpickled."""
    import pickle

    marker = tmp_path / "unpickled"
    now = time.time()
    session = Session(id=new_id(), started_at=now, pid=os.getpid(), host="here", boot_id="b", python="3")
    with Store.open(tmp_path / ".nbtrack", create=True) as store:
        log = store.begin_session(session)
        for number in range(2):
            stream = pickle.dumps([Planted(marker), "x" * 300_000 * number])
            model = ModelBytes(
                digest=digest_bytes(stream),
                stream=stream,
                buffers=(),
                blob_digests=tuple(map(recognised_digest, split([stream]))),
                size_bytes=len(stream),
            )
            execution = Execution(
                id=new_id(), session_id=session.id, sequence=number + 1, source="clf = SVC().fit(X, y)",
                source_digest="b3:s", started_at=now, state=State.COMPLETE,
            )  # fmt: skip
            run = Run(
                id=new_id(), label_stem="SVC", state=State.COMPLETE, experiment="e", started_at=now, execution=execution,
                model=Model(class_name="SVC", module="sklearn.svm", framework="sklearn"),
            )  # fmt: skip
            (saved,) = log.save(Capture(execution=execution, runs=(run,), models={run.id: model}))
            assert saved.model.stored
        log.end()
    return tmp_path


def test_no_verb_that_looks_at_runs_unpickles_anything(planted, tally):
    (planted / "pyproject.toml").write_text("[tool.nbtrack.policy]\nclean_git = true\n")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *VERBS], cwd=planted, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("CODES", "SEEN")))
    assert told["SEEN"] == "[]"
    assert not (planted / "unpickled").exists()
    assert "SVC-2" in done.stdout
    assert 2 not in json.loads(told["CODES"]), (told, done.stderr)  # each verb was understood
    tally["verbs"] += len(VERBS)


def test_the_mark_is_left_and_seen_where_a_model_is_loaded_on_purpose(planted):
    source = WATCHED.replace("codes =", "import nbtrack\nnbtrack.get('SVC-1').model()\ncodes =")
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=planted, capture_output=True, text=True, check=False
    )
    assert (planted / "unpickled").is_dir(), done.stderr
    assert "mkdir" in done.stdout
