"""Ctrl-C at every moment at which Python would raise it while the store writes: what was acknowledged stays."""

import dis
import functools
import itertools
import os
import random
import signal
import subprocess
import sys
import threading

import pytest

from nbtrack.digests import digest_bytes
from nbtrack.records import Point, State
from tests.store.test_stored_models import model_of, noise, train

TIMES = int(os.environ.get("NBTRACK_KILLS", "12"))

# After these instructions CPython looks whether a signal has come.
LOOKS = ("RESUME", "CALL", "CALL_KW", "CALL_FUNCTION_EX", "JUMP_BACKWARD")
WATCHED = (
    "contextlib.py",
    "interrupts.py",
    *(f"store{os.sep}{name}.py" for name in ("database", "journal", "lock", "metrics", "session")),
)


@pytest.fixture(autouse=True)
def ctrl_c():
    """Ctrl-C is what it is in a process of a user's: who runs tests side by side has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@functools.cache
def looks(code):
    """The offsets in a code object before which an interrupt can be raised."""
    instructions = [each for each in dis.get_instructions(code) if each.opname != "CACHE"]
    return {after.offset for one, after in itertools.pairwise(instructions) if one.opname in LOOKS}


def interrupted(action, *moments, watched=WATCHED):
    """Do ``action`` with Ctrl-C at the given moments, counted one after another; the exception, or None.

    Moments are those of the code in files that are called as ``watched`` says. Returns as second whether all came.
    """
    left = list(moments)

    def each_instruction(frame, event, _):
        if event == "opcode" and left and frame.f_lasti in looks(frame.f_code):
            left[0] -= 1
            if left[0] == 0:
                left.pop(0)
                signal.raise_signal(signal.SIGINT)
        return each_instruction

    def each_call(frame, _event, _):
        if not frame.f_code.co_filename.endswith(watched):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return each_instruction

    def act():
        before = sys.gettrace()  # as of who measures what is covered
        sys.settrace(each_call)
        try:
            action()
        finally:
            sys.settrace(before)

    try:
        act()
    except KeyboardInterrupt as error:
        return error, not left
    return None, not left


class Acknowledged:
    """A kernel, and what its store said it has."""

    def __init__(self, kernel):
        self.kernel, self.steps, self.runs = kernel, {}, set()
        self.open()

    def open(self):
        self.run = self.kernel.open()
        self.steps = {}

    def log(self, name="loss", at=1e9):
        steps = self.steps.setdefault(name, [])
        self.kernel.log.log(self.run.id, name, len(steps), 0.5, at)
        steps.append(Point(len(steps), 0.5, at))

    def save(self):
        self.runs.add(self.kernel.train().label)

    def tag(self):
        self.kernel.store.update_run(self.run.id, tags={"runs": str(len(self.runs))})

    def check_points(self):
        for name, points in self.steps.items():
            assert {*points} <= {*self.kernel.store.points(self.run.id, name)}

    def go_on(self):
        """What comes after an interrupt finds nothing in its way, in this thread and in others."""
        self.log()
        self.check_points()
        other = threading.Thread(target=self.save)
        other.start()
        other.join(20)
        assert not other.is_alive()
        self.check_points()

    def check(self):
        store = self.kernel.store
        assert self.runs <= {run.label for run in store.find_runs()}
        assert [each for each in store.doctor(full=True) if each.severity == "error"] == []


def a_point(kernel):
    kernel.log()


def a_point_of_a_new_series_and_time(kernel):
    kernel.log(f"loss {len(kernel.steps)}", at=1e9 + 1e5 * len(kernel.steps))


def points_that_make_the_journal_grow(kernel):
    size = kernel.kernel.log._journal._size
    while kernel.kernel.log._journal._size == size:
        kernel.log()


def a_save(kernel):
    kernel.log()
    kernel.save()


def a_full_journal(kernel):
    kernel.kernel.log._fold_at = 1
    kernel.log()


def a_run_that_is_opened(kernel):
    kernel.open()


def a_tag(kernel):
    kernel.tag()


def a_look(kernel):
    kernel.kernel.store.find_runs(limit=2)


ACTIONS = [
    a_point,
    a_point_of_a_new_series_and_time,
    a_save,
    a_full_journal,
    a_run_that_is_opened,
    a_tag,
    a_look,
]


@pytest.mark.parametrize("action", ACTIONS)
def test_an_interrupt_at_any_moment_loses_nothing(new_kernel, store, tally, action):
    kernel = Acknowledged(new_kernel(store))
    for moment in itertools.count(1):
        kernel.log()
        kept, came = interrupted(
            lambda: action(kernel), moment
        )  # kept as a notebook keeps the last exception
        kernel.go_on()
        del kept
        if not came:
            break
        tally["interrupts"] += 1
    assert moment > 10
    kernel.check()


def test_interrupts_that_interrupt_each_other_lose_nothing(new_kernel, store, tally):
    lot = random.Random(5)
    kernel = Acknowledged(new_kernel(store))
    for _ in range(TIMES * 10):
        kernel.log()
        kept, _ = interrupted(
            lambda: lot.choice(ACTIONS)(kernel), lot.randint(1, 250), *lot.choices(range(1, 30), k=3)
        )
        kernel.go_on()
        del kept
        tally["interrupts"] += 1
    kernel.check()


def test_a_session_whose_end_was_interrupted_can_be_ended(new_kernel, store):
    for moment in itertools.count(1):
        kernel = Acknowledged(new_kernel(store))
        kernel.log()
        kept, came = interrupted(kernel.kernel.log.end, moment)
        kernel.kernel.log.end()
        del kept
        kernel.check_points()
        assert store.get_run(kernel.run.id).state == State.CANCELED
        if not came:
            break
    assert list((store.folder / "sessions").iterdir()) == []
    kernel.check()


def test_who_waits_for_the_lock_can_be_interrupted(kernel, another_kernel):
    saved = kernel.train()
    with another_kernel.store.writing():
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            kernel.train()
        timer.join()
    again = kernel.train()
    assert {saved.label, again.label} <= {run.label for run in kernel.store.find_runs()}


ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT COUNT(*) FROM c"


def test_a_statement_that_reads_for_long_is_stopped(kernel):
    run = kernel.train()
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt), kernel.store.view() as connection:
        connection.execute(ENDLESS).fetchone()
    timer.join()
    assert [one.label for one in kernel.store.find_runs()] == [run.label]


def test_of_a_model_that_is_read_no_further_blob_is(kernel, monkeypatch):
    run = train(kernel, model_of(*[noise(200_000, number) for number in range(5)]))
    read = []

    def digest(data):
        read.append(len(data))
        signal.raise_signal(signal.SIGINT)
        return digest_bytes(data)

    monkeypatch.setattr("nbtrack.store.blobs.digest_bytes", digest)
    with pytest.raises(KeyboardInterrupt):
        kernel.store.read_model(run.id)
    assert len(read) == 1
    monkeypatch.undo()
    assert len(kernel.store.read_model(run.id)[1]) == 4


def test_a_handler_is_called_once_the_transaction_has_ended_and_stays_in_place(kernel):
    seen = []
    before = signal.signal(signal.SIGALRM, lambda number, _: seen.append((number, kernel.store.count_runs())))
    try:
        with kernel.store.writing():
            signal.raise_signal(signal.SIGALRM)
            assert seen == []
        assert seen == [(signal.SIGALRM, 0)]
        signal.raise_signal(signal.SIGALRM)
        assert len(seen) == 2
        with kernel.store.writing():
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, before)


FORKED = """
import os, signal, sys, threading
from pathlib import Path
from nbtrack.store import Store

def fork():
    child = os.fork()
    if child == 0:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            os._exit(3)
        os._exit(4)
    ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

ended = []
with Store.open(Path(sys.argv[1]), create=True) as store:
    with store.writing():
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()
print(*ended)
"""


def test_a_process_forked_by_another_thread_meanwhile_can_be_interrupted(folder):
    command = [sys.executable, "-W", "ignore", "-c", FORKED, str(folder)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "3\n"
