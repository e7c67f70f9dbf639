"""How long a user waits in the browser: from the click on the panel to rows, and from a query to its rows.

    python benchmarks/panel/page.py [--runs 1000 10000 100000] [--folder DIR] [--mlflow PYTHON] [--kept FILE]

A real JupyterLab over real stores in a real Chromium; medians over pages opened afresh. In a page that has been there
for a while the newest rows are there before the click: the click measures drawing them, the query asking for them too.
With ``--mlflow`` (a Python that has MLflow; in an environment of its own, since it wants pandas below 3) such runs
are written into MLflow and its own table is timed in the same Chromium. ``--kept`` is a file that the medians are
written to and those of earlier calls read from, so that one size can be measured at a time. Ends with 1 where the
largest store takes more than 1.5 times as long as the smallest, or MLflow at 10,000 runs less than five times as long
as this.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GROWTH, AHEAD = 1.5, 5.0
SETTLE = 1500  # milliseconds that a page just opened is left alone
QUERY = "metric_3 > 0.5 and model = SVC"
MLFLOW_QUERY = 'metrics.metric_3 > 0.5 and params.model = "SVC"'
MLFLOW_ROWS = ".ag-row a[href*='/runs/']"
COMPARED = 10_000
MODELS = ["LogisticRegression", "RandomForestClassifier", "SVC", "GradientBoostingClassifier"]
MLFLOW_RUNS = ROOT / "benchmarks" / "peers" / "mlflow_runs.py"


def module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


# In the page: waits from an event (or from now) until rows that are wanted are drawn and painted, and none is awaited.
ARM = """([event, rows, wanted, absent]) => {
    const painted = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const there = () => {
        const drawn = [...document.querySelectorAll(rows)].filter(row => row.getClientRects().length > 0);
        const texts = drawn.map(row => row.textContent.trim());
        return texts.length >= 10 && texts.every(text => text.startsWith(wanted))
            && !(absent && document.querySelector(absent));
    };
    const from = event === null ? Promise.resolve(performance.now()) : new Promise(resolve =>
        window.addEventListener(event, () => resolve(performance.now()), { capture: true, once: true }));
    window.nbtWaited = from.then(async begin => {
        if (there()) throw new Error('The rows were there before.');
        do await painted(); while (!there() && performance.now() - begin < 40000);
        if (!there()) throw new Error(`no rows: ${rows}`);
        return performance.now() - begin;
    });
}"""
WAITED = "window.nbtWaited"
TAB = '.lm-TabBar-tab[data-id="nbtrack-runs"]'
ROWS = ("#nbtrack-runs .nbt-row[data-nbtrack-run] .nbt-label", "#nbtrack-runs .nbt-row.nbt-loading")


Times = dict[str, float]
WHAT = {"open": "click to rows", "again": "again", "query": "query to rows"}


def panel(browser: Any, stories: Any, folder: Path, times: int) -> Times:
    """Medians in milliseconds over pages opened afresh."""
    lab = stories.Lab(folder).start()

    def visit(page: Any) -> Times:
        stories.open_lab(page, lab)
        page.wait_for_timeout(SETTLE)
        first = click(page)
        page.locator(TAB).click()
        page.wait_for_timeout(SETTLE)
        return {"open": first, "again": click(page), "query": query(page)}

    try:
        return medians(browser, visit, times)
    finally:
        lab.stop()


def medians(browser: Any, visit: Callable[[Any], Times], times: int) -> Times:
    """Of so many visits in profiles of their own, after one that does not count."""
    found = []
    for _ in range(times + 1):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(120_000)
        found.append(visit(page))
        tell("        one visit", found[-1])
        page.context.close()
    return {what: statistics.median(one[what] for one in found[1:]) for what in WHAT}


def click(page: Any) -> float:
    rows, loading = ROWS
    page.evaluate(ARM, ["pointerdown", rows, "", loading])
    page.locator(TAB).click()
    return float(page.evaluate(WAITED))


def query(page: Any) -> float:
    """From Enter to rows that all fulfil the query; the box asks by itself only a while after the last key."""
    rows, loading = ROWS
    box = page.get_by_label("Query over runs")
    page.evaluate(ARM, ["keydown", rows, "SVC", loading])
    box.fill(QUERY)
    box.press("Enter")
    return float(page.evaluate(WAITED))


def mlflow(browser: Any, python: str, folder: Path, runs: int, times: int) -> Times:
    """The same of MLflow's table of runs: from the way there inside its page to rows, and from Enter in its search."""
    kept = folder / "experiment"
    if not kept.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [python, MLFLOW_RUNS, str(folder), str(runs), json.dumps(MODELS)]
        kept.write_text(
            subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1]
        )

    with serving_mlflow(python, folder) as url:

        def visit(page: Any) -> Times:
            page.goto(f"{url}/#/models")
            page.wait_for_timeout(SETTLE)
            first = mlflow_click(page, kept.read_text())
            page.evaluate("location.hash = '#/models'")
            page.wait_for_timeout(SETTLE)
            again = mlflow_click(page, kept.read_text())
            page.wait_for_timeout(SETTLE)
            return {"open": first, "again": again, "query": mlflow_query(page)}

        return medians(browser, visit, times)


