"""Stores that are missing, foreign, damaged, too new, full or not ours to write."""

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrack.digests import recognised_digest, split
from nbtrack.errors import (
    BlobCorrupt,
    CaptureError,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreMoved,
    StoreNotFound,
    StoreTooNew,
    StoreUnwritable,
    UnknownRun,
    UsageError,
)
from nbtrack.records import ModelBytes, State, new_id
from nbtrack.store import Store, schema
from nbtrack.store.blobs import blob_digest, blob_file, write_files
from nbtrack.store.network import is_on_network


def model_bytes(stream=b"stream", *buffers):
    parts = (stream, *buffers)
    return ModelBytes(
        digest=blob_digest(b"model" + b"".join(parts)),
        stream=stream,
        buffers=tuple(memoryview(buffer) for buffer in buffers),
        blob_digests=tuple(map(recognised_digest, split(parts))),
        size_bytes=sum(map(len, parts)),
    )


def noise(count):
    """Bytes that do not compress, the same each time."""
    return random.Random(0).randbytes(count)


def train_with_model(kernel, content):
    run = kernel.run(kernel.execution(), {"C": 1.0}, {"accuracy": 0.9})
    (saved,) = kernel.save(run, models={run.id: content})
    return saved


def alter(folder, sql, *values):
    """Change the database as another program would."""
    with sqlite3.connect(folder / "lineage.db") as connection:
        connection.execute(sql, values)
    connection.close()


def errors(problems):
    return [problem.message for problem in problems if problem.severity == "error"]


def test_a_store_that_is_not_there_is_not_made_by_reading(folder):
    with pytest.raises(StoreNotFound, match="load_ext"):
        Store.open(folder)
    assert not folder.exists()
    folder.mkdir()
    with pytest.raises(StoreNotFound):
        Store.open(folder)
    assert list(folder.iterdir()) == []


def test_a_store_can_be_read_by_nobody_else_whatever_the_umask(folder, new_kernel):
    before = os.umask(0)
    try:
        with Store.open(folder, create=True) as store:
            kernel = new_kernel(store)
            train_with_model(kernel, model_bytes(b"small", b"large" * 50_000))
            modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}
            kernel.log.end()
    finally:
        os.umask(before)
    assert {mode & 0o077 for mode in modes.values()} == {0}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in modes} >= {"lineage.db", "lineage.db-wal", "write.lock"}


@pytest.mark.parametrize("name", ["file/.nbtrack", "/proc/nbtrack"])
def test_a_store_that_cannot_be_made_says_so(tmp_path, name):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnwritable, match="cannot be made"):
        Store.open(tmp_path / name, create=True)


READ_ONLY = """
import os, sys
from pathlib import Path
from nbtrack.errors import StoreUnwritable
from nbtrack.store import Store
os.setuid(65534)
with Store.open(Path(sys.argv[1]), create=True) as store:
    print(store.find_runs()[0].label, len(store.doctor(full=True)))
    try:
        store.update_run(store.get_run("last").id, note="x")
    except StoreUnwritable as error:
        print("refused")
"""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_store_of_somebody_else_can_be_read_and_is_not_written(tmp_path, new_kernel):
    folder = tmp_path / ".nbtrack"
    with Store.open(folder, create=True) as store:
        kernel = new_kernel(store)
        kernel.train()
        kernel.log.end()
    for path in [folder, *folder.rglob("*"), *[p for p in tmp_path.parents if p.is_relative_to("/tmp")]]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    tmp_path.chmod(0o755)
    out = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(folder)], capture_output=True, text=True, check=False
    )
    assert out.stdout.split()[0] == "SVC-1", out.stderr
    assert out.stdout.split()[-1] == "refused"


@pytest.mark.parametrize("how", ["version", "migration"])
def test_a_store_from_the_future_is_refused_and_left_alone(folder, how):
    Store.open(folder, create=True).close()
    if how == "version":
        alter(folder, f"PRAGMA user_version = {schema.VERSION + 1}")
    else:
        alter(folder, "PRAGMA user_version = 0")
        alter(folder, "INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('nbtrack', 'from_2031')")
    before = (folder / "lineage.db").read_bytes()
    with pytest.raises(StoreTooNew, match="newer nbtrack"):
        Store.open(folder, create=True)
    assert (folder / "lineage.db").read_bytes() == before


