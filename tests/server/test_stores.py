"""Which store a notebook has, and what is said of one that cannot be read."""

import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from nbtrack.records import Attachment, Capture, State
from nbtrack.store import Store
from nbtrack.store.blobs import blob_digest, blob_files


@pytest.fixture
def project(server, request):
    """A folder of its own below the server's root, with a notebook; its name is the test's."""
    folder = server.root / request.node.name[:60].replace("[", "-").replace("]", "")
    folder.mkdir()
    (folder / "work.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    yield folder
    shutil.rmtree(folder)


def of(server, project):
    return server.get("stores", notebook=f"{project.name}/work.ipynb")


@pytest.fixture
def with_run(project, kernel_class):
    """The project has a store with one run; the kernel that made it is gone."""
    with Store.open(project / ".nbtrack", create=True) as store:
        kernel = kernel_class(store)
        kernel.train({"C": 1.0}, {"accuracy": 0.5})
        kernel.log.end()
    return project


def test_a_notebook_without_a_store_of_its_own_has_the_nearest_above(server, filled, project):
    found = of(server, project)
    assert found["store"] == server.get("status")["store"]
    assert found["location"] == ".nbtrack"
    assert found["notebook"] == f"{project.name}/work.ipynb"
    assert found["problem"] is None


def test_a_notebook_in_a_folder_with_a_store_has_that_one(server, filled, with_run):
    found = of(server, with_run)
    assert found["location"] == f"{with_run.name}/.nbtrack"
    assert server.get("status", store=found["store"])["runs"] == 1
    assert server.get("runs", store=found["store"])["runs"][0]["label"] == "SVC-1"
    run_id = server.get("runs", store=found["store"])["runs"][0]["id"]
    # A run is found in its own store only.
    assert server.problem(f"runs/{run_id}", 404)["kind"] == "unknown_run"
    assert server.get(f"runs/{run_id}", store=found["store"])["id"] == run_id


def test_a_setting_of_the_project_is_heeded(server, filled, with_run):
    (with_run / ".nbtrack").rename(with_run / "elsewhere")
    (with_run / "pyproject.toml").write_text('[tool.nbtrack]\nstore = "elsewhere"\n')
    found = of(server, with_run)
    assert found["location"] == f"{with_run.name}/elsewhere"
    assert server.get("status", store=found["store"])["runs"] == 1


def test_a_wrong_setting_is_told_with_what_there_is(server, filled, with_run):
    (with_run / "pyproject.toml").write_text('[tool.nbtrack]\nstroe = "x"\n')
    problem = server.problem("stores", 400, notebook=f"{with_run.name}/work.ipynb")
    assert "stroe" in problem["message"]


def test_a_notebook_that_is_not_there_has_no_store(server, filled):
    assert server.problem("stores", 404, notebook="none.ipynb")["kind"] == "not_found"
    assert server.problem("status", 404, store="0" * 20)["kind"] == "unknown_store"


def at_rest(folder):
    """All is in the database file: where a reader held up the checkpoint, the whole store may stand in the log."""
    with closing(sqlite3.connect(folder / "lineage.db", timeout=10)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def truncated(folder):
    file = folder / "lineage.db"
    file.write_bytes(file.read_bytes()[:5000])


def overwritten(folder):
    (folder / "lineage.db").write_bytes(b"not a database" * 1000)


def emptied(folder):
    (folder / "lineage.db").write_bytes(b"")


def of_the_future(folder):
    with closing(sqlite3.connect(folder / "lineage.db")) as connection:
        connection.execute("PRAGMA user_version = 99")


def of_another(folder):
    (folder / "lineage.db").unlink()
    with closing(sqlite3.connect(folder / "lineage.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA application_id = 7")


def deleted(folder):
    shutil.rmtree(folder)


def without_database(folder):
    (folder / "lineage.db").unlink()


@pytest.mark.parametrize(
    ("harm", "kinds"),
    [
        (truncated, "store_corrupt"),
        (overwritten, "store_corrupt"),
        (emptied, "store_corrupt store_busy"),
        (of_the_future, "store_too_new"),
        (of_another, "store_corrupt"),
        (deleted, "store_not_found store_moved"),
        (without_database, "store_corrupt store_moved"),
    ],
)
def test_a_store_that_cannot_be_read_is_a_message_and_never_a_failure(server, with_run, harm, kinds):
    key = of(server, with_run)["store"]
    run_id = server.get("runs", store=key)["runs"][0]["id"]
    at_rest(with_run / ".nbtrack")
    harm(with_run / ".nbtrack")
    for _ in range(2):  # while it is open still, and when it is opened again
        status = server.get("status", store=key)
        assert status["problem"]["kind"] in kinds.split()
        assert status["problem"]["message"]
        assert status["problem"]["remedy"]
        for path in ("runs", "table", "names", f"runs/{run_id}", f"runs/{run_id}/curves", "models"):
            assert server.problem(path, 409, store=key)["kind"] in kinds.split()
        answer = server.ask("PATCH", f"runs/{run_id}", params={"store": key}, json={"starred": True})
        assert (answer.status_code, answer.json()["kind"] in kinds.split()) == (409, True)


def test_a_store_that_comes_back_is_read_again(server, filled, with_run):
    key = of(server, with_run)["store"]
    assert server.get("runs", store=key)["total"] == 1
    (with_run / ".nbtrack").rename(with_run / "away")
    assert server.get("status", store=key)["problem"]["kind"] in {"store_not_found", "store_moved"}
    (with_run / "away").rename(with_run / ".nbtrack")
    assert server.get("status", store=key)["problem"] is None
    assert server.get("runs", store=key)["total"] == 1


def test_a_locked_store_can_be_read_and_says_who_keeps_it_from_being_written(server, filled, with_run):
    key = of(server, with_run)["store"]
    run_id = server.get("runs", store=key)["runs"][0]["id"]
    with Store.open(with_run / ".nbtrack") as store, store.writing():
        assert server.get("runs", store=key)["total"] == 1
        answer = server.ask("PATCH", f"runs/{run_id}", params={"store": key}, json={"starred": True})
    assert (answer.status_code, answer.json()["kind"]) == (409, "store_busy")
    assert str(os.getpid()) in answer.json()["message"]
    assert answer.headers["Retry-After"] == "1"
    answer = server.ask("PATCH", f"runs/{run_id}", params={"store": key}, json={"starred": True})
    assert answer.status_code == 200


def test_the_runs_of_a_killed_kernel_become_canceled_without_a_request_doing_it(
    server, filled, project, kernel_class, until
):
    with Store.open(project / ".nbtrack", create=True) as store:
        kernel = kernel_class(store)
        run = kernel.open()
        key = of(server, project)["store"]
        assert server.get(f"runs/{run.id}", store=key)["state"] == State.RUNNING
        assert server.get("status", store=key)["running"] == 1
        kernel.log._journal.forget()  # as a killed kernel: its lock is gone, its file is not
        until(lambda: server.get(f"runs/{run.id}", store=key)["state"] == State.CANCELED)


def test_a_damaged_figure_is_named_and_the_run_can_still_be_read(server, filled, project, kernel_class):
    content = os.urandom(200_000)
    figure = Attachment(
        kind="figure",
        name="figure-1",
        media_type="image/png",
        digest=blob_digest(content),
        size_bytes=len(content),
    )
    with Store.open(project / ".nbtrack", create=True) as store:
        kernel = kernel_class(store)
        execution = kernel.execution()
        (run,) = kernel.log.save(
            Capture(execution=execution, runs=(kernel.run(execution),), attachments=((figure, content),))
        )
        kernel.log.end()
    (file,) = [one for one in blob_files(project / ".nbtrack", figure.digest) if one.exists()]
    file.chmod(0o600)
    file.write_bytes(content[:-1] + b"?")
    key = of(server, project)["store"]
    problem = server.problem(f"runs/{run.id}/attachments/{figure.digest}", 410, store=key)
    assert problem["kind"] == "blob_corrupt"
    assert server.get(f"runs/{run.id}", store=key)["attachments"][0]["digest"] == figure.digest
