"""What the panel draws, held against what the store has: one notebook, run once, read on one page by all of these."""

from __future__ import annotations

import itertools
import math
import re

import pytest

from nbtrack.store import Store

pytestmark = pytest.mark.browser

LOAD = "%load_ext nbtrack"
DATA = """import math, nbtrack
import matplotlib.pyplot as plt
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
numbers = np.random.default_rng(0)
X = pd.DataFrame({"age": numbers.integers(18, 80, 300), "income": numbers.lognormal(8, 1, 300)})
y = pd.Series(np.where(X["age"] + numbers.normal(0, 9, 300) > 45, "stays", "leaves"), name="outcome")
X_train, X_test, y_train, y_test = X[:200], X[200:], y[:200], y[200:]"""
SWEEP = """for C in (0.001, 0.01, 0.1, 10.0):
    model = LogisticRegression(C=C, max_iter=500).fit(X_train, y_train)
    accuracy_score(y_test, model.predict(X_test))"""
CURVES = """for rate in (0.1, 0.3, 0.9):
    with nbtrack.track("descent"):
        nbtrack.param(rate=rate)
        for step in range(50):
            nbtrack.log(loss=math.exp(-rate * step / 5) * (1.5 if step % 2 else 0.5), step=step)"""
FIGURE = """last = LogisticRegression(C=0.5, max_iter=500).fit(X_train, y_train)
plt.hist(last.predict_proba(X_test)[:, 0])
plt.show()"""
RUNS = 8
MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def desk(chromium, lab):
    """The notebook, run, with the panel beside it."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    stage = lab.stage(page, "reading")
    stage.notebook(LOAD, DATA, SWEEP, CURVES, FIGURE)
    stage.run_all()
    stage.rows(RUNS)
    page.wait_for_function("!document.querySelector('#nbtrack-runs .nbt-running')")
    yield stage
    context.close()


@pytest.fixture(autouse=True)
def at_the_list(desk):
    """Each begins with the whole list in view, nothing selected, and no other tab than the notebook."""
    page = desk.page
    page.keyboard.press("Escape")
    back = page.locator("#nbtrack-runs .nbt-back")
    while back.count():
        back.first.click()
    page.evaluate(
        "[...jupyterapp.shell.widgets('main')].filter(one => one.id.startsWith('nbtrack-page')).forEach(one => one.close())"
    )
    box = page.get_by_label("Query over runs")
    box.fill("")
    box.press("Enter")
    box.press("Escape")
    desk.rows(RUNS)
    none = page.get_by_label("Select none")
    if none.count():
        none.click()
    yield
    assert page.complaints == []


def stored(desk, label):
    with Store.open(desk.folder / ".nbtrack", passive=True) as store:
        return store.get_run(label)


def value(run, name):
    return next(one.value for one in run.metrics if one.name == name)


def param(run, name):
    return next(one.value for one in run.params if one.name == name)


def pixels(path):
    """The points of the outline of a curve."""
    return [tuple(map(float, pair)) for pair in re.findall(r"[ML](-?[\d.e-]+)[ ,](-?[\d.e-]+)", path)]


def compare(desk, query, count):
    """The page of comparison of the runs that fulfil a query."""
    page = desk.page
    page.get_by_label("Query over runs").fill(query)
    page.get_by_label("Query over runs").press("Enter")
    for row in desk.rows(count).all():
        row.locator(".nbt-check").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    shown = page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden) .nbt-compare")
    shown.locator(".nbt-matrix").first.wait_for()
    return shown


def test_names_operators_and_values_are_offered_while_a_query_is_typed(desk):
    page = desk.page
    box = page.get_by_label("Query over runs")
    offered = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    box.press_sequentially("accu")
    assert offered.all_inner_texts() == ["metric\naccuracy\n4 runs"]
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == offered.first.get_attribute("id")
    box.press("Enter")
    assert box.input_value() == "accuracy "
    assert {text.split("\n")[1] for text in offered.all_inner_texts()} == {
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "~",
    }
    box.press_sequentially("> 0.1 and mod")
    box.press("ArrowDown")
    box.press("Tab")
    box.press_sequentially("= L")
    offered.filter(has_text='"LogisticRegression"').click()
    query = 'accuracy > 0.1 and model = "LogisticRegression"'
    assert box.input_value().strip() == query
    desk.rows(4)
    assert len(desk.runs(query)) == 4


@pytest.mark.parametrize(
    ("query", "says", "marked"),
    [
        ("acuracy > 0.5", "did you mean accuracy", "acuracy"),
        ("accuracy > high", "accuracy takes a number", "high"),
        ("(accuracy > 0.5", "", None),
    ],
)
def test_what_is_wrong_with_a_query_stands_under_the_box_and_the_box_says_so(desk, query, says, marked):
    page = desk.page
    box = page.get_by_label("Query over runs")
    box.fill(query)
    error = page.locator(".nbt-query [role=alert]")
    error.wait_for()
    assert says in error.inner_text()
    assert box.get_attribute("aria-invalid") == "true"
    if marked is not None:
        assert error.locator("mark").inner_text() == marked
    beneath = error.bounding_box()["y"] - box.bounding_box()["y"] - box.bounding_box()["height"]
    assert 0 <= beneath < 30
    desk.nbtrack("runs", query, code=2)


def test_the_curves_of_a_comparison_are_those_of_the_store_smoothed_and_on_a_log_axis(desk):
    shown = compare(desk, "loss < 9", 3)
    svg = shown.locator(".nbt-chart svg[aria-label^='loss: ']").first
    told = {one["label"]: points_of(desk, one["label"]) for one in desk.runs("loss < 9")}
    assert ends(svg) == {label: (brief(of[0]), brief(of[-1])) for label, of in told.items()}

    slider = shown.get_by_label("smoothing")
    slider.fill("0.8")
    assert shown.locator(".nbt-controls .nbt-num").first.inner_text() == "0.80"
    assert ends(svg) == {label: (brief(of[0]), brief(smoothed(of, 0.8)[-1])) for label, of in told.items()}
    assert svg.locator(".nbt-faint").count() == 3, "what was measured stays in sight"

    slider.fill("0")
    shown.get_by_label("log axis").check()
    drawn = pixels(svg.locator("path.nbt-curve").first.get_attribute("d"))
    of = told[next(iter(ends(svg)))]
    assert len(drawn) == len(of)
    assert rises([(math.log(measured), -y) for measured, (_, y) in zip(of, drawn, strict=True)])
    assert rises([(step, x) for step, (x, _) in enumerate(drawn)])
    ticks = svg.locator("g > .nbt-grid + .nbt-tick").all_text_contents()
    tens = [math.log10(float(tick.replace(MINUS, "-"))) for tick in ticks]
    assert max(tens) - min(tens) >= 3


def points_of(desk, label):
    with Store.open(desk.folder / ".nbtrack", passive=True) as store:
        return [point.value for point in store.points(store.get_run(label).id, "loss")]


def ends(svg):
    """First and last number of each curve, as the chart's label tells them to whoever cannot see it."""
    label = svg.get_attribute("aria-label").partition(": ")[2]
    return {one[0]: (one[1], one[2]) for one in re.findall(r"(\S+) from (\S+) to ([^;\s]+)", label)}