def mlflow_click(page: Any, experiment: str) -> float:
    page.evaluate(ARM, [None, MLFLOW_ROWS, "", None])
    page.evaluate("place => { location.hash = place; }", f"#/experiments/{experiment}/runs")
    return float(page.evaluate(WAITED))


def mlflow_query(page: Any) -> float:
    box = page.locator("input[placeholder*='metrics.rmse']").first
    page.evaluate(ARM, ["keydown", MLFLOW_ROWS, "SVC", None])
    box.fill(MLFLOW_QUERY)
    box.press("Enter")
    return float(page.evaluate(WAITED))


@contextlib.contextmanager
def serving_mlflow(python: str, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--port", str(port), "--workers", "1"]
    with (folder / "server.log").open("wb") as log:
        # In a group of its own: its worker processes outlive it otherwise.
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "nbtrack-panel")
    parser.add_argument("--mlflow", metavar="PYTHON")
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--kept", type=Path, metavar="FILE")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    stories = module(ROOT / "tests" / "panel" / "conftest.py")
    serving = module(Path(__file__).with_name("server.py"))
    found, peer = known(given.kept)
    with sync_playwright() as playwright:
        chromium = stories.browser_of_tests
        browser = playwright.chromium.launch(executable_path=chromium.install(), args=chromium.ARGUMENTS)
        for runs in given.runs:
            folder = given.folder / f"page-{runs}"
            serving.fill(folder / "work", runs)
            found[runs] = panel(browser, stories, folder, given.times)
            tell(f"{runs:7} runs", found[runs])
            if given.mlflow and runs == COMPARED:
                peer[runs] = mlflow(browser, given.mlflow, given.folder / f"mlflow-{runs}", runs, given.times)
                tell("      MLflow", peer[runs])
        browser.close()
    if given.kept:
        given.kept.write_text(json.dumps({"found": found, "peer": peer}))
    return verdict(found, peer)


def known(file: Path | None) -> tuple[dict[int, Times], dict[int, Times]]:
    """The medians of earlier calls, of this and of MLflow, by the number of runs."""
    if file is None or not file.exists():
        return {}, {}
    kept = json.loads(file.read_text())
    found, peer = ({int(runs): times for runs, times in kept[name].items()} for name in ("found", "peer"))
    return found, peer


def tell(who: str, found: Times) -> None:
    print(f"{who}: " + ", ".join(f"{text} {found[what]:6.0f} ms" for what, text in WHAT.items()), flush=True)


def verdict(found: dict[int, Times], peer: dict[int, Times]) -> int:
    few, many = min(found), max(found)
    failed = 0
    for what in WHAT:
        growth = found[many][what] / found[few][what]
        failed |= growth > GROWTH
        print(f"{what}: {many} runs take {growth:.2f} times as long as {few} (limit {GROWTH})")
        if COMPARED in peer:
            ahead = peer[COMPARED][what] / found[COMPARED][what]
            failed |= ahead < AHEAD
            print(f"{what}: MLflow takes {ahead:.1f} times as long at {COMPARED:,} runs (at least {AHEAD})")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
