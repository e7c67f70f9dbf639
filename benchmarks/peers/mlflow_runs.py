"""Fills a MLflow store in SQLite with runs of 20 params and 10 metrics: `python mlflow_runs.py FOLDER COUNT MODELS`.

Run by MLflow's Python. MLflow's own store makes the tables and the experiment; the rows are put in at one go, as it
writes them itself, since one by one they take a tenth of a second each. Prints the experiment's id.
"""

import json
import random
import sqlite3
import sys
import time
import uuid

from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

folder, count, models = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
store = SqlAlchemyStore(f"sqlite:///{folder}/mlflow.db", f"{folder}/artifacts")
experiment = int(store.create_experiment("churn"))
numbers = random.Random(0)
now = int(time.time() * 1000) - 100 * count
runs, params, metrics, tags = [], [], [], []
for at in range(count):
    one, model, when = uuid.UUID(int=numbers.getrandbits(128)).hex, numbers.choice(models), now + 100 * at
    place = f"{folder}/artifacts/{experiment}/{one}/artifacts"
    run = (
        one,
        f"{model}-{at}",
        "UNKNOWN",
        "",
        "",
        "u",
        "FINISHED",
        when,
        when + 50,
        "",
        "active",
        place,
        experiment,
    )
    runs.append(run)
    chosen = {
        "C": 10 ** numbers.uniform(-3, 3),
        "kernel": numbers.choice(["rbf", "linear", "poly"]),
        "model": model,
    }
    chosen |= {"degree": numbers.randrange(2, 6), "random_state": numbers.randrange(100)}
    chosen |= {f"default_{i}": i / 4 for i in range(15)}
    params += [(name, str(value), one) for name, value in chosen.items()]
    metrics += [(f"metric_{i}", numbers.random(), when, one) for i in range(10)]
    tags.append(("mlflow.runName", f"{model}-{at}", one))
with sqlite3.connect(f"{folder}/mlflow.db") as connection:
    connection.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
        " end_time, source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES ("
        + "?," * 12
        + "?)",
        runs,
    )
    connection.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", params)
    connection.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", tags)
    for table in ("metrics", "latest_metrics"):
        connection.executemany(
            f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, 0, 0, ?)",
            metrics,
        )
print(experiment)