def smoothed(values, weight):
    """The debiased moving average, as it is defined."""
    return [
        sum(weight ** (at - i) * values[i] for i in range(at + 1)) / sum(weight**i for i in range(at + 1))
        for at in range(len(values))
    ]


def brief(number):
    if number >= 1e-4:
        return f"{number:.4g}"
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)


def rises(pairs):
    """Whether the second numbers rise in proportion to the first, to a pixel."""
    (low, a), (high, b) = min(pairs), max(pairs)
    return b > a and all(abs(a + (b - a) * (x - low) / (high - low) - y) < 1 for x, y in pairs)


def test_parallel_coordinates_and_scatter_put_the_runs_where_their_numbers_are(desk):
    shown = compare(desk, "accuracy > 0", 4)
    runs = [
        stored(desk, label)
        for label in shown.locator(".nbt-matrix").first.locator("thead .nbt-link").all_text_contents()
    ]
    parallel = shown.locator(".nbt-parallel svg")
    assert parallel.get_attribute("aria-label") == "Parallel coordinates of 4 runs over C, accuracy"
    lines = [pixels(line.get_attribute("d")) for line in parallel.locator(".nbt-parallel-line").all()]
    chosen, measured = [math.log(param(run, "C")) for run in runs], [value(run, "accuracy") for run in runs]
    assert rises([(C, -line[0][1]) for C, line in zip(chosen, lines, strict=True)])
    assert rises([(accuracy, -line[1][1]) for accuracy, line in zip(measured, lines, strict=True)])

    scatter = shown.locator(".nbt-scatter svg")
    points = scatter.locator("circle")
    at = [tuple(float(point.get_attribute(name)) for name in ("cx", "cy")) for point in points.all()]
    assert rises([(C, x) for C, (x, _) in zip(chosen, at, strict=True)])
    assert rises([(accuracy, -y) for accuracy, (_, y) in zip(measured, at, strict=True)])
    shown.get_by_label("across").select_option("metric accuracy")
    shown.get_by_label("up").select_option("param C")
    assert scatter.get_attribute("aria-label") == "C over accuracy of 4 runs"
    assert points.first.locator("title").text_content().split("\n")[0] == runs[0].label
    points.first.click()
    desk.page.locator("#nbtrack-runs .nbt-detail h2", has_text=runs[0].label).wait_for()


