"""Kernels that die, and several processes on one store, with real kernels."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from nbtrack.records import State
from nbtrack.store import Store

pytestmark = pytest.mark.kernel

LOGGING = """
import nbtrack, time
acknowledged = open('acknowledged.txt', 'w', buffering=1)
for step in range(10_000_000):
    nbtrack.log(loss=1 / (step + 1), step=step)
    acknowledged.write(f'{step}\\n')
"""


def start(folder: Path):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    run(client, "%load_ext nbtrack")
    return manager, client


def run(client, source):
    reply = client.execute_interactive(source, timeout=120, output_hook=lambda _: None)
    assert reply["content"]["status"] == "ok", reply["content"]


def command(*arguments, folder):
    found = subprocess.run(
        [Path(sys.executable).with_name("nbtrack"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(found.stdout)


def test_points_logged_before_a_kill_are_there_and_the_run_is_canceled(tmp_path):
    for _ in range(3):
        manager, client = start(tmp_path)
        try:
            client.execute(LOGGING)
            acknowledged = tmp_path / "acknowledged.txt"
            deadline = time.monotonic() + 60
            while not (acknowledged.exists() and acknowledged.stat().st_size > 2000):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            with Store.open(tmp_path / ".nbtrack") as store:
                assert store.find_runs(limit=1)[0].state is State.RUNNING
            os.kill(manager.provisioner.pid, signal.SIGKILL)
            manager.provisioner.process.wait()
            last = int(acknowledged.read_text().split()[-1])
            with Store.open(tmp_path / ".nbtrack") as store:
                (found,) = store.find_runs(limit=1)
                points = store.points(found.id, "loss")
            assert found.state is State.CANCELED
            steps = [point.step for point in points]
            assert steps == list(range(len(steps)))
            assert len(steps) > last
            acknowledged.unlink()
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def test_two_kernels_and_the_command_line_share_a_store(tmp_path):
    cell = (
        "import warnings; warnings.simplefilter('ignore')\nfrom sklearn.svm import SVC\n"
        "for i in range(5):\n    SVC(C=i + 1).fit([[0.0], [1.0], [2.0]], [0, 1, 1])"
    )
    first, second = start(tmp_path), start(tmp_path)
    try:
        for _ in range(3):
            asked = [(client, client.execute(cell)) for _, client in (first, second)]
            for client, message_id in asked:
                answered(client, message_id)
            listed = command("runs", "--json", folder=tmp_path)
            assert all(run["state"] == "COMPLETE" for run in listed)
        listed = command("runs", "--json", folder=tmp_path)
        assert len(listed) == 30
        assert len({run["label"] for run in listed}) == 30
        assert len({run["notebook"]["session_id"] for run in listed}) == 2
        problems = command("doctor", "--json", folder=tmp_path)
        assert [each for each in problems if each["severity"] == "error"] == []
    finally:
        for manager, client in (first, second):
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def answered(client, message_id):
    while client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != message_id:
        pass


LONG = """
from sklearn.linear_model import SGDClassifier
import time
clf = SGDClassifier(random_state=0)
for epoch in range(100_000):
    clf.partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1])
    train_score = clf.score([[0.0], [1.0]], [0, 1])
    open('going', 'w').close()
    time.sleep(0.01)
"""


def test_an_interrupt_from_the_front_end_cancels_the_run_and_keeps_its_curve(tmp_path):
    manager, client = start(tmp_path)
    try:
        message_id = client.execute(LONG)
        deadline = time.monotonic() + 60
        while not (tmp_path / "going").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.3)
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != message_id:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        with Store.open(tmp_path / ".nbtrack") as store:
            (run,) = [store.get_run(each.id) for each in store.find_runs()]
            points = store.points(run.id, "train_score")
        assert (run.state, run.model.class_name, run.model.stored) == (State.CANCELED, "SGDClassifier", True)
        assert len(points) > 1
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
