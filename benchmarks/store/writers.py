"""Runs that several processes save at once, and what bare sqlite3 takes to write the very same: the ceiling.

    python benchmarks/store/writers.py [--rounds 3] [--folder DIR]

Four writers, in turns, since the disk is not as fast at all times: see README.md.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from recording import Replay, Transaction, recorded
from workload import Writer, spread, timed

from nbtrack.store import Store
from nbtrack.store.database import _CHECKPOINT_BYTES

PROCESSES, RUNS = 8, 200
WAIT_SECONDS = 30.0
NAMES = {
    "nbtrack": "nbtrack",
    "paced": "its statements by bare sqlite3, at its pace",
    "turns": "  one after the other, by nbtrack's lock",
    "busy": "  one after the other, by SQLite's own lock",
}


class Measured(NamedTuple):
    """One round of one writer: runs a second, processor seconds of a run, how long each took, rows by table."""

    rate: float
    processor: float
    seconds: list[float]
    rows: dict[str, int]


def measure_writers(folder: Path, rounds: int = 3) -> None:
    """What eight processes reach on a new store, medians of some rounds, each writer once in each."""
    children(folder, "record", folder / "unused")
    done: dict[str, list[Measured]] = {name: [] for name in NAMES}
    for number in range(rounds):
        for name, results in done.items():
            results.append(measured(folder, name, folder / f"{name}-{number}"))
            if results[-1].rows != done["nbtrack"][0].rows:
                raise SystemExit(f"{name} wrote {results[-1].rows}, not {done['nbtrack'][0].rows}.")
    print(
        f"\n{PROCESSES} processes x {RUNS} runs, medians of {rounds} rounds, on {os.cpu_count()} processors"
    )
    for name, results in done.items():
        rates = sorted(one.rate for one in results)
        processor = statistics.median(one.processor for one in results)
        longest = statistics.median(max(one.seconds) for one in results)
        print(
            f"  {NAMES[name]:46s}{statistics.median(rates):6,.0f} runs/s  ({rates[0]:,.0f} to {rates[-1]:,.0f})   "
            f"processor of each {processor * 1e3:.3f} ms   longest wait {longest * 1e3:6,.0f} ms"
        )
        print(f"    each, all rounds{'':24s}{spread([each for one in results for each in one.seconds])}")


def measured(folder: Path, name: str, store: Path) -> Measured:
    began, told = children(folder, name, store)
    seconds = [each for one in told for each in one[2:]]
    rate = len(seconds) / (max(one[1] for one in told) - began)
    return Measured(rate, sum(one[0] for one in told) / len(seconds), seconds, rows_of(store))


def rows_of(store: Path) -> dict[str, int]:
    """How many rows each table has: the same, whoever wrote the same runs."""
    with closing(sqlite3.connect(store / "lineage.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for (name,) in tables}


def children(folder: Path, name: str, store: Path) -> tuple[float, list[list[float]]]:
    """When all began, and what each told: its processor seconds, when it was done, the seconds of each run."""
    command = [sys.executable, __file__, "--folder", str(folder), "--store", str(store), "--writer", name]
    started = [
        subprocess.Popen(
            [*command, "--seed", str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for seed in range(PROCESSES)
    ]
    for child in started:
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            raise SystemExit(f"A process of {name} did not begin.")
    begin = time.monotonic()  # one clock for all processes
    for child in started:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    told = [[float(line) for line in child.communicate()[0].split()] for child in started]
    if any(child.returncode for child in started):
        raise SystemExit(f"A process of {name} failed.")
    return begin, told


def record_as_child(folder: Path, seed: int) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    transactions = recorded(folder / f"recorded-{seed}", RUNS, seed)
    (folder / f"recorded-{seed}.pickle").write_bytes(pickle.dumps(transactions))


def write_as_child(folder: Path, name: str, file: Path, seed: int) -> None:
    transactions = []
    if name != "nbtrack":
        transactions = pickle.loads((folder / f"recorded-{seed}.pickle").read_bytes())
    with Store.open(file, create=True) as store:
        writer = Writer(store, seed)
        save: Callable[[], object] = writer.save
        if name != "nbtrack":
            save = partial(next, replaying(store, name, transactions, writer))
        print("ready", flush=True)
        sys.stdin.readline()
        processor = time.process_time()
        seconds = list(timed(save, RUNS))
        print(time.process_time() - processor, time.monotonic(), *seconds, sep="\n")
        writer.log.end()


def replaying(store: Store, name: str, transactions: list[Transaction], between: Writer) -> Iterator[None]:
    """Saves one recorded run each time it is asked, through the store's connection, which has its pragmas."""
    database = store._database  # noqa: SLF001 - what the store does not tell
    connection = database._connection  # noqa: SLF001 - as above
    assert connection is not None
    replay = Replay(connection, transactions)
    if name == "busy":
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA busy_timeout = {int(WAIT_SECONDS * 1000)}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_BYTES // page}")
        connection.execute("PRAGMA journal_size_limit = 1048576")
    for _ in transactions:
        if name == "busy":
            replay()
        else:
            with database.lock.held(WAIT_SECONDS):
                replay()
                database._checkpoint(connection)  # noqa: SLF001 - as the store does after each
        if name == "paced":
            between.run()  # who would be back at once would hardly ever let another in
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    for name in ("--writer", "--store", "--seed"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.writer == "record":
        record_as_child(options.folder, int(options.seed))
    elif options.writer:
        write_as_child(options.folder, options.writer, Path(options.store), int(options.seed))
    else:
        with tempfile.TemporaryDirectory(prefix="nbtrack-bench-", dir=options.folder) as folder:
            measure_writers(Path(folder), options.rounds)


if __name__ == "__main__":
    main()
