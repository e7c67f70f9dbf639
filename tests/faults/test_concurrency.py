"""Many at once: processes that open, kernels that train, workers, readers that stay."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest
import together
from account import lost, sound, understood
from writer import Writer

from nbtrack.errors import StoreBusy
from nbtrack.records import State
from nbtrack.store import Store, recovery

LONG = int(os.environ.get("NBTRACK_KILLS", "0")) >= 100
OPENERS = 16
KERNELS, CELLS = (8, 100) if LONG else (8, 5)
STOPS = 100 if LONG else 10


@pytest.fixture(scope="module")
def processes():
    """Forks a process that has imported what it needs."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["together", "writer", "notebook", "numpy", "sklearn.tree"])
    return context


@pytest.fixture
def begin(processes):
    """Start a process; gives it and the end of the pipe that it speaks into."""
    started = []

    def start(what, *words):
        here, there = processes.Pipe(duplex=False)
        process = processes.Process(target=what, args=(there, *words))
        process.start()
        there.close()
        started.append(process)
        return process, here

    yield start
    for process in started:
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()


def all_said(begun):
    """What a process says until it ends, and that it ended well."""
    process, here = begun
    said = b""
    while part := os.read(here.fileno(), 1 << 16):
        said += part
    process.join()
    assert process.exitcode == 0, said.decode()
    return understood(said)


def errors(store):
    return [one.message for one in store.doctor(full=True) if one.severity == "error"]


def test_processes_that_open_a_new_store_at_once_all_write_to_it(processes, begin, tmp_path, tally):
    for number in range(3):
        folder = tmp_path / str(number) / ".nbtrack"
        barrier = processes.Barrier(OPENERS)
        begun = [begin(together.open_anew, barrier, folder, each * 100) for each in range(OPENERS)]
        said = [each for one in begun for each in all_said(one)]
        with Store.open(folder) as store:
            assert sorted(run.label for run in store.find_runs()) == sorted(
                f"Net-{i + 1}" for i in range(OPENERS)
            )
            assert lost(store, said) + sound(store) == []
        tally["openings"] += OPENERS


def test_kernels_train_at_once_while_others_read(begin, tmp_path, tally):
    folder = tmp_path / ".nbtrack"
    begun = [begin(together.be_a_kernel, tmp_path, kernel, CELLS) for kernel in range(1, KERNELS + 1)]
    stop, wrong, looks = threading.Event(), [], []

    def read():
        while not stop.is_set():
            if (folder / "lineage.db").exists():
                try:
                    with Store.open(folder, passive=True) as store:
                        runs = store.find_runs()
                        wrong.extend(
                            run.label for run in runs if run.state is not State.COMPLETE or run.capture_notes
                        )
                        looks.append(len(runs))
                except Exception as error:
                    if "being made at this moment" not in str(error):
                        wrong.append(repr(error))
            time.sleep(0.01)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for each in readers:
        each.start()
    said = [each["depth"] for one in begun for each in all_said(one)]
    stop.set()
    for each in readers:
        each.join()
    assert wrong == []
    with Store.open(folder) as store:
        runs = store.find_runs()
        depths = sorted(param.value for run in runs for param in run.params if param.name == "max_depth")
        assert depths == sorted(said)
        assert len(said) == KERNELS * CELLS
        assert len({run.label for run in runs}) == len(runs)
        for run in runs:
            assert store.read_model(run.id)[0]
        assert errors(store) == []
    tally["captures"] += len(said)
    tally["looks"] += len(looks)


def until(here, word):
    """What a process says up to a line with this word."""
    said = b""
    while word not in said or not said.endswith(b"\n"):
        part = os.read(here.fileno(), 1 << 16)
        assert part, said.decode()
        said += part
    return said.decode()


