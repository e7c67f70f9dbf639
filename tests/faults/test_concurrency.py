"""Many at once: processes that open, kernels that train, workers, readers that stay."""

import os
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

from nbtrack.records import State
from nbtrack.store import Store

LONG = int(os.environ.get("NBTRACK_KILLS", "0")) >= 100
OPENERS = 16
KERNELS, CELLS = (8, 100) if LONG else (8, 5)


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