def test_a_runs_figure_is_the_one_that_was_shown_and_its_histograms_are_of_its_data(desk):
    label = desk.runs("C = 0.5")[0]["label"]
    run = stored(desk, label)
    detail = desk.open_run(label)
    detail.locator(".nbt-section > summary", has_text="Figures").click()
    picture = detail.locator(".nbt-figures img")
    picture.scroll_into_view_if_needed()
    desk.page.wait_for_function("document.querySelector('.nbt-figures img').naturalWidth > 100")
    with Store.open(desk.folder / ".nbtrack", passive=True) as store:
        [figure] = [one for one in store.attachments(run.id) if one.kind == "figure"]
    size = "async url => (await (await fetch(url)).blob()).size"
    assert desk.page.evaluate(size, picture.get_attribute("src")) == figure.size_bytes

    detail.locator(".nbt-section > summary", has_text="Data").click()
    detail.locator(".nbt-dataset").first.wait_for()
    for dataset in detail.locator(".nbt-dataset > summary").all():
        dataset.click()
    profiles = {column.name: column.profile for one in run.datasets for column in one.content.columns}
    for name in ("age", "income"):
        row = detail.locator(".nbt-profile tr", has=desk.page.locator("th", has_text=name))
        profile = profiles[name]
        low, high = profile["min"], profile["max"]
        assert row.locator(".nbt-range").inner_text() == f"{low:.3g} … {float(f'{high:.3g}'):.0f}"
        edges = sorted({low, *profile["quantiles"].values(), high})
        bars = [float(bar.get_attribute("x")) for bar in row.locator(".nbt-histogram rect").all()]
        assert bars == pytest.approx([60 * (edge - low) / (high - low) for edge in edges[:-1]], abs=0.01)
        assert f"mean {profile['mean']:.4g}" in row.get_attribute("title")
    outcome = detail.locator(".nbt-profile tr", has=desk.page.locator("th", has_text="outcome"))
    assert outcome.locator(".nbt-range").inner_text() == ", ".join(
        name for name, _ in profiles["outcome"]["top"]
    )
    tall = [float(bar.get_attribute("height")) for bar in outcome.locator(".nbt-histogram rect").all()]
    counts = [count for _, count in profiles["outcome"]["top"]]
    assert [one / tall[0] for one in tall] == pytest.approx([one / counts[0] for one in counts], abs=0.02)


