"""Makes the pictures of docs/images/ in a real JupyterLab in a real Chromium, so that they stay true.

python docs/screenshots.py [NAME …]: all of them, or those named (runs, run, compare, curves, dark).
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"

LOAD = "%load_ext nbtrack"
DATA = """from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)"""
SEVERAL = """from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

for model in (RandomForestClassifier(n_estimators=100, random_state=0), KNeighborsClassifier(7),
              DecisionTreeClassifier(max_depth=3, random_state=0)):
    model.fit(X_train, y_train)
    print(accuracy_score(y_test, model.predict(X_test)))"""
LOOP = """from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

for C in (0.001, 0.01, 0.1, 1, 10):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=2000)).fit(X_train, y_train)
    print(accuracy_score(y_test, pipeline.predict(X_test)))"""
CURVES = """import nbtrack
import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

scale = StandardScaler().fit(X_train)
for rate in (0.0005, 0.002, 0.01):
    with nbtrack.track("sgd", tags={"team": "risk"}):
        nbtrack.param(rate=rate)
        model = SGDClassifier("log_loss", learning_rate="constant", eta0=rate, random_state=0)
        for epoch in range(40):
            model.partial_fit(scale.transform(X_train), y_train, classes=[0, 1])
            loss = log_loss(y_test, model.predict_proba(scale.transform(X_test)))
            nbtrack.log(loss=loss, step=epoch)
        nbtrack.log(accuracy=model.score(scale.transform(X_test), y_test))"""


def module(path: Path) -> Any:
    """A file of the tests as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class Camera:
    """A page on a notebook that was run, and pictures of it."""

    def __init__(self, page: Any, wanted: list[str]) -> None:
        self.page = page
        self.wanted = wanted

    def shoot(self, name: str) -> None:
        """A picture, if it is wanted."""
        self.page.mouse.move(1000, 760)
        self.page.wait_for_timeout(900)
        if not self.wanted or name in self.wanted:
            self.page.screenshot(path=str(IMAGES / f"panel-{name}.png"))
            print(f"docs/images/panel-{name}.png")

    def row(self, text: str) -> Any:
        """A row of the list."""
        return self.page.locator("#nbtrack-runs .nbt-row", has_text=text).first


def take(camera: Camera) -> None:
    """The main views, one after the other."""
    page = camera.page
    page.get_by_label("Main metric", exact=True).select_option("accuracy")
    page.get_by_label("Order", exact=True).select_option("best")
    camera.shoot("runs")
    camera.row("RandomForest").click()
    page.wait_for_selector(".nbt-heading")
    page.locator(".nbt-detail").get_by_label("Open in a tab").click()
    page.locator("#nbtrack-runs").get_by_label("Back to the runs").click()
    tab = page.locator(".jp-MainAreaWidget .nbt-detail")
    for title in ("Data", "Lineage"):
        tab.locator(".nbt-section > summary", has_text=title).first.click()
    tab.locator(".nbt-dataset > summary").first.click()
    camera.shoot("run")
    compare(camera, "Pipeline", 5)
    camera.shoot("compare")
    page.get_by_label("Select none").click()
    compare(camera, "sgd", 3)
    page.locator(".nbt-compare:visible .nbt-chart").first.wait_for()
    camera.shoot("curves")
    page.evaluate("void jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    camera.shoot("dark")


def compare(camera: Camera, text: str, count: int) -> None:
    """Compares the first runs whose rows have this text."""
    boxes = camera.page.locator("#nbtrack-runs .nbt-row", has_text=text).locator(".nbt-check")
    for at in range(count):
        boxes.nth(at).click()
    camera.page.get_by_role("button", name="Compare", exact=True).click()
    camera.page.locator(".nbt-compare:visible .nbt-matrix").first.wait_for()


def main(wanted: list[str], action: Callable[[Camera], None] = take) -> None:
    """Runs the notebook in a lab of its own and takes the pictures."""
    from playwright.sync_api import sync_playwright

    stories = module(ROOT / "tests" / "panel" / "conftest.py")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = stories.Lab(Path(folder)).start()
        browser = playwright.chromium.launch(
            executable_path=stories.browser_of_tests.install(), args=stories.browser_of_tests.ARGUMENTS
        )
        try:
            page = browser.new_context(viewport={"width": 1360, "height": 820}).new_page()
            stories.notebook(lab.notebooks / "tumours.ipynb", LOAD, DATA, SEVERAL, LOOP, CURVES)
            stories.open_lab(page, lab, "tumours.ipynb")
            stories.show_panel(page)
            widen(page)
            stories.run_all(page)
            stories.wait_for_rows(page, 11, 120)
            stories.wait_for_kernel(page)
            action(Camera(page, wanted))
        finally:
            browser.close()
            lab.stop()


def widen(page: Any) -> None:
    """The side panel as wide as people make it."""
    handle = page.locator("#jp-main-split-panel > .lm-SplitPanel-handle").first
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 300, steps=5)
    page.mouse.up()


if __name__ == "__main__":
    main(sys.argv[1:])
