import json

import pytest


def test_rm_says_what_it_removed_and_the_run_is_gone(nbtrack, store):
    done = nbtrack("rm", "SVC-1", "Ridge-1")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["Removed", "SVC-1"],
        ["Removed", "Ridge-1"],
    ]
    assert [one["label"] for one in json.loads(nbtrack("runs", "--json").out)] == ["SVC-2"]


def test_rm_removes_all_that_are_named_or_none(nbtrack, store):
    assert nbtrack("rm", "SVC-1", "SVC-9").code == 2
    assert len(json.loads(nbtrack("runs", "--json").out)) == 3


def test_rm_as_json_is_the_tombstones(nbtrack, store):
    (stone,) = json.loads(nbtrack("rm", "last", "--json").out)
    assert stone["label"] == "Ridge-1"
    assert stone["experiment"] == "prices"


def test_a_removed_run_is_told_as_such(nbtrack, store):
    nbtrack("rm", "SVC-1")
    done = nbtrack("show", "SVC-1")
    assert done.code == 2
    assert "was removed" in done.err


@pytest.mark.parametrize("arguments", [[], ["--dry-run"], ["--grace", "0"]])
def test_gc_of_a_store_without_garbage_frees_nothing(nbtrack, store, arguments):
    assert nbtrack("gc", *arguments).out == "Nothing to free.\n"


def test_gc_refuses_a_negative_grace_period(nbtrack, store):
    assert nbtrack("gc", "--grace", "-1").code == 2


def test_gc_says_bytes_and_runs_first_as_waiting_then_as_freed(nbtrack, run_with_model):
    nbtrack("rm", run_with_model)
    waiting = nbtrack("gc").out
    assert "Freed nothing yet." in waiting
    assert "300 kB in 2 blobs, of SVC-1, waits" in waiting
    assert nbtrack("gc", "--grace", "0", "--dry-run").out == "Would free 300 kB in 2 blobs, of SVC-1.\n"
    assert nbtrack("gc", "--grace", "0").out == "Freed 300 kB in 2 blobs, of SVC-1.\n"
    document = json.loads(nbtrack("gc", "--json").out)
    assert document == {
        "dry_run": False,
        "grace_seconds": 3600.0,
        "freed": [],
        "waiting": [],
        "compressed": 0,
        "saved_bytes": 0,
    }
