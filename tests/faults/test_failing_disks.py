"""Disks that fail at some call: a clear error, the store as before, and the next capture works."""

import os
import shutil

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


@pytest.mark.parametrize("what", ["exporting", "writing_a_model"])
def test_an_export_that_fails_leaves_nothing_and_the_next_one_works(watched, tmp_path, tally, what, project):
    root = tmp_path / "root"
    root.mkdir()
    shutil.copytree(project, root / ".nbtrack")
    if EVERY == 1:
        fail(watched, root, tally, what, EVERY, MOST)
    else:
        fail(watched, root, tally, what, 40, 1, "one input/output error", "half a write on a full disk")


def fail(watched, root, tally, what, *how):
    environment = {"DISK_RECORD": "/dev/null", "IPYTHONDIR": str(root.with_name("ipython"))}
    child = watched(root, what, *how, script="failing.py", env=environment)
    out, _ = child.communicate(timeout=7000)
    tried = [each for each in understood(out) if "fault" in each]
    assert child.returncode == 0
    wrong = [
        f"{each['fault']} at call {each['call']}: {each['problems']}" for each in tried if each["problems"]
    ]
    assert not wrong, "\n".join(wrong[:20])
    tally["faults"] += sum(each["hits"] > 0 for each in tried)
    tally["refused"] += sum("Store" in each["outcome"] or "Failed" in each["outcome"] for each in tried)
    return tried