def test_a_database_of_another_program_is_refused(folder):
    folder.mkdir()
    connection = sqlite3.connect(folder / "lineage.db")
    connection.execute("PRAGMA application_id = 5")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(StoreCorrupt, match="but not one of nbtrack"):
        Store.open(folder, create=True)


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_database_that_is_none_is_refused(folder, content):
    folder.mkdir()
    (folder / "lineage.db").write_bytes(content)
    with pytest.raises(StoreError, match="lineage"):
        Store.open(folder, create=True)
    assert (folder / "lineage.db").read_bytes() == content


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("left", ["a model", "the lock", "a model without the lock"])
def test_a_database_that_was_emptied_is_not_taken_for_a_new_store(folder, new_kernel, gone, left):
    with Store.open(folder, create=True) as store:
        kernel = new_kernel(store)
        if left == "the lock":
            kernel.train()
        else:
            train_with_model(kernel, model_bytes(b"x" * 200_000))
        kernel.log.end()
    if left == "a model without the lock":
        (folder / "write.lock").unlink()
    (folder / "lineage.db").unlink() if gone else (folder / "lineage.db").write_bytes(b"")
    for create in (False, True):
        with pytest.raises(StoreCorrupt, match="emptied or deleted"):
            Store.open(folder, create=create)


@pytest.mark.parametrize("left", [100, 4096, 0.5, -4096], ids=["head", "a page", "half", "but a page"])
def test_a_database_that_was_cut_is_refused_whichever_its_length(folder, new_kernel, left):
    with Store.open(folder, create=True) as store:
        kernel = new_kernel(store)
        kernel.train({"note": "x" * 50_000})
        kernel.log.end()
    file = folder / "lineage.db"
    size = file.stat().st_size
    os.truncate(file, left if left >= 1 else int(size * left) if left > 0 else size + left)
    cut = file.read_bytes()
    for create in (False, True):
        with pytest.raises(StoreCorrupt, match="damaged"):
            Store.open(folder, create=create)
    assert file.read_bytes() == cut


@pytest.mark.parametrize("how", ["deleted", "renamed", "replaced"])
def test_a_store_that_is_moved_under_an_open_kernel_is_not_written_to(folder, store, new_kernel, how):
    kernel = new_kernel(store)
    kernel.train()
    if how == "deleted":
        shutil.rmtree(folder)
    else:
        folder.rename(folder.with_name("elsewhere"))
    if how == "replaced":
        Store.open(folder, create=True).close()
    with pytest.raises((StoreMoved, StoreUnwritable)):
        kernel.train()
    with pytest.raises(StoreError):
        store.find_runs()


def test_a_page_of_the_database_that_is_overwritten_is_reported_and_never_read_silently(folder, new_kernel):
    with Store.open(folder, create=True) as store:
        kernel = new_kernel(store)
        for i in range(300):
            kernel.train({"C": float(i)}, {"accuracy": i / 300})
        kernel.log.end()
    connection = sqlite3.connect(folder / "lineage.db")
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'metrics'")
    ((page_bytes,),) = connection.execute("PRAGMA page_size")
    connection.close()
    with (folder / "lineage.db").open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xa5" * page_bytes)
    with Store.open(folder) as store:
        assert errors(store.doctor(full=True))
        with pytest.raises(StoreCorrupt, match="damaged"):
            store.find_runs("accuracy > 0.1", order="C")


