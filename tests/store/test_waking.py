"""Who waits for the write lock is woken when it is let go, and looks by itself where nobody wakes it."""

import fcntl
import os
import subprocess
import sys
import threading
import time

import pytest

from nbtrack.store import waking
from nbtrack.store.lock import WriteLock, try_lock

futex = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.uname().machine not in {"x86_64", "aarch64"},
    reason="there is no futex that we know here",
)


def waiting(file, order, name):
    """A thread that waits for the lock, and says when it had it."""

    def wait():
        lock = WriteLock(file)
        with lock.held(60):
            order.append(name)
        lock.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def until_wanted(file):
    while os.pread(file, 4, 64) != b"\1\0\0\0":
        time.sleep(0.001)
    time.sleep(0.02)  # from having said so to sleeping


@futex
def test_who_waits_is_woken_by_who_lets_go(tmp_path, monkeypatch):
    monkeypatch.setattr(
        waking, "_LOOK_NANOSECONDS", 3_000_000_000_000
    )  # nobody looks by itself within this test
    file, order = tmp_path / "write.lock", []
    lock = WriteLock(file)
    with lock.held(1):
        threads = [waiting(file, order, name) for name in "ab"]
        until_wanted(lock._descriptor)
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(order) == ["a", "b"]


def test_who_waits_takes_the_lock_of_a_process_that_was_killed(tmp_path):
    file, order = tmp_path / "write.lock", []
    program = f"""
import pathlib, sys
from nbtrack.store.lock import WriteLock
with WriteLock(pathlib.Path({str(file)!r})).held(1):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        holder.stdout.readline()
        thread = waiting(file, order, "a")
        descriptor = os.open(file, os.O_RDONLY)
        until_wanted(descriptor)
        os.close(descriptor)
        holder.kill()
    thread.join(timeout=30)
    assert order == ["a"]


@pytest.mark.parametrize("size", [0, 10])
def test_who_waits_bears_that_the_file_is_cut_meanwhile(tmp_path, size):
    file, order = tmp_path / "write.lock", []
    lock = WriteLock(file)
    with lock.held(1):
        thread = waiting(file, order, "a")
        until_wanted(lock._descriptor)
        os.truncate(file, size)
        time.sleep(0.02)
    thread.join(timeout=30)
    assert order == ["a"]


def test_without_a_futex_who_waits_looks_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(waking, "_CALLS", {})
    file, order = tmp_path / "write.lock", []
    lock = WriteLock(file)
    with lock.held(1):
        thread = waiting(file, order, "a")
        until_wanted(lock._descriptor)
    thread.join(timeout=30)
    assert order == ["a"]


def test_closing_lets_a_lock_go_that_somebody_waited_for(tmp_path):
    file = tmp_path / "write.lock"
    lock = WriteLock(file)
    context = lock.held(1)
    context.__enter__()
    lock._bell.want()  # maps the file, as waiting does
    lock.close()
    with file.open("r+b") as other:
        assert try_lock(other.fileno())
        fcntl.flock(other, fcntl.LOCK_UN)
    context.__exit__(None, None, None)
