"""Kernels that log, end, die and fork, and readers beside them."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace

import pytest

from nbtrack.errors import StoreBusy, StoreError, UnknownRun, UsageError
from nbtrack.records import Metric, Point, State
from nbtrack.store import Store
from nbtrack.store.journal import journal_path

CHILD = """
import os, sys, time
from pathlib import Path
from nbtrack.records import *
from nbtrack.store import Store

folder = Path(sys.argv[1])
store = Store.open(folder, create=True)
session = Session(id=new_id(), started_at=time.time(), pid=os.getpid(), host="h", boot_id="b", python="3")
log = store.begin_session(session)
count = 0

def execution(state=State.COMPLETE):
    global count
    count += 1
    return Execution(id=new_id(), session_id=session.id, sequence=count, source="fit()", source_digest="b3:s",
                     started_at=time.time(), state=state)

def run(state=State.COMPLETE, **changes):
    return Run(id=new_id(), label_stem="SVC", state=state, experiment="e", started_at=time.time(),
               execution=execution(state), **changes)

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
"""


def child(folder, script, **popen):
    code = CHILD + textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, **popen
    )


def finish(process):
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    return out.splitlines()


def test_points_are_read_while_the_run_goes_on_and_after_it_is_saved(kernel, another_kernel):
    run = kernel.open()
    for step in range(100):
        kernel.log.log(run.id, "loss", step, 1 / (step + 1), 1_795_426_200 + step / 8)
    wanted = [Point(step, 1 / (step + 1), 1_795_426_200 + step / 8) for step in range(100)]
    reader = another_kernel.store
    assert reader.points(run.id, "loss") == wanted
    (listed,) = reader.find_runs("state = RUNNING")
    assert [(one.name, one.value, one.points) for one in listed.metrics] == [("loss", 0.01, 100)]
    (saved,) = kernel.save(replace(run, state=State.COMPLETE))
    assert reader.points(run.id, "loss") == wanted
    assert reader.get_run(run.id).metrics == saved.metrics
    assert (saved.metrics[0].value, saved.metrics[0].points, saved.metrics[0].origin) == (
        0.01,
        100,
        "explicit",
    )


def test_a_curve_grows_over_many_cells(kernel, another_kernel):
    run = kernel.open()
    for cell in range(30):
        for step in range(40):
            kernel.log.log(run.id, "loss", cell * 40 + step, float(cell), time.time())
        kernel.save(kernel.run(kernel.execution()))
        points = another_kernel.store.points(run.id, "loss")
        assert [point.step for point in points] == list(range((cell + 1) * 40))
        assert another_kernel.store.get_run(run.id).metrics[0].points == (cell + 1) * 40


@pytest.mark.parametrize(
    ("step", "value", "at"),
    [
        (-5, 1.0, 5.0),
        (2**40, float("inf"), 1e9),
        (-(2**63), -0.0, 4e9),
        (2**70, 1e308, 0.000001),
        (0, 5, 1e9),
    ],
)
def test_points_of_any_step_and_time_come_back(kernel, step, value, at):
    run = kernel.open()
    kernel.log.log(run.id, "x", 1, 1.0, 1e9)
    kernel.log.log(run.id, "x", step, value, at)
    kernel.log.log(run.id, "x", 2, 2.0, 2e9)
    wanted = [Point(1, 1.0, 1e9), Point(step, value, at), Point(2, 2.0, 2e9)]
    assert kernel.store.points(run.id, "x") == wanted
    kernel.save(replace(run, state=State.COMPLETE))
    assert kernel.store.points(run.id, "x") == wanted


def test_more_points_than_the_journal_holds_are_folded_on_the_way(kernel, another_kernel):
    run = kernel.open()
    for step in range(120_000):
        kernel.log.log(run.id, "loss", step, step * 0.5, 1_795_426_200 + step * 0.001)
    assert journal_path(kernel.store.folder, kernel.session.id).stat().st_size < 3_000_000
    assert [point.step for point in another_kernel.store.points(run.id, "loss")] == list(range(120_000))
    (listed,) = another_kernel.store.find_runs()
    assert (listed.metrics[0].points, listed.metrics[0].value) == (120_000, 119_999 * 0.5)


def test_logged_points_win_over_a_curve_that_comes_with_the_metric(kernel):
    run = kernel.open()
    kernel.log.log(run.id, "loss", 0, 0.5, 1e9)
    curve = (Point(0, 9.0, 1e9), Point(1, 9.0, 1e9))
    metric = Metric(name="loss", value=9.0, origin="loop", curve=curve)
    (saved,) = kernel.save(replace(run, state=State.COMPLETE, metrics=(metric,)))
    assert kernel.store.points(run.id, "loss") == [Point(0, 0.5, 1e9)]
    assert (saved.metrics[0].value, saved.metrics[0].points) == (0.5, 1)


def test_nothing_can_be_logged_to_a_run_of_another_session_or_under_an_endless_name(kernel, another_kernel):
    run = another_kernel.open()
    with pytest.raises(UnknownRun):
        kernel.log.log(run.id, "loss", 0, 1.0, 1.0)
    with pytest.raises(UsageError, match="500 characters"):
        another_kernel.log.log(run.id, "x" * 501, 0, 1.0, 1.0)


def test_many_series_and_threads_log_at_once(kernel):
    run = kernel.open()
    names = [f"m{number}" for number in range(8)]

    def log(thread):
        for step in range(500):
            kernel.log.log(run.id, names[thread], step, thread + step, 1e9 + step)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for _ in range(5):
        kernel.save(kernel.run(kernel.execution()))
    for each in threads:
        each.join()
    kernel.save(replace(run, state=State.COMPLETE))
    for number in range(8):
        assert [point.value for point in kernel.store.points(run.id, f"m{number}")] == [
            number + step for step in range(500)
        ]


def test_the_end_of_a_session_cancels_what_it_left_unfinished(store, new_kernel):
    kernel = new_kernel(store)
    run = kernel.open()
    kernel.log.log(run.id, "loss", 0, 0.5, 1e9)
    kernel.log.end()
    kernel.log.end()
    assert store.get_run(run.id).state == State.CANCELED
    assert store.get_run(run.id).execution.state == State.CANCELED
    assert store.points(run.id, "loss") == [Point(0, 0.5, 1e9)]
    assert list((store.folder / "sessions").iterdir()) == []
    with pytest.raises(StoreError):
        kernel.log.log(run.id, "loss", 1, 0.5, 1e9)


LOGGER = """
mine = log.open_run(run(State.RUNNING))
say(mine.id)
step = 0
while True:
    log.log(mine.id, "loss", step, step * 0.5, time.time())
    say(step)
    step += 1
    if step % 300 == 0:
        log.save(Capture(execution=execution(), runs=()))
