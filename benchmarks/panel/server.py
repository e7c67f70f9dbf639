"""How long the web routes take with 1,000, 10,000 and 100,000 runs: the server's part of what a panel shows.

    python benchmarks/panel/server.py [--runs 1000 10000 100000] [--folder DIR]

A real Jupyter server over a real store; each figure is the median of warm requests over the loopback, the first one
apart. Ends with 1 where the largest store takes more than 1.5 times as long as the smallest for a page of the table.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbtrack.records import Effects, Run
from nbtrack.store import Store

LIMIT = 1.5
TIMES = 15
SESSION = 250  # runs of one kernel
# What is measured, and whether it must not grow with the store beyond LIMIT.
COLUMNS = "id,label,state,model,started_at,duration,value,rank,sparkline,starred,tags"


PAGE = f"columns={COLUMNS}&metric=metric_0"


def requests_of(server: Server) -> dict[str, tuple[bool, str]]:
    middle = server.runs // 2
    (one, two) = server.get(f"table?limit=2&columns=id&offset={middle}")["columns"]["id"]
    following = server.get(f"table?limit=100&columns=id&metric=metric_0&offset={middle}")["next"]
    best = server.get(f"table?limit=100&columns=id&order=metric_0&offset={middle}")["next"]
    query = urllib.parse.quote("model = SVC and metric_3 > 0.5")
    return {
        "status": (True, "status"),
        "first page, 100 rows": (True, f"table?limit=100&{PAGE}"),
        "  with its exact total": (False, f"table?limit=100&{PAGE}&count=true"),
        "next page by key, from the middle": (True, f"table?limit=100&{PAGE}&after={following}"),
        "jump to the middle": (False, f"table?limit=100&{PAGE}&offset={middle}&count=false"),
        "best first": (True, f"table?limit=100&{PAGE}&order=metric_0&count=false"),
        "  next page by key, from the middle": (True, f"table?limit=100&{PAGE}&order=metric_0&after={best}"),
        "a query": (True, f"table?limit=100&{PAGE}&query={query}"),
        "  its exact total": (False, f"table?limit=1&columns=id&query={query}&count=true"),
        "by a param, no index": (False, f"table?limit=100&{PAGE}&order=C&count=false"),
        "2,000 rows": (False, "table?limit=2000&columns=id,label,state,value&metric=metric_0&count=false"),
        "names": (True, "names"),
        "one run": (True, f"runs/{one}"),
        "diff": (True, f"diff?a={one}&b={two}"),
        "compare": (True, f"compare?ids={one},{two}"),
    }  # fmt: skip


class Server:
    """A Jupyter server over a folder with a store of so many runs."""

    def __init__(self, root: Path, runs: int) -> None:
        self.runs = runs
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.token = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{port}/nbtrack/api/"
        home = root.with_suffix(".home")
        home.mkdir(exist_ok=True)
        names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
                "--allow-root", f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={self.token}",
                "--ServerApp.jpserver_extensions={'nbtrack.server': True}",
            ],
            env={**os.environ, **{name: str(home / name.lower()) for name in names}},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                self.get("status")
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def get(self, path: str) -> Any:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@contextlib.contextmanager
def serving(root: Path, runs: int) -> Iterator[Server]:
    server = Server(root, runs)
    try:
        yield server
    finally:
        server.stop()


def writer_class() -> Any:
    file = Path(__file__).resolve().parent.parent / "store" / "workload.py"
    spec = importlib.util.spec_from_file_location("store_workload", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Writer


def of_one_cell(cell_id: str) -> Any:
    """A writer whose runs come from a cell of its own, executed again and again, each time needing the time before."""

    class OfOneCell(writer_class()):  # type: ignore[misc]
        before: tuple[str, ...] = ()

        def run(self) -> Run:
            run: Run = super().run()
            effects = Effects(
                reads=frozenset({"X_train", "y_train", "C"}), writes=frozenset({"clf"}), needs=self.before
            )
            self.before = (run.execution.id,)
            return replace(run, execution=replace(run.execution, cell_id=cell_id, effects=effects))

    return OfOneCell


def fill(root: Path, runs: int, session: int = SESSION) -> None:
    """A store of so many runs, ``session`` of them of one kernel and cell; kept between calls."""
    if (root / ".nbtrack" / "lineage.db").is_file():
        return
    root.mkdir(parents=True, exist_ok=True)
    with Store.open(root / ".nbtrack", create=True) as store:
        for start in range(0, runs, session):
            writer = of_one_cell(f"{start:08x}")(store, seed=start)
            writer.fill(min(session, runs - start))
            writer.log.end()


def measure(server: Server) -> dict[str, tuple[float, float]]:
    """First and median milliseconds of each request."""
    found = {}
    for place, (name, (_, path)) in enumerate(requests_of(server).items()):
        seconds = []
        for _ in range(TIMES):
            begin = time.perf_counter()
            server.get(path)
            seconds.append(time.perf_counter() - begin)
        found[f"{place:02} {name}"] = (seconds[0] * 1e3, statistics.median(seconds[1:]) * 1e3)
    return found


def resting(server: Server, seconds: float = 5.0) -> float:
    """Milliseconds of processor time a second that the server takes while nobody asks."""

    def used() -> float:
        fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    begin = used()
    time.sleep(seconds)
    return (used() - begin) / seconds * 1e3


def event_delay(server: Server, root: Path, times: int = 10) -> float:
    """Median milliseconds from a run's commit to the event, as a page gets it."""
    import websocket

    url = server.url.replace("http", "ws").replace("nbtrack/api/", "api/events/subscribe")
    listening = websocket.create_connection(url, header={"Authorization": f"token {server.token}"})
    heard = threading.Event()

    def read() -> None:
        with contextlib.suppress(Exception):
            while text := listening.recv():
                if '"change": "runs"' in text:
                    heard.set()

    threading.Thread(target=read, daemon=True).start()
    delays = []
    with Store.open(root / ".nbtrack") as store:
        writer = writer_class()(store, seed=time.time_ns())
        for _ in range(times):
            time.sleep(0.6)
            heard.clear()
            writer.save()
            begin = time.perf_counter()
            heard.wait(10)
            delays.append((time.perf_counter() - begin) * 1e3)
        writer.log.end()
    listening.close()
    return statistics.median(delays)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where the stores are kept for the next time")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="nbtrack-panel-"))
    results: dict[int, dict[str, tuple[float, float]]] = {}
    telling: dict[str, bool] = {}
    try:
        for runs in given.runs:
            root = folder / str(runs)
            fill(root, runs)
            with serving(root, runs) as server:
                telling = {
                    f"{place:02} {name}": must
                    for place, (name, (must, _)) in enumerate(requests_of(server).items())
                }
                results[runs] = measure(server)
                print(
                    f"{runs:>8,} runs: at rest {resting(server):.1f} ms of processor a second, "
                    f"event {event_delay(server, root):.0f} ms after a commit"
                )
    finally:
        if given.folder is None:
            shutil.rmtree(folder)
    return report(results, telling)


def report(results: dict[int, dict[str, tuple[float, float]]], telling: dict[str, bool]) -> int:
    few, many = min(results), max(results)
    print(f"\n{'ms: median (first)':38}" + "".join(f"{runs:>20,}" for runs in results) + f"{'many/few':>10}")
    over = []
    for name, must in telling.items():
        cells = [results[runs][name] for runs in results]
        ratio = results[many][name][1] / results[few][name][1]
        print(
            f"{name[3:]:38}"
            + "".join(f"{f'{median:.1f} ({first:.0f})':>20}" for first, median in cells)
            + f"{ratio:>10.2f}"
        )
        if must and ratio > LIMIT and results[many][name][1] > results[few][name][1] + 10:
            over.append(name[3:].strip())
    if over:
        print(f"More than {LIMIT} times as long with {many:,} runs: {', '.join(over)}")
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
