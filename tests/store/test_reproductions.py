"""Reproductions and states of generators in the store."""

import dataclasses
import math
import os
import sqlite3
import subprocess
import sys

import pytest

from nbtrack.errors import StoreCorrupt, UnknownRun
from nbtrack.records import (
    Cause,
    Divergence,
    Judged,
    JudgedMetric,
    JudgedModel,
    PackageChange,
    Reproduction,
    Spread,
    Stability,
    Verdict,
    new_id,
)
from nbtrack.store.random_states import read_states
from nbtrack.store.reproductions import begin, cancel, finish, reproductions, stabilities


def made(run, **changes) -> Reproduction:
    given = {
        "id": new_id(),
        "run_id": run.id,
        "verdict": Verdict.DIFFERENT,
        "started_at": 5.0,
        "duration_seconds": 1.5,
        "tolerance": 1e-6,
        "executions": 3,
        "datasets": (Judged(name="X", equal=None, kind="train", then="b3:1", now="b3:2", why="by pickle"),),
        "params": (Judged(name="C", equal=True, kind="constructor", then=[1], now=[1]),),
        "metrics": (JudgedMetric(name="loss", then=math.nan, now=0.5, equal=False),),
        "model": JudgedModel(equal=False, by="predictions", difference=0.25),
        "trials": Judged(name="trials", equal=True),
        "first_divergence": Divergence(
            reason=Cause.FILE, subject="a.csv", execution_id="e", execution_count=2
        ),
        "largest_difference": math.inf,
        "unseeded": ("numpy",),
        "packages": (PackageChange(name="numpy", then="1.0", now=None),),
        "notes": ("left out: big.bin",),
    }
    return Reproduction(**{**given, **changes})


def reproduce(store, run, **changes) -> Reproduction:
    result = made(run, **changes)
    begin(store, result.id, run.id, "reproduction", result.started_at)
    finish(store, result)
    return result


def same(one: Reproduction, other: Reproduction) -> bool:
    return repr(one) == repr(other)  # NaN equals nothing


def test_a_reproduction_comes_back_as_it_was_and_the_last_one_stands_with_its_run(store, kernel):
    run, other = kernel.train(), kernel.train()
    first = reproduce(store, run)
    assert store.get_run(run.id).reproduction.verdict == "different"
    second = reproduce(store, run, verdict=Verdict.SAME, environment=run.environment)
    assert same(reproductions(store, run.id)[0], first)
    found = reproductions(store, run.id)[1]
    assert found.environment == dataclasses.replace(run.environment, packages={})
    assert same(dataclasses.replace(found, environment=run.environment), second)
    assert store.get_run(run.id).reproduction.verdict == "same"
    assert [each.reproduction and each.reproduction.verdict for each in store.find_runs()] == [None, "same"]
    assert store.get_run(other.id).reproduction is None
    assert [each.id for each in store.find_runs("reproduced = same")] == [run.id]
    assert [each.id for each in store.find_runs("reproduced != same")] == [other.id]


def test_one_that_was_begun_or_broken_off_is_not_shown(store, kernel):
    run = kernel.train()
    for id_ in (new_id(), new_id()):
        begin(store, id_, run.id, "reproduction", 1.0)
    cancel(store, id_)
    assert store.get_run(run.id).reproduction is None
    assert reproductions(store, run.id) == []


def test_one_whose_process_died_is_marked_when_the_next_begins(store, folder, kernel):
    run = kernel.train()
    script = (
        "from pathlib import Path; from nbtrack.store import Store; from nbtrack.store.reproductions import begin;"
        f"begin(Store.open(Path({str(folder)!r})), 'dead', {run.id!r}, 'reproduction', 1.0); import os; os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    states = "SELECT id, state FROM reproductions ORDER BY pk"
    with store.view() as connection:
        assert connection.execute(states).fetchall() == [("dead", "RUNNING")]
    begin(store, "next", run.id, "reproduction", 2.0)
    with store.view() as connection:
        assert connection.execute(states).fetchall() == [("dead", "CANCELED"), ("next", "RUNNING")]


def test_a_flipped_bit_in_a_reproduction_is_found(store, folder, kernel):
    run = kernel.train()
    reproduce(store, run)
    with sqlite3.connect(folder / "lineage.db") as connection:
        connection.execute("UPDATE reproductions SET document = replace(document, 'big', 'bag')")
    connection.close()
    with pytest.raises(StoreCorrupt, match="reproduction"):
        reproductions(store, run.id)
    assert [one.subject for one in store.doctor(full=True) if one.severity == "error"] == ["reproductions"]


def test_repeats_with_seeds_come_back_as_they_were(store, kernel):
    run = kernel.train()
    result = Stability(
        id=new_id(),
        run_id=run.id,
        started_at=1.0,
        duration_seconds=2.0,
        seeds=(3, 4),
        metrics=(Spread(name="accuracy", then=0.5, values=(0.25, 0.75), dataset="X"),),
        failed=("seed 5: ValueError",),
        seeds_itself=("torch",),
    )
    begin(store, result.id, run.id, "stability", 1.0)
    finish(store, result)
    assert stabilities(store, run.id) == [result]
    assert reproductions(store, run.id) == []


def test_of_a_run_that_is_not_there_none_can_begin(store, kernel):
    kernel.train()
    with pytest.raises(UnknownRun):
        begin(store, new_id(), "no such run", "reproduction", 1.0)


def test_states_of_generators_are_kept_by_execution_and_stream(store, kernel):
    execution = kernel.execution()
    earlier = kernel.execution("rand()")
    drawn = {earlier.id: {"numpy": b"\x01" * 8, "python": b"p"}, "never stored": {"numpy": b""}}
    kernel.save(kernel.run(execution), earlier=(earlier,), drawn=drawn)
    assert read_states(store, [execution.id, earlier.id, "never stored"]) == {earlier.id: drawn[earlier.id]}


def test_a_session_tells_its_folder_python_and_hash_seed(store, new_kernel):
    from nbtrack.store.reading import read_sessions

    kernel = new_kernel(store)
    kernel.log.session = dataclasses.replace(
        kernel.session, folder="/home/me", executable="/usr/bin/python3", hash_seed="0"
    )
    kernel.train()
    with store.view() as connection:
        ((_, _, session),) = read_sessions(connection, "id = ?", kernel.session.id)
    assert (session.folder, session.executable, session.hash_seed) == ("/home/me", "/usr/bin/python3", "0")
    assert session.pid == os.getpid()
    kernel.log.end()
