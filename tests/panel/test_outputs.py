"""What nbtrack shows in the notebook itself, in a real JupyterLab: cards under cells, the widget, and what a saved file keeps."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser

LOAD = "%load_ext nbtrack"
DATA = """from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
X, y = make_classification(300, random_state=0)
C = {C}"""
FIT = """model = LogisticRegression(C=C).fit(X[:200], y[:200])
accuracy_score(y[200:], model.predict(X[200:]))"""
CURVES = """import nbtrack
for rate in (0.1, 0.3, 0.9):
    with nbtrack.track("descent"):
        nbtrack.param(rate=rate)
        for step in range(20):
            nbtrack.log(loss=1 / (1 + rate * step), step=step)"""
COMPARE = "nbtrack.compare(nbtrack.runs('loss < 1'))"
THEMES = ("JupyterLab Dark", "JupyterLab Light")


def read_in(page, theme, hard_to_read, within):
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    page.wait_for_timeout(300)
    return hard_to_read(page, within)


def test_a_card_under_a_cell_says_what_changed_and_can_be_read(stage, hard_to_read):
    page = stage.page
    stage.notebook(LOAD, DATA.format(C=0.001), FIT)
    stage.run_all()
    stage.rows(1)
    card = page.locator(".nbtrack-card")
    card.wait_for()
    assert "LogisticRegression-1" in card.inner_text()
    page.evaluate(
        "source => jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource(source)",
        DATA.format(C=1.0),
    )
    stage.run_all()
    stage.rows(2)
    page.locator(".nbtrack-card", has_text="LogisticRegression-2").wait_for()
    said = card.inner_text()
    assert "since LogisticRegression-1: C 0.001 → 1.0" in said
    new, old = (run["metrics"][0]["value"] for run in stage.runs())
    assert ("▲" if new > old else "▼" if new < old else "accuracy") in said
    assert page.locator(".nbtrack-card script").count() == 0
    assert [read_in(page, theme, hard_to_read, ".nbtrack-card") for theme in THEMES] == [[], []]
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    cells = json.loads((stage.folder / "work.ipynb").read_text())["cells"]
    [shown] = [one for one in cells[2]["outputs"] if one["output_type"] == "display_data"]
    assert len(json.dumps(shown)) < 8000
    assert "<script" not in "".join(shown["data"]["text/html"])


def test_the_widget_compares_what_is_picked_and_a_saved_notebook_keeps_it_as_html(
    stage, chromium, hard_to_read
):
    page = stage.page
    stage.notebook(LOAD, DATA.format(C=1.0), FIT, CURVES, COMPARE)
    stage.run_all()
    stage.rows(4)
    widget = page.locator(".jp-OutputArea .widget-hbox", has=page.locator(".widget-select-multiple")).first
    widget.locator("td", has_text="rate").first.wait_for(timeout=60_000)
    assert widget.locator("select[multiple] option:checked").count() == 3
    rate = widget.locator("tr", has=page.locator("td", has_text="rate")).first
    assert sorted(rate.locator("td").all_inner_texts()[1:]) == ["0.1", "0.3", "0.9"]

    widget.get_by_role("tab", name="Curves").click()
    chart = widget.locator("svg[aria-label='loss by step']")
    chart.wait_for()
    assert chart.locator("polyline").count() == 3
    labels = [run["label"] for run in stage.runs("loss < 1")]
    shown = widget.locator(".widget-html", has=page.locator("svg[aria-label='loss by step']")).inner_text()
    assert all(label in shown for label in labels), "the chart says which line is whose"
    widget.get_by_role("tab", name="Parallel coordinates").click()
    widget.locator("svg[aria-label='parallel coordinates']").wait_for()

    widget.get_by_role("tab", name="Differences").click()
    picked = widget.locator("select[multiple]")
    picked.select_option([labels[0], stage.runs("model = LogisticRegression")[0]["label"]])
    widget.locator("td", has_text="LogisticRegression").first.wait_for()
    page.wait_for_function(
        "document.querySelectorAll('.jp-OutputArea .widget-html th').length === 3"  # one for the names
    )
    assert [read_in(page, theme, hard_to_read, ".widget-html") for theme in THEMES] == [[], []]

    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    saved = json.loads((stage.folder / "work.ipynb").read_text())["cells"][4]["outputs"]
    [kept] = [one["data"] for one in saved if "text/html" in one["data"]]
    assert all(label in "".join(kept["text/html"]) for label in labels)
    as_page = stage.folder / "work.html"
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--output", as_page, stage.folder / "work.ipynb"],
        check=True,
        capture_output=True,
    )
    context = chromium.new_context(offline=True)
    reader = context.new_page()
    reader.goto(as_page.as_uri())
    plain = reader.locator(".nbtrack-compare")
    plain.wait_for()
    assert plain.is_visible()
    assert plain.locator("polyline").count() == 3
    context.close()


def test_a_notebook_opened_again_without_its_kernel_shows_the_comparison_as_html(stage):
    page = stage.page
    stage.notebook(LOAD, CURVES, COMPARE)
    stage.run_all()
    stage.rows(3)
    page.locator(".jp-OutputArea .widget-select-multiple").wait_for(timeout=60_000)
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    plain = page.locator(".nbtrack-compare")
    assert plain.count() == 1
    assert not plain.is_visible(), "the widget stands for it"
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    stage.open()
    plain.wait_for(timeout=60_000)
    assert plain.locator("polyline").count() == 3
