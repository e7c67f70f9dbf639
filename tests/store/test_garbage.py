"""Removal and garbage collection: what goes, what stays, and that a kernel beside them loses nothing."""

import os
import random
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing

import pytest

from nbtrack.digests import digest_bytes, recognised_digest, split
from nbtrack.errors import StoreUnwritable, UnknownRun, UsageError
from nbtrack.records import Attachment, Export, ModelBytes
from nbtrack.store import Store, registry, roots
from nbtrack.store.blobs import blob_file
from nbtrack.store.garbage import collect_garbage
from nbtrack.store.removal import remove_runs, tombstones

HOUR = 3600.0


def noise(count, seed=0):
    return random.Random(seed).randbytes(count)


def model_of(*segments):
    digests = tuple(map(recognised_digest, split(segments)))
    return ModelBytes(
        digest=digest_bytes("\n".join(digests).encode()),
        stream=segments[0],
        buffers=tuple(map(memoryview, segments[1:])),
        blob_digests=digests,
        size_bytes=sum(map(len, segments)),
    )


def train(kernel, model, **capture):
    run = kernel.run(kernel.execution())
    (saved,) = kernel.save(run, models={run.id: model}, **capture)
    return saved


def files(folder):
    return {path for path in (folder / "blobs").glob("?/*") if path.is_file()}


def ask(folder, sql):
    with closing(sqlite3.connect(folder / "lineage.db")) as connection:
        return connection.execute(sql).fetchall()


def sound(store):
    return [one.message for one in store.doctor(full=True) if not one.subject.startswith("SQLite ")] == []


def test_a_removed_run_leaves_a_tombstone_and_its_bytes_go_after_the_grace_period(kernel, folder):
    store, model = kernel.store, model_of(b"stream", noise(300_000))
    run = train(kernel, model)
    (stone,) = remove_runs(store, [run.label])
    assert (stone.run_id, stone.label, stone.experiment) == (run.id, run.label, "churn")
    assert stone.blobs == model.blob_digests
    assert stone.model == model.digest
    assert stone.datasets == ("b3:train",)
    assert "@" in stone.removed_by
    assert stone.freed_bytes == 300_006
    assert tombstones(store)[0].run_id == run.id
    with pytest.raises(UnknownRun):
        store.get_run(run.id)
    started = time.time()
    first = collect_garbage(store, now=started)
    assert first.freed == ()
    assert {one.name for one in first.waiting} == set(model.blob_digests)
    assert {label for one in first.waiting for label in one.runs} == {run.label}
    assert len(files(folder)) == 1
    assert collect_garbage(store, now=started + HOUR - 1).freed == ()
    second = collect_garbage(store, now=started + HOUR)
    assert {one.name for one in second.freed} == set(model.blob_digests)
    assert files(folder) == set()
    for table in ("blobs", "models", "model_blobs", "runs", "run_datasets", "metrics"):
        assert ask(folder, f"SELECT COUNT(*) FROM {table}") == [(0,)]
    assert sound(store)


def test_a_dry_run_says_what_would_go_and_changes_nothing(kernel, folder):
    run = train(kernel, model_of(b"stream", noise(300_000)))
    remove_runs(kernel.store, [run.id])
    before = ask(folder, "SELECT * FROM blobs")
    told = collect_garbage(kernel.store, dry_run=True, grace_seconds=0)
    assert sum(one.size_bytes for one in told.freed) == 300_006
    assert {one.runs for one in told.freed} == {(run.label,)}
    assert ask(folder, "SELECT * FROM blobs") == before
    assert len(files(folder)) == 1
    assert collect_garbage(kernel.store, dry_run=True).freed == ()


def test_bytes_that_another_run_shares_stay(kernel, folder):
    shared, own = noise(300_000, 1), noise(300_000, 2)
    first, second = train(kernel, model_of(b"one", shared, own)), train(kernel, model_of(b"two", shared))
    remove_runs(kernel.store, [first.label])
    collect_garbage(kernel.store, grace_seconds=0)
    stream, buffers = kernel.store.read_model(second.id)
    assert bytes(stream) == b"two"
    assert bytes(buffers[0]) == shared
    assert files(folder) == {blob_file(folder, digest_bytes(shared), "raw")}
    assert sound(kernel.store)