"""


def killed(folder, script, seconds):
    """Run a child for so long, kill it, and return what it said in whole lines."""
    with child(folder, script) as process:
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    return (first + rest)[: (first + rest).rindex("\n")].splitlines()


def test_no_point_that_was_acknowledged_is_lost_when_the_kernel_is_killed(folder):
    numbers = random.Random(11)
    with Store.open(folder, create=True) as store:
        for _ in range(int(os.environ.get("NBTRACK_KILLS", "12"))):
            run_id, *said = killed(folder, LOGGER, numbers.uniform(0.0, 0.2))
            (run,) = store.find_runs(f"id = '{run_id}'")
            points = store.points(run_id, "loss")
            assert run.state == State.CANCELED
            assert [point.step for point in points] == list(range(len(points)))
            assert all(point.value == point.step * 0.5 for point in points)
            # At most one point was written and not acknowledged.
            assert len(said) <= len(points) <= len(said) + 1
            assert not points or run.metrics[0].points == len(points)
        assert list((folder / "sessions").iterdir()) == []
        assert [problem for problem in store.doctor(full=True) if problem.severity == "error"] == []


SAVER = """
while True:
    metrics = (Metric(name="m", value=count, origin="call"),)
    made = run(params=(Param(name="C", value=count, origin="fit"),), metrics=metrics)
    say(log.save(Capture(execution=made.execution, runs=(made,)))[0].label)
