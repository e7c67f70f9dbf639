"""How fast the store is: writing runs, finding them among many, metric points, several writers.

    python benchmarks/store/measure.py [--runs 10000 100000] [--folder DIR]

Prints medians with their spread (10th and 90th percentile); see README.md for what each line means.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from nbtrack.records import (
    Capture,
    Column,
    Content,
    Dataset,
    Environment,
    Execution,
    Metric,
    Model,
    Param,
    Run,
    Session,
    State,
    new_id,
)
from nbtrack.store import SessionLog, Store

MODELS = ["LogisticRegression", "RandomForestClassifier", "SVC", "GradientBoostingClassifier"]
SOURCE = "clf = make(C=C)\nclf.fit(X_train, y_train)\nprint(accuracy_score(y_test, clf.predict(X_test)))\n"
CONTENT = Content(
    digest="b3:" + "0" * 64,
    kind="pandas.DataFrame",
    shape=(455, 30),
    columns=tuple(Column(name=f"c{i}", dtype="float64", digest="b3:" + f"{i:064x}") for i in range(30)),
)
ENVIRONMENT = Environment(
    digest="b3:" + "1" * 64,
    python="3.11.7",
    platform="Linux",
    packages={f"package-{i}": "1.0" for i in range(100)},
)


class Writer:
    """Makes and saves runs of 20 params, of which 5 are chosen, and 10 metrics."""

    def __init__(self, store: Store, seed: int = 0) -> None:
        self.session = Session(
            id=new_id(), started_at=time.time(), pid=os.getpid(), host="h", boot_id="b", python="3.11.7"
        )
        self.log: SessionLog = store.begin_session(self.session)
        self.random = random.Random(seed)
        self.count = 0

    def run(self) -> Run:
        self.count += 1
        numbers = self.random
        model = numbers.choice(MODELS)
        execution = Execution(
            id=new_id(),
            session_id=self.session.id,
            sequence=self.count,
            execution_count=self.count,
            cell_id="7f1b2c3d",
            source=SOURCE,
            source_digest="b3:" + "2" * 64,
            started_at=time.time(),
            duration_seconds=0.1,
            state=State.COMPLETE,
            reads=("X_train", "y_train", "C"),
            writes=("clf",),
        )
        chosen = {
            "C": 10 ** numbers.uniform(-3, 3),
            "kernel": numbers.choice(["rbf", "linear", "poly"]),
            "degree": numbers.randrange(2, 6),
            "random_state": numbers.randrange(100),
            "shrinking": numbers.random() < 0.5,
        }
        params = [Param(name=name, value=value, origin="constructor") for name, value in chosen.items()]
        params += [Param(name=f"default_{i}", value=i / 4, origin="default") for i in range(15)]
        now = time.time()
        return Run(
            id=new_id(),
            label_stem=model,
            state=State.COMPLETE,
            experiment="churn",
            started_at=now,
            duration_seconds=0.05,
            capture_seconds=0.002,
            execution=execution,
            params=tuple(params),
            metrics=tuple(
                Metric(name=f"metric_{i}", value=numbers.random(), origin="call", dataset="X_test", at=now)
                for i in range(10)
            ),
            model=Model(class_name=model, module="sklearn", framework="sklearn", variable="clf"),
            datasets=(Dataset(name="X_train", role="train", content=CONTENT),),
            environment=ENVIRONMENT,
        )

    def save(self) -> None:
        run = self.run()
        self.log.save(Capture(execution=run.execution, runs=(run,)))

    def fill(self, count: int) -> None:
        """Many runs in few transactions: what they cost one by one is measured elsewhere."""
        while self.count < count:
            runs = [self.run() for _ in range(min(500, count - self.count))]
            executions = tuple(run.execution for run in runs)
            self.log.save(Capture(execution=executions[-1], earlier=executions[:-1], runs=tuple(runs)))


def spread(seconds: list[float], unit: float = 1e3, name: str = "ms") -> str:
    ordered = sorted(seconds)
    low, middle, high = (ordered[int(len(ordered) * part)] * unit for part in (0.1, 0.5, 0.9))
    return f"{middle:8.3f} {name}  ({low:.3f} to {high:.3f})"


def timed(action: Callable[[], object], times: int) -> Iterator[float]:
    for _ in range(times):
        begin = time.perf_counter()
        action()
        yield time.perf_counter() - begin


def execute(store: Store, sql: str) -> tuple[float, ...]:
    return store._database._connection.execute(sql).fetchone()  # noqa: SLF001 - what the store does not tell


def fsync_floor(folder: Path, times: int = 100) -> float:
    """What the disk takes to make one page durable: no commit can be faster."""
    with (folder / "floor").open("wb", buffering=0) as file:

        def append() -> None:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())

        return sorted(timed(append, times))[times // 2]


def measure_writing(folder: Path) -> None:
    floor = fsync_floor(folder)
    with Store.open(folder / "writing", create=True) as store:
        writer = Writer(store)
        writer.fill(1000)
        seconds = list(timed(writer.save, 300))
        print(f"save one run, durable              {spread(seconds)}")
        print(f"  one write and fsync of this disk {floor * 1e3:8.3f} ms")
        print(f"  its statements by bare sqlite3   {spread(replayed(folder))}")
        execute(store, "PRAGMA synchronous = OFF")
        print(f"  without waiting for the disk     {spread(list(timed(writer.save, 500)))}")
        run = writer.run()
        opened = replace(run, state=State.RUNNING, execution=replace(run.execution, state=State.RUNNING))
        writer.log.open_run(opened)
        measure_points(writer, opened.id, store)
        writer.log.end()


class Recording:
    """A connection that notes what it is asked to write."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.statements: list[tuple[str, tuple[object, ...]]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        self.statements.append((sql, (values,)))
        return self.connection.execute(sql, values)

    def executemany(self, sql: str, rows: list[tuple[object, ...]]) -> sqlite3.Cursor:
        self.statements.append((sql, tuple(rows)))
        return self.connection.executemany(sql, rows)