CHANGES = {
    "state": "UPDATE runs SET state = 'COMPLETE' WHERE label = 'SVC-1'",
    "metric": "UPDATE metrics SET value = 0.91",
    "metric lost": "DELETE FROM metrics",
    "param": "UPDATE params SET value = 2.0",
    "position": "UPDATE run_params SET position = 7",
    "source": "UPDATE sources SET text = 'other'",
    "packages": "UPDATE environments SET packages = x'00'",
    "columns": "UPDATE contents SET columns = NULL",
    "execution": "UPDATE executions SET started_at = 5.0",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_is_not_what_was_written_is_found(folder, new_kernel, change):
    with Store.open(folder, create=True) as store:
        kernel = new_kernel(store)
        run = kernel.train({"C": 1.0}, {"accuracy": 0.9}, state=State.FAILED)
        kernel.log.end()
    alter(folder, CHANGES[change])
    with Store.open(folder) as store:
        assert len(errors(store.doctor(full=True))) == 1
        with pytest.raises(StoreCorrupt, match="not what was written"):
            store.get_run(run.id)


def test_a_list_shows_the_other_runs_beside_a_damaged_one(folder, new_kernel):
    with Store.open(folder, create=True) as store:
        kernel = new_kernel(store)
        for _ in range(3):
            kernel.train({}, {"m": 1.0})
        kernel.log.end()
    alter(folder, "UPDATE runs SET note = 'forged' WHERE label = 'SVC-2'")
    with Store.open(folder) as store:
        notes = {run.label: run.capture_notes for run in store.find_runs()}
    assert notes["SVC-1"] == notes["SVC-3"] == ()
    assert "not what was written" in notes["SVC-2"][0]


def test_a_model_is_read_as_it_was_stored_and_stored_once(kernel, folder):
    content = model_bytes(b"stream", noise(2_000_000), noise(150_000), b"c")
    first, second = train_with_model(kernel, content), train_with_model(kernel, content)
    assert first.model.stored
    assert first.model.blobs == content.blob_digests
    stream, buffers = kernel.store.read_model(second.id)
    assert bytes(stream) == content.stream
    assert [bytes(buffer) for buffer in buffers] == [bytes(buffer) for buffer in content.buffers]
    assert len(list((folder / "blobs").glob("*/*"))) == 2
    memoryview(buffers[0])[0] = 0  # a loaded array can be written to, and the store does not change
    assert bytes(kernel.store.read_model(second.id)[1][0]) == noise(2_000_000)
    assert errors(kernel.store.doctor(full=True)) == []


@pytest.mark.parametrize("how", ["missing", "cut", "changed", "changed in the database", "row gone"])
def test_a_blob_that_is_not_what_was_written_is_named_with_its_run(kernel, folder, how):
    content = model_bytes(b"stream", noise(2_000_000))
    saved = train_with_model(kernel, content)
    large = blob_file(folder, content.blob_digests[1], "raw")
    large.chmod(0o600)
    if how == "missing":
        large.unlink()
    elif how == "cut":
        large.write_bytes(noise(2_000_000)[:-1])
    elif how == "changed":
        large.write_bytes(noise(2_000_000)[:-1] + b"b")
    elif how == "row gone":
        alter(folder, "DELETE FROM blobs WHERE data IS NULL")
    else:
        alter(folder, "UPDATE blobs SET data = x'00' WHERE data IS NOT NULL")
    with pytest.raises(BlobCorrupt, match="SVC-1") as raised:
        kernel.store.read_model(saved.id)
    assert raised.value.digest in content.blob_digests
    (message,) = errors(kernel.store.doctor(full=True))
    assert raised.value.digest in message
    assert kernel.store.get_run(saved.id).model == saved.model


def test_a_model_that_changes_while_it_is_stored_is_left_out_and_its_run_says_so(kernel, folder):
    content = model_bytes(b"stream", b"a" * 200_000)
    changed = ModelBytes(
        digest=content.digest,
        stream=content.stream,
        buffers=(memoryview(b"b" * 200_000),),
        blob_digests=content.blob_digests,
        size_bytes=content.size_bytes,
    )
    saved = train_with_model(kernel, changed)
    found = kernel.store.get_run(saved.id)
    assert not found.model.stored
    assert "changed while it was stored" in found.capture_notes[0]
    with pytest.raises(UsageError, match="not stored"):
        kernel.store.read_model(saved.id)
    assert [path for path in (folder / "blobs").rglob("*") if path.is_file()] == []
    assert errors(kernel.store.doctor(full=True)) == []


def test_a_digest_that_is_none_never_becomes_a_path(folder):
    for digest in ("b3:../../etc/passwd", "b3:" + "A" * 64, "sha256:" + "0" * 64, ""):
        with pytest.raises(BlobCorrupt):
            blob_file(folder, digest, "raw")


def test_no_symlink_is_followed_when_a_blob_is_written_or_read(kernel, folder, tmp_path):
    data = noise(200_000)
    target = tmp_path / "target"
    target.write_bytes(data)
    file = blob_file(folder, blob_digest(data), "raw")
    file.parent.mkdir()
    file.symlink_to(target)
    write_files(folder, [(blob_digest(data), [data])])
    assert not file.is_symlink()
    assert file.read_bytes() == data
    with pytest.raises(CaptureError):
        write_files(folder, [(blob_digest(b"x"), [b"y"])])


def test_a_model_of_an_unknown_run_is_unknown(store):
    with pytest.raises(UnknownRun):
        store.read_model(new_id())
    with pytest.raises(UnknownRun):
        store.points(new_id(), "loss")


def test_another_program_that_holds_sqlites_lock_makes_us_busy_not_corrupt(folder, new_kernel):
    with Store.open(folder, create=True, deadline_seconds=0.2) as store:
        kernel = new_kernel(store)
        other = sqlite3.connect(folder / "lineage.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="another program"):
            kernel.train()
        other.execute("ROLLBACK")
        other.close()
        assert kernel.train().label == "SVC-1"
        kernel.log.end()


def test_the_doctor_is_content_with_a_sound_store_and_warns_of_an_old_sqlite_only(kernel):
    train_with_model(kernel, model_bytes())
    for full in (False, True):
        assert [one for one in kernel.store.doctor(full=full) if not one.subject.startswith("SQLite ")] == []


def test_the_doctor_names_orphans_leftovers_open_modes_and_a_changed_schema(kernel, folder):
    train_with_model(kernel, model_bytes(b"x" * 200_000))
    loose = folder / "blobs" / "a" / ("c" * 63)
    loose.parent.mkdir(exist_ok=True)
    loose.write_bytes(b"loose")
    left = folder / "blobs" / "a" / ".77-ff.tmp"
    left.write_bytes(b"half")
    for path in (loose, left):
        os.utime(path, (1, 1))
    alter(folder, "INSERT INTO blobs VALUES ('b3:none', 3, 'raw', 3, x'616263', NULL, 0)")
    alter(folder, "DROP INDEX runs_by_start")
    alter(folder, "CREATE TABLE foreign_table (x)")
    alter(folder, "DELETE FROM sources")
    folder.chmod(0o755)
    told = {(one.severity, one.subject): one.message for one in kernel.store.doctor()}
    assert "2 blobs (8 bytes)" in told["warning", "blobs"]
    assert ("warning", "blobs/a/.77-ff.tmp") in told
    assert "missing" in told["error", "runs_by_start"]
    assert "not nbtrack's" in told["warning", "foreign_table"]
    assert "sources" in told["error", "executions"]
    assert "other users" in told["warning", str(folder)]


def test_a_network_file_system_is_recognised_by_its_mount(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "rootfs / ext4 rw 0 0\n"
        f"server:/home {tmp_path} nfs4 rw 0 0\n"
        f"/dev/sdb {tmp_path}/local\\040disk ext4 rw 0 0\n"
    )
    assert is_on_network(tmp_path / "project" / ".nbtrack", mounts)
    assert not is_on_network(tmp_path / "local disk" / ".nbtrack", mounts)
    assert not is_on_network(Path("/usr"), mounts)
    assert not is_on_network(tmp_path, tmp_path / "none")


def test_a_store_on_a_network_file_system_has_no_write_ahead_log(folder, new_kernel, monkeypatch):
    monkeypatch.setattr("nbtrack.store.network.is_on_network", lambda _: True)
    with Store.open(folder, create=True) as store:
        kernel = new_kernel(store)
        kernel.train()
        kernel.log.end()
        assert len(store.find_runs()) == 1
        assert not (folder / "lineage.db-wal").exists()
