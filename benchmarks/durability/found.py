"""What a new process finds of what was logged: `python found.py TRACKER KIND`, where it stands; JSON, sorted.

Each tracker's own means are used. Of points the numbers of the run, of runs the number of each.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path

tracker, kind = sys.argv[1:]
name = "number" if kind == "runs" else "loss"


def nbtrack() -> list[float]:
    from nbtrack.store import Store

    with Store.open(Path(".nbtrack").absolute()) as store:
        return [point.value for run in store.find_runs() for point in store.points(run.id, name)]


def mlflow() -> list[float]:
    # Its own table, which its client reads page by page.
    with sqlite3.connect("mlflow.db") as database:
        return [value for (value,) in database.execute("SELECT value FROM metrics WHERE key = ?", (name,))]


def records(data: bytes):
    """The whole records of a file in the format of LevelDB's log: 7 bytes of W&B's own, then blocks of 32 KiB."""
    at, parts = 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        size, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        if not kind or at + 7 + size > len(data):
            return
        parts += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in {1, 4}:  # whole, or the last part
            yield parts
            parts = b""


def wandb() -> list[float]:
    # Its file as it documents it in its sources; `wandb sync` reads the same, and sends it off.
    from wandb.proto import wandb_internal_pb2

    values = []
    for file in Path("wandb").glob("offline-run-*/*.wandb"):
        for data in records(file.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            for item in record.history.item:
                if name in {item.key, *item.nested_key}:
                    values.append(float(json.loads(item.value_json)))  # noqa: PERF401 - three loops deep
    return values


def trackio() -> list[float]:
    os.environ["TRACKIO_DIR"] = str(Path.cwd())
    from trackio.sqlite_storage import SQLiteStorage

    values = []
    for run in SQLiteStorage.get_runs("durability"):
        rows = SQLiteStorage.get_logs("durability", run)
        values += [float(row[name]) for row in rows if name in row]
    return values


print(
    json.dumps(sorted({"nbtrack": nbtrack, "mlflow": mlflow, "wandb": wandb, "trackio": trackio}[tracker]()))
)