def test_the_lineage_is_walked_to_other_runs_of_the_same_data_and_back(desk):
    label = desk.runs("C = 0.5")[0]["label"]
    page = desk.page
    detail = desk.open_run(label)
    detail.locator(".nbt-section > summary", has_text="Lineage").click()
    graph = detail.locator(".nbt-graph svg")
    graph.wait_for()
    nodes = graph.locator(".nbt-node").evaluate_all("nodes => nodes.map(one => one.ariaLabel)")
    assert f"run {label}" in nodes
    assert {"data X_train", "data y_train"} <= set(nodes)
    walkable = graph.get_by_role("link")
    others = {
        f"run {one['label']}" for one in desk.runs("model = LogisticRegression") if one["label"] != label
    }
    assert {one.get_attribute("aria-label") for one in walkable.all()} == others
    there = walkable.first.get_attribute("aria-label").removeprefix("run ")
    walkable.first.focus()
    page.keyboard.press("Enter")
    detail.locator("h2", has_text=there).wait_for()
    page.get_by_label(f"Back to {label}").click()
    detail.locator("h2", has_text=label).wait_for()


MENU = {
    "Open Run",
    "Open Run in a Tab",
    "Compare Selected Runs",
    "Star Run",
    "Go to Cell of Run",
    "Load Model in Notebook",
    "Export Run…",
    "Reproduce Run…",
    "Register Model of Run…",
    "Copy Id of Run",
}


def test_the_palette_the_toolbar_and_the_menu_of_a_row_have_the_commands(desk):
    page = desk.page
    page.evaluate("jupyterapp.shell.collapseLeft()")
    page.locator(".jp-NotebookPanel-toolbar [data-jp-item-name='nbtrack-runs'] jp-button").first.click()
    page.locator("#nbtrack-runs").wait_for()
    for box in page.locator("#nbtrack-runs .nbt-check").all()[:2]:  # what cannot be done is not offered
        box.click()
    page.keyboard.press("ControlOrMeta+Shift+C")
    page.locator(".lm-CommandPalette-input").fill("runs")
    items = page.locator(".lm-CommandPalette-item")
    items.filter(has_text="Compare Selected Runs").wait_for()
    told = set(items.locator(".lm-CommandPalette-itemLabel").all_inner_texts())
    assert (MENU | {"Show Runs", "Refresh Runs"}) - told == set()
    page.keyboard.press("Escape")

    row = page.locator("#nbtrack-runs .nbt-row").nth(3)
    run = row.get_attribute("data-nbtrack-run")
    row.click(button="right")
    menu = page.locator(".lm-Menu")
    assert MENU - set(menu.locator(".lm-Menu-itemLabel").all_inner_texts()) == set()
    menu.get_by_text("Copy Id of Run").click()
    page.wait_for_function("id => navigator.clipboard.readText().then(text => text === id)", arg=run)
    row.click(button="right")
    menu.get_by_text("Star Run").click()
    page.wait_for_function(
        "id => document.querySelector(`[data-nbtrack-run='${id}'] .nbt-star`).ariaPressed === 'true'", arg=run
    )
    assert [one["id"] for one in desk.runs("starred = true")] == [run]
    row.click(button="right")
    menu.get_by_text("Open Run in a Tab").click()
    page.locator(".jp-MainAreaWidget .nbt-detail h2", has_text=stored(desk, run).label).wait_for()


def test_whatever_can_be_pressed_has_a_name_and_whatever_is_drawn_a_label(desk):
    page = desk.page
    compare(desk, "accuracy > 0", 4)
    desk.open_run("LogisticRegression")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('#nbtrack-runs, .nbt-page')].flatMap(root =>
            [...root.querySelectorAll('button, input, select, textarea, [role=link], [role=img], svg, summary, a')].filter(one =>
                one.getClientRects().length > 0 && !one.closest('[aria-hidden=true]') && !(
                    one.ariaLabel || one.textContent.trim() || one.title || one.labels?.length || one.placeholder
                    || one.querySelector('img[alt]')
                )
            ).map(one => one.outerHTML.slice(0, 120)))"""
    )
    assert nameless == []
    ids = page.evaluate(
        "[...document.querySelectorAll('#nbtrack-runs [id], .nbt-page [id]')].map(one => one.id)"
    )
    assert [one for one, of in itertools.groupby(sorted(ids)) if len(list(of)) > 1] == []
