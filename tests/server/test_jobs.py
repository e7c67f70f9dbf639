"""Work in processes of its own: it tells how it stands, ends, and can be cancelled with all that it started."""

import shlex
import subprocess
import sys
import time

import psutil
import pytest

PROGRAM = "import sys; from nbtrack.cli import main; main(sys.argv[1:])"
pytestmark = pytest.mark.kernel

CELLS = [
    "%load_ext nbtrack",
    "from sklearn.linear_model import LogisticRegression\nX, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]",
    "clf = LogisticRegression(C=0.5).fit(X, y)\naccuracy = clf.score(X, y)",
]


def trained(server, kernel_client, name, cells):
    """Key of the store and id of the run that these cells made."""
    folder = server.root / name
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.nbtrack]\nstore = ".nbtrack"\n')
    (folder / "w.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    client = kernel_client(f"{name}/w.ipynb")
    for cell in cells:
        client.execute(cell, reply=True)
    key = server.get("stores", notebook=f"{name}/w.ipynb")["store"]
    (run,) = server.get("runs", store=key)["runs"]
    return key, run["id"]


@pytest.fixture(scope="module")
def made(server, kernel_client):
    return trained(server, kernel_client, "jobs", CELLS)


@pytest.fixture(scope="module")
def slow(server, kernel_client):
    """A run whose cell takes so long that it can be cancelled while it is run again."""
    cells = [*CELLS[:2], "import time\ntime.sleep(3)\nclf = LogisticRegression().fit(X, y)"]
    return trained(server, kernel_client, "slow", cells)


def ended(server, job):
    deadline = time.monotonic() + 120
    while True:
        found = server.get(f"jobs/{job['id']}")
        if found["state"] != "running":
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def start(server, kind, key, run_id, **body):
    answer = server.ask("POST", f"runs/{run_id}/{kind}", params={"store": key}, json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_a_run_is_reproduced_beside_the_server_which_answers_meanwhile(server, made):
    key, run_id = made
    job = start(server, "reproduce", key, run_id)
    assert (job["state"], job["kind"], job["run"], job["store"]) == ("running", "reproduce", run_id, key)
    assert server.get("status", store=key)["problem"] is None
    job = ended(server, job)
    assert job["state"] == "done", job["error"]
    assert job["result"]["verdict"] == "same"
    assert job["ended_at"] > job["started_at"]
    assert job["progress"]["done"] == job["progress"]["total"] > 0
    assert server.get(f"runs/{run_id}", store=key)["reproduction"]["verdict"] == "same"
    assert server.get("table", store=key)["columns"]["verdict"] == ["same"]
    assert job in server.get("jobs")["jobs"]


def test_what_would_leave_is_told_with_what_the_policy_says(server, made):
    key, run_id = made
    told = server.get(f"runs/{run_id}/export/preview", store=key)
    assert told["class_name"] == "LogisticRegression"
    assert told["policy"] is None
    project = server.root / "jobs" / "pyproject.toml"
    before = project.read_text()
    project.write_text(before + "[tool.nbtrack.policy.metrics]\naccuracy = {min = 2.0}\n")
    policy = server.get(f"runs/{run_id}/export/preview", store=key)["policy"]
    project.write_text(before)
    assert policy["ok"] is False
    assert "accuracy" in str(policy["rules"])


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_bundle_is_exported_beside_the_store_and_its_command_verifies_it(server, made, form):
    key, run_id = made
    job = ended(server, start(server, "export", key, run_id, format=form, lock=False))
    assert job["state"] == "done", job["error"]
    result = job["result"]
    assert result["location"] == "jobs/exports/LogisticRegression-1" + (".zip" if form == "zip" else "")
    assert job["progress"]["done"] == job["progress"]["total"] > 0
    program, *arguments = shlex.split(result["verify"])
    assert program == "nbtrack"
    verified = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    answer = server.ask("POST", f"runs/{run_id}/export", params={"store": key}, json={"format": form})
    assert (answer.status_code, answer.json()["kind"]) == (409, "conflict")
    again = ended(server, start(server, "export", key, run_id, format=form, lock=False, overwrite=True))
    assert again["result"]["digest"] == result["digest"]


def test_a_run_without_a_stored_model_says_why_it_cannot_be_exported(server, filled):
    job = ended(server, start(server, "export", None, filled.id("failed"), lock=False))
    assert job["state"] == "failed"
    assert "model" in job["error"]["message"]
    assert "Traceback" not in job["error"]["message"]


def test_a_cancelled_job_ends_with_all_its_processes(server, slow, until):
    key, run_id = slow
    mine = psutil.Process(server.process.pid)
    before = set(mine.children(recursive=True))
    job = start(server, "reproduce", key, run_id)
    # Its own process, and the fresh kernel which that has started.
    until(lambda: len(set(mine.children(recursive=True)) - before) > 1)
    started = set(mine.children(recursive=True)) - before
    assert server.ask("DELETE", f"jobs/{job['id']}").status_code == 204
    assert server.get(f"jobs/{job['id']}")["state"] == "cancelled"
    until(lambda: not [one for one in started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE])
    assert server.get(f"runs/{run_id}", store=key)["reproduction"] is None
    assert server.ask("DELETE", f"jobs/{job['id']}").status_code == 204
    assert server.problem(f"jobs/{job['id']}", 404)["kind"] == "not_found"


def test_no_more_jobs_run_at_once_than_may(server, slow):
    key, run_id = slow
    jobs = [start(server, "reproduce", key, run_id) for _ in range(4)]
    answer = server.ask("POST", f"runs/{run_id}/reproduce", params={"store": key}, json={})
    assert (answer.status_code, answer.json()["kind"]) == (409, "conflict")
    for job in jobs:
        assert server.ask("DELETE", f"jobs/{job['id']}").status_code == 204


@pytest.mark.parametrize("body", [{"seed": "x"}, {"repeats": 2}, {"nonsense": 1}, {"seed": 1.5}])
def test_a_wrong_wish_starts_nothing(server, made, body):
    key, run_id = made
    before = len(server.get("jobs")["jobs"])
    answer = server.ask("POST", f"runs/{run_id}/reproduce", params={"store": key}, json=body)
    assert (answer.status_code, answer.json()["kind"]) == (400, "usage")
    assert len(server.get("jobs")["jobs"]) == before


def test_a_run_that_is_not_there_starts_nothing(server, filled):
    answer = server.ask("POST", "runs/01936b2e-8f3a-7c21-9b1d-5a4f0c8e7d66/reproduce", json={})
    assert (answer.status_code, answer.json()["kind"]) == (404, "unknown_run")


def test_what_a_job_cannot_do_is_told_in_its_words(server, filled):
    # A run that no kernel made: its cell means nothing.
    job = ended(server, start(server, "reproduce", None, filled.id("failed")))
    assert job["state"] in {"failed", "done"}
    if job["state"] == "failed":
        assert job["error"]["message"]
        assert "Traceback" not in job["error"]["message"]
    else:
        assert job["result"]["verdict"] in {"failed", "different"}