"""


def test_no_run_that_was_acknowledged_is_lost_when_kernels_are_killed(folder):
    numbers = random.Random(5)
    said = set()
    with Store.open(folder, create=True) as store:
        for _ in range(6):
            said |= set(killed(folder, SAVER, numbers.uniform(0.0, 0.3)))
        found = {run.label for run in store.find_runs()}
        assert said <= found
        assert len(found - said) <= 6  # one under way at each kill
        assert [problem for problem in store.doctor(full=True) if problem.severity == "error"] == []


def test_a_living_session_is_never_canceled_by_readers(folder):
    script = "say(log.open_run(run(State.RUNNING)).id); sys.stdin.read()"
    with Store.open(folder, create=True) as store:
        with child(folder, script, stdin=subprocess.PIPE) as process:
            run_id = process.stdout.readline().strip()
            for _ in range(20):
                assert store.get_run(run_id).state == State.RUNNING
            process.kill()
        assert store.get_run(run_id).state == State.CANCELED


def test_a_journal_that_was_folded_before_the_kernel_died_is_not_taken_in_twice(kernel, folder, new_kernel):
    run = kernel.open()
    kernel.log.log(run.id, "loss", 0, 0.5, 1e9)
    journal = journal_path(folder, kernel.session.id)
    before = journal.read_bytes()
    (saved,) = kernel.save(replace(run, state=State.COMPLETE))
    kernel.log._journal.forget()  # as if killed between the commit and the journal's restart
    journal.write_bytes(before)
    assert kernel.store.points(run.id, "loss") == [Point(0, 0.5, 1e9)]
    assert kernel.store.get_run(run.id).metrics == saved.metrics
    assert not journal.exists()


def test_points_of_a_journal_that_is_ahead_of_the_database_are_read_and_taken_in(kernel, folder):
    run = kernel.open()
    kernel.log.log(run.id, "loss", 0, 0.5, 1e9)
    kernel.save(kernel.run(kernel.execution()))
    kernel.log.log(run.id, "loss", 1, 0.25, 1e9)
    with kernel.store._database.writing() as connection:  # as if an older copy of the database was put back
        connection.execute("UPDATE sessions SET folds = 0")
    assert [point.step for point in kernel.store.points(run.id, "loss")] == [0, 1]
    kernel.log._journal.forget()
    assert [point.step for point in kernel.store.points(run.id, "loss")] == [0, 1]


def test_an_interrupt_between_commit_and_restart_of_the_journal_loses_no_point(kernel, monkeypatch):
    run = kernel.open()
    kernel.log.log(run.id, "loss", 0, 0.5, 1e9)

    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(kernel.log, "_folds", interrupted)
        with pytest.raises(KeyboardInterrupt):
            kernel.save(kernel.run(kernel.execution()))
    kernel.log._journal._settle = kernel.log._folds
    kernel.log.log(run.id, "loss", 1, 0.25, 1e9)
    wanted = [Point(0, 0.5, 1e9), Point(1, 0.25, 1e9)]
    assert kernel.store.points(run.id, "loss") == wanted
    kernel.save(replace(run, state=State.COMPLETE))
    assert kernel.store.points(run.id, "loss") == wanted


def test_a_damaged_journal_is_kept_aside_and_reported_and_its_run_canceled(kernel, folder):
    run = kernel.open()
    journal = journal_path(folder, kernel.session.id)
    kernel.log._journal.forget()
    journal.write_bytes(b"\xff" * 100)
    assert kernel.store.get_run(run.id).state == State.CANCELED
    (problem,) = [one for one in kernel.store.doctor() if one.severity == "error"]
    assert problem.subject.endswith(".damaged")


WRITERS = """
for i in range(25):
    made = run(params=(Param(name="C", value=i, origin="fit"),))
    say(log.save(Capture(execution=made.execution, runs=(made,)))[0].label)
log.end()
store.close()
"""


def test_eight_processes_open_a_new_store_and_write_at_once(folder):
    processes = [child(folder, WRITERS) for _ in range(8)]
    labels = [label for process in processes for label in finish(process)]
    assert sorted(labels, key=lambda label: int(label[4:])) == [f"SVC-{i + 1}" for i in range(200)]
    with Store.open(folder) as store:
        assert store.count_runs() == 200
        assert [problem for problem in store.doctor(full=True) if problem.severity == "error"] == []


def test_two_kernels_and_a_reader_see_each_other(kernel, another_kernel, folder):
    with Store.open(folder) as reader:
        for i in range(5):
            assert kernel.train().label == f"SVC-{2 * i + 1}"
            assert another_kernel.train().label == f"SVC-{2 * i + 2}"
            assert len(reader.find_runs()) == 2 * i + 2


def read_and_write_in_child(store, log, run_id, pipe):
    found = [len(store.find_runs()), store.get_run(run_id).state.value]
    store.update_run(run_id, note="from the child")
    try:
        log.log(run_id, "loss", 1, 1.0, 1e9)
    except (StoreError, UnknownRun) as error:
        found.append(type(error).__name__)
    pipe.send(found)


def test_a_forked_child_uses_its_own_connection_and_leaves_the_parents_session_alive(kernel, another_kernel):
    run = kernel.open()
    kernel.log.log(run.id, "loss", 0, 1.0, 1e9)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=read_and_write_in_child, args=(kernel.store, kernel.log, run.id, there))
    process.start()
    assert here.poll(60)
    assert here.recv() == [1, "RUNNING", "UnknownRun"]
    process.join()
    assert process.exitcode == 0
    assert another_kernel.store.get_run(run.id).state == State.RUNNING
    kernel.log.log(run.id, "loss", 1, 0.5, 1e9)
    (saved,) = kernel.save(replace(run, state=State.COMPLETE))
    assert [point.value for point in kernel.store.points(run.id, "loss")] == [1.0, 0.5]
    assert kernel.store.get_run(saved.id).note == "from the child"


def test_a_child_forked_within_a_transaction_does_not_harm_it(kernel):
    database = kernel.store._database
    with database.writing() as connection:
        connection.execute("INSERT INTO experiments (name, seal) VALUES ('inside', 0)")
        pid = os.fork()
        if pid == 0:
            # What an exiting interpreter does: the inherited connection loses its last reference.
            code = 0 if database._connection is None else 1
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert kernel.train(experiment="inside").label == "SVC-1"
    with database.reading() as connection:
        assert connection.execute("SELECT COUNT(*) FROM experiments WHERE name = 'inside'").fetchone() == (1,)


HOLDER = """
with store._database.lock.held(5.0):
    say(os.getpid())
    sys.stdin.read()
