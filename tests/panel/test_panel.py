"""What the panel shows and does, in a real JupyterLab in a real Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NONE = "\N{EN DASH}"
QUERY = "accuracy > 0.95 and logisticregression__C < 5"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "01_first_runs.ipynb"


def test_the_example_from_first_run_to_comparison(stage):
    page = stage.page
    shutil.copy(EXAMPLE, stage.folder / "first.ipynb")
    stage.open("first.ipynb")
    assert "No runs yet" in page.locator("#nbtrack-runs").inner_text()
    assert "%load_ext nbtrack" in page.locator("#nbtrack-runs").inner_text()

    stage.run_all()
    listed = stage.rows(8)
    page.wait_for_function("document.querySelector('.nbt-rank.nbt-best') !== null")

    kept = {run["label"]: run for run in stage.runs()}
    texts = listed.all_inner_texts()
    accuracy = {
        label: next((f"{one['value']:.4g}" for one in run["metrics"] if one["name"] == "accuracy"), NONE)
        for label, run in kept.items()
    }
    assert len(kept) == 8
    for label, number in accuracy.items():
        [row] = [
            text
            for text in texts
            if text.startswith(label.rpartition("-")[0]) and f"-{label.rpartition('-')[2]}" in text
        ]
        assert number in row

    page.get_by_label("Query over runs").fill(QUERY)
    stage.rows(3)
    assert page.locator("#nbtrack-runs .nbt-count").inner_text() == "3 runs match"
    for box in page.locator("#nbtrack-runs .nbt-check").all():
        box.click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_selector(".nbt-compare .nbt-matrix")

    shown = _matrix(page, "Metrics")
    wanted = {run["label"]: accuracy[run["label"]] for run in stage.runs(QUERY)}
    assert dict(zip(shown[""], shown["accuracy"], strict=True)) == wanted
    params = _matrix(page, "Parameters")
    assert sorted(map(float, params["logisticregression__C"])) == [0.01, 0.1, 1.0]
    assert page.complaints == []


def _matrix(page, section):
    """The rows of a section's table by name, without the head cell of each; the head under the empty name."""
    lines = page.locator(
        ".nbt-compare .nbt-section", has=page.locator("summary", has_text=section)
    ).first.locator("tr")
    cells = [line.locator("th, td").all_inner_texts() for line in lines.all()]
    return {cell[0].strip(): [text.replace("\n", "").strip() for text in cell[1:]] for cell in cells}
