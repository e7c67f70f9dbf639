"""Models as the store keeps them: cut, compressed where it pays, mapped, verified."""

import mmap
import random
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from nbtrack.digests import digest_bytes, recognised_digest, split
from nbtrack.errors import BlobCorrupt, StoreError
from nbtrack.observe.models import deserialize, serialize
from nbtrack.records import ModelBytes
from nbtrack.store import Store, encoding, mapping, packing
from nbtrack.store.blobs import blob_file, blob_files, write_packed
from nbtrack.store.garbage import collect_garbage
from nbtrack.store.stored_models import read_segments

MEGABYTE = 1 << 20


def noise(count, seed=0):
    return random.Random(seed).randbytes(count)


def words(count):
    """Bytes that shrink well."""
    rng = random.Random(0)
    return " ".join(rng.choice(["tree", "leaf", "node", "root"]) for _ in range(count // 4)).encode()[:count]


def model_of(*segments):
    digests = tuple(map(recognised_digest, split(segments)))
    sizes = "\n".join(str(len(one)) for one in segments)
    return ModelBytes(
        digest=digest_bytes((sizes + "\n".join(digests)).encode()),
        stream=segments[0],
        buffers=tuple(map(memoryview, segments[1:])),
        blob_digests=digests,
        size_bytes=sum(map(len, segments)),
    )


def train(kernel, model):
    run = kernel.run(kernel.execution())
    (saved,) = kernel.save(run, models={run.id: model})
    assert saved.model.stored, saved.capture_notes
    return saved


def read(kernel, run):
    stream, buffers = kernel.store.read_model(run.id)
    return [bytes(one) for one in (stream, *buffers)]


def on_disk(folder):
    return {path.name: path.stat().st_size for path in (folder / "blobs").glob("?/*")}


CASES = {
    "large, in several files": (b"stream", noise(10 * MEGABYTE + 17)),
    "large, whose end is small enough for a row": (b"stream", noise(8 * MEGABYTE + 1000)),
    "a large stream": (noise(9 * MEGABYTE), b"x" * 10),
    "many of all sizes": (
        b"s",
        *(noise(size, size) for size in (0, 1, 63, 70_000, 200_000, MEGABYTE, 0, 5_000)),
    ),
    "more middling ones than get blobs of their own": (b"s", *(noise(140_000, seed) for seed in range(80))),
    "what shrinks": (words(300_000), words(6 * MEGABYTE)),
    "what shrinks in part": (words(2_000), noise(4 * MEGABYTE) + words(4 * MEGABYTE) + noise(MEGABYTE)),
    "empty": (b"", b""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_model_comes_back_whole(kernel, name):
    run = train(kernel, model_of(*CASES[name]))
    assert read(kernel, run) == list(CASES[name])
    assert [one for one in kernel.store.doctor(full=True) if one.severity == "error"] == []


def test_a_large_buffer_is_one_stretch_of_memory_mapped_from_its_files(kernel, monkeypatch):
    data = noise(9 * MEGABYTE)
    run = train(kernel, model_of(b"stream", data))
    # What is laid over the memory need not be read into it.
    monkeypatch.setattr(
        "nbtrack.store.blobs._decoded",
        lambda _, blob, __: pytest.fail("read") if blob.size > 9 else b"stream",
    )
    _, (buffer,) = kernel.store.read_model(run.id)
    assert isinstance(buffer, mmap.mmap)
    assert bytes(buffer) == data
    buffer[5 * MEGABYTE] = (
        data[5 * MEGABYTE] ^ 1
    )  # what is loaded can be trained further, and the store does not change
    monkeypatch.undo()
    assert read(kernel, run)[1] == data


def test_where_files_cannot_be_laid_over_memory_they_are_read(kernel, monkeypatch):
    data = noise(9 * MEGABYTE)
    run = train(kernel, model_of(b"stream", data))
    monkeypatch.setattr(mapping, "_system_call", lambda: None)
    assert read(kernel, run)[1] == data


def test_one_changed_part_of_a_large_array_costs_that_part(kernel, folder):
    data = bytearray(noise(20 * MEGABYTE))
    train(kernel, model_of(b"stream", bytes(data)))
    before = on_disk(folder)
    data[7 * MEGABYTE] ^= 1
    run = train(kernel, model_of(b"stream", bytes(data)))
    new = {name: size for name, size in on_disk(folder).items() if name not in before}
    assert list(new.values()) == [4 * MEGABYTE]
    assert read(kernel, run)[1] == data


def test_what_shrinks_is_compressed_and_what_does_not_stays_as_it_is(kernel, folder):
    tree, weights = words(2 * MEGABYTE), noise(2 * MEGABYTE)
    model = model_of(b"stream", tree, weights)
    run = train(kernel, model)
    _, small, large = (blob_files(folder, digest) for digest in model.blob_digests)
    assert [file.exists() for file in small] == [True, False]  # the cell does not wait for that
    would = collect_garbage(kernel.store, dry_run=True)
    assert (would.compressed, would.saved_bytes) == (1, len(tree))
    assert small[0].exists()
    done = collect_garbage(kernel.store)
    assert [file.exists() for file in small] == [False, True]
    assert (done.compressed, done.saved_bytes) == (1, len(tree) - small[1].stat().st_size)
    assert collect_garbage(kernel.store).compressed == 0
    assert read(kernel, run) == [b"stream", tree, weights]
    assert [one for one in kernel.store.doctor(full=True) if not one.subject.startswith("SQLite ")] == []
    assert [file.exists() for file in large] == [True, False]
    assert small[1].stat().st_size < len(tree) / 2
    assert large[0].read_bytes() == weights
    assert kernel.store.get_run("last").model.size_bytes == len(tree) + len(weights) + 6


def test_a_model_is_read_while_its_files_are_compressed_and_stored_again_afterwards(kernel, folder):
    tree = words(2 * MEGABYTE)
    run = train(kernel, model_of(b"stream", tree))
    with kernel.store.view() as connection:
        connection.execute("SELECT COUNT(*) FROM blobs").fetchone()  # its rows are those of before
        collect_garbage(Store.open(folder))
        assert bytes(read_segments(connection, folder, run.model.digest, "it")[1]) == tree
    again = train(kernel, model_of(b"stream", tree))
    assert read(kernel, again) == [b"stream", tree]
    assert len(on_disk(folder)) == 1


@pytest.mark.parametrize("step", ["written", "recorded"])
def test_a_compression_that_was_killed_is_finished_by_the_next(kernel, folder, monkeypatch, step):
    tree = words(2 * MEGABYTE)
    run = train(kernel, model_of(b"stream", tree))

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if step == "written":
            patched.setattr(packing, "write_packed", lambda *given: (write_packed(*given), die()))
        else:
            patched.setattr(packing, "_drop_plain", die)
        with pytest.raises(KeyboardInterrupt):
            collect_garbage(kernel.store)
    assert read(kernel, run) == [b"stream", tree]
    assert len(on_disk(folder)) == 2
    collect_garbage(kernel.store)
    (left,) = on_disk(folder)
    assert left.endswith(".zst")
    assert read(kernel, run) == [b"stream", tree]


def test_compressing_stops_when_there_is_no_time_left_and_goes_on_where_it_stopped(kernel, folder):
    trees = [words(300_000 + place) for place in range(5)]
    runs = [train(kernel, model_of(b"stream", tree)) for tree in trees]
    times = iter([True, True, False, False, False, False])
    done = packing.compress_files(kernel.store, going_on=lambda: next(times))
    assert done.files == 2
    assert sorted(name.endswith(".zst") for name in on_disk(folder)) == [False] * 3 + [True] * 2
    assert packing.compress_files(kernel.store, going_on=lambda: True).files == 3
    assert [read(kernel, run)[1] for run in runs] == trees


def test_what_would_not_shrink_is_looked_at_once(kernel, monkeypatch):
    weights = noise(2 * MEGABYTE)
    run = train(kernel, model_of(b"stream", weights))
    looked = []
    shrinks = packing.shrinks
    monkeypatch.setattr(packing, "shrinks", lambda *given: looked.append(given) or shrinks(*given))
    for _ in range(3):
        assert packing.compress_files(kernel.store, going_on=lambda: True).files == 0
    assert len(looked) == 1
    assert read(kernel, run) == [b"stream", weights]


def test_a_large_file_that_would_fill_memory_is_left_to_garbage_collection(kernel, monkeypatch):
    monkeypatch.setattr(packing, "_MOST_BYTES", MEGABYTE)
    train(kernel, model_of(b"stream", words(2 * MEGABYTE)))
    assert packing.compress_files(kernel.store, going_on=lambda: True).files == 0
    assert collect_garbage(kernel.store).compressed == 1


def test_several_processes_compress_one_store_while_models_are_saved_and_read(kernel, folder):
    program = (
        "import sys; from pathlib import Path; from nbtrack.store import Store; "
        "from nbtrack.store.packing import compress_files\n"
        "store = Store.open(Path(sys.argv[1]))\n"
        "while not Path(sys.argv[2]).exists(): compress_files(store, going_on=lambda: True)"
    )
    end = folder.parent / "end"
    packers = [subprocess.Popen([sys.executable, "-c", program, folder, end]) for _ in range(2)]
    models = [model_of(b"stream", words(300_000 + place % 7), noise(200_000 + place)) for place in range(40)]
    runs = []
    for place, model in enumerate(models):
        runs.append(train(kernel, model))
        assert read(kernel, runs[place // 2])[1] == bytes(models[place // 2].buffers[0])
    end.touch()
    assert [packer.wait(60) for packer in packers] == [0, 0]
    packing.compress_files(kernel.store)
    for run, model in zip(runs, models, strict=True):
        assert read(kernel, run)[1:] == [bytes(buffer) for buffer in model.buffers]
    assert sum(name.endswith(".zst") for name in on_disk(folder)) == 7
    assert len(on_disk(folder)) == 47
    assert [one for one in kernel.store.doctor(full=True) if not one.subject.startswith("SQLite ")] == []


def test_small_bytes_that_shrink_are_compressed_in_their_row(kernel):
    train(kernel, model_of(words(50_000)))
    with kernel.store.view() as connection:
        row = connection.execute("SELECT size, encoding, stored, LENGTH(data) FROM blobs").fetchone()
    assert row[0] == 50_000
    assert row[1] == "zstd"
    assert row[2] == row[3] < 25_000


@pytest.mark.parametrize("how", ["cut", "changed", "another frame", "longer than said"])
def test_a_damaged_compressed_blob_is_refused(kernel, folder, how):
    tree = words(2 * MEGABYTE)
    model = model_of(b"stream", tree)
    run = train(kernel, model)
    collect_garbage(kernel.store)
    file = blob_file(folder, model.blob_digests[1], "zstd")
    data = bytearray(file.read_bytes())
    file.chmod(0o600)
    if how == "cut":
        del data[-100:]
    elif how == "changed":
        data[len(data) // 2] ^= 1
    else:
        _, data = encoding.encoded(
            tree[: -10 if how == "another frame" else None] + (b"" if how == "another frame" else tree)
        )
    file.write_bytes(data)
    with pytest.raises(BlobCorrupt, match=f"the model of {run.label}") as raised:
        kernel.store.read_model(run.id)
    assert raised.value.digest == model.blob_digests[1]


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("how", ["changed", "missing", "cut"])
def test_a_damaged_part_of_a_large_array_is_refused_and_named(kernel, folder, part, how):
    model = model_of(b"stream", noise(10 * MEGABYTE))
    run = train(kernel, model)
    file = blob_file(folder, model.blob_digests[1 + part], "raw")
    file.chmod(0o600)
    if how == "missing":
        file.unlink()
    else:
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data if how == "changed" else data[:-1])
    with pytest.raises(BlobCorrupt, match=run.label) as raised:
        kernel.store.read_model(run.id)
    assert raised.value.digest == model.blob_digests[1 + part]


def test_without_zstandard_models_are_kept_as_they_are_and_compressed_ones_say_what_is_missing(
    kernel, monkeypatch
):
    before = train(kernel, model_of(words(300_000)))
    collect_garbage(kernel.store)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    after = train(kernel, model_of(words(300_001)))
    assert collect_garbage(kernel.store).compressed == 0
    assert read(kernel, after) == [words(300_001)]
    with pytest.raises(StoreError, match="pip install zstandard"):
        kernel.store.read_model(before.id)


def test_an_encoding_of_a_newer_nbtrack_is_refused_in_words(kernel):
    run = train(kernel, model_of(noise(300_000)))
    with kernel.store.writing() as connection:
        connection.execute("UPDATE blobs SET encoding = 'lz9'")
    with pytest.raises(BlobCorrupt, match="lz9"):
        kernel.store.read_model(run.id)


def test_storing_a_large_model_copies_a_small_part_of_it_at_a_time(kernel):
    model = {place: np.random.default_rng(place).random(1 << 20) for place in range(12)}
    train(
        kernel, serialize({"small": np.zeros(10)})
    )  # what is imported for the first time is not the model's
    tracemalloc.start()
    try:
        train(kernel, serialize(model))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6


def test_a_forest_is_stored_without_being_copied_into_the_stream(kernel):
    rng = np.random.default_rng(0)
    forest = RandomForestRegressor(n_estimators=40, random_state=0).fit(
        rng.random((3000, 4)), rng.random(3000)
    )
    packed = serialize(forest)
    assert packed.size_bytes > 8e6
    assert len(packed.stream) < 3e6
    run = train(kernel, packed)
    stream, buffers = kernel.store.read_model(run.id)
    again = deserialize(stream, buffers)
    asked = rng.random((50, 4))
    assert np.array_equal(again.predict(asked), forest.predict(asked))


def test_a_model_is_stored_also_while_the_interpreter_ends(folder):
    program = """
    import atexit, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from conftest import Kernel
    from test_stored_models import model_of, noise
    from nbtrack.store import Store

    store = Store.open(Path(sys.argv[1]), create=True)
    kernel = Kernel(store)

    def save():
        model = model_of(b"stream", noise(20 << 20))
        run = kernel.run(kernel.execution())
        (saved,) = kernel.save(run, models={run.id: model})
        print(saved.model.stored, saved.capture_notes)
        kernel.log.end()

    atexit.register(save)
    """
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), folder, here],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True ()\n", done.stderr


def test_where_there_are_no_threads_left_files_are_written_one_by_one(kernel, monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    run = train(kernel, model_of(b"stream", noise(20 * MEGABYTE)))
    assert read(kernel, run)[1] == noise(20 * MEGABYTE)