def stopped(process):
    """Wait until a process stands still."""
    stat = Path(f"/proc/{process.pid}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform != "linux", reason="whether a process stands still is asked of /proc")
def test_a_process_that_is_stopped_with_the_lock_is_named_and_what_others_made_is_written_later(
    begin, tmp_path, tally
):
    folder = tmp_path / ".nbtrack"
    process, here = begin(together.stop_in_a_transaction, folder)
    (run_id,) = (each["id"] for each in understood(until(here, b"stopping")))
    stopped(process)
    kernel, told = begin(together.be_a_kernel, tmp_path, 1, 3)
    said = until(told, b"trained")
    assert f"process {process.pid}" in said
    assert "not saved yet" in said
    with Store.open(folder, deadline_seconds=0.1) as store:
        assert store.get_run(run_id).state is State.RUNNING  # reading waits for nobody, and it lives
        with pytest.raises(StoreBusy, match=f"process {process.pid}"):
            store.update_run(run_id, note="mine")
        assert len(recovery.spooled(folder)) == 1
        os.kill(process.pid, signal.SIGCONT)
        until(here, b"went on")
        assert understood(said + "".join(all_parts(kernel, told)))[-1] == {"did": "trained", "depth": 10_003}
        assert recovery.spooled(folder) == {}  # its own kernel wrote it
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        runs = {run.id: run for run in store.find_runs()}
        assert runs.pop(run_id).state is State.CANCELED
        assert {run.state for run in runs.values()} == {State.COMPLETE}
        assert sorted(run.params[0].value for run in runs.values()) == [10_001, 10_002, 10_003]
        assert all(store.read_model(run)[0] for run in runs)
        assert errors(store) == []
    tally["stopped"] += 1


def all_parts(process, here):
    while part := os.read(here.fileno(), 1 << 16):
        yield part.decode()
    process.join()
    assert process.exitcode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_a_process_that_is_stopped_at_any_moment_keeps_nobody_from_reading_and_goes_on(
    begin, tmp_path, tally
):
    folder = tmp_path / ".nbtrack"
    chance, mine = random.Random(5), Writer(folder, 1_000_000, deadline_seconds=0.1)
    process, here = begin(together.write_for_ever, folder, 0)
    said = understood(until(here, b"run"))
    for _ in range(STOPS):
        time.sleep(chance.uniform(0, 0.05))
        os.kill(process.pid, signal.SIGSTOP)
        stopped(process)
        runs = len(mine.store.find_runs())
        busy = saved_or_busy(mine, said)
        assert len(mine.store.find_runs()) == runs + (busy is None)
        assert busy is None or f"process {process.pid}" in busy
        tally["with the lock"] += busy is not None
        os.kill(process.pid, signal.SIGCONT)
        said += understood(until(here, b"run"))
        tally["stopped"] += 1
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert lost(mine.store, said) + sound(mine.store) == []
    mine.log.end()
    mine.store.close()


def saved_or_busy(writer, said):
    """Save a run; what is said where the store was locked."""
    try:
        said.append({"did": "run", "id": writer.capture().id, "stored": True})
    except StoreBusy as error:
        return str(error)


@pytest.mark.parametrize("how", together.MOVES)
def test_a_store_that_is_moved_under_a_live_kernel_costs_a_message_and_what_it_made_is_kept(
    begin, tmp_path, tally, how
):
    said = "".join(all_parts(*begin(together.lose_the_store, tmp_path, how)))
    moved = how != "away and back"
    assert said.count("was deleted, renamed or replaced while it was open") == moved, said
    assert "Traceback" not in said
    assert depths(tmp_path / ".nbtrack") == ({2, 3} if moved else {1, 2, 3})
    if (tmp_path / "elsewhere").exists():
        assert depths(tmp_path / "elsewhere") == {1}
    tally["moved"] += 1


def depths(folder):
    with Store.open(folder) as store:
        assert errors(store) == []
        runs = store.find_runs()
        assert {run.state for run in runs} == {State.COMPLETE}
        assert all(store.read_model(run.id)[0] for run in runs)
        return {param.value for run in runs for param in run.params if param.name == "max_depth"}


def test_a_reader_that_never_ends_stops_nobody_and_the_log_is_cut_once_it_does(tmp_path):
    folder = tmp_path / ".nbtrack"
    writer = Writer(folder, 0)
    writer.capture()
    with closing(sqlite3.connect(folder / "lineage.db")) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM runs").fetchone() == (1,)
        log = folder / "lineage.db-wal"
        while log.stat().st_size < 9_000_000:
            for _ in range(10):
                run = writer.capture()
            writer.store.update_run(run.id, note="x" * 900_000)
        assert reader.execute("SELECT COUNT(*) FROM runs").fetchone() == (1,)  # its own moment
        reader.execute("ROLLBACK")
        for _ in range(3):
            writer.capture()
        assert log.stat().st_size < 6_000_000
    assert sound(writer.store) == []
    writer.log.end()
    writer.store.close()


@pytest.fixture
def cells(tmp_path):
    """Run cells in a watched shell of a process of its own, and give what it says."""

    def run(*cells, setup=""):
        program = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            f"from watched_cells import Notebook\nnotebook = Notebook()\n{setup}\n"
            + "".join(f"notebook.run({cell!r})\n" for cell in cells)
            + "notebook.close()\n"
        )
        file = tmp_path / "program.py"
        file.write_text(f"if __name__ == '__main__':\n    {program.replace(chr(10), chr(10) + '    ')}")
        environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
        done = subprocess.run(
            [sys.executable, file, Path(__file__).parent],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done.stdout

    return run


def stored(folder):
    with Store.open(folder / ".nbtrack") as store:
        assert errors(store) == []
        return [store.get_run(run.id) for run in store.find_runs()]


WORKERS = {
    "fork": (
        "import multiprocessing\n"
        "def fit(depth):\n    return DecisionTreeClassifier(max_depth=depth).fit(X, y).predict(X).tolist()\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n    found = pool.map(fit, [1, 2, 3])\n"
        "assert found == [[0, 1, 1]] * 3, found"
    ),
    "loky": (
        "from joblib import Parallel, delayed\n"
        "def fit(depth):\n    return DecisionTreeClassifier(max_depth=depth).fit(X, y).predict(X).tolist()\n"
        "found = Parallel(n_jobs=2)(delayed(fit)(depth) for depth in (1, 2, 3))\n"
        "assert found == [[0, 1, 1]] * 3, found"
    ),
    "DataLoader": (
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "data = TensorDataset(torch.arange(8.0)[:, None], torch.arange(8.0)[:, None])\n"
        "loader = DataLoader(data, batch_size=4, num_workers=2)\n"
        "net = torch.nn.Linear(1, 1)\noptimizer = torch.optim.SGD(net.parameters(), lr=0.001)\nseen = 0\n"
        "for epoch in range(2):\n    for inputs, targets in loader:\n        optimizer.zero_grad()\n"
        "        loss = ((net(inputs) - targets) ** 2).mean()\n        loss.backward()\n        optimizer.step()\n"
        "        seen += len(inputs)\nassert seen == 16, seen"
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def fit(depth):\n    return DecisionTreeClassifier(max_depth=depth).fit(X, y).predict(X).tolist()\n"
        "with ThreadPoolExecutor(4) as pool:\n    found = list(pool.map(fit, range(1, 9)))\n"
        "assert found == [[0, 1, 1]] * 8, found"
    ),
}


@pytest.mark.kernel
@pytest.mark.parametrize("kind", WORKERS)
def test_cells_with_workers_are_what_they_were_and_the_session_goes_on(cells, tmp_path, tally, kind):
    before = "first = DecisionTreeClassifier(max_depth=101).fit(X, y)"
    after = "last = DecisionTreeClassifier(max_depth=102).fit(X, y)"
    cells(before, WORKERS[kind], after)
    runs = stored(tmp_path)
    assert {run.state for run in runs} == {State.COMPLETE}
    depths = [param.value for run in runs for param in run.params if param.name == "max_depth"]
    assert {101, 102} <= set(depths)
    # Each training once at most: what a worker did in its own process is not there twice, nor as another's.
    assert len(depths) == len(set(depths))
    assert len({run.execution.session_id for run in runs}) == 1
    tally["workers"] += 1
