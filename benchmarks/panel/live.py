"""How soon the panel shows what a kernel does: a new run after its cell ended, and a running run's curve as it grows.

    python benchmarks/panel/live.py [--cells 20] [--seconds 20] [--store FOLDER]

A real JupyterLab in a real Chromium. Of each of so many training cells: from the message that the kernel is idle
again, as the page gets it, to the first frame after the run's row is in the list and in view. Then a loop that logs
twenty times a second: how old the newest point in the run's chart is, looked at in each frame, and how long the chart
stands still between two changes. With ``--store`` the notebook stands in that folder, beside the runs that its store
has, and the list is of the whole project. Ends with 1 where a run takes more than a second to appear.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from page import module

ROOT = Path(__file__).resolve().parents[2]
LIMIT_MS = 1000
LOAD = """%load_ext nbtrack
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
X, y = make_classification(random_state=0)"""
TRAIN = """model = LogisticRegression(C={number}).fit(X, y)
score = model.score(X, y)"""
PERIOD_MS = 50
GROW = """import time, nbtrack
with nbtrack.track("growing"):
    begin = time.time()
    print("begin", begin, flush=True)
    for step in range({points}):
        nbtrack.log(tick=step + 1, step=step)
        time.sleep(max(0.0, begin + (step + 1) * {period} - time.time()))"""

# Notes when the page hears that an execution ended and when a row of a run that was not there before is in a frame.
WATCH = """() => {
    const painted = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const seen = new Set();
    const rows = () => [...document.querySelectorAll('#nbtrack-runs .nbt-row[data-nbtrack-run]')]
        .filter(row => row.getClientRects().length > 0).map(row => row.dataset.nbtrackRun);
    rows().forEach(id => seen.add(id));
    window.nbtIdle = [];
    window.nbtShown = [];
    kernel.iopubMessage.connect((_, message) => {
        const ended = message.header.msg_type === 'status' && message.content.execution_state === 'idle';
        if (ended && message.parent_header.msg_type === 'execute_request') window.nbtIdle.push(performance.now());
    });
    new MutationObserver(() => {
        const fresh = rows().filter(id => !seen.has(id));
        fresh.forEach(id => seen.add(id));
        if (fresh.length > 0) painted().then(() => fresh.forEach(() => window.nbtShown.push(performance.now())));
    }).observe(document.querySelector('#nbtrack-runs'), { childList: true, subtree: true, attributes: true });
}"""
GROWTH = """([begin, period, seconds]) => new Promise(resolve => {
    const ages = [], still = [], until = performance.now() + seconds * 1000;
    let last = null, changed = performance.now();
    const look = () => {
        const label = document.querySelector('.nbt-detail .nbt-chart svg')?.getAttribute('aria-label') ?? '';
        const told = / to ([\\d.]+)/.exec(label);
        if (told) {
            const newest = Number(told[1]);
            if (newest !== last) {
                if (last !== null) still.push(performance.now() - changed);
                [last, changed] = [newest, performance.now()];
            }
            ages.push(Date.now() - (begin * 1000 + (newest - 1) * period));
        }
        performance.now() < until ? requestAnimationFrame(look) : resolve({ ages, still });
    };
    look();
})"""


def appearing(page: Any, cells: int) -> list[float]:
    """Milliseconds from the end of each training cell to its row."""
    page.evaluate(WATCH)
    found = []
    for at in range(cells):
        page.evaluate(
            "cell => { jupyterapp.shell.currentWidget.content.activeCellIndex = cell;"
            " void jupyterapp.commands.execute('notebook:run-cell'); }",
            at + 1,
        )
        count = "count => window.nbtShown.length >= count && window.nbtIdle.length >= count"
        page.wait_for_function(count, arg=at + 1)
        found.append(page.evaluate("at => window.nbtShown[at] - window.nbtIdle[at]", at))
        page.wait_for_timeout(
            300 + 37 * at % 250
        )  # not always at the same place between two looks of the server
    return found


def growing(page: Any, cell: int, seconds: float) -> tuple[list[float], list[float]]:
    """Milliseconds: ages of the newest point in the chart, and how long it stood still each time."""
    page.evaluate(
        "cell => { jupyterapp.shell.currentWidget.content.activeCellIndex = cell;"
        " void jupyterapp.commands.execute('notebook:run-cell'); }",
        cell,
    )
    said = page.locator(".jp-OutputArea-output", has_text="begin ").last
    said.wait_for()
    begin = float(said.inner_text().split()[1])
    page.locator("#nbtrack-runs .nbt-row", has_text="growing").first.click()
    page.locator(".nbt-detail .nbt-chart svg").wait_for()
    found = page.evaluate(GROWTH, [begin, PERIOD_MS, seconds])
    return found["ages"], found["still"]


def tell(what: str, found: list[float]) -> None:
    print(
        f"{what}: median {statistics.median(found):.0f} ms, worst {max(found):.0f} ms, of {len(found)}",
        flush=True,
    )


def measure(lab: Any, browser: Any, given: argparse.Namespace) -> float:
    """Prints the figures; the longest wait for a run."""
    stories = module(ROOT / "tests" / "panel" / "conftest.py")
    grow = GROW.format(points=int((given.seconds + 30) * 1000 / PERIOD_MS), period=PERIOD_MS / 1000)
    cells = [LOAD, *(TRAIN.format(number=number + 1) for number in range(given.cells)), grow]
    stories.notebook(lab.notebooks / "live.ipynb", *cells)
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    stories.open_lab(page, lab, "live.ipynb")
    stories.show_panel(page)
    stories.wait_for_kernel(page)
    page.evaluate("jupyterapp.commands.execute('notebook:run-cell')")
    stories.wait_for_kernel(page)
    page.wait_for_timeout(2000)
    if given.store is not None:
        page.get_by_label("Runs of", exact=True).select_option("all")
        page.wait_for_selector("#nbtrack-runs .nbt-row[data-nbtrack-run]")
        page.wait_for_timeout(1000)
    shown = appearing(page, given.cells)
    tell("from the end of a cell to its run in the list", shown)
    ages, still = growing(page, given.cells + 1, given.seconds)
    tell("age of the newest point in the chart of a running run", ages)
    tell("between two changes of that chart", still)
    return max(shown)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--store", type=Path, help="a folder as page.py makes them, page-100000 say")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    stories = module(ROOT / "tests" / "panel" / "conftest.py")
    with contextlib.ExitStack() as stack:
        folder = given.store or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        playwright = stack.enter_context(sync_playwright())
        chromium = stories.browser_of_tests
        browser = playwright.chromium.launch(executable_path=chromium.install(), args=chromium.ARGUMENTS)
        lab = stories.Lab(folder).start()
        try:
            worst = measure(lab, browser, given)
        finally:
            browser.close()
            lab.stop()
    print(f"a run appears within {LIMIT_MS} ms of its cell's end: {'yes' if worst < LIMIT_MS else 'no'}")
    return int(worst >= LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