def replayed(folder: Path, runs: int = 500, warm_up: int = 200) -> list[float]:
    """What the transactions of saved runs take by themselves, in a store of the same beginning: the very statements.

    No lock, no digest, no seal is made, and no row: that is the floor of a durable run of this schema.
    """
    transactions = []
    for name in ("recorded", "replayed"):
        Store.open(folder / name, create=True).close()
    with Store.open(folder / "recorded") as store:
        database = store._database  # noqa: SLF001 - what the store does not tell
        writer = Writer(store)
        recording = database._connection = Recording(database._connection)  # noqa: SLF001 - as above
        for _ in range(runs):
            recording.statements = []
            writer.save()
            transactions.append(recording.statements)
        database._connection = recording.connection  # noqa: SLF001 - as above
        writer.log.end()
    with closing(sqlite3.connect(folder / "replayed" / "lineage.db", isolation_level=None)) as bare:
        for pragma in ("foreign_keys = ON", "synchronous = EXTRA", "wal_autocheckpoint = 0"):
            bare.execute(f"PRAGMA {pragma}")

        def replay(transaction: list[tuple[str, tuple[object, ...]]]) -> float:
            begin = time.perf_counter()
            for sql, rows in transaction:
                if len(rows) == 1:
                    bare.execute(sql, rows[0]).fetchall()
                else:
                    bare.executemany(sql, rows)
            return time.perf_counter() - begin

        return [replay(transaction) for transaction in transactions][warm_up:]


def measure_points(writer: Writer, run_id: str, store: Store) -> None:
    log, count, seconds = writer.log.log, 200_000, []
    clock, now = time.perf_counter_ns, time.time
    for step in range(count):
        begin = clock()
        log(run_id, "loss", step, 1 / (step + 1), now())
        seconds.append((clock() - begin) / 1e9)
    seconds.sort()
    print(
        f"log one point, safe from kill -9   {seconds[count // 2] * 1e6:8.3f} us  "
        f"(p99 {seconds[count * 99 // 100] * 1e6:.1f}, longest {seconds[-1] * 1e6:.0f})"
    )
    with Store.open(store.folder) as reader:
        begin = time.perf_counter()
        assert len(reader.points(run_id, "loss")) == count
        print(f"  read {count:,} points by another   {(time.perf_counter() - begin) * 1e3:8.1f} ms")
        log(run_id, "loss", count, 0.0, now())
        begin = time.perf_counter()
        assert [point.step for point in reader.points(run_id, "loss", start=count)] == [count]
        print(f"  one more, once it is asked for   {(time.perf_counter() - begin) * 1e3:8.1f} ms")
    size, points = execute(store, "SELECT SUM(length(data)), SUM(count) FROM points")
    print(f"  bytes per point                  {20:8d} in the journal, {size / points:.1f} in the database")


