"""How fast the store is: writing runs, finding them among many, metric points, several writers.

    python benchmarks/store/measure.py [--runs 10000 100000] [--folder DIR]

Prints medians with their spread (10th and 90th percentile); see README.md for what each line means.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from recording import Replay, recorded
from workload import Writer, spread, timed
from writers import measure_writers

from nbtrack.records import State
from nbtrack.store import Store


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


def replayed(folder: Path, runs: int = 500, warm_up: int = 200) -> list[float]:
    """What the transactions of saved runs take by themselves, in a new store: the very statements.

    No lock, no digest, no seal is made, and no row: that is the floor of a durable run of this schema.
    """
    transactions = recorded(folder / "recorded", runs)
    with Store.open(folder / "replayed", create=True) as store:
        database = store._database  # noqa: SLF001 - what the store does not tell
        connection = database._connection  # noqa: SLF001 - as above
        assert connection is not None
        replay = Replay(connection, transactions)

        def once() -> None:
            replay()
            database._checkpoint(connection)  # noqa: SLF001 - as the store does after each

        return list(timed(once, runs))[warm_up:]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--finding", action="store_true", help="only how long finding runs takes")
    options = parser.parse_args()
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
