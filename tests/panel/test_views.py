"""What comes by itself, what is remembered and kept, and whether all of it can be read, in a real JupyterLab."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

LOAD = "%load_ext nbtrack"
TRAIN = """import nbtrack
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
X, y = make_classification(random_state=0)
for C in (0.01, 0.1, 1.0):
    with nbtrack.track("sweep", tags={"team": "risk"}):
        model = LogisticRegression(C=C).fit(X, y)
        for step in range(12):
            nbtrack.log(loss=1 / (C + step + 1), step=step)
        nbtrack.log(accuracy=model.score(X, y))"""
FIT = """from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
X, y = make_classification(random_state=0)
model = LogisticRegression(C=0.5).fit(X, y)"""
SOON = 10_000  # milliseconds; on a quiet machine it is a fifth of a second (benchmarks/panel)

# Promises the time from the end of the cell to the first row with a run, both as the page sees them.
WATCH = """cell => {
    window.nbtAppeared = new Promise(resolve => {
        let ended = null;
        const look = () => {
            const prompt = document.querySelectorAll('.jp-Notebook .jp-Cell .jp-InputPrompt')[cell]?.textContent ?? '';
            if (ended === null && /\\d/.test(prompt)) ended = performance.now();
            if (ended !== null && document.querySelector('#nbtrack-runs .nbt-row[data-nbtrack-run]')) {
                resolve(performance.now() - ended);
            } else {
                setTimeout(look, 10);
            }
        };
        look();
    });
}"""


def test_a_run_appears_by_itself_soon_after_its_cell_ended(stage):
    page = stage.page
    stage.notebook(LOAD, FIT)
    page.evaluate(WATCH, 1)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    stage.run_all()
    stage.rows(1)
    assert page.evaluate("window.nbtAppeared") < SOON
    # Told by an event, then asked for: a resting page asks for no list again and again.
    page.wait_for_timeout(1500)
    before = len([url for url in requests if "/nbtrack/api/table" in url])
    page.wait_for_timeout(2500)
    assert len([url for url in requests if "/nbtrack/api/table" in url]) == before


def test_a_saved_comparison_opens_offline_and_asks_for_nothing(stage, chromium, hard_to_read):
    page = stage.page
    stage.notebook(LOAD, TRAIN)
    stage.run_all()
    stage.rows(3)
    for box in page.locator("#nbtrack-runs .nbt-check").all():
        box.click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_selector(".nbt-compare .nbt-matrix")
    with page.expect_download() as saving:
        page.get_by_label("Save as one HTML file that opens offline").click()
    file = stage.folder / saving.value.suggested_filename
    saving.value.save_as(file)

    context = chromium.new_context(offline=True, viewport={"width": 1000, "height": 900})
    reader = context.new_page()
    asked, complaints = [], []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("console", lambda message: complaints.append(message.text))
    reader.on("pageerror", lambda error: complaints.append(str(error)))
    reader.goto(file.as_uri())
    assert reader.locator("h1").inner_text() == "Comparison of 3 runs"
    heads = reader.locator("thead").first.locator("th").all_inner_texts()[1:]
    assert [text.strip() for text in heads] == ["sweep"] * 3 or set(map(str.strip, heads)) == {
        run["label"] for run in stage.runs()
    }
    row = reader.locator("tr", has=reader.locator("th", has_text=re.compile(r"^C$"))).first
    wanted = {param["value"] for run in stage.runs() for param in run["params"] if param["name"] == "C"}
    assert set(map(float, row.locator("td").all_inner_texts())) == wanted == {0.01, 0.1, 1.0}
    assert reader.locator("figure svg[aria-label='loss by step'] polyline").count() == 3
    assert reader.locator("script, link, img, iframe").count() == 0
    for scheme in ("light", "dark"):
        reader.emulate_media(color_scheme=scheme)
        assert hard_to_read(reader, "body") == []
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert asked == [file.as_uri()]
    assert complaints == []
    context.close()


def test_the_settings_editor_decides_how_the_panel_begins(page, lab_of_its_own):
    lab = lab_of_its_own
    stage = lab.stage(page)
    stage.notebook(LOAD, TRAIN)
    stage.run_all()
    stage.rows(3)
    assert page.locator("#nbtrack-runs .nbt-group").count() == 0
    page.evaluate("void jupyterapp.commands.execute('settingeditor:open', { query: 'nbtrack' })")
    editor = page.locator(".jp-SettingsPanel")
    editor.get_by_label("Group by cell").check()
    # What the list looks like changes where it is seen.
    page.wait_for_selector("#nbtrack-runs .nbt-group")
    editor.locator("select").first.select_option(label="best")
    page.wait_for_function("document.querySelector('[aria-label=\"Order\"]').value === 'best'")
    # And it begins like that, in a page of its own.
    page.wait_for_timeout(1500)
    stage.open()
    page.wait_for_selector("#nbtrack-runs .nbt-group")
    assert page.get_by_label("Order", exact=True).input_value() == "best"


def barriers(page, within):
    """What axe, the checker of accessibility, has against these parts of the page; contrast is looked at elsewhere."""
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, {"include": [[one] for one in within]}, options).response["violations"]
    return [f"{rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_every_view_can_be_read_in_the_theme_and_by_axe(stage, hard_to_read, theme):
    page = stage.page
    stage.notebook(LOAD, TRAIN, FIT)
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    stage.run_all()
    stage.rows(4)
    within = "#nbtrack-runs, .nbt-page, .nbt-dialog"
    low = {}

    def look(name):
        page.wait_for_timeout(300)
        # How code is coloured is the theme's own.
        low[name] = [one for one in hard_to_read(page, within) if "span.\u037c" not in one]
        low[name] += barriers(page, [one for one in within.split(", ") if page.locator(one).count()])

    page.locator("#nbtrack-runs .nbt-row").first.hover()
    look("list")
    page.get_by_label("Choose columns").click()
    look("columns")
    page.get_by_label("Close", exact=True).click()
    page.get_by_label("Group the runs by cell").click()
    look("grouped")
    page.get_by_label("List the runs without their cells").click()
    page.get_by_label("Query over runs").press_sequentially("acc")
    page.get_by_label("Query over runs").press("ArrowDown")
    look("suggestions")
    page.get_by_label("Query over runs").fill("accuracy > and")
    page.wait_for_selector(".nbt-query-error")
    look("error")
    page.get_by_label("Query over runs").fill("")
    page.get_by_label("Query over runs").press("Enter")
    stage.rows(4)
    for box in page.locator("#nbtrack-runs .nbt-check").all():
        box.click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_selector(".nbt-compare .nbt-matrix")
    look("compare")
    detail = stage.open_run("LogisticRegression")
    closed = detail.locator(".nbt-section:not([open]) > summary")
    while closed.count():
        closed.first.click()
    look("run")
    detail.get_by_label("Make a bundle that proves itself elsewhere").click()
    page.locator(".nbt-dialog").get_by_text("Cells of code").wait_for()
    look("export")
    assert {name: texts for name, texts in low.items() if texts} == {}