QUERIES = {
    "newest 50": {},
    "newest 50, model and metric": {"query": "model = SVC and metric_3 > 0.5"},
    "best 50 by a metric": {"order": "metric_0"},
    "best 50, filter on metric and param": {"query": "metric_1 > 0.5 and C < 1", "order": "metric_0"},
    "best 50, filter on model and text": {"query": "model = SVC and kernel = rbf", "order": "-metric_2"},
    "rare: metric_4 > 0.9999": {"query": "metric_4 > 0.9999", "order": "metric_0"},
    "rare: one value of a param": {
        "query": "random_state = 7 and degree = 3 and shrinking = true",
        "order": "metric_0",
    },
    "none: a combination that is rare": {"query": "metric_1 > 0.99 and metric_2 > 0.99 and metric_3 > 0.99"},
    "best:metric_0": None,
}


def measure_finding(folder: Path, counts: list[int]) -> None:
    with Store.open(folder / "finding", create=True) as store:
        writer = Writer(store)
        for count in counts:
            begin = time.perf_counter()
            before = writer.count
            writer.fill(count)
            each = (time.perf_counter() - begin) / max(1, count - before)
            execute(store, "PRAGMA wal_checkpoint(TRUNCATE)")
            size = (store.folder / "lineage.db").stat().st_size
            print(
                f"\n{count:,} runs: {size / count:,.0f} bytes a run; {each * 1e3:.2f} ms a run in transactions of 500"
            )
            for name, wanted in QUERIES.items():
                print(f"  {name:36s} {measure_query(store.folder, wanted)}", flush=True)
                if name == "newest 50":
                    print(
                        f"    its statements by bare sqlite3     {measure_bare_query(store.folder, wanted)}"
                    )
        writer.log.end()


def measure_query(folder: Path, wanted: dict[str, str] | None) -> str:
    first, again = [], []
    for _ in range(5):
        with Store.open(folder) as store:
            if wanted is None:
                ask = lambda: store.get_run("best:metric_0")  # noqa: E731
            else:
                ask = lambda: store.find_runs(limit=50, **wanted)  # noqa: E731
            first += timed(ask, 1)
            again += timed(ask, 5)
    return f"first {spread(first)}   again {spread(again)}"


def measure_bare_query(folder: Path, wanted: dict[str, str]) -> str:
    """What SQLite and the fetching of the rows take of a first answer: no store that answers with them is quicker."""
    statements: list[str] = []
    with Store.open(folder) as store:
        connection = store._database._connection  # noqa: SLF001 - what the store does not tell
        connection.set_trace_callback(statements.append)
        store.find_runs(limit=50, **wanted)
        connection.set_trace_callback(None)
    asked = [each for each in statements if each.lstrip().upper().startswith("SELECT")]
    first, again = [], []
    for _ in range(5):
        with closing(sqlite3.connect(folder / "lineage.db", cached_statements=256)) as bare:

            def ask(bare: sqlite3.Connection = bare) -> None:
                for each in asked:
                    bare.execute(each).fetchall()

            first += timed(ask, 1)
            again += timed(ask, 5)
    return f"first {spread(first)}   again {spread(again)}"


def measure_writers(folder: Path, processes: int = 8, runs: int = 200) -> None:
    arguments = [sys.executable, __file__, "--write", str(runs), "--folder", str(folder / "writers")]
    children = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for child in children:
        child.stdout.readline()
    begin = time.monotonic()  # one clock for all processes
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    told = [[float(line) for line in child.communicate()[0].split()] for child in children]
    rate = processes * runs / (max(one[1] for one in told) - begin)
    seconds = [each for one in told for each in one[2:]]
    processor = sum(one[0] for one in told) / len(seconds)
    print(f"\n{processes} processes x {runs} runs: {len(seconds)} saved, {rate:,.0f} runs/s")
    print(f"  processor time of each           {processor * 1e3:8.3f} ms, on {os.cpu_count()} processors")
    print(f"  each                             {spread(seconds)}, longest {max(seconds) * 1e3:.0f} ms")


def write_as_child(folder: Path, runs: int) -> None:
    with Store.open(folder, create=True) as store:
        writer = Writer(store, seed=os.getpid())
        print("ready", flush=True)
        sys.stdin.readline()
        processor = time.process_time()
        seconds = list(timed(writer.save, runs))
        print(time.process_time() - processor, time.monotonic(), *seconds, sep="\n")
        writer.log.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--finding", action="store_true", help="only how long finding runs takes")
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_as_child(options.folder, options.write)
        return
    folder = options.folder or Path(tempfile.mkdtemp(prefix="nbtrack-bench-"))
    folder.mkdir(exist_ok=True)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; {folder}")
    try:
        if not options.finding:
            measure_writing(folder)
            measure_writers(folder)
        measure_finding(folder, options.runs)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
