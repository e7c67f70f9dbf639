"""Finding the first 50 of 10,000 runs, by nbtrack and by MLflow on SQLite, in turns: see README.md.

python beside_mlflow.py [--runs 10000] [--mlflow PYTHON]

Both are asked in a process that has been there for a while, through what their lists call: `store.find_runs` and
MLflow's `search_runs`. Ends with 1 where MLflow takes less than a hundred times as long to order by a metric.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

from environments import present, python_of
from workload import MODELS, Writer

from nbtrack.store import Store

AHEAD = 100
ROUNDS = 5
PEERS = Path(__file__).resolve().parent.parent / "peers"
# By question: the query and order of nbtrack, the filter and order of MLflow.
QUESTIONS = {
    "newest 50": (None, None, "", "attributes.start_time DESC"),
    "best 50 by a metric": (None, "metric_0", "", "metrics.metric_0 DESC"),
    "best 50, filter on metric and param": (
        "metric_1 > 0.5 and kernel = rbf",
        "metric_0",
        "metrics.metric_1 > 0.5 and params.kernel = 'rbf'",
        "metrics.metric_0 DESC",
    ),
}
ASK = """
import json, sys, time
from mlflow.entities import ViewType
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
folder, experiment = sys.argv[1:]
store = SqlAlchemyStore(f"sqlite:///{folder}/mlflow.db", f"{folder}/artifacts")
for line in sys.stdin:
    wanted, order = json.loads(line)
    began = time.perf_counter()
    found = store.search_runs([experiment], wanted, ViewType.ACTIVE_ONLY, 50, [order])
    print(json.dumps([time.perf_counter() - began, len(found)]), flush=True)
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--mlflow", default=str(python_of("mlflow")), help="a Python that has MLflow")
    given = parser.parse_args()
    if not Path(given.mlflow).exists():
        print("MLflow is not installed: python benchmarks/peers/environments.py mlflow")
        return 0
    with tempfile.TemporaryDirectory(prefix="beside-") as folder:
        return measure(Path(folder), given.runs, given.mlflow)


def measure(folder: Path, runs: int, python: str) -> int:
    filled = subprocess.run(
        [python, PEERS / "mlflow_runs.py", folder, str(runs), json.dumps(MODELS)],
        check=True,
        capture_output=True,
        text=True,
    )
    experiment = filled.stdout.split()[-1]
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; MLflow {present('mlflow')}, {runs:,} runs"
    )
    print(f"{'milliseconds, median (and all)':38s}{'nbtrack':>24s}{'MLflow':>34s}{'times':>9s}")
    slow = False
    with (
        Store.open(folder / ".nbtrack", create=True) as store,
        subprocess.Popen(
            [python, "-c", ASK, folder, experiment],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as mlflow,
    ):
        Writer(store).fill(runs)
        for name, (query, order, wanted, by) in QUESTIONS.items():
            ours, theirs = [], []
            for _ in range(ROUNDS + 1):  # the first of each is not counted
                began = time.perf_counter()
                found = store.find_runs(query=query, order=order, limit=50)
                ours.append(time.perf_counter() - began)
                assert mlflow.stdin is not None
                assert mlflow.stdout is not None
                print(json.dumps([wanted, by]), file=mlflow.stdin, flush=True)
                seconds, count = json.loads(mlflow.stdout.readline())
                theirs.append(seconds)
                assert len(found) == count == 50
            ratio = statistics.median(theirs[1:]) / statistics.median(ours[1:])
            slow |= order is not None and ratio < AHEAD
            print(f"{name:38s}{told(ours[1:], 2):>24s}{told(theirs[1:], 0):>34s}{ratio:9.0f}")
        mlflow.stdin.close()  # type: ignore[union-attr]  # a pipe, see above
    return int(slow)


def told(seconds: list[float], digits: int) -> str:
    low, high = (f"{each * 1e3:.{digits}f}" for each in (min(seconds), max(seconds)))
    return f"{statistics.median(seconds) * 1e3:.{digits}f} ({low} to {high})"


if __name__ == "__main__":
    sys.exit(main())
