"""What the line under a training cell costs: looking back and rendering, over saving the cell's run."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from nbtrack.differences.past import Past
from nbtrack.records import Capture, Execution, Metric, Model, Param, Run, Session, State, new_id
from nbtrack.render.card import run_card
from nbtrack.render.line import run_line
from nbtrack.store import Store

LIMIT = 0.25  # of the time that saving the run takes
SESSION = new_id()
numbers = count(1)


def capture(runs: int) -> Capture:
    """A cell that made so many runs."""
    number = next(numbers)
    execution = Execution(
        id=new_id(), session_id=SESSION, sequence=number, source=f"fit({number})", source_digest="b3:00",
        started_at=1e9 + number, state=State.COMPLETE, cell_id=f"cell-{number % 50}", notebook_path="a.ipynb",
    )  # fmt: skip
    model = Model(class_name="SVC", module="sklearn.svm", framework="sklearn", variable="clf")
    made = [
        Run(
            id=new_id(), label_stem="SVC", state=State.COMPLETE, experiment="a", started_at=1e9 + number,
            execution=execution, model=model, params=(Param(name="C", value=number, origin="constructor"),),
            metrics=(Metric(name="accuracy", value=(number * 7919 + n) % 997 / 997, origin="call", dataset="y"),),
        )
        for n in range(runs)
    ]  # fmt: skip
    return Capture(execution=execution, runs=tuple(made))


def main() -> int:
    """Measure, print, and say whether the limit was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="runs that the store has before")
    parser.add_argument("--cells", type=int, default=60, help="cells that are timed")
    given = parser.parse_args()
    saving, looking, rendering = [], [], []
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / ".nbtrack", create=True) as store:
        log = store.begin_session(
            Session(id=SESSION, started_at=0.0, pid=os.getpid(), host="h", boot_id="b", python="3")
        )
        for _ in range(given.runs // 20):
            log.save(capture(20))
        past = Past(lambda: store)
        for _ in range(given.cells):
            cell = capture(1)
            times = [time.perf_counter()]
            runs = log.save(cell)
            times.append(time.perf_counter())
            standings = past.standings(runs)
            times.append(time.perf_counter())
            run_line(runs[0], standings[runs[0].id])
            run_card(runs, standings)
            times.append(time.perf_counter())
            for held, begin, end in zip((saving, looking, rendering), times, times[1:], strict=False):
                held.append(end - begin)
        log.end()
    base, look, render = (statistics.median(each) for each in (saving, looking, rendering))
    share = (look + render) / base
    print(f"{given.runs} runs, median of {given.cells} cells; the first look took {looking[0] * 1e3:.2f} ms")
    print(f"save {base * 1e3:.2f} ms, look back {look * 1e3:.3f} ms, render {render * 1e3:.3f} ms")
    print(f"{share:.3f} of saving (limit {LIMIT})")
    return 0 if share < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
