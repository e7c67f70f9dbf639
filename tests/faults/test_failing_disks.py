"""Disks that break, and disks that are full: a clear error, the store as before, and the next capture works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from account import understood

# Of the calls that a fault can hit, every how many-th is tried, and how many at most of each kind of fault; 1: all.
EVERY = int(os.environ.get("NBTRACK_EVERY", "11"))
MOST = 1_000_000 if EVERY == 1 else 4


@pytest.mark.parametrize(
    "what", ["capturing", "spooling", "logging", "collecting", "opening", "recovering", "migrating", "cells"]
)
def test_a_call_that_fails_is_told_and_leaves_the_store_as_it_was(watched, tmp_path, tally, what):
    tried = fail(watched, tmp_path / "root", tally, what, EVERY, MOST)
    assert sum(each["hits"] > 0 for each in tried) >= 10


@pytest.mark.parametrize("what", ["exporting"])  # which takes seconds
def test_an_export_that_fails_leaves_nothing_and_the_next_one_works(watched, tmp_path, tally, what, project):
    root = tmp_path / "root"
    root.mkdir()
    shutil.copytree(project, root / ".nbtrack")
    if EVERY == 1:
        fail(watched, root, tally, what, 5, 40)
    else:
        fail(watched, root, tally, what, 90, 1, "half a write on a full disk")


def fail(watched, root, tally, what, *how):
    environment = {"DISK_RECORD": "/dev/null", "IPYTHONDIR": str(root.with_name("ipython"))}
    child = watched(root, what, *how, script="failing.py", env=environment)
    out, _ = child.communicate(timeout=7000)
    tried = [each for each in understood(out) if "fault" in each]
    assert child.returncode == 0
    assert [each for each in tried if each["problems"]] == []
    tally["faults"] += sum(each["hits"] > 0 for each in tried)
    tally["refused"] += sum("Store" in each["outcome"] or "Failed" in each["outcome"] for each in tried)
    return tried


MOUNT = 'mount -t tmpfs -o size=$1,mode=700 tmpfs "$2" || exit 77; shift 2; exec "$@"'


@pytest.mark.parametrize(
    ("what", "size"),
    [("capturing", "6m"), ("logging", "2m"), ("opening", "2m"), ("migrating", "4m"), ("exporting", "4m")],
)
def test_on_a_full_disk_what_has_no_room_is_refused_and_works_once_it_has(
    tmp_path, tally, what, size, project
):
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare, by which a small file system is mounted for one process")
    script = Path(__file__).with_name("full.py")
    words = [sys.executable, script, tmp_path / ".nbtrack", what, project]
    done = subprocess.run(
        [*own, "sh", "-c", MOUNT, "sh", size, tmp_path, *words], capture_output=True, check=False, cwd=project
    )
    if done.returncode == 77 or b"unshare:" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    (last,) = [each for each in understood(done.stdout) if each["did"] == "filled"] or [done.stderr.decode()]
    assert last == {"did": "filled", "problems": []}
    tally["full"] += 1