"""


def test_a_writer_that_waits_in_vain_is_told_who_holds_the_lock_and_nothing_is_lost(folder, new_kernel):
    with Store.open(folder, create=True, deadline_seconds=0.2) as store:
        kernel = new_kernel(store)
        run = kernel.open()
        with child(folder, HOLDER, stdin=subprocess.PIPE) as process:
            pid = process.stdout.readline().strip()
            with pytest.raises(StoreBusy, match=rf"process {pid}\b"):
                kernel.train()
            kernel.log.log(run.id, "loss", 0, 1.0, 1e9)  # needs no lock
            assert store.find_runs()[0].metrics[0].points == 1  # nor does reading
            process.communicate("", timeout=60)
        kernel.save(replace(run, state=State.COMPLETE))
        assert kernel.train().label == "SVC-2"
        kernel.log.end()


def interrupted(database):
    with database.writing() as connection:
        connection.execute("INSERT INTO experiments (name, seal) VALUES ('half', 0)")
        raise KeyboardInterrupt


def test_a_transaction_that_is_interrupted_leaves_nothing_behind(kernel):
    database = kernel.store._database
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            interrupted(database)
    assert kernel.train({"C": 1}).label == "SVC-1"
    with database.reading() as connection:
        assert connection.execute("SELECT name FROM experiments").fetchall() == [("churn",)]


INTERRUPTED = """
import random, signal

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
numbers = random.Random(3)
mine = log.open_run(run(State.RUNNING))
saved, logged, hits = [], -1, 0
while hits < 200:
    try:
        signal.setitimer(signal.ITIMER_REAL, numbers.uniform(1e-5, 0.01))
        try:
            made = run()
            for _ in range(3):
                log.log(mine.id, "loss", logged + 1, 0.5, time.time())
                logged += 1
            saved.append(log.save(Capture(execution=made.execution, runs=(made,)))[0].label)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        hits += 1
found = {one.label for one in store.find_runs()}
steps = {point.step for point in store.points(mine.id, "loss")}
say(saved and set(saved) <= found, set(range(logged + 1)) <= steps)
say([one.message for one in store.doctor(full=True) if one.severity == "error"])
log.end()
"""


def test_interrupts_at_any_moment_lose_nothing_that_was_acknowledged(folder):
    with child(folder, INTERRUPTED) as process:
        assert finish(process) == ["True True", "[]"]


FULL = """
import resource, signal
from nbtrack.errors import StoreUnwritable

def save_until_refused(most):
    try:
        for _ in range(most):
            made = run(params=tuple(Param(name=f"p{i}", value=os.urandom(64).hex(), origin="fit") for i in range(20)))
            saved.append(log.save(Capture(execution=made.execution, runs=(made,)))[0].label)
    except StoreUnwritable:
        say("refused")

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
saved = []
mine = log.open_run(run(State.RUNNING))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
save_until_refused(1000)
save_until_refused(1)
steps = 0
try:
    while True:
        log.log(mine.id, "loss", steps, 0.5, time.time())
        steps += 1
except StoreUnwritable:
    say("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
save_until_refused(3)
say(set(saved) <= {one.label for one in store.find_runs()}, len(store.points(mine.id, "loss")) == steps > 1000)
say([one.message for one in store.doctor(full=True) if one.severity == "error"])
log.end()
"""


def test_where_files_cannot_grow_writes_are_refused_and_go_on_when_they_can_again(folder):
    with child(folder, FULL) as process:
        assert finish(process) == ["refused", "refused", "refused", "True True", "[]"]


def test_a_failed_save_does_not_spoil_the_next_one(kernel):
    with pytest.raises(Exception, match="not JSON"):
        kernel.train({"C": 5, "bad": object()}, {"new": 1.0}, experiment="never committed")
    run = kernel.train({"C": 5}, {"new": 1.0}, experiment="never committed")
    found = kernel.store.get_run(run.id)
    assert (found.experiment, found.params[0].value, found.metrics[0].name) == ("never committed", 5, "new")


def test_opening_reading_and_writing_load_neither_pandas_nor_sqlite_utils(folder):
    script = """
    made = run()
    log.save(Capture(execution=made.execution, runs=(made,)))
    store.find_runs("state = COMPLETE")
    say(sorted({"pandas", "numpy", "sqlite_utils", "IPython", "ctypes"} & set(sys.modules)))
    log.end()
    """
    assert finish(child(folder, script)) == ["[]"]