def test_figures_and_kept_data_go_with_the_last_run_of_their_cell(kernel, folder):
    picture = noise(200_000)
    figure = Attachment(
        kind="figure",
        name="figure-1",
        media_type="image/png",
        digest=digest_bytes(picture),
        size_bytes=200_000,
    )
    execution = kernel.execution()
    one, two = kernel.save(kernel.run(execution), kernel.run(execution), attachments=((figure, picture),))
    remove_runs(kernel.store, [one.id])
    assert collect_garbage(kernel.store, grace_seconds=0).freed == ()
    assert kernel.store.attachments(two.id) == [figure]
    (stone,) = remove_runs(kernel.store, [two.id])
    assert stone.blobs == (figure.digest,)
    collect_garbage(kernel.store, grace_seconds=0)
    assert files(folder) == set()


def test_a_run_in_training_is_refused_and_nothing_goes(kernel):
    kept, training = kernel.train(), kernel.open()
    with pytest.raises(UsageError, match=rf"Nothing was removed: {training.label} is still being trained"):
        remove_runs(kernel.store, [kept.id, training.id])
    assert {run.id for run in kernel.store.find_runs()} == {kept.id, training.id}


def test_the_run_of_a_registered_version_and_one_that_was_exported_are_kept_with_their_bytes(kernel):
    versioned, exported = (train(kernel, model_of(b"stream", noise(150_000, seed))) for seed in range(2))
    registry.register(kernel.store, versioned.id, "churn")
    export = Export(
        run_id=exported.id, at=1.0, manifest="a" * 64, format="skops", safe=True, name="churn.zip"
    )
    registry.record_export(kernel.store, export, {})
    with pytest.raises(
        UsageError, match=f"{versioned.label} is churn:v1, and a registered version is never removed"
    ):
        remove_runs(kernel.store, [versioned.id])
    with pytest.raises(UsageError, match=f"{exported.label} was exported as churn.zip"):
        remove_runs(kernel.store, [exported.id])
    assert collect_garbage(kernel.store, grace_seconds=0).freed == ()
    assert len(kernel.store.find_runs()) == 2


def test_what_a_root_names_stays_without_its_run(kernel, monkeypatch):
    model = model_of(b"stream", noise(300_000))
    run = train(kernel, model)
    monkeypatch.setattr(roots, "BLOBS", (*roots.BLOBS, f"SELECT '{model.blob_digests[1]}'"))
    remove_runs(kernel.store, [run.id])
    freed = collect_garbage(kernel.store, grace_seconds=0).freed
    assert [one.name for one in freed] == [model.blob_digests[0]]


def test_a_label_is_not_given_again_and_late_numbers_of_a_removed_run_are_dropped(kernel):
    run = kernel.open()
    kernel.log.log(run.id, "loss", 1, 0.5, time.time())
    kernel.save(kernel.run(run.execution, id=run.id))
    kernel.log.log(run.id, "loss", 2, 0.25, time.time())
    remove_runs(kernel.store, [run.id])
    assert kernel.train().label == "SVC-2"
    assert len(kernel.store.find_runs()) == 1


def test_condemned_bytes_that_are_needed_again_are_pardoned_with_a_new_grace_period(kernel):
    model = model_of(b"stream", noise(300_000))
    remove_runs(kernel.store, [train(kernel, model).id])
    started = time.time()
    collect_garbage(kernel.store, now=started)
    again = train(kernel, model)
    assert collect_garbage(kernel.store, now=started + 2 * HOUR).freed == ()
    remove_runs(kernel.store, [again.id])
    assert collect_garbage(kernel.store, now=started + 2 * HOUR).freed == ()
    assert len(collect_garbage(kernel.store, now=started + 3 * HOUR).freed) == 2


