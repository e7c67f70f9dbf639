"""What changed is told over Jupyter's events, whatever the kernels do."""

import json
import queue
import threading
import time
from dataclasses import replace

import pytest
import websocket

from nbtrack.records import State
from nbtrack.server.description import EVENTS
from nbtrack.store import Store

PATIENCE = 20


class Events:
    """The events of nbtrack, as a page gets them."""

    def __init__(self, server):
        url = server.url.replace("http", "ws") + "/api/events/subscribe"
        self.socket = websocket.create_connection(url, header={"Authorization": f"token {server.token}"})
        self.found = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while text := self.socket.recv():
                event = json.loads(text)
                if event["schema_id"] == EVENTS:
                    self.found.put(event)
        except (OSError, websocket.WebSocketException):
            pass

    def wait(self, **wanted):
        """The next event with these values."""
        deadline = time.monotonic() + PATIENCE
        while True:
            event = self.found.get(timeout=max(0.01, deadline - time.monotonic()))
            if {key: event[key] for key in wanted} == wanted:
                return event


@pytest.fixture
def events(server, filled):
    listening = Events(server)
    yield listening
    listening.socket.close()


@pytest.fixture
def key(server, filled):
    return server.get("status")["store"]


def test_a_new_run_is_told_by_its_id(server, filled, events, key):
    time.sleep(0.6)
    before = server.get("status")["revision"]
    run = filled.kernel.train({}, {"heard": 0.1})
    event = events.wait(change="runs", store=key)
    assert run.id in event["runs"]
    assert event["revision"] > before
    assert event["job"] is None
    assert server.get("status")["revision"] >= event["revision"]


def test_the_points_of_a_run_in_training_and_its_end_are_told(server, filled, events, key):
    time.sleep(0.6)
    run = filled.kernel.open()
    assert run.id in events.wait(change="runs", store=key)["runs"]
    filled.kernel.log.log(run.id, "loss", 0, 1.0, 1000.0)
    assert events.wait(change="points", store=key)["runs"] == [run.id]
    filled.kernel.log.log(run.id, "loss", 1, 0.5, 1001.0)
    assert events.wait(change="points", store=key)["runs"] == [run.id]
    execution = replace(run.execution, state=State.COMPLETE)
    filled.kernel.save(replace(run, state=State.COMPLETE, execution=execution))
    assert run.id in events.wait(change="runs", store=key)["runs"]


def test_a_note_changed_by_another_is_told(server, filled, events, key):
    time.sleep(0.6)
    filled.store.update_run(filled.id("plain 7"), note="by another process")
    assert events.wait(change="runs", store=key)["revision"]


def test_a_store_that_comes_and_goes_is_told(server, filled, events, kernel_class):
    folder = server.root / "coming"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.nbtrack]\nstore = "here"\n')
    (folder / "w.ipynb").write_text("{}")
    found = server.get("stores", notebook="coming/w.ipynb")
    assert found["problem"]["kind"] == "store_not_found"
    time.sleep(0.6)
    with Store.open(folder / "here", create=True):
        events.wait(change="status", store=found["store"])
    assert server.get("status", store=found["store"])["problem"] is None
    (folder / "here").rename(folder / "gone")
    events.wait(change="status", store=found["store"])
    assert server.get("status", store=found["store"])["problem"]["kind"] in {"store_not_found", "store_moved"}


@pytest.mark.kernel
def test_events_arrive_and_routes_answer_while_the_kernel_is_busy(server, filled, events, kernel_client):
    folder = server.root / "busy"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.nbtrack]\nstore = ".nbtrack"\n')
    (folder / "w.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    key = server.get("stores", notebook="busy/w.ipynb")["store"]
    client = kernel_client("busy/w.ipynb")
    client.execute("%load_ext nbtrack", reply=True)
    busy = client.execute(
        "import nbtrack, time\n"
        "with nbtrack.track('long'):\n"
        "    for step in range(100_000):\n"
        "        nbtrack.log(loss=1 / (1 + step), step=step)\n"
        "        time.sleep(0.02)\n"
    )
    assert busy
    (run_id,) = events.wait(change="points", store=key)["runs"]
    run = server.get(f"runs/{run_id}", store=key)
    assert run["state"] == "RUNNING"
    first = server.get(f"runs/{run_id}/curves", store=key)["curves"][0]["total"]
    events.wait(change="points", store=key)
    assert server.get(f"runs/{run_id}/curves", store=key)["curves"][0]["total"] > first
    assert server.get("table", store=key)["columns"]["state"] == ["RUNNING"]
    client.kill()  # and the run is marked, by nobody's asking
    assert run_id in events.wait(change="runs", store=key)["runs"]
    assert server.get(f"runs/{run_id}", store=key)["state"] == "CANCELED"