def test_a_file_collected_between_a_kernels_look_and_its_transaction_is_written_again(
    kernel, folder, monkeypatch
):
    model = model_of(b"stream", noise(300_000), noise(5_000_000, 1))
    remove_runs(kernel.store, [train(kernel, model).id])
    begin = kernel.log._transaction

    def late(*args, **keywords):
        collect_garbage(kernel.store, grace_seconds=0)
        assert files(folder) == set()
        return begin(*args, **keywords)

    monkeypatch.setattr(kernel.log, "_transaction", late)
    run = train(kernel, model)
    monkeypatch.undo()
    assert [bytes(one) for one in kernel.store.read_model(run.id)[1]] == [bytes(one) for one in model.buffers]
    assert sound(kernel.store)


def test_collections_and_removals_beside_a_writing_kernel_lose_nothing(kernel, folder):
    models = [model_of(b"s%d" % place, noise(150_000, place % 3)) for place in range(5)]
    stop, failures = threading.Event(), []

    def collect():
        try:
            with Store.open(folder) as other:
                while not stop.is_set():
                    collect_garbage(other, grace_seconds=0)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=collect)
    thread.start()
    kept = []
    for count in range(60):
        run = train(kernel, models[count % 5])
        if count % 2:
            remove_runs(kernel.store, [run.id])
        else:
            kept.append((run, models[count % 5]))
    stop.set()
    thread.join()
    assert failures == []
    for run, model in kept:
        assert [bytes(one) for one in kernel.store.read_model(run.id)[1]] == [
            bytes(one) for one in model.buffers
        ]
    assert sound(kernel.store)


def test_a_collection_that_is_killed_leaves_a_sound_store(kernel, folder):
    runs = [train(kernel, model_of(b"%d" % place, noise(150_000, place))) for place in range(6)]
    remove_runs(kernel.store, [run.id for run in runs[:4]])
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from nbtrack.store import Store, garbage
        unlink = Path.unlink
        def dies(self, **keywords):
            unlink(self, **keywords)
            os.kill(os.getpid(), 9)
        Path.unlink = dies
        garbage.collect_garbage(Store.open(Path(sys.argv[1])), grace_seconds=0)
        """
    )
    assert subprocess.run([sys.executable, "-c", program, folder], check=False).returncode == -9
    assert len(files(folder)) == 5
    for run in runs[4:]:
        kernel.store.read_model(run.id)
    collect_garbage(kernel.store, grace_seconds=0, now=time.time() + 601)
    assert len(files(folder)) == 2
    assert sound(kernel.store)


def test_files_of_killed_writers_go_after_the_grace_period_and_files_of_others_never(kernel, folder):
    train(kernel, model_of(b"stream", noise(150_000)))
    half = folder / "blobs" / "a" / ".77-ff.tmp"
    loose = folder / "blobs" / "a" / ("c" * 63)
    foreign = folder / "blobs" / "a" / "notes.txt"
    half.parent.mkdir(exist_ok=True)
    for file in (half, loose, foreign):
        file.write_bytes(b"1234")
    assert collect_garbage(kernel.store).freed == ()
    for file in (half, loose, foreign):
        os.utime(file, (1, 1))
    freed = collect_garbage(kernel.store).freed
    assert {one.name for one in freed} == {"blobs/a/.77-ff.tmp", "b3:a" + "c" * 63}
    assert [half.exists(), loose.exists(), foreign.exists()] == [False, False, True]


def test_a_store_that_may_only_be_read_is_not_collected_but_a_dry_run_may(kernel, folder):
    remove_runs(kernel.store, [train(kernel, model_of(b"stream")).id])
    kernel.log.end()
    with Store.open(folder) as store:
        store._database.writable = False
        assert len(collect_garbage(store, dry_run=True, grace_seconds=0).freed) == 1
        with pytest.raises(StoreUnwritable):
            collect_garbage(store)
